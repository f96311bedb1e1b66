"""What a webhook gets: bodies.toml filled. Pure."""

from __future__ import annotations

import json
import tomllib
from email.header import Header
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from msgspec import Struct, convert

from app.notices.route import Message

GENERIC = "generic"


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of bodies.toml. The secret goes with `secret_in_body` there, else into a header."""

    json: dict[str, Any] | None = None
    text: str = ""
    headers: dict[str, str] = {}
    levels: dict[str, str] = {}
    escape: bool = False
    secret_in_body: bool = False


@cache
def bodies() -> dict[str, Body]:
    """Every body there is, by its name."""
    content = files("app.notices.routes").joinpath("bodies.toml").read_text("utf-8")
    return convert(tomllib.loads(content), dict[str, Body])


def fill(body: Body, message: Message, secret: str) -> tuple[bytes, dict[str, str]]:
    """The content and its headers."""
    said = {
        "subject": message.subject,
        "text": message.text,
        "audience": ", ".join(message.audience),
        "phase": message.phase,
        "severity": message.severity,
        "incident": message.incident,
        "notice": message.notice,
        "action": "resolve" if message.phase == "resolved" else "trigger",
        "level": body.levels.get(message.severity, body.levels.get("", "")),
    }
    if body.escape:
        said = {name: escape(value, quote=False) for name, value in said.items()}
    said["secret"] = secret
    headers = {name: _header(_filled(value, said)) for name, value in body.headers.items()}
    if body.json is None:
        return _filled(body.text, said).encode(), headers
    content = json.dumps(_filled(body.json, said), ensure_ascii=False).encode()
    return content, {"Content-Type": "application/json; charset=utf-8", **headers}


def _filled(value: Any, said: dict[str, str]) -> Any:
    match value:
        case str():
            return Template(value).safe_substitute(said)
        case dict():
            return {name: _filled(inner, said) for name, inner in value.items()}
        case list():
            return [_filled(inner, said) for inner in value]
    return value


def _header(text: str) -> str:
    """A value for a header; other letters than ASCII's as RFC 2047 has them."""
    line = " ".join(text.split())
    return line if line.isascii() else Header(line, "utf-8", maxlinelen=10_000).encode()
