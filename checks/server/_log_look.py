"""One look at a host's logs: the script's words, its answer, and where to go on from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from checks.hosts import Login
from checks.server._log_ledger import Reading
from checks.server._log_lines import Line, Stamps, stamps
from checks.server._log_script import (
    IDENTIFIERS,
    OWN_FILES,
    SCRIPT,
    SYSLOG_FILES,
    TROUBLE,
    WORKING,
)
from checks.server._look import Unreadable
from checks.server._size import size
from checks.text import visible

TROUBLE_BYTES, WORKING_BYTES = 256 << 10, 64 << 10
"""Bytes of lines that travel, per source: trouble, and what works. Of more the latest are kept."""

RAW_BYTES = 32 << 20
"""Bytes of a file that are looked at on the host in one go: awk needs half a second for them."""

ANSWER_LIMIT = 4 << 20

MEND_JOURNAL = "usermod -aG systemd-journal {user}"
MEND_FILES = "usermod -aG adm {user}"


class Place(Struct, frozen=True):
    """Where the last look ended: the journal's cursor; inode and offset of each file."""

    cursor: str = ""
    files: tuple[str, ...] = ()


class Answer(Struct, frozen=True, kw_only=True):
    """What a look brought. `denied` names what this user may not read."""

    reading: Reading
    place: Place
    denied: tuple[str, ...] = ()


async def look(
    login: Login, place: Place, since: datetime, files: Sequence[str], *, deadline: float
) -> Answer:
    """What the logs say since `place`, or from `since` on the first time. Raises LoginError."""
    words = [
        str(int(since.timestamp())),
        place.cursor,
        *map(str, (TROUBLE_BYTES, WORKING_BYTES, RAW_BYTES)),
        " ".join(SYSLOG_FILES),
        " ".join((*OWN_FILES, *files)),
        " ".join(IDENTIFIERS),
        TROUBLE,
        WORKING,
        *place.files,
    ]
    argv = ["sh", "-c", SCRIPT, "sh", *words]
    output = await login.run(argv, deadline=deadline, limit=ANSWER_LIMIT)
    answer = parse(output.stdout.decode("utf-8", "backslashreplace"))
    if answer is None:
        complaint = visible(output.stderr.strip().rpartition(b"\n")[2], 200)
        raise Unreadable(f"no answer about the logs{': ' if complaint else ''}{complaint}")
    return answer


class _Heads(Struct):
    """The head lines, as they come."""

    zone: str = ""
    now: str = ""
    cursor: str = ""
    is_whole: bool = False
    count: int = 0
    cut: int = 0
    skipped: int = 0
    sources: list[str] = []
    denied: list[str] = []
    files: list[str] = []


def parse(text: str) -> Answer | None:
    """The script's answer; None where it makes no sense or has no end."""
    heads = _Heads(sources=[], denied=[], files=[])
    raws: list[tuple[str, str]] = []
    for line in text.split("\n"):
        mark, _, rest = line.partition(" ")
        if mark == "|":
            raws.append((heads.sources[-1] if heads.sources else "", rest))
        else:
            _take_head(heads, mark, rest)
    read = stamps(heads.zone, heads.now)
    if read is None or not heads.is_whole:
        return None
    reading = Reading(
        lines=tuple(_lines(read, raws)),
        sources=tuple(visible(one, 200) for one in heads.sources),
        count=heads.count,
        now=read.now,
        cut=_cut(heads),
    )
    place = Place(heads.cursor, tuple(heads.files))
    return Answer(reading=reading, place=place, denied=tuple(visible(d) for d in heads.denied))


def _take_head(heads: _Heads, mark: str, rest: str) -> None:
    if mark == "zone":
        heads.zone = rest
    elif mark == "now":
        heads.now = rest
    elif mark == "cursor":
        heads.cursor = rest
    elif mark == "source":
        heads.sources.append(rest)
    elif mark == "denied":
        heads.denied.append(rest)
    elif mark == "at":
        inode, offset, path = (*rest.split(" ", 2), "", "")[:3]
        heads.files.append(f"{_number(inode)}:{_number(offset)}:{path}")
    elif mark == "read":
        count, _, cut = (*rest.split(" "), "", "")[:3]
        heads.count += _number(count)
        heads.cut += _number(cut)
    elif mark == "skipped":
        heads.skipped += _number(rest)
    elif mark == "end":
        heads.is_whole = True


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else 0


def _lines(read: Stamps, raws: Sequence[tuple[str, str]]) -> list[Line]:
    found = []
    for source, raw in raws:
        line = read.parse(raw, program_of(source))
        if line is not None:
            found.append(line)
    return found


def program_of(source: str) -> str:
    """The program whose own log a file is; empty for syslog's."""
    return next((name for name in ("exim", "rspamd", "dovecot") if name in source), "")


def _cut(heads: _Heads) -> str:
    parts = []
    if heads.skipped:
        parts.append(f"{size(heads.skipped)} of older log were not looked at")
    if heads.cut:
        parts.append(f"{heads.cut:,} older lines of trouble were left there")
    return "; ".join(parts)


def mend(denied: Sequence[str], user: str) -> str:
    """The command that lets `user` read what was denied."""
    group = MEND_JOURNAL if "journal" in denied else MEND_FILES
    return group.format(user=user or "USER")
