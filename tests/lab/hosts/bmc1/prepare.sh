mkdir -p /var/lib/bmc
echo 1 > /var/lib/bmc/power
/opt/mailmedic/.venv/bin/python -c 'import bcrypt
print("admin:" + bcrypt.hashpw(b"bmc-pass", bcrypt.gensalt(4)).decode())' > /etc/bmc/htpasswd
