"""The mail processes of a host, as /proc shows them (proc(5)): gathered, not judged."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from checks.model import now
from checks.server._look import Garbled, Question
from checks.server._programs import COMMANDED, FILES, NAMES, name_of

if TYPE_CHECKING:
    import psutil

TICKS = 100
"""USER_HZ: the clock that /proc counts in, the same on every machine that Debian runs on."""

FIELDS = 24 + 15
"""Words of a line of /proc/PID/stat that travel: 24 fields, and the blanks that a name may hold."""

COMMAND_LIMIT = 300
"""Characters of a command line that are looked at; a daemon's path and options take 60."""


class Seen(Struct, frozen=True, kw_only=True):
    """A process with one of `NAMES`.

    `mark` is its state in one letter (R, S, D, T, t, Z…). `cpu` are the seconds of a core that it
    has had, with those of its children that have ended. `command` is known for `COMMANDED` only,
    and empty for a zombie.
    """

    pid: int
    parent: int
    name: str
    mark: str
    since: datetime
    memory: int
    cpu: float = 0.0
    command: str = ""


class Table(Struct, frozen=True, kw_only=True):
    """What was seen; `files` are those of `FILES` that exist, `total` counts all processes."""

    seen: tuple[Seen, ...]
    files: frozenset[str]
    total: int
    is_hidden: bool


_GLOBS = "|".join(f"*'({name}) '*" for name in sorted(COMMANDED))

# Six programs are started, whatever runs there; all the rest is done by the shell itself.
# grep names the file beside each line, and Linux puts the pid into both: a process that calls
# itself "x\n1 (master" is found out. It gets /dev/null so that it names the file of a single one.
# head prints the first line of each only, which no command line can leave to imitate the heads.
SCRIPT = f"""
cd /proc && [ -r self/stat ] || exit 1
set -- [0-9]*
echo "total $#"
echo "uptime $(cat uptime)"
grep -m 1 KernelPageSize self/smaps
for f in {" ".join(FILES)}; do [ -e "$f" ] && echo "file $f"; done
pattern='^1 \\(|^[0-9]+ \\(({"|".join(sorted(NAMES))})[ )]'
lines=$(grep -E "$pattern" /dev/null [0-9]*/stat 2>/dev/null)
printf '%s\\n' "$lines" | cut -d ' ' -f -{FIELDS}
set -f; IFS='
'; set --
for line in $lines; do
  case $line in {_GLOBS}) set -- "$@" "${{line%%/*}}/cmdline";; esac
done
[ $# = 0 ] || head -n 1 /dev/null "$@" 2>/dev/null | tr '\\0' ' ' | cut -c 1-{COMMAND_LIMIT}
exit 0
"""

# proc(5): pid (comm) state ppid … 14 utime stime cutime cstime … 22 starttime … 24 rss. comm may
# hold anything, also ") S 1 ".
_STAT = re.compile(
    r"(?P<file>\d{1,10})/stat:(?P<pid>\d{1,10}) \((?P<comm>.*)\) (?P<mark>[A-Za-z])"
    r" (?P<parent>\d{1,10})(?: -?\d+){9} (?P<times>\d{1,15} \d{1,15} -?\d{1,15} -?\d{1,15})"
    r"(?: -?\d+){4} (?P<start>\d{1,20}) \d+ (?P<pages>-?\d{1,20})(?: -?\d+)*",
    re.ASCII,
)
_COMMAND = re.compile(r"^==> (\d{1,10})/cmdline <==\n([^\n]*)$", re.MULTILINE | re.ASCII)


def parse(text: str) -> Table:
    """What `SCRIPT` printed. Raises Garbled."""
    lines = text.split("\n")
    commands = {int(pid): line.rstrip(" ") for pid, line in _COMMAND.findall(text)}
    page = int(_number(r"KernelPageSize: *(\d{1,6}) kB", text)) * 1024
    booted = now() - timedelta(seconds=_number(r"uptime (\d{1,9}\.\d\d) ", text))
    found = [one for one in map(_STAT.fullmatch, lines) if one and one["file"] == one["pid"]]
    return Table(
        seen=tuple(
            Seen(
                pid=int(one["pid"]),
                parent=int(one["parent"]),
                name=name_of(one["comm"]),
                mark=one["mark"],
                since=_after(booted, int(one["start"])),
                memory=int(one["pages"]) * page,
                cpu=sum(map(int, one["times"].split(" "))) / TICKS,
                command=commands.get(int(one["pid"]), ""),
            )
            for one in found
            if name_of(one["comm"]) in NAMES
        ),
        files=frozenset(FILES) & {line.removeprefix("file ") for line in lines},
        total=int(_number(r"total (\d{1,9})$", text)),
        is_hidden=all(one["pid"] != "1" for one in found),
    )


def _number(pattern: str, text: str) -> float:
    found = re.search(f"^{pattern}", text, re.MULTILINE | re.ASCII)
    if found is None:
        raise Garbled("no /proc there as Linux has it")
    return float(found[1])


def _after(booted: datetime, ticks: int) -> datetime:
    try:
        return booted + timedelta(seconds=ticks / TICKS)
    except OverflowError as error:
        raise Garbled("a process there started beyond all time") from error


def here() -> Table:
    """The same of this machine, through psutil and by name: all attributes would cost a second."""
    import psutil

    marks = {
        psutil.STATUS_STOPPED: "T",
        psutil.STATUS_TRACING_STOP: "t",
        psutil.STATUS_ZOMBIE: "Z",
        psutil.STATUS_DEAD: "X",
    }
    seen = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # gone meanwhile, or not ours to see
            name = name_of(process.name())
            if name in NAMES:
                seen.append(_seen(process, name, marks))
    is_hidden = True
    with suppress(psutil.Error):
        is_hidden = not psutil.Process(1).name()
    files = frozenset(path for path in FILES if Path(path).exists())
    return Table(seen=tuple(seen), files=files, total=len(psutil.pids()), is_hidden=is_hidden)


def _seen(process: psutil.Process, name: str, marks: dict[str, str]) -> Seen:
    with process.oneshot():
        mark = marks.get(process.status(), "S")
        command = process.cmdline() if name in COMMANDED and mark != "Z" else []
        times = process.cpu_times()
        return Seen(
            pid=process.pid,
            parent=process.ppid(),
            name=name,
            mark=mark,
            since=datetime.fromtimestamp(process.create_time(), UTC),
            memory=process.memory_info().rss,
            cpu=times.user + times.system + times.children_user + times.children_system,
            command=" ".join(command)[:COMMAND_LIMIT],
        )


QUESTION = Question("processes", here, SCRIPT, parse)
