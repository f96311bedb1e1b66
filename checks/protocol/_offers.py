"""Remembers which ports of a host have offered STARTTLS, so that one which vanishes is missed.

A peer that takes STARTTLS out of a server's answer looks like a server that never offered it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import msgspec

from checks import state_folder

REMEMBERED = timedelta(days=7)
"""After that a port that no longer offers it is one that does not."""

KEEP = timedelta(hours=1)
"""How much older than now a time on disk may be: it is not written at each run."""

SIZE_LIMIT = 1 << 16

Offers = dict[int, datetime]
"""Ports, and when each has offered it last."""


def known(folder: str, host: str, at: datetime) -> Offers:
    """The ports of `host` that have offered it of late; none where nothing can be read."""
    try:
        with _place(folder, host).open("rb") as file:
            found = msgspec.json.decode(file.read(SIZE_LIMIT), type=Offers)
    except (OSError, msgspec.DecodeError):
        return {}
    return {port: when for port, when in found.items() if at - when < REMEMBERED}


def remember(folder: str, host: str, before: Offers, ports: set[int], at: datetime) -> None:
    """Write down that `ports` offer it now. Where that can't be done it is not remembered."""
    after = before | {port: at for port in ports if at - before.get(port, _NEVER) > KEEP}
    if after == before:
        return
    try:
        path = _place(folder, host)
        state_folder.make(path.parent)
        new = path.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(after))
        new.replace(path)
    except OSError:
        return


def _place(folder: str, host: str) -> Path:
    return state_folder.path_of(folder, "starttls") / f"{quote(host, safe='')}.json"


_NEVER = datetime.fromisoformat("1970-01-01T00:00:00Z")
