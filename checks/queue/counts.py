"""How much mail waits in any other MTA: a command of yours counts it.

``queue = "command:…"`` of a ``[[host]]`` names it; it runs there as the login's user, without a
shell, with read rights at best, and prints a name and a number a line::

    active 3
    deferred 12
    oldest 7200

The names are active, deferred, hold and incoming, messages each, and `oldest`: the age, in seconds,
of the oldest mail that can be delivered. ``name=number`` and a JSON object are read as well. What
an MTA does not tell apart counts as deferred. It is judged as Postfix's queue is; without `oldest`
by its growth alone, which is said. A command that fails, or prints anything else, leaves us blind.
"""

from __future__ import annotations

import re
import time
from datetime import timedelta

from msgspec import Struct

from checks import hosts
from checks.facts import QueueFacts
from checks.hosts import LoginError, Output
from checks.model import Finding, Result, State, System, Target, now
from checks.phases import Phases
from checks.queue import _blind, _judged, _trend
from checks.queue._blind import Blind
from checks.queue._judged import QueueOptions, Seen
from checks.queue._listing import Sample
from checks.queue._login import login_of
from checks.text import redact, visible

FINDINGS = hosts.FINDINGS | _blind.FINDINGS | _judged.FINDINGS

UNREADABLE = "queue.blind.unreadable"

LIMIT = 1 << 14
"""Bytes of an answer: five lines are a hundred."""

_NUMBER = re.compile(r"(\d{1,10})(?:\.\d{0,9})?", re.ASCII)
"""As an age it is at most 300 years: what is older has no date."""

_PUNCTUATION = str.maketrans(dict.fromkeys('{}",:=', " "))
"""What JSON and others have between a name and its number."""


class Options(QueueOptions, frozen=True, kw_only=True):
    """``[check.counts]``."""


class Garbled(ValueError):
    """A line is no name and number, or none of them counts messages; the text says which."""


class Counts(Struct, frozen=True, kw_only=True):
    """What was printed: messages, and the age of the oldest in seconds, if that was."""

    active: int = 0
    deferred: int = 0
    hold: int = 0
    incoming: int = 0
    oldest: int | None = None

    @property
    def waiting(self) -> int:
        """Those that can be delivered."""
        return self.active + self.deferred + self.incoming


def targets(system: System) -> list[Target]:
    """Every host that lets us in and has such a command."""
    reachable = system.each_host("queue", with_login=True)
    return [one for one in reachable if one.host and one.host.queue]


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Have it counted once."""
    return await look(target, options, deadline=deadline)


async def look(
    target: Target,
    options: Options,
    *,
    deadline: float,
    sample: Sample | None = None,  # noqa: ARG001 - as of the other queues; a count has no messages
) -> Result:
    """The same; there are no messages to keep."""
    phases = Phases()
    argv = target.host.queue if target.host else ()
    try:
        with phases.phase("count"):
            output = await login_of(target).run(argv, deadline=deadline, limit=LIMIT)
    except LoginError as error:
        return phases.not_asked(error)
    found = read(output, argv[0])
    if isinstance(found, Blind):
        return phases.result(State.UNKNOWN, found.summary, Finding(found.code, found.summary))
    return _judged.result(phases, seen(found, target.id), options)


def read(output: Output, program: str) -> Counts | Blind:
    """What the command counted, or why that is not known."""
    program = visible(program, 64)
    if output.exit_status == _blind.NOT_FOUND:
        return Blind(_blind.MISSING, f"{program} is not there")
    if output.is_cut:
        return Blind(UNREADABLE, f"{program} printed more than counts: {LIMIT:,} bytes")
    if output.exit_status != 0:
        return Blind(_blind.FAILED, _blind.why_cut(output, program))
    try:
        return parse(output.stdout.decode("utf-8", "replace"))
    except Garbled as error:
        return Blind(UNREADABLE, f"{program} printed no counts: {error}")


def parse(text: str) -> Counts:
    r"""The counts of each line, added up; of several ages the greatest. Raises Garbled.

    >>> parse('{"active": 1, "oldest": 90}').oldest, parse("deferred=2\ndeferred 3").deferred
    (90, 5)
    """
    told: dict[str, int] = {}
    for line in text.splitlines():
        words = line.translate(_PUNCTUATION).split()
        for name, number in zip(words[::2], [*words[1::2], ""], strict=False):
            found = _NUMBER.fullmatch(number)
            if name not in Counts.__struct_fields__ or found is None:
                raise Garbled(redact(visible(line, 200)))
            before, value = told.get(name, 0), int(found[1])
            told[name] = max(before, value) if name == "oldest" else before + value
    if not told.keys() - {"oldest"}:
        raise Garbled("neither active, deferred, hold nor incoming is among them")
    return Counts(**told)


def seen(counts: Counts, target: str) -> Seen:
    """What they show; how old the oldest is does not count where nothing can be delivered."""
    trend = _trend.note(target, _trend.Look(time.monotonic(), counts.waiting), time.time())
    age = counts.oldest if counts.waiting else None
    facts = QueueFacts(
        active=counts.active,
        deferred=counts.deferred,
        hold=counts.hold,
        incoming=counts.incoming,
        oldest=None if age is None else now() - timedelta(seconds=age),
    )
    return Seen(facts=facts, age=age, growth=trend.growth)
