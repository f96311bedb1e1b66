# A short secret of its own: rndc and named on this host alone know it.
rndc-confgen -a -u bind -k rndc-key >/dev/null 2>&1
mkdir -p /var/cache/bind
chown bind: /var/cache/bind
