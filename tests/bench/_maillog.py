"""A mail log as a busy Postfix with Dovecot writes it, of any size, the same each time.

What happens, and how often, is in `maillog.txt`: of a bad day, a fifth of it sounds like trouble.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

SEED = 6

POOL = 100_000
"""Lines until it all happens again: 16 MB, more than is kept of any log."""


def write(path: Path, size: int, *, span: timedelta, until: datetime) -> None:
    """Write `size` bytes of log, evenly over `span` up to `until`."""
    pool, place, written = _lines(), 0, 0
    seconds = int(span.total_seconds())
    with path.open("wb") as file:
        for second in range(1, seconds + 1):
            at = until.astimezone(UTC) - span + timedelta(seconds=second)
            head = f"{at:%Y-%m-%dT%H:%M:%S}.251938+00:00 mail1 ".encode()
            while written < size * second // seconds:
                written += file.write(head + pool[place % POOL])
                place += 1


def _lines() -> list[bytes]:
    chance = Random(SEED)
    table = Path(__file__).with_name("maillog.txt").read_text(encoding="utf-8")
    _, *happenings = table.strip().split("\n\n")
    often = [float(one.split()[0]) for one in happenings]
    lines: list[str] = []
    while len(lines) < POOL:
        (happening,) = chance.choices(happenings, often)
        address = f"{chance.randrange(1, 224)}.{chance.randrange(256)}.0.7"
        name = "unknown" if chance.random() < 0.3 else f"out{chance.randrange(99)}.example.net"
        told = happening.format(
            id=f"{chance.getrandbits(40):010X}",
            n=chance.randrange(1000, 99999),
            pid=chance.randrange(1000, 99999),
            user=f"user{chance.randrange(5000)}",
            client=f"{name}[{address}]",
        )
        lines += told.split("\n")[1:]
    return [f"{one}\n".encode() for one in lines[:POOL]]
