# Every host has the operator's account, which may look at mail's queue and log, and no more.
useradd --create-home --shell /bin/bash --groups adm,systemd-journal oper
chmod 700 /home/oper /home/oper/.ssh
chown -R oper: /home/oper
chmod 600 /etc/ssh/ssh_host_ed25519_key
chmod 440 /etc/sudoers.d/oper
mkdir -p /var/log/journal
# The interpreter of the checkout's .venv may lie there.
chmod a+x /root
# What this host trusts: its own CA beside the usual ones.
cat /etc/ssl/lab/ca.pem >> /etc/ssl/certs/ca-certificates.crt
