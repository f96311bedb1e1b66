"""What the name servers said last of each name and type: what was asked anyway, for who compares.

Bounded: what is asked again and again stays. Silence and failures leave what was known before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

from checks.dns_errors import AliasLoop, BadName, DnsError, NoRecords, NoSuchName
from checks.lookup import Answer

QUESTIONS_LIMIT = 1000
"""Questions whose answers are kept, the last ones: DNSBLs alone are a dozen for each host."""


class Said(Struct, frozen=True):
    """An answer and when it came; None: there is no such record."""

    answer: Answer | None
    at: datetime


class SeenRecords:
    """The last answer to each question, by name (lower case, no final dot) and type."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], Said] = {}

    def answered(self, name: str, kind: str, answer: Answer | DnsError) -> None:
        """Take an answer, or the error that there is none; other errors tell nothing."""
        if isinstance(answer, AliasLoop | BadName):
            return
        if isinstance(answer, DnsError) and not isinstance(answer, NoRecords | NoSuchName):
            return
        found = None if isinstance(answer, DnsError) else answer
        key = (name.lower().rstrip("."), kind)
        self._said.pop(key, None)
        self._said[key] = Said(found, datetime.now(UTC))
        if len(self._said) > QUESTIONS_LIMIT:
            del self._said[next(iter(self._said))]

    def __iter__(self) -> Iterator[tuple[str, str, Said]]:
        """Name, type and what was said, the oldest first."""
        return iter([(name, kind, said) for (name, kind), said in self._said.items()])
