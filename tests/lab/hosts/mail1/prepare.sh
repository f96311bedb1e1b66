useradd --system --home-dir /var/vmail --shell /usr/sbin/nologin vmail
useradd --system --no-create-home --shell /usr/sbin/nologin mailfilter
chown vmail: /var/vmail
chown opendkim: /etc/dkimkeys/lab.private
chmod 600 /etc/dkimkeys/lab.private
chown root:dovecot /etc/dovecot/users
chmod 640 /etc/dovecot/users
mkdir -p /var/lib/postfix
chown postfix: /var/lib/postfix
newaliases
for map in mailboxes virtual transport; do postmap /etc/postfix/$map; done
postfix check
# Debian's postfix.service runs the instance that its generator finds; both are looked at by name.
