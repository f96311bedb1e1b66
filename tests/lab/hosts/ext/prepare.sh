groupadd --gid 5000 vmail
useradd --uid 5000 --gid 5000 --home-dir /var/vmail --shell /usr/sbin/nologin vmail
mkdir -p /var/vmail /var/lib/postfix
chown vmail: /var/vmail
chown postfix: /var/lib/postfix
newaliases
postfix check
