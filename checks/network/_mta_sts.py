"""MTA-STS: the record and the policy as they are written (RFC 8461 3.1, 3.2, 4.1). Pure."""

from __future__ import annotations

import re

from msgspec import Struct

from checks.tags import BadTags, parse_tags
from checks.text import visible

MODES = ("enforce", "testing", "none")

MX_LIMIT = 100

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_PATTERN = re.compile(r"(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


class BadSts(ValueError):
    """The record or policy is none: senders go by the one before, and then by none."""


class Policy(Struct, frozen=True):
    """Which exchanges senders may deliver to, and for how many seconds they remember it."""

    mode: str
    max_age: int
    mx: tuple[str, ...] = ()

    def allows(self, name: str) -> bool:
        """Whether senders deliver to an exchange of that name; ``*`` is one label (4.1)."""
        name = name.lower().rstrip(".")
        above = name.partition(".")[2]
        return any(one in (name, f"*.{above}") for one in self.mx)


def parse_id(text: str) -> str:
    """The id of the record at ``_mta-sts``. Raises BadSts.

    >>> parse_id("v=STSv1; id=20160831085700Z;")
    '20160831085700Z'
    """
    try:
        tags = parse_tags(text)
    except BadTags as error:
        raise BadSts(str(error)) from error
    if next(iter(tags.items()), None) != ("v", "STSv1"):
        raise BadSts("it does not begin with v=STSv1")
    if not _ID.fullmatch(tags.get("id", "")):
        raise BadSts("it has no id of letters and digits")
    return tags["id"]


def parse_policy(text: str) -> Policy:
    r"""The policy. Raises BadSts.

    >>> parse_policy("version: STSv1\nmode: enforce\nmx: *.lab.test\nmax_age: 86400\n").mx
    ('*.lab.test',)
    """
    single: dict[str, str] = {}
    exchanges = []
    for line in text.splitlines():
        if not line.strip():
            continue
        key, colon, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if not colon:
            raise BadSts(f"“{visible(line, 60)}” is not written key: value")
        if key == "mx":
            exchanges.append(value.lower().rstrip("."))
        else:
            single.setdefault(key, value)
    return _policy(single, exchanges)


def _policy(single: dict[str, str], exchanges: list[str]) -> Policy:
    mode, age = single.get("mode", ""), single.get("max_age", "")
    if single.get("version") != "STSv1":
        raise BadSts("it has no version: STSv1")
    if mode not in MODES:
        raise BadSts(f"mode “{visible(mode, 30)}” is none of {', '.join(MODES)}")
    if not re.fullmatch("[0-9]{1,10}", age) or int(age) > 31557600:
        raise BadSts(f"max_age “{visible(age, 30)}” is no number of seconds up to a year")
    for one in exchanges:
        if not _PATTERN.fullmatch(one):
            raise BadSts(f"mx “{visible(one, 60)}” is no name")
    if not exchanges and mode != "none":
        raise BadSts("it names no mx")
    if len(exchanges) > MX_LIMIT:
        raise BadSts(f"it names {len(exchanges)} mx")
    return Policy(mode, int(age), tuple(exchanges))
