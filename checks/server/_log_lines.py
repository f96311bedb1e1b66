r"""A line of a mail log, in the layouts that syslog, journald and the programs themselves write.

>>> stamps = Stamps(zone=timezone.utc, now=datetime(2026, 11, 24, 20, tzinfo=timezone.utc))
>>> stamps.parse("Nov 24 19:00:10 mail1 dovecot: imap-login: Login: user=<ana>")
Line(at=datetime.datetime(2026, 11, 24, 19, 0, 10, tzinfo=datetime.timezone.utc), \
program='dovecot', text='imap-login: Login: user=<ana>')
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from msgspec import Struct

from checks.log_line import Line

LINE_LIMIT = 2000
"""Characters kept of a line: the longest reply that Postfix keeps, and what stands around it."""


_SHORT = re.compile(
    r"(?P<month>[A-Z][a-z]{2}) (?P<day>[ \d]\d) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) ",
    re.ASCII,
)
_LONG = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<part>\d{1,9}))?"
    r"[ ]?(?P<zone>Z|[+-]\d\d:?\d\d)?[ ]",
    re.ASCII,
)
_UNIX = re.compile(r"(?P<seconds>\d{9,11})\.(?P<part>\d{6}) ", re.ASCII)
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"

_SENDER = re.compile(r"\S{1,255} (?P<program>[^\s\[:]{1,64})(?:\[\d{1,10}\])?: ")
"""What syslog puts before the message: host, program and process."""

_OWN = {
    "exim": re.compile(r"(?:\[\d{1,10}\] )?()"),
    "rspamd": re.compile(r"#\d{1,10}\(\w{1,32}\) ()"),
    "dovecot": re.compile("()"),
}
"""What stands before the message in a program's own log."""


class Stamps(Struct, frozen=True):
    """Reads the times of a host's lines: its `zone` and its clock say what they leave out."""

    zone: tzinfo
    now: datetime

    def parse(self, raw: str, program: str = "") -> Line | None:
        """The line; None for what has no time. `program` is that of a log of its own."""
        raw = raw[:LINE_LIMIT]
        for pattern, read in ((_UNIX, _unix), (_LONG, self._long), (_SHORT, self._short)):
            if found := pattern.match(raw):
                try:
                    at = read(found)
                except (ValueError, OverflowError):
                    return None
                return _told(at, raw[found.end() :], program)
        return None

    def _long(self, found: re.Match[str]) -> datetime:
        at = _second(f"{found['day']}T{found['time']}", found["zone"], self.zone)
        part = found["part"]
        return at.replace(microsecond=int(part.ljust(6, "0")[:6])) if part else at

    def _short(self, found: re.Match[str]) -> datetime:
        """No year and no zone (RFC 3164): the latest such time that is not to come."""
        month = _MONTHS.index(found["month"]) // 3 + 1
        day, hour, minute, second = map(int, found.group("day", "hour", "minute", "second"))
        year = (self.now + timedelta(days=1)).year
        at = datetime(year, month, day, hour, minute, second, tzinfo=self.zone)
        at = at if at < self.now + timedelta(days=1) else at.replace(year=year - 1)
        return at.astimezone(UTC)


def _unix(found: re.Match[str]) -> datetime:
    return datetime.fromtimestamp(int(found["seconds"]), UTC).replace(
        microsecond=int(found["part"])
    )


@lru_cache(4096)
def _second(text: str, offset: str | None, default: tzinfo) -> datetime:
    """``2026-11-24T19:00:10`` at that offset, in UTC; a busy log has hundreds of lines of it."""
    there = UTC if offset == "Z" else zone(offset) if offset else default
    return datetime.fromisoformat(text).replace(tzinfo=there).astimezone(UTC)


def stamps(offset: str, seconds: str) -> Stamps | None:
    """For a host whose ``date +%z`` and ``date +%s`` say so; None where they make no sense."""
    try:
        return Stamps(zone(offset), datetime.fromtimestamp(int(seconds), UTC))
    except (ValueError, OverflowError, OSError):
        return None


def zone(text: str) -> timezone:
    """The zone that ``date +%z`` calls ``+0530``. Raises ValueError."""
    found = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text, re.ASCII)
    if found is None:
        raise ValueError(f"{text!r} is no offset from UTC")
    away = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-away if found[1] == "-" else away)


def _told(at: datetime, rest: str, program: str) -> Line | None:
    if program and (own := _OWN.get(program)) and (found := own.match(rest)):
        return Line(at, program, rest[found.end() :])
    if found := _SENDER.match(rest):
        return Line(at, found["program"], rest[found.end() :])
    return None


def family(program: str) -> str:
    """The system that a program belongs to.

    >>> [family(name) for name in ("postfix/smtpd", "postfix-out/qmgr", "exim4", "dovecot")]
    ['postfix', 'postfix', 'exim', 'dovecot']
    """
    return re.split(r"[/\-\d(]", program.lower(), maxsplit=1)[0] or program
