"""What the mail programs, the kernel and systemd of a host say about themselves.

Asked of the journal or the log files (`_log_script.py`), from an hour before the first look on,
then only what is new. Known messages (``patterns/*.toml``) give findings; what a kind means, and
how many of it within minutes, stands there: one line is no verdict, and what has stopped five
minutes ago is history (`recent`); a refused login sooner, when the same user comes in. Grouped by
shape, so that what is new since the onset can stand first.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct

from checks.facts import LogFacts, LogKind
from checks.hosts import Login, LoginError, Output, TimedOut
from checks.model import CheckOptions, Finding, Result, State, System, Target, now, worst
from checks.phases import Phases
from checks.server import _look
from checks.server._judged import Judged
from checks.server._log_ledger import Ledger
from checks.server._log_look import Answer, Place, answer, ask, mend
from checks.server._log_patterns import Pattern, patterns
from checks.server._thread import begin
from checks.when import span

FINDINGS = _look.FINDINGS | {
    "log.not-allowed": "this user may not read the logs",
    "log.none": "no log was found on this host",
    "log.cut": "more was written than could be looked at",
    **{one.code: one.meaning for one in patterns()},
}

FIRST_WINDOW_WHEN_SLOW = 300.0
"""Seconds that a second try looks back when the first took too long."""

NOT_NOW = 60.0
"""Seconds after which it is said when a trouble was last seen."""

NAMED = 3
"""Names that a line has room for."""

EVIDENCE = 5
"""Lines that stand as evidence; the facts have more."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.logs]``: `window` seconds are kept, `recent` of them count; `files` are more logs.

    A file of its own is Exim's, rspamd's or Dovecot's by its name, else it is read as syslog's.
    """

    interval: float = 20.0
    deadline: float = 15.0
    rest: float = 10.0
    window: float = 3600.0
    recent: float = 300.0
    files: tuple[str, ...] = ()


class _Known(Struct):
    """What is kept of a host between two looks."""

    ledger: Ledger
    place: Place
    at: datetime
    is_slow: bool = False


_known: dict[str, _Known] = {}


def forget(check_id: str) -> None:
    """Read that host's logs from the beginning of the window the next time."""
    _known.pop(check_id, None)


def targets(system: System) -> list[Target]:
    """Every host that lets us in, and has to do with mail."""
    reachable = system.each_host("logs", with_login=True)
    return [one for one in reachable if one.host and (one.host.services or one.host.mta != "none")]


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Read what is new in the logs."""
    phases = Phases()
    try:
        _, login = _look.host_of(target)
        with phases.phase("read"):
            found, facts = await _read(target.id, login, options, deadline)
    except LoginError as error:
        return _look.blind(phases, target, error)
    if not found.reading.sources:
        return _nothing(phases, login, found)
    judged = judge(facts) + _left_out(found)
    texts = [one.text for one in judged if one.state != State.OK] or [in_words(facts)]
    grave = {one.code for one in judged if one.state != State.OK}
    return phases.result(
        worst(one.state for one in judged),
        "; ".join(texts),
        *(Finding(one.code, one.text) for one in judged),
        metrics={"lines": float(found.reading.count), "lost": float(facts.lost_count)},
        evidence=tuple(one.example for one in facts.kinds if one.code in grave)[:EVIDENCE],
        facts=facts,
        mend=mend(found.denied, login),
    )


def _left_out(found: Answer) -> list[Judged]:
    """What could not be read. One of two sources is worth a word; none at all is UNKNOWN."""
    judged = []
    if found.denied:
        text = f"may not read {', '.join(found.denied)}"
        judged.append(Judged(State.UNKNOWN, "log.not-allowed", text))
    if found.reading.cut:
        judged.append(Judged(State.OK, "log.cut", found.reading.cut))
    return judged


async def _read(
    key: str, login: Login, options: Options, deadline: float
) -> tuple[Answer, LogFacts]:
    """What is new, added to the host's ledger. A place too old is given up for a fresh start."""
    known = _known.get(key)
    at = now()
    if known is None or (at - known.at).total_seconds() > options.window:
        is_slow = known is not None and known.is_slow
        back = FIRST_WINDOW_WHEN_SLOW if is_slow else options.window
        since = at - timedelta(seconds=back)
        known = _known[key] = _Known(Ledger(since, options.window), Place(), since, is_slow)
    try:
        output = await ask(login, known.place, known.at, options.files, deadline=deadline)
    except TimedOut:
        _known[key] = _Known(known.ledger, Place(), at - timedelta(days=2), is_slow=True)
        raise
    # In a thread: 256 kB of trouble take 50 ms and more.
    call = partial(_taken, known, output, at, options.recent)
    return await asyncio.wrap_future(begin(f"read {key}", call))


def _taken(known: _Known, output: Output, at: datetime, recent: float) -> tuple[Answer, LogFacts]:
    """Add the lines to the ledger and go on from their end: both, or with a LoginError none."""
    found = answer(output)
    known.ledger.take(found.reading)
    known.place, known.at = found.place, at
    since = found.reading.now - timedelta(seconds=recent)
    return found, known.ledger.facts(found.reading, since)


def _nothing(phases: Phases, login: Login, found: Answer) -> Result:
    if found.denied:
        text = f"may not read {', '.join(found.denied)}"
        finding = Finding("log.not-allowed", text)
        return phases.result(State.UNKNOWN, text, finding, mend=mend(found.denied, login))
    text = "no journal and no mail log on this host"
    return phases.result(State.UNKNOWN, text, Finding("log.none", text))


def judge(facts: LogFacts) -> list[Judged]:
    """What was seen of late. Less than enough of it is told, and means nothing yet."""
    known = {one.code: one for one in patterns()}
    judged = []
    for kind in facts.kinds:
        pattern = known[kind.code]
        if kind.recent:
            state = pattern.means if kind.recent >= pattern.least else State.OK
            judged.append(Judged(state, kind.code, in_a_line(kind, pattern, facts.until)))
    return sorted(judged, key=lambda one: -one.state.badness)


def in_a_line(kind: LogKind, pattern: Pattern, until: datetime) -> str:
    """``a mailbox is full: eva@lab.test (3 times, last 2m 10s ago)``."""
    names = whom(kind)
    named = f": {', '.join(names)}" if names else ""
    age = (until - kind.last).total_seconds()
    told = [f"{kind.recent:,} times"] if kind.recent > 1 else []
    told += [f"last {span(age)} ago"] if age >= NOT_NOW else []
    times = f" ({', '.join(told)})" if told else ""
    return f"{pattern.meaning}{named}{times}"


def whom(kind: LogKind) -> list[str]:
    """The first three that it names, by their domain where they are more and share one."""
    if len(kind.users) > NAMED and len(kind.domains) == 1:
        return [f"many at {kind.domains[0].text}"]
    return [one.text for one in (kind.users or kind.domains or kind.hosts)[:NAMED]]


def in_words(facts: LogFacts) -> str:
    """How much was looked at, and the last signs of life."""
    return f"{facts.lines:,} lines, {len(facts.shapes)} kinds of complaint"
