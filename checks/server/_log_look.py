"""One look at a host's logs: the script's words, its answer, and where to go on from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from checks.hosts import Login, Output
from checks.server._log_answer import Printed, read
from checks.server._log_ledger import Reading
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


async def ask(
    login: Login, place: Place, since: datetime, files: Sequence[str], *, deadline: float
) -> Output:
    """What the script prints about the lines after `place`, on the first time since `since`.

    Raises LoginError.
    """
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
    return await login.run(argv, deadline=deadline, limit=ANSWER_LIMIT)


def answer(output: Output) -> Answer:
    """What that means. Raises LoginError."""
    found = parse(output.stdout.decode("utf-8", "backslashreplace"))
    if found is None:
        complaint = visible(output.stderr.strip().rpartition(b"\n")[2], 200)
        raise Unreadable(f"no answer about the logs{': ' if complaint else ''}{complaint}")
    return found


def parse(text: str) -> Answer | None:
    """The script's answer; None where it makes no sense or has no end."""
    printed = Printed(text)
    reader = printed.stamps
    if reader is None or not printed.is_whole:
        return None
    lines = (read(reader, source, raw) for source, raw in printed.raws)
    counts = [_numbers(one) for one in printed.all("read")]
    reading = Reading(
        lines=tuple(one for one in lines if one is not None),
        sources=printed.all("source"),
        count=sum(lines for lines, _, _ in counts),
        now=reader.now,
        cut=_cut(printed, sum(cut for _, _, cut in counts)),
    )
    place = Place(printed.last("cursor"), tuple(map(_file, printed.all("at"))))
    return Answer(reading=reading, place=place, denied=printed.all("denied"))


def _file(text: str) -> str:
    inode, offset, path = (*text.split(" ", 2), "", "")[:3]
    return f"{_number(inode)}:{_number(offset)}:{path}"


def _numbers(text: str) -> tuple[int, int, int]:
    """Lines, bytes, and lines of trouble that were left there."""
    lines, size, cut = (*map(_number, text.split(" ")), 0, 0, 0)[:3]
    return lines, size, cut


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else 0


def _cut(printed: Printed, lines: int) -> str:
    parts = []
    if skipped := sum(map(_number, printed.all("skipped"))):
        parts.append(f"{size(skipped)} of older log were not looked at")
    if lines:
        parts.append(f"{lines:,} older lines of trouble were left there")
    return "; ".join(parts)


def mend(denied: Sequence[str], login: Login) -> str:
    """The command that lets the login's user read what was denied; empty where nothing was."""
    if not denied:
        return ""
    where = login.name.removeprefix("ssh:")
    user = where.partition("@")[0] if "@" in where else "USER"
    group = MEND_JOURNAL if "journal" in denied else MEND_FILES
    return group.format(user=user)
