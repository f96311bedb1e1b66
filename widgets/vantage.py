"""What another device reaches, on the reachability grid. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from checks.board import Standing
from checks.facts import Sight, VantageFacts
from checks.model import State, Target
from widgets.state import MARKS, STALE, Mark, mark, worst_mark
from widgets.text import Row, Span, row

TITLE = 6
"""Letters of a device's name that a column has."""


def title(standing: Standing) -> str:
    """The column's."""
    return standing.target.name[:TITLE].upper()


def sights(standing: Standing) -> list[tuple[Target, Sight]]:
    """What was asked from there, and what came of it; nothing before the first answer."""
    facts = standing.result.facts if standing.result else None
    vantage = standing.target.vantage
    if not isinstance(facts, VantageFacts) or vantage is None:
        return []
    by_check = {one.check: one for one in facts.sights}
    return [(one, by_check[one.id]) for one in vantage.asks if one.id in by_check]


def of_host(standing: Standing, name: str) -> list[Sight]:
    """What is seen from there of one host."""
    return [sight for target, sight in sights(standing) if target.host and target.host.name == name]


def sight_mark(standing: Standing, sight: Sight, at: datetime) -> Mark:
    """How the far side of a sight is shown."""
    if standing.is_stale(at):
        return STALE
    if sight.there == "unclear":
        return MARKS[State.UNKNOWN]
    return MARKS[State.OK if sight.opens_there else State.CRITICAL]


def host_cell(standing: Standing, name: str, at: datetime) -> Row:
    """The worst that is seen from there of a host."""
    marks = [sight_mark(standing, one, at) for one in of_host(standing, name)]
    if not marks and standing.result is None:
        marks = [mark(standing, at)]
    shown = worst_mark(marks)
    return row(Span(shown.glyph, shown.role))


def words(standings: Sequence[Standing], name: str) -> str:
    """What the devices together say of a host that we do not reach whole."""
    seen = [one for standing in standings for one in of_host(standing, name) if one.is_known]
    down = [one for one in seen if not one.opens_here]
    if not down:
        return ""
    return "only from here" if all(one.opens_there for one in down) else "down from everywhere"
