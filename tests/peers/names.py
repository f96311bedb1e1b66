"""Resolvers that answer from a table, or not at all."""

from __future__ import annotations

import asyncio

from checks.resolver import LookupFailed, NoSuchName, Resolver


class Names(Resolver):
    """Knows these names and their addresses, and no others; an address is its own answer."""

    def __init__(self, **addresses: str) -> None:
        super().__init__()
        self.known = {name.replace("_", "."): address for name, address in addresses.items()}

    async def addresses(
        self, name: str, *, deadline: float, is_fresh: bool = False
    ) -> tuple[str, ...]:
        if name in self.known:
            return (self.known[name],)
        if name[:1].isdigit():
            return (name,)
        raise NoSuchName(f"{name} does not exist")


class Failing(Resolver):
    """Answers SERVFAIL."""

    async def addresses(
        self, name: str, *, deadline: float, is_fresh: bool = False
    ) -> tuple[str, ...]:
        raise LookupFailed("the resolver failed: SERVFAIL")


class Silent(Resolver):
    """Never answers, and keeps no deadline."""

    async def addresses(
        self, name: str, *, deadline: float, is_fresh: bool = False
    ) -> tuple[str, ...]:
        await asyncio.sleep(3600)
        raise AssertionError
