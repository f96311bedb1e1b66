"""The ssh line that the operator sits behind: how much of what we wrote is still under way.

Its end is named in SSH_CONNECTION (ssh(1)), and what the kernel has not got rid of stands in
/proc/net/tcp (proc(5)), for everybody to read. Nothing is sent to find out: a terminal's answer to
a question of ours could land in a prompt of ssh's.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

BEHIND = 4096
"""Bytes under way that a line as fast as a modem's has swallowed by the next look."""

LOOKS = 2
"""Looks in a row that find it behind, before it is called slow."""

CALM = 15
"""Looks in a row that find it well, before it is no longer called so."""


class Line:
    """Looked at every two seconds or so; says whether it is slow."""

    def __init__(self, environ: Mapping[str, str], folder: Path = Path("/proc/net")) -> None:
        self._ends = _ends(environ.get("SSH_CONNECTION", ""))
        self._tables = (folder / "tcp", folder / "tcp6")
        self._odd = 0
        self.is_slow = False

    def look(self) -> bool:
        """Whether it is slow, as of now; False where it is not known."""
        unsent = self._unsent() if self._ends else None
        is_odd = unsent is not None and (unsent > BEHIND) != self.is_slow
        self._odd = self._odd + 1 if is_odd else 0
        if self._odd >= (CALM if self.is_slow else LOOKS):
            self._odd, self.is_slow = 0, not self.is_slow
        return self.is_slow

    def _unsent(self) -> int | None:
        """Bytes that the other end has not acknowledged; None where there is no such line."""
        for table in self._tables:
            with suppress(OSError):
                for row in table.read_text().splitlines()[1:]:
                    fields = row.split()
                    if (fields[1], fields[2]) in self._ends:
                        return int(fields[4].partition(":")[0], 16)
        return None


def _ends(connection: str) -> frozenset[tuple[str, str]]:
    """Our end and the other, as the tables write them; ssh writes ``client port server port``."""
    try:
        client, client_port, server, server_port = connection.split()
        ours, theirs = _written(server, server_port), _written(client, client_port)
    except ValueError:
        return frozenset()
    return frozenset(zip(ours, theirs, strict=True))


def _written(text: str, port: str) -> tuple[str, str]:
    """``0100007F:0016``, and for a socket of both families; words in the machine's byte order."""
    address = ipaddress.ip_address(text.partition("%")[0])
    short = address.packed
    long = short if address.version == 6 else b"\0" * 10 + b"\xff\xff" + short
    return tuple(  # type: ignore[return-value]
        "".join(f"{word:08X}" for word in struct.unpack(f"={len(raw) // 4}I", raw))
        + f":{int(port):04X}"
        for raw in (short, long)
    )
