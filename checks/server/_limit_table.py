"""The limits that a host's mail programs run under, as they are configured: gathered, not judged.

Postfix' from main.cf and master.cf (master(5)). Dovecot's from its master, which tells root what it
runs under and how many more clients each process takes (doveadm-service(1), doveadm-process(1)),
else from doveconf(1). Open files from /proc/PID/limits, which is everybody's to read, and
/proc/PID/fd, which is the owner's and root's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from checks.server._look import Garbled, Question

DOVECOT = ("imap-login", "imap", "pop3-login", "pop3", "lmtp", "managesieve-login")
"""Dovecot's services that people's programs, and the MTA, are clients of."""

INNER = ("auth", "anvil")
"""Those whose clients are its own processes, one or more for each of people's connections."""

WITH_FILES = ("dovecot", "master", "qmgr", "auth", "imap-login", "anvil", "exim4", "exim", "rspamd")
"""The programs that hold files or connections for many at once."""

FILES_MOST = 40
"""Processes whose open files are counted."""


class OpenFiles(Struct, frozen=True):
    """A process' open files: its soft limit, and how many it has; None where we may not see."""

    pid: int
    name: str
    count: int | None
    most: int


class Service(Struct, frozen=True):
    """A service of Dovecot: its process_limit, and its client_limit, which each of them has.

    `clients` are those that it serves, None where only the settings are known. `is_single`: a
    process serves one client and ends (``service_count = 1``).
    """

    processes: int
    each: int
    clients: int | None = None
    is_single: bool = False


class Limits(Struct, frozen=True, kw_only=True):
    """Most processes by service of master.cf that runs smtpd, and the services of Dovecot.

    None: no limit, or not known. 0 stands for the default in both, and is resolved here.
    """

    smtpd: Mapping[str, int | None]
    dovecot: Mapping[str, Service]
    files: tuple[OpenFiles, ...]


_ASKED = " ".join((*DOVECOT, *INNER))
_SETTINGS = "default_process_limit default_client_limit " + " ".join(
    f"service/{one}/{setting}"
    for one in DOVECOT
    for setting in ("process_limit", "client_limit", "service_count")
)

# A Dovecot that stands still keeps doveadm waiting. A line for each process would be 60 bytes.
# The shell itself counts files, and one grep reads all limits: no program is started per process.
SCRIPT = f"""
[ -r /proc/self/limits ] || exit 1
echo limits
sed -n 's/^default_process_limit *= */postfix /p' /etc/postfix/main.cf 2>/dev/null
sed -n 's/^[^#[:space:]].*[[:space:]]smtpd\\([[:space:]].*\\)*$/master &/p' /etc/postfix/master.cf \
  2>/dev/null
command -v timeout >/dev/null || timeout() {{ shift 3; "$@"; }}
said=; [ "$(id -u)" != 0 ] ||
  said=$(timeout -s KILL 2 doveadm -f tab service status {_ASKED} 2>/dev/null)
case $said in name*client_limit*)
  echo "$said" | sed 's/^/service /'
  timeout -s KILL 2 doveadm -f tab process status {_ASKED} 2>/dev/null | awk '
    NR == 1 && $3 != "available_count" {{ exit }}
    NR > 1 {{ free[$1] += $3 }}
    END {{ for (name in free) print "free", name, free[name] }}' ;;
*) doveconf {_SETTINGS} 2>/dev/null ;;
esac
cd /proc
names=$(grep -E '^({"|".join(WITH_FILES)})$' /dev/null [0-9]*/comm 2>/dev/null |
  head -n {FILES_MOST})
set --
for one in $names; do
  pid=${{one%%/*}}; set -- "$@" "$pid/limits"
  echo "name $pid ${{one#*:}}"
done
[ $# = 0 ] || grep 'Max open files' /dev/null "$@" 2>/dev/null
for one in "$@"; do
  pid=${{one%/*}}; [ -r "$pid/fd" ] && [ -x "$pid/fd" ] || continue
  set -- "$pid"/fd/*; [ -e "$1" ] && echo "count $pid $#"
done
exit 0
"""

_EACH_LINE = re.MULTILINE | re.ASCII
_NAME = re.compile(r"^name (\d{1,10}) ([a-z0-9-]{1,15})$", _EACH_LINE)
_MOST = re.compile(r"^(\d{1,10})/limits:Max open files +(\d{1,9}) ", _EACH_LINE)
_COUNT = re.compile(r"^count (\d{1,10}) (\d{1,9})$", _EACH_LINE)
_SETTING = re.compile(r"^service/([a-z0-9-]{1,32})/([a-z_]{1,32}) = (\d{1,9})$", _EACH_LINE)
_FREE = re.compile(r"^free ([a-z0-9-]{1,32}) (\d{1,9})$", _EACH_LINE)
_MASTER = re.compile(r"^master (\S{1,100})(?:\s+\S+){5}\s+(-|\d{1,9})\s+smtpd(?:\s.*)?$", re.ASCII)


def parse(text: str) -> Limits:
    """What `SCRIPT` printed. Raises Garbled."""
    if not text.startswith("limits\n"):
        raise Garbled("no /proc there as Linux has it")
    postfix = _last(r"^postfix (\S+) *$", text, 100)
    most: dict[str, str] = dict(_MOST.findall(text))
    counts: dict[str, str] = dict(_COUNT.findall(text))
    lines = filter(None, map(_MASTER.match, text.split("\n")))
    return Limits(
        smtpd={line[1]: postfix if line[2] == "-" else int(line[2]) or None for line in lines},
        dovecot=_told(text) or _configured(text),
        files=tuple(
            OpenFiles(int(pid), name, int(counts[pid]) if pid in counts else None, int(most[pid]))
            for pid, name in _NAME.findall(text)
            if pid in most
        ),
    )


def _told(text: str) -> dict[str, Service]:
    """The services as the master tells root; nothing where it was not asked."""
    rows = [one.split("\t") for one in re.findall(r"^service (.+)$", text, _EACH_LINE)]
    free = {name: int(count) for name, count in _FREE.findall(text)}
    services = {}
    for row in rows[1:]:
        told = dict(zip(rows[0], row, strict=False))
        count, idle, most, each = (
            _number(told.get(key, ""))
            for key in ("process_count", "process_avail", "process_limit", "client_limit")
        )
        left = idle if each == 1 else free.get(told.get("name", ""), 0 if not count else None)
        clients = None if left is None else max(0, count * each - left)
        if most and each and told.get("name") in _ASKED.split():
            services[told["name"]] = Service(most, each, clients)
    return services


def _configured(text: str) -> dict[str, Service]:
    """The services as doveconf(1) has them."""
    default = {
        "process_limit": _last(r"^default_process_limit = (\S+)$", text, 100) or 0,
        "client_limit": _last(r"^default_client_limit = (\S+)$", text, 1000) or 0,
    }
    found: dict[str, dict[str, int]] = {}
    for name, setting, value in _SETTING.findall(text):
        found.setdefault(name, {})[setting] = int(value)
    services = {}
    for name, own in found.items():
        processes, each = (own.get(key) or value for key, value in default.items())
        is_single = own.get("service_count") == 1
        if processes and each:
            services[name] = Service(processes, 1 if is_single else each, is_single=is_single)
    return services


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else 0


def _last(pattern: str, text: str, otherwise: int) -> int | None:
    """The last such setting; None for one that is no number (``$name``), and for no limit."""
    found = re.findall(pattern, text, _EACH_LINE)
    if not found:
        return otherwise
    return int(found[-1]) or None if re.fullmatch(r"\d{1,9}", found[-1], re.ASCII) else None


QUESTION = Question("limits", None, SCRIPT, parse)
