"""What became of a trip's messages: arrived, under way, late or lost. Pure.

A message is late after `late` seconds and lost after `lost` (check_mail_loop's states), or as soon
as a report on it has come back. While a later one has arrived the way is open, and what is missing
without a word was lost on it: a warning. Else the way is blocked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from checks.model import State
from checks.protocol._arrivals import Arrival, Look
from checks.protocol._judged import Judged
from checks.protocol._ledger import Book, Sent
from checks.protocol._testmail import is_whole, is_within
from checks.text import visible
from checks.when import span

FINDINGS = {
    "roundtrip.pending": "a message is under way, and not late yet",
    "roundtrip.delayed": "a message is late, or came late",
    "roundtrip.lost": "a message was taken, and has not come for so long that it is given up",
    "roundtrip.returned": "a message came back: a server on the way has given it up",
    "roundtrip.junk": "a message was filed as junk",
    "roundtrip.duplicated": "a message came more than once",
    "roundtrip.altered": "a message's text is not what was sent",
}

KEPT = 100
"""Messages of each kind that are remembered: more than are sent until one is given up."""


class Limits(Struct, frozen=True):
    """Seconds after which a message is late, and after which it is lost."""

    late: float
    lost: float


def settle(book: Book, look: Look, limits: Limits, at: datetime) -> Book:
    """`book` after a look: what came leaves it, what will not come is given up."""
    came = look.tokens
    under_way = [one for one in book.under_way if one.token not in came]
    lost = [one for one in book.lost if one.token not in came and not _is_past(one, limits, at)]
    returned = [one for one in under_way if one.token in look.returned]
    lost += [replace(one, given_up=at, returned=look.returned[one.token]) for one in returned]
    under_way = [one for one in under_way if one not in returned]
    if look.is_complete:
        gone = [one for one in under_way if _age(one, at) > limits.lost]
        lost += [replace(one, given_up=at) for one in gone if one.is_accepted]
        # What nobody promised to deliver is not lost.
        dropped = [one for one in under_way if not one.is_accepted and _age(one, at) > limits.late]
        under_way = [one for one in under_way if one not in gone and one not in dropped]
    sent = [one.at for one in (*book.under_way, *book.lost) if one.token in came]
    return replace(
        book,
        under_way=tuple(under_way[-KEPT:]),
        lost=tuple(lost[-KEPT:]),
        arrived=(*book.arrived, *came)[-KEPT:],
        proven=max([*sent, *filter(None, [book.proven])], default=None),
    )


def _is_past(lost: Sent, limits: Limits, at: datetime) -> bool:
    """Whether a loss was told of for long enough."""
    return lost.given_up is not None and (at - lost.given_up).total_seconds() > limits.lost


def judge(before: Book, after: Book, look: Look, limits: Limits, at: datetime) -> list[Judged]:
    """What is wrong with what has come, and with what has not."""
    sent = {one.token: one for one in (*before.under_way, *before.lost)}
    judged = []
    for arrival in look.arrivals:
        judged += _judge_arrival(arrival, sent[arrival.token], limits)
    for token in sorted(look.again):
        text = f"a message came more than once: {token}"
        judged.append(Judged(State.WARNING, "roundtrip.duplicated", text))
    if look.is_complete:
        judged += _judge_missing(after, limits, at)
    return judged


def _judge_arrival(arrival: Arrival, sent: Sent, limits: Limits) -> list[Judged]:
    judged = []
    took = (arrival.at - sent.at).total_seconds()
    if took > limits.late:
        text = f"a message took {span(took)}"
        judged.append(Judged(State.WARNING, "roundtrip.delayed", text))
    if arrival.folder != "INBOX":
        text = f"a message was filed as junk, in {visible(arrival.folder, 100)}"
        judged.append(Judged(State.WARNING, "roundtrip.junk", text))
    if not is_whole(arrival.token, arrival.body):
        is_added = is_within(arrival.token, arrival.body)
        state = State.OK if is_added else State.WARNING
        text = "something was added to the text" if is_added else "the text came altered"
        judged.append(Judged(state, "roundtrip.altered", text))
    return judged


def _judge_missing(book: Book, limits: Limits, at: datetime) -> list[Judged]:
    judged = []
    returned = [one for one in book.lost if one.returned]
    if returned:
        text = f"{_messages(len(returned))} came back: {returned[-1].returned}"
        # Once the way is open, nobody misses what came back: its sender has heard of it.
        state = State.OK if _is_open_since(book, returned) else State.CRITICAL
        judged.append(Judged(state, "roundtrip.returned", text))
    lost = [one for one in book.lost if not one.returned]
    if lost:
        text = f"{_messages(len(lost))} lost: not there after {span(limits.lost)}"
        state = State.WARNING if _is_open_since(book, lost) else State.CRITICAL
        judged.append(Judged(state, "roundtrip.lost", text))
    waiting = [one for one in book.under_way if one.is_accepted]
    late = [one for one in waiting if _age(one, at) > limits.late]
    if late:
        oldest = max(_age(one, at) for one in late)
        text = f"{_messages(len(late))} late, the oldest sent {span(oldest)} ago"
        judged.append(Judged(State.WARNING, "roundtrip.delayed", text))
    elif waiting:
        text = f"sent {span(_age(waiting[-1], at))} ago, not there yet"
        judged.append(Judged(_while_pending(book, limits, at), "roundtrip.pending", text))
    return judged


def _is_open_since(book: Book, lost: Sequence[Sent]) -> bool:
    """Whether a message has come by the way that was sent after those."""
    return book.proven is not None and book.proven > lost[-1].at


def _while_pending(book: Book, limits: Limits, at: datetime) -> State:
    """Nothing is known of the way before a first message has come by it."""
    is_known = book.proven is not None and at - book.proven < timedelta(seconds=4 * limits.late)
    return State.OK if is_known else State.UNKNOWN


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _age(sent: Sent, at: datetime) -> float:
    return (at - sent.at).total_seconds()
