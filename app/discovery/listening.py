"""The TCP ports that this machine listens on, from the kernel's own table (proc(5))."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from pathlib import Path


def sockets() -> Iterator[str]:
    """The lines of the table, for IPv4 and IPv6; none on a machine that has no such table."""
    for table in ("tcp", "tcp6"):
        try:
            yield from Path("/proc/net", table).read_text().splitlines()
        except OSError:
            continue


def parse_listening(lines: Iterable[str], address: str) -> Iterator[int]:
    """The ports that are listened on at `address` or everywhere, from lines of /proc/net/tcp.

    >>> list(parse_listening(["   0: 0100007F:0019 00000000:0000 0A", "0: 00000000:01BB 0 01"],
    ...                      "127.0.0.1"))
    [25]
    """
    try:
        own = socket.inet_aton(address)[::-1].hex().upper()
    except OSError:
        own = ""
    for line in lines:
        _, local, _, state, *_ = [*line.split(), "", "", "", ""]
        where, _, port = local.partition(":")
        if state == "0A" and (where == own or not where.strip("0")):
            yield int(port, 16)
