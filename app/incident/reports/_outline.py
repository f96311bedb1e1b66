"""What every document tells before the log, as sections of lines and tables. Pure.

This is the first page: enough for those who read no further.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from app.incident.kinds import Opened, RoleTaken, VerdictChanged
from app.incident.metrics import LATE, Measure, punctuality
from app.incident.operator import Operator
from app.incident.reports._clock import Clock
from app.incident.situation import Situation
from app.incident.story import Story
from checks.when import span

MASKED = "mail and IP addresses, each always alike; the hashes are of the log as it is"


class Table(Struct, frozen=True):
    """A head, and rows of as many cells. Without a head, the first cell of each row is one."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(Struct, frozen=True, kw_only=True):
    """A heading with lines and a table under it."""

    title: str
    lines: tuple[str, ...] = ()
    table: Table | None = None


def clock(story: Story) -> Clock:
    """The times of `story`, as its document prints them."""
    moments = [story.situation.onset, *(one.at for one in story.measures)]
    moments += [entry.at for entry in story.entries]
    return Clock(story.zone, [at for at in moments if at])


def front(story: Story, times: Clock) -> list[Section]:
    """What stands on the first page."""
    return [
        _happened(story),
        Section(title="In short", table=Table((), tuple(_facts(story, times)))),
        _milestones(story, times),
        _people(story, times),
    ]


def _happened(story: Story) -> Section:
    now, closed = story.situation, story.situation.closed
    said = [
        ("Summary", closed.summary if closed else ""),
        ("Root cause", closed.root_cause if closed else ""),
        ("Prevention", closed.prevention if closed else ""),
        ("Left open", ", ".join(closed.still_open) if closed else ""),
    ]
    lines = [line for name, text in said if text for line in f"{name}: {text}".split("\n")]
    if now.is_open:
        lines.append("It is not closed: summary, root cause and prevention are written then.")
    elif not lines:
        lines.append("It was closed without a summary.")
    return Section(title="What happened", lines=tuple(lines))


def _facts(story: Story, times: Clock) -> Iterator[tuple[str, str]]:
    now = story.situation
    worst = _worst(story)
    system = next((data.system for _, data in story.all(Opened)), "")
    yield "Incident", f"{story.id}, {system}" if system else story.id
    if story.entries:
        last = story.entries[-1]
        yield "State", f"{now.phase}, as of entry {last.n} at {times.moment(last.at)}"
    yield "Severity", now.severity or "not known"
    yield "Scope", (worst.summary or worst.scope) if worst else "not known"
    yield "Onset", f"{times.day(now.onset)} {times.time(now.onset)}" if now.onset else "not known"
    yield "Lasted", _lasted(story)
    yield "Cause", _cause(now)
    yield "Times", times.words
    yield "Log", f"{len(story.entries):,} entries; {chain(story)}"
    if story.is_masked:
        yield "Masked", MASKED


def chain(story: Story) -> str:
    """Whether the log is as it was written."""
    broken = story.verified.broken
    return f"CHAIN BROKEN: {broken}" if broken else "chain of hashes intact"


def _worst(story: Story) -> VerdictChanged | None:
    """The verdict that hit most: the first of the highest severity."""
    found = [data for _, data in story.all(VerdictChanged) if data.severity]
    return min(found, key=lambda data: data.severity, default=None)


def _cause(now: Situation) -> str:
    """What was decided at the close; else what was named last."""
    if now.closed is not None and now.closed.root_cause:
        return now.closed.root_cause
    return (now.cause.title or now.cause.cause) if now.cause else "not known"


def _lasted(story: Story) -> str:
    resolved = next(one.seconds for one in story.measures if one.name == "TTR")
    if resolved is not None and story.situation.phase != "open":
        return span(resolved)
    return "not resolved" if story.situation.onset else "not known"


def _milestones(story: Story, times: Clock) -> Section:
    severity = story.situation.severity
    rows = tuple(
        (
            one.name,
            one.title,
            times.moment(one.at) if one.at else "-",
            "-" if one.seconds is None else span(one.seconds),
            _target(one),
            one.formula,
        )
        for one in story.measures
    )
    promised, in_time = punctuality(story.entries)
    lines = [f"Targets are those of {severity}." if severity else "No severity, so no targets."]
    if promised:
        late = f"late is more than {span(LATE)} after the time that the one before named"
        lines.append(f"Notices in time: {in_time} of {promised} that were promised; {late}.")
    head = ("", "Time", "When", "Took", "Target", "Counted as")
    return Section(title="Milestones", lines=tuple(lines), table=Table(head, rows))


def _target(one: Measure) -> str:
    if one.target is None:
        return "none"
    verdict = {True: ", met", False: ", MISSED", None: ""}[one.is_met]
    return f"{span(one.target)}{verdict}"


def _people(story: Story, times: Clock) -> Section:
    """Who acted, in order of appearance; what mailmedic wrote by itself is nobody's."""
    sessions: dict[str, dict[str, None]] = {}
    counts: dict[str, int] = {}
    for entry in story.entries:
        if entry.who == entry.operator.name:
            sessions.setdefault(entry.who, {})[_session(entry.operator, entry.host)] = None
            counts[entry.who] = counts.get(entry.who, 0) + 1
    roles = _roles(story, times)
    rows = tuple(
        (who, roles.get(who, ""), f"{counts[who]:,}", "; ".join(sessions[who])) for who in sessions
    )
    return Section(title="People", table=Table(("Who", "Role", "Entries", "Session"), rows))


def _session(who: Operator, host: str) -> str:
    parts = {"as": who.user, "by sudo from": who.sudo, "on": who.tty, "from": who.address}
    parts["at"] = host
    if who.user == who.name:
        del parts["as"]
    return " ".join(f"{word} {value}" for word, value in parts.items() if value)


def _roles(story: Story, times: Clock) -> dict[str, str]:
    """Each holder's roles, with when they were taken and handed over."""
    found: dict[str, list[str]] = {}
    taken = story.all(RoleTaken)
    for place, (entry, data) in enumerate(taken):
        later = (one.at for one, next_ in taken[place + 1 :] if next_.role == data.role)
        until = next(later, None)
        term = f"{data.role} from {times.moment(entry.at)}"
        term += f" to {times.moment(until)}" if until else ""
        if data.holder:
            found.setdefault(data.holder, []).append(term)
    return {holder: ", ".join(terms) for holder, terms in found.items()}
