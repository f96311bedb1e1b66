"""A resolver with a deadline for all questions together, and the findings of its errors."""

from __future__ import annotations

import time

from checks.dns_errors import AliasLoop, DnsError, LookupFailed, NoSuchName
from checks.lookup import Answer
from checks.model import Finding
from checks.resolver import Resolver

FAILED = "dns.resolver.failed"

OWN_SHARE = 0.9
"""Share of the deadline for the questions, so that a failure still says which server failed."""


class Asking:
    """A resolver, and the time left for it."""

    def __init__(self, resolver: Resolver, deadline: float) -> None:
        self._resolver = resolver
        self._ends = time.monotonic() + deadline * OWN_SHARE

    async def records(self, name: str, kind: str) -> tuple[str, ...]:
        """As `Resolver.records`."""
        return await self._resolver.records(name, kind, deadline=self.left)

    async def answer(self, name: str, kind: str) -> Answer:
        """As `Resolver.answer`."""
        return await self._resolver.answer(name, kind, deadline=self.left)

    async def texts(self, name: str) -> list[str]:
        """The TXT records of `name`, each whole. Bytes beyond ASCII stand for themselves."""
        answer = await self._resolver.answer(name, "TXT", deadline=self.left)
        return [text.decode("latin-1") for text in answer.texts]

    async def addresses(self, name: str) -> tuple[str, ...]:
        """As `Resolver.addresses`, from the DNS as it is now."""
        return await self._resolver.addresses(name, deadline=self.left, is_fresh=True)

    @property
    def name(self) -> str:
        """Whom it asks."""
        return self._resolver.name

    @property
    def left(self) -> float:
        """Seconds until the last question must be answered."""
        return max(0.0, self._ends - time.monotonic())


def trouble(error: DnsError, of: str) -> Finding:
    """The finding for a name that gave no address; `of` is its beginning, e.g. ``dns.mx``."""
    match error:
        case LookupFailed():
            code = FAILED
        case NoSuchName():
            code = f"{of}.not-found"
        case AliasLoop():
            code = "dns.alias-loop"
        case _:
            code = f"{of}.no-address"
    return Finding(code, str(error))
