"""What a host is asked about itself at once: the sh script. `_answer` reads what it prints.

Nothing is written there, and no password is printed: doveconf(1) is never asked for ``-P``, of
Exim's options only those of a list. Each section is bounded, begins with its digest, and is printed
only when that digest is not one that we hold. What could not be asked at all begins with ``%exit``
and says why in ``%said``; a part of a section that may not be seen is a line ``%unseen PART: why``.
sudo is asked only for the sections that we are told: it sends root a mail about everybody whom it
does not know (``mail_no_user``, sudoers(5)). It is left behind where it hangs, as it does without
its directory (sssd, LDAP): it is root's, and a user's timeout(1) can't end it.
"""

from __future__ import annotations

SCRIPT = r"""
since=$1 most=$2 known=" $3 " sudo=" $5 "
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
read -r uptime _ </proc/uptime
printf 'host %s %s %s\n' "$(date '+%s %z')" "$uptime" "$(id -un)"
have() { command -v "$1" >/dev/null 2>&1; }
sum=cksum; have sha256sum && sum=sha256sum
refuse() { printf '%%exit\n%%said %s\n' "$1"; }
unseen() { printf '%%unseen %s: %s\n' "$1" "${2:-it may not be read}"; }
show() {
  name=$1 made_of=$2; shift 2
  text=$("$@" 2>/dev/null) || text="%exit
$("$@" 2>&1 >/dev/null | tail -n 5 | sed 's/^/%said /')"
  [ ${#text} -le "$most" ] || text="$(printf '%s' "$text" | head -c "$most" | sed '$d')
$(unseen 'the rest' "more than $most bytes")"
  digest=$(printf '%s' "$text" | $sum) digest=${digest%% *} at=
  case $known in *" $name=$digest "*) echo "= $name 0 $digest"; return ;; esac
  [ -z "$made_of" ] || at=$(stat -Lc %Y $made_of 2>/dev/null | sort -rn | head -n 1)
  echo "= $name ${at:-0} $digest"
  printf '%s\n' "$text" | sed 's/^/|/'
}
exim_options() {
  options=$("$exim" -bP) || return
  printf '%s\n' "$options" | grep -E "^(no_)?($1)( |$)" || :
}
dpkg_packages() { dpkg-query -W -f '${binary:Package} ${Version} ${db:Status-Abbrev}\n'; }
rpm_packages() {
  rpm -qa --qf '%{NAME}.%{ARCH} %{EPOCHNUM}:%{VERSION}-%{RELEASE} ii\n' | sort
  held=/etc/dnf/plugins/versionlock.list
  [ ! -r $held ] || sed -n 's/^\([^#[:space:]]\{1,\}\).*/\1 * h-/p' $held
}
units() {
  cd /etc/systemd/system || return
  find . \( -type l -printf '%P -> %l\n' \) -o \
    \( ! -readable -printf '%%unseen %P: it may not be read\n' -prune \) -o \
    \( -type f -printf '%P ' -exec cksum {} \; \) | sort
}
patience=; have timeout && patience='timeout 5'
as_root() {
  said='it is for root'
  case $sudo in
  *" $name "*)
    # A shell of its own: what is left behind holds none of our pipes.
    have sudo && said=$({ sh -c '"$@" 2>&1; echo "%status $?"' sh sudo -n "$@" & } | $patience cat)
    case $said in
    *'%status 0') said=${said%'%status 0'}; printf '%s\n' "${said%?}"; return ;;
    *'%status '*) said=${said%'%status '*} said=${said%?} ;;
    'it is for root') ;;
    *) said='sudo: no answer in 5 s' ;;
    esac ;;
  esac
  refuse "$(printf '%s' "$said" | tail -n 1)"
}
nft_rules() { nft -s -t list ruleset 2>/dev/null || as_root nft -s -t list ruleset; }
iptables_rules() {
  for save in iptables-save ip6tables-save; do
    rules=$($save 2>/dev/null || as_root $save)
    printf '%s\n' "$rules" | sed 's/ *\[[0-9]*:[0-9]*\]//; /^#/d'
  done
}
certificate_options='smtpd_tls_cert_file|smtpd_tls_chain_files|ssl_cert|tls_certificate'
gone() {  # for sure: not behind a folder or a link that this login may not go through
  path=$1
  until [ -e "${path:-/}" ]; do [ ! -L "$path" ] || return; path=${path%/*}; done
  [ "$path" != "$1" ] && [ -x "${path:-/}" ]
}
certificates() {
  have openssl || { [ $# = 0 ] || refuse 'openssl is not installed'; return; }
  for file do
    if [ ! -r "$file" ]; then
      case $file in
      *key*) ;; # smtpd_tls_chain_files names the key too
      /*) if gone "$file"; then echo "$file = not there"; else unseen "$file"; fi ;;
      esac
      continue
    fi
    told=$(openssl x509 -in "$file" -noout -enddate -serial 2>/dev/null) || continue
    printf '%s = until %s\n' "$file" "$(printf '%s' "${told#notAfter=}" | tr '\n' ' ')"
  done
}
comment='^[[:space:]]*\(#.*\)\{0,1\}$'
crontabs() {
  spool=/var/spool/cron
  [ -d $spool ] || return 0
  [ ! -d $spool/crontabs ] || spool=$spool/crontabs
  if [ -r $spool ]; then
    (cd $spool && grep -d skip -v "$comment" -- * /dev/null) | sed 's/^/crontab of /'
    return
  fi
  all=$(as_root grep -r . /var/spool/cron)
  case $all in
  %exit*'%said ') ;;  # grep found none
  %exit*)
    crontab -l 2>/dev/null | grep -v "$comment" | sed "s/^/crontab of $(id -un):/"
    unseen 'crontabs of root and others' "${all##*%said }" ;;
  *) printf '%s\n' "$all" | sed 's|^[^:]*/|crontab of |' | grep -v '^[^:]*:[[:space:]]*#' ;;
  esac
}
cron() {
  set --
  for file in /etc/crontab /etc/cron.d/*; do
    [ ! -e "$file" ] || if [ -r "$file" ]; then set -- "$@" "$file"; else unseen "$file"; fi
  done
  grep -v "$comment" "$@" /dev/null
  crontabs
  ls -d /etc/cron.hourly/* /etc/cron.daily/* /etc/cron.weekly/* /etc/cron.monthly/* 2>/dev/null
  :
}
dpkg_log() {
  hidden=; set --
  for log in /var/log/dpkg.log.1 /var/log/dpkg.log; do
    [ -e $log ] || continue
    if [ -r $log ]; then set -- "$@" $log; else hidden="$hidden $log"; fi
  done
  case $#$hidden in
  0) refuse 'there is no /var/log/dpkg.log'; return ;;
  0*) refuse "${hidden##* } may not be read"; return ;;
  esac
  for log in $hidden; do unseen $log; done
  awk -v "day=$(date -d "@$since" +%F)" '
    $1 >= day && $3 ~ /^(install|upgrade|remove)$/' "$@" | tail -n 500
}
apt_log() {
  [ -r /var/log/apt/history.log ] || { refuse '/var/log/apt/history.log may not be read'; return; }
  tail -c 262144 /var/log/apt/history.log | grep -E '^(Start|Command|Requested|End|$)' | tail -n 500
}
rpm_log() {
  rpm -qa --qf '%{INSTALLTIME} %{NAME}.%{ARCH} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\n' |
    awk -v "since=$since" '$1 >= since' | sort -n | tail -n 500
}
sessions() {
  set --
  # systemd 252 says nothing of a journal that is not there.
  journal=$(journalctl -n 1 -o cat 2>&1 >/dev/null
    [ "$(journalctl -qn 1 -o cat 2>/dev/null)" ] || echo 'No journal files')
  case $journal in
  *'No journal files'* | *'not seeing messages'* | *'insufficient permissions'*)
    for log in /var/log/auth.log /var/log/secure; do
      [ -e $log ] || continue
      [ -r $log ] || { refuse "neither the journal nor $log may be read"; return; }
      set -- tail -c 1000000 $log
    done ;;
  *)
    set -- journalctl -q --no-pager -o short-iso "--since=@$since"
    set -- "$@" -t sudo -t sshd -t sshd-session ;;
  esac
  case $#$journal in
  0*'not seeing'* | 0*insufficient*) refuse 'the journal may not be read' ;;
  0*) refuse 'there is no journal, auth.log or secure' ;;
  *)
    "$@" | grep -E '(sudo.*COMMAND=|sshd.*: Accepted )' |
      grep -vE "for $(id -un) from |COMMAND=/[^ ]*/($looks)" | tail -n 500 ;;
  esac
}
looks='postqueue|postcat|mailq|nft -s|dmesg|exim4? -b|grep -r \. /var/spool/cron|git -C /etc --no'
etc=/etc
commits() {
  [ -x $etc/.git ] || { as_root git -C $etc --no-pager log -n 200 --date raw --name-only; return; }
  have git || { refuse 'git is not installed'; return; }
  log=$(git -c safe.directory=$etc -C $etc --no-pager log -n 200 --date raw --name-only 2>&1) ||
    log=$(refuse "$(printf '%s' "$log" | tail -n 1)")
  printf '%s\n' "$log"
}
etckeeper() {
  # A commit as one line: time, author, subject, files, those of them that mail may go by.
  commits | awk -v "since=$since" -v "mail=$mail_paths" '
    function tell() {
      if (at >= since) printf "%d\t%s\t%s\t%d\t%s\n", at, who, subject, count, files
      at = 0; who = subject = files = ""; count = shown = 0
    }
    /^%/ && !at { print; next }
    { gsub(/\t/, " ") }
    /^commit [0-9a-f]+/ { tell(); next }
    /^Author: / { sub(/^Author: */, ""); sub(/ *<[^<]*$/, ""); who = substr($0, 1, 64); next }
    /^Date: / { at = $2; next }
    /^    / { if (subject == "") subject = substr($0, 5, 200); next }
    /^[^ ]/ && !/^Merge: / {
      count++
      if ($0 ~ mail && ++shown <= 10) files = files (shown > 1 ? " " : "") substr($0, 1, 100)
    }
    END { tell() }'
}
mail_paths='^"?(postfix|dovecot|exim|opendkim|opendmarc|rspamd|amavis|spamassassin|clamav|mail|aliases'
mail_paths="$mail_paths|ssl|letsencrypt|resolv|hosts|network|netplan|nftables|iptables|cron|systemd|default)"
settings=
if have postconf; then
  show postfix '/etc/postfix/main.cf' postconf -n; settings=$text
  show master '/etc/postfix/master.cf' postconf -Mf
fi
if have doveconf; then
  show dovecot '/etc/dovecot/*.conf /etc/dovecot/conf.d/*.conf' doveconf -n
  settings="$settings
$text"
fi
for exim in exim4 exim; do
  have $exim || continue
  show exim '/etc/exim4/*.conf /etc/exim4/conf.d/*/* /etc/exim/exim.conf' exim_options "$4"
  settings="$settings
$text"
  break
done
files=$(printf '%s\n' "$settings" | sed -n -E "s/^ *($certificate_options) = <?//p" |
  tr -s ', ' '\n')
show certificates "$files" certificates $files
if have dpkg-query; then
  show packages /var/lib/dpkg/status dpkg_packages
  show dpkg-log '' dpkg_log
  [ ! -e /var/log/apt/history.log ] || show apt-log '' apt_log
elif have rpm; then
  show packages '' rpm_packages
  show rpm-log '' rpm_log
fi
[ ! -d /etc/systemd/system ] || show units '/etc/systemd/system /etc/systemd/system/*/' units
if have nft; then show firewall '' nft_rules
elif have iptables-save; then show firewall '' iptables_rules; fi
show cron '/etc/crontab /etc/cron.d /etc/cron.d/* /etc/cron.*ly' cron
show sessions '' sessions
[ ! -e $etc/.git ] || show etckeeper '' etckeeper
echo end
"""
"""Enabled, masked and overridden units are the links and files that systemctl(1) makes: asking
systemctl itself costs ten times as much as all the rest. nft -s leaves the counters out and -t
what fail2ban puts into sets (nft(8)), so that neither is a change."""

EXIM_OPTIONS = (
    "primary_hostname|qualify_(domain|recipient)|local_interfaces|daemon_smtp_ports"
    "|tls_(advertise_hosts|certificate|on_connect_ports|require_ciphers|try_verify_hosts"
    "|verify_hosts)|acl_smtp_[a-z_]+|auth_advertise_hosts|host_lookup|hosts_[a-z_]+"
    "|message_size_limit|queue_(only|only_load|run_max|smtp_domains)|remote_max_parallel"
    "|smtp_[a-z_]+|recipients_max|never_users|timeout_frozen_after|ignore_bounce_errors_after"
    "|spool_directory|log_(selector|file_path)|check_(spool|log)_(space|inodes)|deliver_[a-z_]+"
)
"""What is asked of Exim: what decides who may send, and how; none of these can hold a password."""
