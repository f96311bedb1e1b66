"""The procedure that the sidebar carries a team through: data in TOML, read here."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to do; `why` says what for, `checks` names the kinds that evidence it."""

    title: str
    why: str
    checks: tuple[str, ...] = ()


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the seven steps."""

    title: str
    item: tuple[Item, ...]


class _Procedure(Struct, frozen=True, forbid_unknown_fields=True):
    step: tuple[Step, ...]


def default() -> tuple[Step, ...]:
    """The steps of the procedure that comes with mailmedic."""
    text = Path(__file__).with_name("default.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _Procedure).step
