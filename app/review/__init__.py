"""The post-incident review: its questions as data, a draft of the answers, and its text form."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """One question. `hint` says what an answer holds, `source` who asks it."""

    id: str
    asks: str
    hint: str
    source: str


class _Questions(Struct, frozen=True, forbid_unknown_fields=True):
    question: tuple[Question, ...]


@cache
def questions() -> tuple[Question, ...]:
    """All of them, in the order that they are asked in."""
    text = Path(__file__).with_name("questions.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _Questions).question
