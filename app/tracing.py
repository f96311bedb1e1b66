"""The way of one message, as text and as JSON: for the subcommand and for the queue's screen."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from msgspec import Struct

from app.problem import MISUSE, Problem
from checks.hosts import Login
from checks.model import System, now
from checks.text import visible
from checks.trace.ask_queue import ask_queue
from checks.trace.fate import Fate, fates
from checks.trace.follow import Way, follow
from checks.trace.steps import Step
from checks.when import iso

DEADLINE = 30.0
"""Seconds for a host to look through its logs once; days of a large one take a while."""

HOURS = 24.0
"""How far to look back, unless somebody says so."""

SHOWN = 10
"""Messages of an address that are told; of the last one, every step."""

STEPS = 200
"""Steps of a message that are told."""


class Told(Struct, frozen=True):
    """A message's way, and where it is now."""

    way: Way
    fates: tuple[Fate, ...]


class Report(Struct, frozen=True, kw_only=True):
    """What was asked for, the messages found (the latest last), and what could not be read."""

    term: str
    messages: tuple[Told, ...]
    troubles: tuple[str, ...] = ()


def checked(term: str) -> str:
    """The term, when it is fit to be looked for. Raises Problem."""
    bare = term.strip().strip("<>")
    if len(bare) < 5 or any(not c.isprintable() for c in bare) or len(bare) > 512:
        raise Problem(f"{visible(term, 60)!r} is no queue id, message id or address: too short")
    return bare


async def trace(system: System, term: str, *, hours: float, deadline: float) -> Report:
    """Follow it through the logs of all hosts, then ask the queues that still seem to have it."""
    since = now() - timedelta(hours=hours)
    traced = await follow(system.hosts, term, since, deadline=deadline)
    logins = {host.name: host.login for host in system.hosts}
    messages = []
    for way in traced.ways[-SHOWN:]:
        ends = [await _now(one, logins.get(one.host), deadline) for one in fates(way)]
        messages.append(Told(way, tuple(ends)))
    troubles = [f"{one.host}: {one.trouble}" for one in traced.found if one.trouble]
    troubles += [f"{host.name}: has no login" for host in system.hosts if host.login is None]
    return Report(term=visible(term), messages=tuple(messages), troubles=tuple(troubles))


async def _now(one: Fate, login: Login | None, deadline: float) -> Fate:
    if login is None or not one.queue_id or one.end not in ("queued", "unknown"):
        return one
    return _asked(one, await ask_queue(login, one.queue_id, deadline=deadline))


def _asked(one: Fate, said: str) -> Fate:
    """The fate after the queue was asked: it knows better than the log what is still there."""
    if said.startswith("in "):
        return msgspec.structs.replace(one, end="queued", text=f"{one.text}; now {said}")
    if said:
        return msgspec.structs.replace(one, text=f"{one.text}; {said}")
    if one.end == "queued":
        return msgspec.structs.replace(
            one, end="unknown", text=f"{one.text}; it is no longer in the queue"
        )
    return one


_STATUS = {"delivered": 0, "handed on": 0, "queued": 1, "returned": 2, "discarded": 2}


def exit_status(report: Report) -> int:
    """The worst of the last message's recipients: 0 delivered, 1 waits, 2 lost, 3 unknown."""
    if not report.messages:
        return MISUSE
    return max(_STATUS.get(one.end, MISUSE) for one in report.messages[-1].fates)


def text(report: Report) -> list[str]:
    """The last message step by step, those before it in a line each."""
    blind = [f"not seen: {trouble}" for trouble in report.troubles]
    if not report.messages:
        return [f"no log names {report.term}", *blind]
    lines = []
    if len(report.messages) > 1:
        lines.append(f"{len(report.messages)} messages, the latest last:")
    for told in report.messages[:-1]:
        first = told.way.steps[0]
        lines.append(f"  {iso(first.at)}  <{told.way.message_id}>  {_end(told.fates[0])}")
    return [*lines, *_message(report.messages[-1]), *blind]


def _message(told: Told) -> list[str]:
    steps = told.way.steps
    sender = next((one.sender for one in steps if one.sender), "")
    lines = [f"message <{told.way.message_id}>" + (f"  from {sender}" if sender else "")]
    began = before = steps[0].at
    widths = [max(len(word) for word in words) for words in zip(*map(_columns, steps), strict=True)]
    for place, one in enumerate(steps[:STEPS]):
        when = f"+{(one.at - before).total_seconds():.3f} s" if place else iso(began)
        columns = (f"{word:<{width}}" for word, width in zip(_columns(one), widths, strict=True))
        lines.append(f"{when:>24}  {'  '.join(columns)}  {_words(one)}".rstrip())
        before = one.at
    if len(steps) > STEPS:
        lines.append(f"{'':>24}  … {len(steps) - STEPS} more")
    total = (steps[-1].at - began).total_seconds()
    return [*lines, *(f"now: {_end(one)}" for one in told.fates), f"in all {total:.3f} s"]


def _columns(one: Step) -> tuple[str, str, str]:
    return one.host, one.queue_id or "-", one.program


def _end(one: Fate) -> str:
    return f"{one.recipient or 'it'} {one.text}"


def _words(one: Step) -> str:
    """What happened."""
    if one.kind == "in":
        what = f"taken over from {one.text}" + (f" as {one.sender}" if one.sender else "")
    elif one.kind in ("sent", "deferred", "bounced", "discarded"):
        by = f" by {one.relay}" if one.relay and one.kind == "sent" else ""
        what = f"{one.recipient} {one.kind}{by}: {one.reason or one.text}"
    elif one.kind == "saved":
        what = f"saved to {one.relay} of {one.recipient}"
    elif one.kind == "queued":
        what = f"queued, {one.text} bytes" if one.text.isdigit() else "queued"
    elif one.kind == "done":
        what = "done, gone from the queue"
    else:
        what = one.text or f"message id <{one.message_id}>"
    return what


def json(report: Report) -> str:
    """One document, ``mailmedic.trace/1``."""
    document = {
        "schema": "mailmedic.trace/1",
        "term": report.term,
        "troubles": report.troubles,
        "messages": [
            {
                "message_id": told.way.message_id,
                "now": [
                    {"recipient": one.recipient, "end": one.end, "text": one.text, "host": one.host}
                    for one in told.fates
                ],
                "steps": [
                    msgspec.structs.asdict(one) | {"at": iso(one.at)} for one in told.way.steps
                ],
            }
            for told in report.messages
        ],
    }
    return msgspec.json.encode(document).decode()
