"""How a message fared with one recipient, or on a way that has none."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Outcome = Literal["accepted", "refused", "unknown"]


class Fate(Struct, frozen=True):
    """`accepted`: they have it. `refused`: they surely don't. `unknown`: they may have it.

    `reply` is what was said, or done instead; `proof` the queue id or the HTTP status. What was
    refused for now `is_temporary`.
    """

    outcome: Outcome
    reply: str
    proof: str = ""
    is_temporary: bool = False
