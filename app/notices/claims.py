"""Who sends what: the log is the lock. Pure.

Whoever sends a notice first writes that it begins (`NoticeBegun`). Entries have one order, and who
comes second finds the first one's before their own: on those routes it is not theirs to send.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from app.incident.entry import Entry
from app.incident.kinds import NoticeBegun, NoticeSent
from app.incident.unended import lost
from app.notices.route import Route
from checks.when import clock


class Share(Struct, frozen=True):
    """Who gets the notice on a route from us, ``""`` where it has no recipients.

    `why` says what is left out of it.
    """

    recipients: tuple[str, ...] = ()
    why: str = ""


def share(
    entries: Sequence[Entry], begun: Entry, notice: str, route: Route, *, in_doubt: bool = False
) -> Share:
    """What is left to send for whoever wrote `begun`; with `in_doubt` what is unknown, too."""
    before = [entry for entry in entries if 0 < entry.n < begun.n]
    gone = lost(before, begun.at)
    for entry in _unended(before, notice, route):
        if entry.id not in gone:
            return Share(why=f"{entry.who} is sending it since {clock(entry.at)}")
    outcomes = standing(before, notice, route)
    skipped = {"accepted"} if in_doubt else {"accepted", "unknown"}
    return Share(
        tuple(one for one, outcome in outcomes.items() if outcome not in skipped),
        _left_out([outcome for outcome in outcomes.values() if outcome in skipped]),
    )


def standing(entries: Sequence[Entry], notice: str, route: Route) -> dict[str, str]:
    """The outcome for each recipient so far, empty for who was not asked.

    What was accepted once is; what was begun and has no end may have gone out.
    """
    unended = _unended(entries, notice, route)
    found = dict.fromkeys(route.to or ("",), "")
    for entry in entries:
        if entry in unended:
            told = dict.fromkeys(found, "unknown")
        elif isinstance(entry.data, NoticeSent) and entry.data.notice == notice:
            here = (one for one in entry.data.deliveries if one.route == route.name)
            told = {one.recipient: one.outcome for one in here}
        else:
            continue
        found |= {one: outcome for one, outcome in told.items() if found.get(one) != "accepted"}
    return found


def _unended(entries: Sequence[Entry], notice: str, route: Route) -> list[Entry]:
    """What was begun of it there, and has not been told of any more."""
    ended = {entry.data.begun for entry in entries if isinstance(entry.data, NoticeSent)}
    return [
        entry
        for entry in entries
        if isinstance(entry.data, NoticeBegun)
        and entry.data.notice == notice
        and route.name in entry.data.routes
        and entry.id not in ended
    ]


def _left_out(outcomes: Sequence[str]) -> str:
    words = {"accepted": "accepted it before", "unknown": "may have it, and are not asked again"}
    counted = ((outcomes.count(outcome), text) for outcome, text in words.items())
    return "; ".join(f"{number} {text}" for number, text in counted if number)
