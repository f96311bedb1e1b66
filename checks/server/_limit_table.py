"""The limits that a host's mail programs run under, as they are configured: gathered, not judged.

Postfix' from main.cf and master.cf (master(5)), Dovecot's from doveconf(1), open files from
/proc/PID/limits, which is everybody's to read, and /proc/PID/fd, which is the owner's and root's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from checks.server._look import Garbled, Question

DOVECOT = ("imap-login", "imap", "pop3-login", "pop3", "lmtp", "managesieve-login")
"""Dovecot's services that can run out of processes."""

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


class Limits(Struct, frozen=True, kw_only=True):
    """Most processes by service of master.cf that runs smtpd, and by service of Dovecot.

    None: no limit, or not known. 0 stands for the default in both, and is resolved here.
    """

    smtpd: Mapping[str, int | None]
    dovecot: Mapping[str, int | None]
    files: tuple[OpenFiles, ...]


# The shell itself counts files, and one grep reads all limits: no program is started per process.
SCRIPT = f"""
[ -r /proc/self/limits ] || exit 1
echo limits
sed -n 's/^default_process_limit *= */postfix /p' /etc/postfix/main.cf 2>/dev/null
sed -n 's/^[^#[:space:]].*[[:space:]]smtpd\\([[:space:]].*\\)*$/master &/p' /etc/postfix/master.cf \
  2>/dev/null
doveconf default_process_limit {" ".join(f"service/{one}/process_limit" for one in DOVECOT)} \
  2>/dev/null
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
_SERVICE = re.compile(r"^service/([a-z0-9-]{1,32})/process_limit = (\d{1,9})$", _EACH_LINE)
_MASTER = re.compile(r"^master (\S{1,100})(?:\s+\S+){5}\s+(-|\d{1,9})\s+smtpd(?:\s.*)?$", re.ASCII)


def parse(text: str) -> Limits:
    """What `SCRIPT` printed. Raises Garbled."""
    if not text.startswith("limits\n"):
        raise Garbled("no /proc there as Linux has it")
    postfix = _last(r"^postfix (\S+) *$", text, 100)
    default = _last(r"^default_process_limit = (\S+)$", text, 100)
    most: dict[str, str] = dict(_MOST.findall(text))
    counts: dict[str, str] = dict(_COUNT.findall(text))
    lines = filter(None, map(_MASTER.match, text.split("\n")))
    return Limits(
        smtpd={line[1]: postfix if line[2] == "-" else int(line[2]) or None for line in lines},
        dovecot={name: int(most) or default for name, most in _SERVICE.findall(text)},
        files=tuple(
            OpenFiles(int(pid), name, int(counts[pid]) if pid in counts else None, int(most[pid]))
            for pid, name in _NAME.findall(text)
            if pid in most
        ),
    )


def _last(pattern: str, text: str, otherwise: int) -> int | None:
    """The last such setting; None for one that is no number (``$name``), and for no limit."""
    found = re.findall(pattern, text, _EACH_LINE)
    if not found:
        return otherwise
    return int(found[-1]) or None if re.fullmatch(r"\d{1,9}", found[-1], re.ASCII) else None


QUESTION = Question("limits", None, SCRIPT, parse)
