"""Names whose addresses are others again and again, as a CDN has them: no change of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

OFTEN = 3
"""Other addresses so many times within `WITHIN` are a rotation. A person who moves a host and back
makes two."""

WITHIN = timedelta(hours=1)

KINDS = ("A ", "AAAA ")


class _Last(Struct, frozen=True):
    text: str
    turned: tuple[datetime, ...] = ()


class Turns:
    """How often the addresses of each name turned. A program that starts has seen none turn."""

    def __init__(self) -> None:
        self._last: dict[str, _Last] = {}

    def rotating(self, told: Mapping[str, tuple[str, datetime]]) -> Iterator[str]:
        """Those of `told`, each with its records and when they were seen, that rotate.

        What is not asked for any more stays as it was: no time that passes makes it a change.
        """
        kept = {}
        for name, (text, at) in told.items():
            if not name.startswith(KINDS):
                continue
            last = self._last.get(name, _Last(text))
            turned = [one for one in last.turned if at - one < WITHIN]
            turned += [at] if text != last.text else []
            kept[name] = _Last(text, tuple(turned[-OFTEN:]))
            if len(turned) >= OFTEN:
                yield name
        self._last = kept
