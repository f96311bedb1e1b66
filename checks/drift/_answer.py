"""What a host answers about itself, section by section: the parser of what the script prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from msgspec import Struct

from checks.drift._host_script import SCRIPT
from checks.hosts import LoginError, Output
from checks.text import visible

SECTION_LIMIT = 1 << 18
"""Bytes of one section: 5,000 packages, or 2,500 firewall rules."""

OUTPUT_LIMIT = 16 * SECTION_LIMIT


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
        marked = [line for line in self.lines or () if line.startswith(("%said ", UNSEEN))]
        return any(_SUDO.search(line) for line in marked)

    @property
    def failure(self) -> str:
        """Why it could not be asked for; empty where it could."""
        lines = self.lines or ()
        if lines[:1] != ("%exit",):
            return ""
        said = [line.removeprefix("%said ") for line in lines if line.startswith("%said ")]
        return visible(said[-1] if said else "it does not say why", 200)


UNSEEN = "%unseen "
"""What a line begins with that tells of a part of its section that may not be seen."""

OTHERS_CRONTABS = "crontabs of root and others"
"""What the script calls them where it sees only our own."""

_SUDO = re.compile(r"(?:^%said |: )sudo: ")


def gaps(text: str) -> Mapping[str, str]:
    """The parts of a section that may not be seen, each with why.

    >>> gaps("%unseen /etc/cron.d/x: it may not be read")
    {'/etc/cron.d/x': 'it may not be read'}
    """
    if UNSEEN not in text:
        return {}
    lines = [line for line in text.split("\n") if line.startswith(UNSEEN)]
    parts = (visible(line.removeprefix(UNSEEN)).partition(": ") for line in lines)
    return {name: why for name, _, why in parts}


class Answer(Struct, frozen=True, kw_only=True):
    """What the host says: its time and zone, when it started, who we are, its sections by name."""

    now: datetime
    zone: timezone
    booted: datetime
    user: str
    sections: Mapping[str, Section]


_HOST = re.compile(r"host (\d{1,11}) ([+-])(\d\d)(\d\d) (\d{1,11})(?:\.\d+)? (\S{1,64})", re.ASCII)
_HEAD = re.compile(r"= ([a-z-]{1,20}) (\d{1,11}) ([0-9a-f]{1,64})", re.ASCII)

_SECTIONS = frozenset(re.findall(r"\bshow ([a-z-]+) ", SCRIPT))
"""All that the script has: a host that sends others fills no memory with them."""


def parse(output: Output) -> Answer:
    """What `_host_script.SCRIPT` printed. Raises LoginError for anything else."""
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
        head = _HEAD.fullmatch(line)
        name = head[1] if head and head[1] in _SECTIONS else ""
        if head and name:
            sections[name] = Section(float(head[2]), head[3], None)
    try:
        now = datetime.fromtimestamp(int(host[1]), UTC)
        booted = now - timedelta(seconds=int(host[5]))
        minutes = int(f"{host[2]}1") * (int(host[3]) * 60 + int(host[4]))
        zone = timezone(timedelta(minutes=minutes))
    except (ValueError, OverflowError, OSError) as error:
        raise LoginError("the host's clock makes no sense") from error
    return Answer(now=now, zone=zone, booted=booted, user=visible(host[6]), sections=sections)
