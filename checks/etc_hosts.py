"""The machine's own table of names, ``/etc/hosts`` (hosts(5)), parsed again when it changed."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

SIZE_LIMIT = 16 << 20
"""Bytes read; tables that block advertising reach some megabytes."""


class HostsFile:
    """One such file. Reading and parsing happen in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at = -1
        self._names: dict[str, tuple[str, ...]] = {}
        self._reading = asyncio.Lock()

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of `name`, IPv4 first; none when the file has no such name."""
        if changed_at(self._path) != self._read_at:
            async with self._reading:
                await self._read()
        return self._names.get(name.lower().rstrip("."), ())

    async def _read(self) -> None:
        at = changed_at(self._path)
        if at != self._read_at:
            self._names = await asyncio.to_thread(_load, self._path)
            self._read_at = at


def changed_at(path: Path) -> int:
    """When the file changed last, in nanoseconds; 0 when it can't be seen."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def parse_hosts(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The addresses of each name, IPv4 first; lines that are not understood count for nothing.

    >>> parse_hosts(["::1 localhost", "127.0.0.1 localhost Vm # us", "what ever"])
    {'localhost': ('127.0.0.1', '::1'), 'vm': ('127.0.0.1',)}
    """
    found: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        text, *names = line.partition("#")[0].split() or [""]
        address = address_literal(text)
        for name in names if address else ():
            if address not in found[name.lower()]:
                found[name.lower()].append(address)
    return {name: tuple(sorted(of, key=lambda one: ":" in one)) for name, of in found.items()}


def address_literal(text: str) -> str:
    """`text` as an IP address in its usual form, without brackets; empty when it is none."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""


def is_this_machine(host: str) -> bool:
    """Whether what is sent to `host` stays on this machine: loopback (RFC 1122, RFC 4291).

    >>> [is_this_machine(one) for one in ("127.0.0.2", "::1", "localhost", "127.example.org")]
    [True, True, True, False]
    """
    address = address_literal(host)
    return ipaddress.ip_address(address).is_loopback if address else host == "localhost"


def _load(path: Path) -> dict[str, tuple[str, ...]]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return parse_hosts(file.read(SIZE_LIMIT).splitlines())
    except OSError:
        return {}
