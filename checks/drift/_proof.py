"""Whether a host's programs would start with what is on disk: the sh script, and its parser.

Each program is told to read its configuration (a proof) only when a file of it is not as it was
the last time. As this user: nothing is done by sudo. ``postfix check`` is never run: it makes
queue folders that are missing (postfix(1)), and a look must change nothing; who runs it is told
more than postconf(1) tells.

When a running program has read it is told by a child that a reload alone replaces: Postfix'
qmgr(8), and Dovecot's config process, which never idles out (doveconf(1), ``service config``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from checks.hosts import LoginError, Output
from checks.text import redact, visible

OUTPUT_LIMIT = 1 << 18

SCRIPT = r"""
known=" $1 "
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
have() { command -v "$1" >/dev/null 2>&1; }
table=$(ps -eo pid=,etimes=,ppid=,comm= 2>/dev/null)
up() {
  printf '%s\n' "$table" | awk -v main="$1" -v child="$2" '
    $4 == main { mains++; is[$1] = 1 }
    $4 == child { from[$1] = $3; up[$1] = $2 }
    END { for (pid in from) if (is[from[pid]] && up[pid] >= most) { most = up[pid]; any = 1 }
      print (mains == 1 && any ? most : "-") }'
}
prove() {
  name=$1 up=$2 files=$3 proof=$4; shift 4
  stamp=$(find "$@" -type f -printf '%p %T@ %C@ %s %m\n' 2>&1 | cksum)
  stamp=${stamp%% *}
  case $known in *" $name=$stamp "*) echo "= $name $stamp $up -"; return ;; esac
  last=$(find "$@" -name "$files" -type f -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1)
  echo "= $name $stamp $up ${last:--}"
  said=$($proof 2>&1 >/dev/null); status=$?
  printf '%s\n' "$said" | head -n 50 | cut -c 1-1000 | sed 's/^/|/'
  printf '%% %s\n' $status
}
postfix_proof() { postconf -n && postconf -M; }
date '+now %s'
have postconf && prove postfix "$(up master qmgr)" 'ma[is]*.cf' postfix_proof /etc/postfix
have doveconf && prove dovecot "$(up dovecot config)" '*.conf' doveconf /etc/dovecot
for exim in exim4 exim; do
  have $exim || continue
  prove exim - '*' "$exim -bV" /etc/exim4 /etc/exim /var/lib/exim4
  break
done
have sshd && prove sshd - '*_config' 'sshd -t' /etc/ssh
echo end
"""

TITLES = {"postfix": "Postfix", "dovecot": "Dovecot", "exim": "Exim", "sshd": "sshd"}

MENDS = {
    "postfix": "sudo postfix check",
    "dovecot": "sudo doveconf >/dev/null",
    "exim": "sudo exim4 -bV",
    "sshd": "sudo sshd -t",
}
"""What root runs to prove it, where our login may not."""


class Proof(Struct, frozen=True):
    """What a program said to its configuration: whether it takes it, None where it can't be told.

    `is_partial`: it was read, and not all of it could be tried. `file` is the latest
    of its files and `edited` when that was.
    """

    stamp: str
    is_good: bool | None
    said: tuple[str, ...] = ()
    is_partial: bool = False
    file: str = ""
    edited: datetime | None = None

    @property
    def why(self) -> str:
        """The first complaint, with the line after it where it ends in a colon (Exim's do)."""
        if not self.said:
            return "it does not say why"
        count = 2 if self.said[0].endswith(":") else 1
        return " ".join(line.strip() for line in self.said[:count])


class Program(Struct, frozen=True):
    """A program, what it says to its files, and when it last read them if that is known."""

    name: str
    proof: Proof
    loaded: datetime | None = None

    @property
    def title(self) -> str:
        """As its makers write it."""
        return TITLES[self.name]


_NOW = re.compile(r"now (\d{1,11})", re.ASCII)
_HEAD = re.compile(
    r"= (postfix|dovecot|exim|sshd) (\d{1,11}) (-|\d{1,9}) (?:-|(\d{1,11})(?:\.\d+)? (.{1,4096}))",
    re.ASCII,
)
_END = re.compile(r"% \d{1,3}", re.ASCII)
_NOT_ALLOWED = re.compile(
    r"(?i)permission denied|no hostkeys available|missing privilege separation|must be root"
    r"|superuser|could not load host key|unable to load host key"
)
_WARNING = re.compile(r"(?i)\bwarning: |^/\S+: ?warning|\bobsolete\b|deprecated")


def parse(output: Output, known: Mapping[str, Proof]) -> list[Program]:
    """What `SCRIPT` printed; `known` are the proofs of before. Raises LoginError."""
    lines = output.stdout.decode("utf-8", "backslashreplace").split("\n")
    start = _NOW.fullmatch(lines[0])
    if start is None or lines[-2:] != ["end", ""]:
        complaint = output.stderr.strip().rpartition(b"\n")[2] or output.stdout[-100:]
        raise LoginError(f"no answer about the programs: {visible(complaint, 200)}")
    programs = []
    said: list[str] = []
    for line in reversed(lines[1:-2]):  # a program's head comes before what it said
        if line.startswith(("|", "%")):
            said.insert(0, line)
        elif head := _HEAD.fullmatch(line):
            programs.append(_program(head, said, start, known))
            said = []
    return programs[::-1]


def _program(
    head: re.Match[str], said: list[str], start: re.Match[str], known: Mapping[str, Proof]
) -> Program:
    name = head[1]
    try:
        edited = datetime.fromtimestamp(int(head[4]), UTC) if head[4] else None
        up = timedelta(seconds=int(head[3])) if head[3] != "-" else None
        loaded = datetime.fromtimestamp(int(start[1]), UTC) - up if up is not None else None
    except (ValueError, OverflowError, OSError) as error:
        raise LoginError("the host's clock makes no sense") from error
    if said and _END.fullmatch(said[-1]):
        ended, lines = int(said[-1][2:5]), [line[1:] for line in said[:-1]]
        proof = _proof(name, head[2], ended, lines)
        proof = replace(proof, file=visible(head[5] or ""), edited=edited)
    elif name in known and known[name].stamp == head[2]:
        proof = known[name]
    else:
        raise LoginError(f"the host does not say whether {name} would start")
    return Program(name, proof, loaded)


_OF_KEYS = re.compile(r"(?i)host ?key|privilege separation|/run/sshd")
"""What sshd complains of once it has read its configuration; that file may be root's alone."""


def _proof(name: str, stamp: str, ended: int, lines: list[str]) -> Proof:
    """What the exit status and the complaints mean.

    sshd that only lacks its keys has read its configuration; so has Postfix, but for what
    ``postfix check`` looks at.
    """
    told = dict.fromkeys(redact(visible(line, 300)) for line in lines if line.strip())
    barred = tuple(line for line in told if _NOT_ALLOWED.search(line))
    faults = tuple(line for line in told if line not in barred and not _WARNING.search(line))
    if ended == 0:
        return Proof(stamp, is_good=True, is_partial=name == "postfix")
    if barred and not faults:
        has_read = all(_OF_KEYS.search(line) for line in barred)
        is_good = True if name == "sshd" and has_read else None
        return Proof(stamp, is_good=is_good, said=barred, is_partial=True)
    return Proof(stamp, is_good=False, said=faults or tuple(told))
