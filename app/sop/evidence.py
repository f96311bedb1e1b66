"""What shows that an item is done: its checks' hard states, or that people were told. Pure.

A check counts while its latest answer agrees with its hard state and is not old: no tick rests on
one try, or on what was true some minutes ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from heapq import nlargest
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from app.sop.procedure import Item
from checks.board import Board, Standing
from checks.model import State

if TYPE_CHECKING:
    from app.incident.told import Told

LINES = 12
"""Most lines that are kept: an entry stays readable on paper."""


class Evidence(Struct, frozen=True):
    """What the checks say, the worst first, and why that does not show that the item is done.

    Or who was told, with the replies.
    """

    lines: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether it shows that the item is done."""
        return bool(self.lines) and not self.doubts


class Seen(NamedTuple):
    """A check, with its hard state as far as that counts now."""

    standing: Standing
    state: State | None


def by_kind(board: Board) -> dict[str, list[Seen]]:
    """The checks of each kind; items ask for the same kinds again and again."""
    found: dict[str, list[Seen]] = {}
    for one in board.standings.values():
        counts = one.result is not None and not one.is_soft and not one.is_stale(board.at)
        found.setdefault(one.kind, []).append(Seen(one, one.state if counts else None))
    return found


def heard(item: Item, told: Mapping[str, Told]) -> Evidence:
    """Whether everybody whom `item` tells was told."""
    wanted = [name for name in item.tells if name in told or not item.over] or item.tells
    known = [told[name] for name in wanted if name in told]
    missed = [
        name
        for name in wanted
        if name not in told or not told[name].proofs or (item.over and not told[name].is_over)
    ]
    what = "that it is over" if item.over else "yet"
    return Evidence(
        tuple(line for one in known for line in one.proofs)[:LINES],
        tuple(f"{name} has not been told {what}" for name in missed),
    )


def weigh(item: Item, seen: Mapping[str, Sequence[Seen]], at: datetime) -> Evidence:
    """What the checks say for `item` being done; nothing where no check can say."""
    asked = [one for kind in item.checks for one in seen.get(kind, ())]
    kinds = ", ".join(item.checks)
    if not asked:
        return Evidence(doubts=(f"nothing here is checked by {kinds}",) if kinds else ())
    if item.when == "bad":
        bad = [one for one in asked if one.state == State.CRITICAL]
        doubts = () if bad else (f"none of {kinds} is CRITICAL and confirmed",)
        return Evidence(_lines(bad or asked, at), doubts)
    wanted = (State.OK,) if item.when == "good" else (State.OK, State.WARNING, State.CRITICAL)
    doubtful = [one for one in asked if one.state not in wanted]
    return Evidence(_lines(asked, at), _lines(doubtful, at))


def _lines(asked: Sequence[Seen], at: datetime) -> tuple[str, ...]:
    shown = [_line(one.standing, at) for one in nlargest(LINES, asked, key=_badness)]
    if len(asked) > LINES:
        shown[-1] = f"and {len(asked) - LINES + 1} more"
    return tuple(shown)


def _badness(one: Seen) -> int:
    return one.standing.result.state.badness if one.standing.result else 0


def _line(standing: Standing, at: datetime) -> str:
    result = standing.result
    if result is None:
        return f"{standing.id} has not answered yet"
    note = ", old" if standing.is_stale(at) else ", not confirmed" if standing.is_soft else ""
    return f"{standing.id} {result.state.name}{note}: {result.summary}"
