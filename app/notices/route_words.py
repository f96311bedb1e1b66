"""What there is to say of a route, in lines, and without any of its secrets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.notices import routes as kinds
from app.notices.depends import Dependence
from app.notices.route import Route
from app.notices.route_record import record_of
from checks.text import visible
from checks.when import from_iso


def told(route: Route, needs: Sequence[Dependence], state: Path) -> list[str]:
    """The route, what it depends on, and when it last worked."""
    return [
        f"{route.name}: {where(route)}, for {', '.join(route.audience)}",
        f"    {last(route, state)}",
        *(f"    depends: {need.text}" for need in needs),
    ]


def where(route: Route) -> str:
    """Where it goes. Never the path of a URL: it may hold a token."""
    host = kinds.load(route.kind).host(route)
    way = f"{route.kind} {visible(host)}".strip()
    match route.to:
        case ():
            return way
        case (one,):
            return f"{way} to {visible(one)}"
    return f"{way} to {len(route.to)} recipients"


def last(route: Route, state: Path) -> str:
    """When it last worked, and what came of it since."""
    record = record_of(state, route)
    worked, tried = record.worked_at, from_iso(record.tried)
    if tried is None:
        return "never tested"
    said = f"last worked {worked:%Y-%m-%d %H:%M}Z" if worked else "never worked"
    if record.outcome != "accepted":
        said += f"; {record.outcome} at {tried:%Y-%m-%d %H:%M}Z: {record.detail}"
    return said
