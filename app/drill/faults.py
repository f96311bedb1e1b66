"""What a drill can break: the table in ``faults.toml``."""

from __future__ import annotations

from importlib import resources
from typing import Literal

import msgspec
from msgspec import Struct


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to break the practice system; `effect` says what is done, for the operator."""

    name: str
    title: str
    effect: str
    act: Literal["stop", "freeze", "expire"]
    servers: tuple[Literal["smtp", "imap"], ...]


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    fault: tuple[Fault, ...]


def load() -> tuple[Fault, ...]:
    """All faults, in the order of the table."""
    text = resources.files("app.drill").joinpath("faults.toml").read_bytes()
    return msgspec.toml.decode(text, type=_Table).fault
