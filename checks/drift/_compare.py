"""What differs between a host's settings as they counted as good and as they are now. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from checks.drift._answer import OTHERS_CRONTABS, UNSEEN, gaps
from checks.drift._copy import Copy
from checks.drift._diff import change
from checks.drift._named import JOINED, REST, held, is_cut, named
from checks.facts import Change
from checks.text import redact, visible

KINDS = {
    "postfix": "parameter",
    "master": "parameter",
    "dovecot": "parameter",
    "exim": "parameter",
    "certificates": "certificate",
    "packages": "package",
    "units": "unit",
    "firewall": "firewall",
    "cron": "cron",
}
"""The sections that are kept in the baseline, and the kind of a change in each."""

AS_A_WHOLE = ("firewall", "cron")
"""Sections of which the order counts: a difference is one change, with a diff."""

CHANGES_KEPT = 100
"""Changes of one section that are listed."""

SECOND = timedelta(seconds=1)
"""Times of files come without fractions."""

VALUE_LIMIT = 120

MANUAL = Path(__file__).parent / "parameters.toml"

_FRAME = re.compile(r" / (?:type \w+ hook |:|iif(?:name)? \"?lo\"? )")
"""Rules that each table has: the others say what it is for."""


class Seen(Struct, frozen=True):
    """A section as it is now: since when it was seen so, and when it was last seen otherwise."""

    copy: Copy
    first: datetime
    before: datetime


def differences(before: Mapping[str, Copy], after: Mapping[str, Seen]) -> list[Change]:
    """Each named thing that differs in the sections that both have."""
    found: list[Change] = []
    for section, seen in after.items():
        old = before.get(section)
        if old is None or is_same(old, seen.copy):
            continue
        pair = _seen_by_both(old, seen.copy)
        found += list(_differing(section, pair, _when(seen)))[:CHANGES_KEPT]
    return found


def is_same(old: Copy, new: Copy) -> bool:
    """Whether nothing differs: what is read again may have been masked twice."""
    return old.text == new.text or bool(old.digest and old.digest == new.digest)


def sees_less(old: Copy, new: Copy) -> bool:
    """Whether a part may not be seen in `new` that was seen in `old`."""
    return bool(gaps(new.text or "").keys() - gaps(old.text or "").keys())


def is_filled(old: Copy, new: Copy) -> bool:
    """Whether `new` is as `old` in all that both show, and has more of it."""
    if not sees_less(new, old) or sees_less(old, new):
        return False
    was, now = _seen_by_both(old, new)
    return was.text == now.text


_PART = re.compile(r":| = ")


def _seen_by_both(old: Copy, new: Copy) -> tuple[Copy, Copy]:
    """Both without what only one of them could have: a login that may see more is no change."""
    was, now = old.text or "", new.text or ""
    hidden = gaps(was).keys() | gaps(now).keys()
    if not hidden:
        return old, new
    begins = tuple("crontab of " if name == OTHERS_CRONTABS else name for name in hidden)
    parts = [{_PART.split(line, 1)[0] for line in text.split("\n")} for text in (was, now)]
    both = parts[0] & parts[1]

    def kept(text: str) -> str:
        return "\n".join(
            line
            for line in text.split("\n")
            if line.startswith(REST)
            or (
                not line.startswith(UNSEEN)
                and (not line.startswith(begins) or _PART.split(line, 1)[0] in both)
            )
        )

    return replace(old, text=kept(was)), replace(new, text=kept(now))


def _when(seen: Seen) -> tuple[datetime, datetime | None]:
    """When the section changed: by what it is made from, else between two looks."""
    try:
        at = datetime.fromtimestamp(seen.copy.mtime, UTC)
    except (ValueError, OverflowError, OSError):
        return seen.first, seen.before
    is_told = seen.before - SECOND <= at <= seen.first
    return (at, None) if is_told else (seen.first, seen.before)


def _differing(
    section: str, pair: tuple[Copy, Copy], when: tuple[datetime, datetime | None]
) -> Iterator[Change]:
    at, after = when
    was, now = (copy.text or "" for copy in pair)
    values, fresh = named(section, was), named(section, now)
    names = [name for name in {**values, **fresh} if values.get(name) != fresh.get(name)]
    on_hold = held(was) ^ held(now)
    if is_cut(was) or is_cut(now):
        both = values.keys() & fresh.keys()
        names = [name for name in names if name in both]
        on_hold &= both
    empty = Change(KINDS[section], "", at, after)
    if section in AS_A_WHOLE:
        if what := _by_one(names, fresh) if names else _moved(values, fresh):
            yield replace(empty, what=what, diff=change(section, pair).diff)
        return
    for name in names:
        told, tells = values.get(name, ""), fresh.get(name, "")
        yield replace(
            empty,
            what=_name(section, name),
            **_values(section, told, tells),
            about=_about(section, name),
        )
    if section == "packages":
        yield from _holds(on_hold, held(now), empty)


def _by_one(names: Sequence[str], fresh: Mapping[str, str]) -> str:
    """The lines that came or went, called by the first that tells something."""
    gone = [name for name in names if name not in fresh]
    come = [name for name in names if name in fresh]
    telling = [name for name in come or gone if not _FRAME.search(name)] or come or gone
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{'+' if come else '−'} {_shown(telling[0].rpartition(JOINED)[2])}{more}"


def _moved(values: Mapping[str, str], fresh: Mapping[str, str]) -> str:
    """The first line that stands elsewhere within its block (a drop above an accept), or nothing.

    Blocks themselves come in any order: iptables-save(8) has that of the modules.
    """
    if values.keys() != fresh.keys():
        return ""
    for was, now in zip(sorted(values, key=_block), sorted(fresh, key=_block), strict=True):
        if was != now:
            return f"{_shown(now.rpartition(JOINED)[2])}, in another order"
    return ""


def _block(name: str) -> str:
    return name.rpartition(JOINED)[0]


def _values(section: str, told: str, tells: str) -> dict[str, str]:
    """Both values as they are shown; of a unit's file only what has become of it."""
    if section == "units" and (_SUMMED.match(told) or _SUMMED.match(tells)):
        told, tells = "", "changed" if told and tells else "added" if tells else "removed"
    return {"old": _shown(told), "new": _shown(tells)}


_SUMMED = re.compile(r"\d+ \d+\b")
"""What cksum(1) says of a file."""


@cache
def _manual() -> Mapping[str, Mapping[str, str]]:
    """What parameters do, by program and name."""
    return tomllib.loads(MANUAL.read_text())


def _about(section: str, name: str) -> str:
    """What the manual says of it; empty where that is not known."""
    program = "postfix" if section == "master" else section
    own = name.rpartition(" -o " if section == "master" else JOINED)[2]
    return _manual().get(program, {}).get(own, "")


def _name(section: str, name: str) -> str:
    """As a person calls it; a Postfix or Exim parameter has a name of its own."""
    if section == "packages":
        name = name.partition(":")[0]
    return _shown({"dovecot": "dovecot ", "master": "master.cf "}.get(section, "") + name)


def _shown(text: str) -> str:
    return redact(visible(text, VALUE_LIMIT))


def _holds(differing: set[str], now: set[str], empty: Change) -> Iterator[Change]:
    for name in sorted(differing):
        what = visible(name.partition(":")[0], VALUE_LIMIT)
        new = "on hold" if name in now else "no longer on hold"
        yield replace(empty, kind="hold", what=what, new=new)


def merged(differing: Sequence[Change], told: Sequence[Change]) -> list[Change]:
    """Both, the latest first; a package that a log tells of is not told again.

    What the log does not know, the difference does: rpm's old version, and since when it is good.
    """
    versions = {one.what: one for one in differing if one.kind == "package"}
    listed = {one.what for one in told if one.kind == "package"}
    listed |= {line.partition(" ")[0] for one in told if one.kind == "package" for line in one.diff}
    kept = [one for one in differing if one.kind != "package" or one.what not in listed]
    filled = [_filled(one, versions.get(one.what)) for one in told]
    return sorted([*kept, *filled], key=lambda one: one.at, reverse=True)


def _filled(told: Change, differing: Change | None) -> Change:
    if told.kind != "package" or differing is None:
        return told
    return replace(told, old=told.old or differing.old, good_since=differing.good_since)
