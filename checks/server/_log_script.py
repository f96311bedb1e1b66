"""What is run on a host to look at its logs: POSIX sh and awk, and nothing is written there.

The journal where this user may read it (journalctl(1)), else the files that syslog writes, and
always the files of programs that keep their own (Exim, rspamd, Dovecot's log_path). Of the lines
since the last look two kinds are kept, the latest of each: those that speak of trouble, and those
that show somebody's mail or login working. grep tells them apart, 20 times as fast as mawk. Of a
large file only what is newer is read: the place is found by bisection, since each line begins with
its time.

Printed are head lines (``source``, ``denied``, ``read``, …) and, after ``| ``, lines of the log.
"""

from __future__ import annotations

SYSLOG_FILES = (
    "/var/log/mail.log",  # Debian
    "/var/log/maillog",  # Red Hat, FreeBSD
    "/var/log/mail",  # SUSE
    "/var/log/kern.log",
    "/var/log/messages",
)
"""Looked at where the journal can't be read: it holds the same lines."""

OWN_FILES = (
    "/var/log/exim4/mainlog",  # Debian
    "/var/log/exim4/paniclog",
    "/var/log/exim/main.log",  # Red Hat
    "/var/log/exim/panic.log",
    "/var/log/exim/mainlog",  # upstream
    "/var/log/exim/paniclog",
    "/var/log/postfix.log",  # maillog_file
    "/var/log/dovecot.log",  # log_path
    "/var/log/rspamd/rspamd.log",
)
"""Of programs that keep their own log."""

IDENTIFIERS = (
    *("systemd", "rspamd", "clamd", "clamav-daemon", "slapd", "saslauthd", "unbound", "named"),
    *("mysqld", "mariadbd", "postgres", "redis-server", "opendkim", "opendmarc", "exim", "exim4"),
)
"""What logs outside of the mail facility, and whose trouble is mail's."""

TROUBLE = (
    "[Ww]arn|[Ee]rror|ERROR|[Ff]atal|FATAL|[Pp]anic|[Cc]ritical|[Aa]bort|TROUBLE"
    "|[Ff]ail|FAIL|[Rr]eject|[Rr]efus|[Dd]en(ied|y)|[Ll]imit|[Tt]imed out|[Tt]imeout|timeout"
    "|status=(bounced|deferred|expired|undeliverable)|relay=none|[Dd]iscard|: hold: "
    "| \\*\\* | == |[Ff]rozen|[Ff]reeze|remote host address is the local|[Qq]uota|[Kk]ill"
    "|[Oo]ut of |[Nn]o space|[Rr]ead-only|[Ll]oop|[Ll]ost|[Cc]annot|[Cc]an.t|[Uu]nable|[Bb]locked"
    "|[Uu]nknown([^[]|$)|[Nn]ot found|[Tt]oo |[Ee]xceed|[Ii]nvalid|[Hh]ung|segfault|[Cc]orrupt"
    "|[Tt]hrottl"
    "|expire|[Ss]top|[Tt]erminat|[Ss]hutting|[Mm]ilter|[Ss]tarting|[Ss]tarted|reload|refreshing"
    "|[Tt]emporar|Disconnected: |Disconnection|disconnection|SSL|[Uu]nreachable|[Nn]o such|No such"
    "|[Dd]isabled|greylist|INFECTED|removed by|cancelled by|unfrozen|[Bb]ad |[Uu]nexpected"
    "|[Mm]issing|closed after|pipelining|read or written by|not authenticated|not owned|writable"
    "|overriding|signal|restart|NOQUEUE|Sense Key|Opened|[Ee]xit"
)
"""An extended regular expression for lines worth to travel; every pattern's line has one of it.

A client whose name is not known, ``unknown[192.0.2.1]``, is none: on some hosts half of all are."""

WORKING = "Login: user=|sasl_username=|status=sent|stored mail into|saved mail to| => | -> |A=[a-z]"
"""The same for lines that show something to work: a login, a delivery."""

PLACE = r"""
tell_times() {
  now=$(date +%s); set -f
  echo "zone $(date +%z)"; echo "now $now"
  export YEAR=$(date -d @$((now + 86400)) +%Y) TODAY=$(date -d @$((now + 86400)) +%m%d%H%M%S)
  export WANTED=$(date -d "@$1" +%Y%m%d%H%M%S)
}
place() {
  low=0 high=$2
  while [ $((high - low)) -gt 65536 ]; do
    middle=$(((low + high) / 2))
    case $(tail -c +$((middle + 1)) "$1" 2>/dev/null | head -c 65536 | awk '
      NR == 1 { next }
      /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ]/ { k = substr($0, 1, 19)
        gsub(/[-T :]/, "", k) }
      /^[A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:/ {
        m = index("JanFebMarAprMayJunJulAugSepOctNovDec", substr($0, 1, 3))
        k = sprintf("%02d%02d%s", (m + 2) / 3, substr($0, 5, 2), substr($0, 8, 8))
        gsub(/:/, "", k); y = ENVIRON["YEAR"]; if (k > ENVIRON["TODAY"]) y--; k = y k }
      k != "" { print (k < ENVIRON["WANTED"] ? "before" : "after"); exit }') in
    before) low=$middle ;; *) high=$middle ;; esac
  done
  echo $low
}
may_read_journal() {
  said=$(journalctl -n 1 -o cat 2>&1 >/dev/null) || return
  case $said in
  *'not seeing messages'* | *'insufficient permissions'*) echo 'denied journal'; return 1 ;;
  *'No journal files'*) return 1 ;;
  esac
  [ "$(journalctl -qn 1 -o short-unix 2>/dev/null)" ]
}
"""
"""Shell functions: the host's clock and zone; where in a file the time wanted begins; whether
this user may read the journal, which is said where it is there and may not. One without any entry,
as where journald does not run, is none: systemd 252 says nothing of it."""

SCRIPT = (
    PLACE
    + r"""
since=$1 cursor=$2 most=$3 few=$4 raw=$5 syslog=$6 own=$7 idents=$8; shift 8
trouble=$1 working=$2; shift 2; export most LC_ALL=C
tell_times "$since"
# fd 3 goes to the second kind, which begins to print when the first is done and its awk has ended.
sift() { {
  awk '/^-- /{ print; next }
    { lines++; size += length($0) + 1 }
    { print substr($0, 1, 2000) }
    END { print "-- read: " lines + 0 " " size + 0 }' |
  tee /dev/fd/3 | grep -aE "^-- |: from=<| <= |$trouble" | awk '
  function idof(s) {
    if (match(s, /: [0-9A-Za-z]+: /)) return substr(s, RSTART + 2, RLENGTH - 4)
    if (match(s, / [0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+ /))
      return substr(s, RSTART + 1, RLENGTH - 2)
    return ""
  }
  function keep(s) {
    kept[last++] = s; bytes += length(s) + 3
    while (bytes > most) { bytes -= length(kept[first]) + 3; delete kept[first++]; cut++ }
  }
  BEGIN { most = ENVIRON["most"] + 0 }
  /^-- cursor: / { cursor = substr($0, 12); next }
  /^-- read: / { read = substr($0, 10); next }
  /: from=<| <= / && !/status=/ {
    if (known++ > 50000) { split("", from); known = 0 } from[idof($0)] = $0; next }
  /status=|[*][*]|==|discard|expired/ {
    id = idof($0); if (id != "" && id in from) { keep(from[id]); delete from[id] } }
  { keep($0) }
  END {
    if (read == "") { print "broken"; exit }
    if (cursor) print "cursor " cursor
    print "read " read " " cut + 0
    for (i = first + 0; i < last; i++) print "| " kept[i]
  }' >&4; } 3>&1 | grep -aE "$working" | grep -avE "$trouble" | tail -c "$few" | sed 's/^/| /'
} 4>&1
older() { set +f; for old in "$1".1 "$1"-*[0-9]; do
  [ "$(stat -c %i "$old" 2>/dev/null)" = "$2" ] && echo "$old"; done; set -f; }
rest_of() {
  from=$2 size=${3:-$(stat -c %s "$1")}
  [ "$from" ] || from=$(place "$1" "$size")
  if [ $((size - from)) -gt "$raw" ]; then echo "skipped $((size - from - raw))"
    from=$((size - raw)); fi
  [ "$size" -gt "$from" ] && tail -c +$((from + 1)) "$1" | head -c $((size - from)) | sift
}
look_at() {
  path=$1; shift
  [ -f "$path" ] || return
  if ! [ -r "$path" ]; then echo "denied $path"; return; fi
  inode=$(stat -c %i "$path") length=$(stat -c %s "$path") offset=''
  echo "source $path"; echo "at $inode $length $path"
  for seen do
    [ "${seen#*:*:}" = "$path" ] || continue
    was=${seen%%:*} offset=${seen#*:} offset=${offset%%:*}
    if [ "$was" != "$inode" ]; then
      old=$(older "$path" "$was"); [ "$old" ] && rest_of "$old" "$offset"; offset=0
    elif [ "$offset" -gt "$length" ]; then offset=0; fi
  done
  rest_of "$path" "$offset" "$length"
}
may_read_journal && {
  match='SYSLOG_FACILITY=2 + _TRANSPORT=kernel'
  for ident in $idents; do match="$match + SYSLOG_IDENTIFIER=$ident"; done
  where=--since=@$since; [ "$cursor" ] && where=--after-cursor=$cursor
  echo 'source journal'
  journalctl -qa --no-pager -o short-unix --show-cursor "$where" $match | sift
  syslog=
}
for path in $syslog $own; do look_at "$path" "$@"; done
echo end
"""
)

SEARCH = (
    PLACE
    + r"""
since=$1 most=$2 pack=$3 syslog=$4 own=$5 idents=$6; shift 6
export LC_ALL=C
hits() { grep -a "$@" | head -n "$most" | awk '{ print "| " substr($0, 1, 2000) }'; }
read_one() {
  file=$1; shift
  [ -f "$file" ] && [ "$(stat -c %Y "$file")" -ge "$since" ] || return
  if ! [ -r "$file" ]; then echo "denied $file"; return; fi
  size=$(stat -c %s "$file")
  echo "source $file"; [ "$file" = "$path" ] && echo "growing $(stat -c %i "$file") $size $file"
  case $file in
  *.gz) gzip -dc "$file" | hits "$@" ;;
  *) from=$(place "$file" "$size")
    tail -c +$((from + 1)) "$file" | head -c $((size - from)) | hits "$@" ;;
  esac
}
search() {
  tell_times "$since"
  may_read_journal && {
    match='SYSLOG_FACILITY=2 + _TRANSPORT=kernel'
    for ident in $idents; do match="$match + SYSLOG_IDENTIFIER=$ident"; done
    echo 'source journal'
    journalctl -qa --no-pager -o short-unix --since=@$since $match | hits "$@"
    syslog=
  }
  for path in $syslog $own; do
    set +f; for file in "$path".*.gz "$path"-*.gz "$path"-*[0-9] "$path".1 "$path"; do
      read_one "$file" "$@"; done; set -f
  done
  echo end
}
search "$@" | $pack
"""
)
"""Prints the lines since a time that grep finds by the words given, at most so many of each log."""

FOLLOW = (
    PLACE
    + r"""
since=$1 tick=$2 journal=$3 idents=$4; shift 4
trap '' PIPE
tell_times "$since"; set +f
mark() { sed -u "s/^/$1 /"; }
rest() {
  for old in "$1".1 "$1"-*[0-9]; do
    [ "$(stat -c %i "$old" 2>/dev/null)" = "$2" ] && tail -c +"$3" "$old"; done
}
follow() {
  path=$1 inode=$2 from=$(($3 + 1))
  if [ "$(stat -c %i "$path")" != "$inode" ]; then rest "$path" "$inode" "$from"; from=1
  elif [ "$(stat -c %s "$path")" -lt "$3" ]; then from=1; fi
  tail -c +"$from" -F "$path" 2>/dev/null
}
if [ "$journal" ]; then
  match='SYSLOG_FACILITY=2 + _TRANSPORT=kernel'
  for ident in $idents; do match="$match + SYSLOG_IDENTIFIER=$ident"; done
  journalctl -qaf --no-tail --no-pager -o short-unix --since=@$since $match | mark 0 &
fi
n=0
for seen do
  n=$((n + 1)) path=${seen#*:*:} inode=${seen%%:*} offset=${seen#*:}
  follow "$path" "$inode" "${offset%%:*}" | mark $n &
done
while echo tick; do sleep $tick; done
kill 0
"""
)
"""Prints what is added to the journal or to files from a place on, after a number that says to
which; over rotation, too. When nobody takes its ticks any more, it ends all that it started."""
