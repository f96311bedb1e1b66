"""The walk through closing an incident: what is left, what it was, where the log goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from app.actions import Record
from app.console.farewell import Farewell
from app.console.outputs import farewell, where_to
from app.console.screens.ask import AskScreen
from app.console.screens.tell import TellScreen
from app.console.still_red import still_red
from app.incident.kinds import Closed
from app.incident.metrics import NO_TARGETS, measures
from app.notices.notice import AUDIENCES
from app.review import draft
from app.sop import Step
from app.sop.progress import progress
from widgets.text import Row, Span, row

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.incident.situation import Situation


async def close(hand: Hand, now: Situation) -> None:
    """Ask, write it down, leave; Esc at any question leaves the incident open."""
    parting = farewell(hand, now)
    left = still_open(parting.steps, now)
    rows = _rows(now, left, still_red(hand.scene))
    if rows and not await hand.answer(TellScreen("Close it all the same?", rows)):
        return
    closed = await _what_it_was(hand, now, parting)
    outputs = await where_to(hand, "Print the log here, and also") if closed else None
    if closed is None or outputs is None:
        return
    # Answering took minutes, and others work on it too.
    newest = hand.session.engine.desk.situation
    if newest is None or newest.id != now.id or not newest.is_open:
        hand.say(f"incident {now.id} was closed by somebody else meanwhile")
        return
    left = still_open(parting.steps, newest)
    entry = await hand.perform(Record(replace(closed, still_open=tuple(left))))
    if entry.is_written:
        hand.leave(replace(parting, outputs=outputs))
    else:
        hand.say("the log can't be written now: it is closed as soon as it can be")


def still_open(steps: Sequence[Step], now: Situation) -> list[str]:
    """The items of the procedure that nobody has dealt with."""
    found = progress(steps, now.items, None)
    return [one.item.title for one in found if one.state == "open"]


def _rows(now: Situation, left: Sequence[str], red: Sequence[str]) -> list[Row]:
    """What speaks against closing; nothing where all is done."""
    found = [row(Span(line, "bad")) for line in red]
    if now.phase != "resolved":
        found.append(row(Span("It has not been marked resolved (m).", "warn")))
    waiting = [AUDIENCES.get(name, name) for name, told in now.told.items() if not told.is_over]
    if waiting:
        found.append(row(Span(f"Not told that it is over: {', '.join(waiting)} (c).", "warn")))
    if left:
        found += [(), row(Span(f"OPEN IN THE PROCEDURE ({len(left)})", "head"))]
        found += [row(f"○ {title}") for title in left]
    return found


async def _what_it_was(hand: Hand, now: Situation, parting: Farewell) -> Closed | None:
    """Summary, root cause and prevention: each drafted from the log, to be mended."""
    targets = parting.targets.get(now.severity, NO_TARGETS)
    known = draft.Known(now=now, measures=measures(now.entries, targets), steps=parting.steps)
    answers = []
    for question, drafted in (
        ("Summary", draft.summary(known)),
        ("Root cause", draft.root_cause(known)),
        ("Prevention: what will keep it from happening again", draft.prevention(known)),
    ):
        answer = await hand.answer(AskScreen(question, drafted, may_be_empty=True))
        if answer is None:
            return None
        answers.append(answer)
    summary, root_cause, prevention = answers
    return Closed(summary=summary, root_cause=root_cause, prevention=prevention)
