"""Where an incident stands, as rows to read: who, what, how long it took and what is due. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.incident import due
from app.incident.kinds import Closed, EtaChanged, SeveritySet
from app.incident.metrics import Measure, measures
from app.incident.operator import is_here
from app.incident.situation import LEAD, ROLES, HypothesisRecord, Situation
from app.incident.targets import Targets
from checks.model import State
from checks.when import clock, from_iso, span
from widgets.state import ABSENT, MARKS, Mark
from widgets.text import Row, Span, row

LABEL = 16
NOT_HERE = "not here"

WAITS = Mark("…", "", "dim")
SUSPECTED = Mark("○", "suspected", "")
HYPOTHESES = {
    "suspected": SUSPECTED,
    "ruled out": Mark("–", "ruled out", "dim"),
    "confirmed": Mark("✓", "confirmed", "good"),
}


def standing(now: Situation, targets: Targets, at: datetime) -> list[Row]:
    """The whole of it, in some twenty rows."""
    return [
        row(Span(now.title, "strong")),
        _labelled("phase", _phase(now, at)),
        _labelled("severity", _severity(now)),
        *(_labelled(role, _holder(role, now)) for role in ROLES),
        _labelled("here", row(", ".join(now.here) or "nobody")),
        _labelled("next notice", _notice(now, at)),
        _labelled("expected back", _eta(now, at)),
        (),
        *_times(now, targets, at),
        (),
        row(Span("HYPOTHESES", "head")),
        *map(_hypothesis, now.hypotheses.values()),
        *([] if now.hypotheses else [row(Span("none yet: h adds one", "dim"))]),
    ]


def _labelled(label: str, value: Row) -> Row:
    return (Span(f"{label:<{LABEL}}", "dim"), *value)


def _phase(now: Situation, at: datetime) -> Row:
    told = [f"opened {clock(now.opened)}"] if now.opened else []
    if now.onset is not None:
        lasted = f" ({span((at - now.onset).total_seconds())} ago)" if now.is_open else ""
        told.insert(0, f"onset {clock(now.onset)}{lasted}")
    if now.acknowledged:
        told.append(f"acknowledged by {now.acknowledged}")
    return row(Span(now.phase, "strong"), Span("".join(f" · {one}" for one in told)))


def _severity(now: Situation) -> Row:
    shown = Span(now.severity or "none yet", "strong")
    chosen = [entry for entry in now.entries if isinstance(entry.data, SeveritySet)]
    measured = f"measured {now.proposed or 'none'}"
    if not chosen:
        return row(shown, Span(f" · {measured}; s overrules it", "dim"))
    last = chosen[-1]
    reason = last.data.reason if isinstance(last.data, SeveritySet) else ""
    return row(shown, Span(f" · set by {last.who} {clock(last.at)}: {reason} · {measured}"))


def _holder(role: str, now: Situation) -> Row:
    holder = now.roles.get(role, "")
    if not holder:
        return row(Span("nobody", "warn" if role == LEAD else "dim"))
    return row(holder) if is_here(holder, now.here) else row(holder, Span(f" ({NOT_HERE})", "dim"))


def _notice(now: Situation, at: datetime) -> Row:
    left = due.until_notice(now, at)
    if left is None or now.next_notice is None:
        return row(Span("none is due", "dim"))
    when = f"{clock(now.next_notice)} "
    if left < 0:
        return row(when, Span(f"OVERDUE by {span(-left)}", "bad"))
    return row(when, f"in {span(left)}")


def _eta(now: Situation, at: datetime) -> Row:
    """The estimate that counts, and how many there were before it."""
    entries = [entry for entry in now.entries if isinstance(entry.data, EtaChanged)]
    if now.eta is None:
        return row(Span("nobody has said: e does", "dim"))
    low, high = from_iso(now.eta.low), from_iso(now.eta.high)
    words = " to ".join(clock(one) for one in (low, high) if one) or "not known"
    reason = f": {now.eta.reason}" if now.eta.reason else ""
    more = f" · {len(entries) - 1} before" if len(entries) > 1 else ""
    is_past = now.phase == "open" and high is not None and high < at
    return row(
        Span(f"{words} PASSED" if is_past else words, "bad" if is_past else "strong"),
        Span(f"{reason} · {entries[-1].who} {clock(entries[-1].at)}{more}", "dim"),
    )


def _times(now: Situation, targets: Targets, at: datetime) -> list[Row]:
    closed = next((one.at for one in reversed(now.entries) if isinstance(one.data, Closed)), at)
    until = at if now.is_open else closed
    running = (until - now.onset).total_seconds() if now.onset else None
    head = row(Span(f"{'TIME FROM ONSET':<{LABEL + 5}}{'':>10}  {'target':>8}", "head"))
    return [head, *(_time(one, running, is_open=now.is_open) for one in measures_of(now, targets))]


def measures_of(now: Situation, targets: Targets) -> Sequence[Measure]:
    """The times that matter; none before there is an entry."""
    return measures(now.entries, targets) if now.entries else ()


def _time(one: Measure, running: float | None, *, is_open: bool) -> Row:
    """A time that is known, or one that still runs, each against its target."""
    seconds = running if one.seconds is None and is_open else one.seconds
    is_late = seconds is not None and one.target is not None and seconds > one.target
    mark = MARKS[State.CRITICAL] if is_late else MARKS[State.OK]
    if one.seconds is None and not is_late:
        mark = WAITS if is_open else ABSENT
    value = "–" if seconds is None else span(seconds)
    target = span(one.target) if one.target is not None else "–"
    word = " late" if is_late else " runs" if one.seconds is None and running is not None else ""
    return row(
        f"{one.name}  {one.title:<{LABEL}}",
        Span(f"{value:>10}", mark.role if is_late else ""),
        Span(f"  {target:>8}  ", "dim"),
        Span(f"{mark.glyph}{word if is_open or is_late else ''}", mark.role),
    )


def _hypothesis(one: HypothesisRecord) -> Row:
    mark = HYPOTHESES.get(one.state, SUSPECTED)
    seen = f": {'; '.join(one.evidence)}" if one.evidence else ""
    return row(
        Span(f"{mark.glyph} {one.state:<10} ", mark.role),
        one.title,
        Span(f"  {one.who} {clock(one.at)}{seen}", "dim"),
    )
