"""What a host is asked about itself at once: the sh script, and the parser of what it prints.

Nothing is written there, and no password is printed: doveconf(1) is never asked for ``-P``, of
Exim's options only those of a list. Each section is bounded, begins with its digest, and is printed
only when that digest is not one that we hold. sudo is asked only when we are told to: it sends root
a mail about everybody whom it does not know (``mail_no_user``, sudoers(5)).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from msgspec import Struct

from checks.hosts import LoginError, Output
from checks.text import visible

SECTION_LIMIT = 1 << 18
"""Bytes of one section: 5,000 packages, or 2,500 firewall rules."""

OUTPUT_LIMIT = 16 * SECTION_LIMIT

SCRIPT = r"""
since=$1 most=$2 known=" $3 " sudo=$5
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
read -r uptime _ </proc/uptime
printf 'host %s %s %s\n' "$(date '+%s %z')" "$uptime" "$(id -un)"
have() { command -v "$1" >/dev/null 2>&1; }
sum=cksum; have sha256sum && sum=sha256sum
show() {
  name=$1 made_of=$2; shift 2
  text=$("$@" 2>/dev/null) || text="%exit
$("$@" 2>&1 >/dev/null | tail -n 5 | sed 's/^/%said /')"
  [ ${#text} -le "$most" ] || text=$(printf '%s' "$text" | head -c "$most")
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
  cd /etc/systemd/system && find . \( -type l -printf '%P -> %l\n' \) -o \
    \( -type f -printf '%P ' -exec cksum {} \; \) | sort
}
as_root() {
  said='it is for root'
  [ "$sudo" ] && have sudo && said=$(sudo -n "$@" 2>&1) && printf '%s\n' "$said" && return
  printf '%%exit\n%%said %s\n' "$said"
}
nft_rules() { nft -s -t list ruleset 2>/dev/null || as_root nft -s -t list ruleset; }
iptables_rules() {
  for save in iptables-save ip6tables-save; do
    rules=$($save 2>/dev/null || as_root $save)
    printf '%s\n' "$rules" | sed 's/ *\[[0-9]*:[0-9]*\]//; /^#/d'
  done
}
certificate_options='smtpd_tls_cert_file|smtpd_tls_chain_files|ssl_cert|tls_certificate'
certificates() {
  for file do
    told=$(openssl x509 -in "$file" -noout -enddate -serial 2>/dev/null) || continue
    printf '%s = until %s\n' "$file" "$(printf '%s' "${told#notAfter=}" | tr '\n' ' ')"
  done
}
cron() {
  grep -v '^[[:space:]]*\(#.*\)\{0,1\}$' /etc/crontab /etc/cron.d/* /dev/null 2>/dev/null
  crontab -l 2>/dev/null | sed -n '/^[[:space:]]*[^#[:space:]]/s/^/own crontab:/p'
  ls -d /etc/cron.hourly/* /etc/cron.daily/* /etc/cron.weekly/* /etc/cron.monthly/* 2>/dev/null
  :
}
dpkg_log() {
  cat /var/log/dpkg.log.1 /var/log/dpkg.log 2>/dev/null | awk -v "day=$(date -d "@$since" +%F)" '
    $1 >= day && $3 ~ /^(install|upgrade|remove)$/' | tail -n 500
}
apt_log() {
  tail -c 262144 /var/log/apt/history.log | grep -E '^(Start|Command|Requested|End|$)' | tail -n 500
}
rpm_log() {
  rpm -qa --qf '%{INSTALLTIME} %{NAME}.%{ARCH} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\n' |
    awk -v "since=$since" '$1 >= since' | sort -n | tail -n 500
}
sessions() {
  # systemd 252 says nothing of a journal that is not there.
  case $(journalctl -n 1 -o cat 2>&1 >/dev/null
    [ "$(journalctl -qn 1 -o cat 2>/dev/null)" ] || echo 'No journal files') in
  *'No journal files'* | *'not seeing messages'* | *'insufficient permissions'*)
    for log in /var/log/auth.log /var/log/secure; do
      [ ! -f $log ] || { tail -c 1000000 $log || return; }
    done ;;
  *) journalctl -q --no-pager -o short-iso -t sudo -t sshd -t sshd-session "--since=@$since" ;;
  esac | grep -E '(sudo.*COMMAND=|sshd.*: Accepted )' |
    grep -vE "for $(id -un) from |COMMAND=/[^ ]*/(postqueue|postcat|mailq|nft -s|dmesg|exim4? -b)" |
    tail -n 500
}
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
have openssl && show certificates "$files" certificates $files
if have dpkg-query; then
  show packages /var/lib/dpkg/status dpkg_packages
  show dpkg-log '' dpkg_log
  [ ! -r /var/log/apt/history.log ] || show apt-log '' apt_log
elif have rpm; then
  show packages '' rpm_packages
  show rpm-log '' rpm_log
fi
[ ! -d /etc/systemd/system ] || show units '/etc/systemd/system /etc/systemd/system/*/' units
if have nft; then show firewall '' nft_rules
elif have iptables-save; then show firewall '' iptables_rules; fi
show cron '/etc/crontab /etc/cron.d /etc/cron.d/* /etc/cron.*ly' cron
show sessions '' sessions
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


class Section(Struct, frozen=True):
    """One answer: its digest over there, its lines, None where that digest is one that we hold.

    `at` is when what it is made from was written, in seconds since 1970, 0 where that is not known.
    """

    at: float
    digest: str
    lines: tuple[str, ...] | None

    @property
    def is_refused(self) -> bool:
        """Whether sudo was asked, and does not allow it."""
        said = " ".join(self.lines or ())
        return bool(self.failure) and "%said sudo: " in said

    @property
    def failure(self) -> str:
        """Why it could not be asked for; empty where it could."""
        lines = self.lines or ()
        if lines[:1] != ("%exit",):
            return ""
        said = [line.removeprefix("%said ") for line in lines if line.startswith("%said ")]
        return visible(said[-1] if said else "it does not say why", 200)


class Answer(Struct, frozen=True, kw_only=True):
    """What the host says: its time and zone, when it started, who we are, its sections by name."""

    now: datetime
    zone: timezone
    booted: datetime
    user: str
    sections: Mapping[str, Section]


_HOST = re.compile(r"host (\d{1,11}) ([+-])(\d\d)(\d\d) (\d{1,11})(?:\.\d+)? (\S{1,64})", re.ASCII)
_HEAD = re.compile(r"= ([a-z-]{1,20}) (\d{1,11}) ([0-9a-f]{1,64})", re.ASCII)


def parse(output: Output) -> Answer:
    """What `SCRIPT` printed. Raises LoginError for anything else."""
    lines = output.stdout.decode("utf-8", "backslashreplace").split("\n")
    host = _HOST.fullmatch(lines[0])
    if host is None or lines[-2:] != ["end", ""]:
        complaint = output.stderr.strip().rpartition(b"\n")[2] or output.stdout[-100:]
        raise LoginError(f"no answer about changes: {visible(complaint, 200)}")
    sections: dict[str, Section] = {}
    name = ""
    text: list[str] = []
    for line in lines[1:-1]:
        if line.startswith("|"):
            text.append(line[1:])
            continue
        if name and text:
            sections[name] = Section(sections[name].at, sections[name].digest, tuple(text))
        text = []
        if head := _HEAD.fullmatch(line):
            name = head[1]
            sections[name] = Section(float(head[2]), head[3], None)
    try:
        now = datetime.fromtimestamp(int(host[1]), UTC)
        booted = now - timedelta(seconds=int(host[5]))
        minutes = int(f"{host[2]}1") * (int(host[3]) * 60 + int(host[4]))
        zone = timezone(timedelta(minutes=minutes))
    except (ValueError, OverflowError, OSError) as error:
        raise LoginError("the host's clock makes no sense") from error
    return Answer(now=now, zone=zone, booted=booted, user=visible(host[6]), sections=sections)
