# Postfix and Exim exclude each other: here Exim takes its place, in dpkg's books too.
export DEBIAN_FRONTEND=noninteractive
dpkg --force-all --force-unsafe-io --purge postfix >/dev/null 2>&1
dpkg --force-unsafe-io --force-confold --install /lab/packages/*.deb >/dev/null
cp /lab/exim4.service /etc/systemd/system/exim4.service
mkdir -p /var/log/exim4
chown Debian-exim:adm /var/log/exim4
chown -R Debian-exim:Debian-exim /var/spool/exim4
chmod 750 /var/spool/exim4
useradd --system --home-dir /var/vmail --shell /usr/sbin/nologin vmail
mkdir -p /var/vmail
chown vmail: /var/vmail
chown root:dovecot /etc/dovecot/users
chmod 640 /etc/dovecot/users
chgrp Debian-exim /etc/ssl/lab/key.pem /etc/dkimkeys/lab.private
chgrp Debian-exim /etc/exim4/passwords
chmod 640 /etc/dkimkeys/lab.private /etc/exim4/passwords
usermod -a -G Debian-exim oper
