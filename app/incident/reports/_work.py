"""What was done about it, as sections: notices, causes, commands, queues, procedure, review."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from app.incident.item_record import ItemRecord
from app.incident.kinds import (
    ActionItem,
    Bundled,
    CauseNamed,
    CommandBegun,
    CommandEnded,
    EtaChanged,
    ItemChanged,
    Measured,
    NoticeSent,
    fared,
)
from app.incident.reports._clock import Clock
from app.incident.reports._outline import Section, Table
from app.incident.story import Story
from app.sop.progress import Progress
from checks.when import span


def work(story: Story, times: Clock) -> list[Section]:
    """The sections that have something to say, in the order of a reader's interest."""
    return [
        section
        for section in (
            _notices(story, times),
            _estimates(story, times),
            _causes(story, times),
            _commands(story, times),
            _bundles(story, times),
            _queues(story, times),
            *_procedure(story, times),
            *_review(story),
        )
        if section.lines or (section.table and section.table.rows)
    ]


def _notices(story: Story, times: Clock) -> Section:
    rows = []
    for entry, data in story.all(NoticeSent):
        went = "; ".join(fared(data.deliveries))
        to = ", ".join(data.audience)
        stage = data.stage or "notice"
        rows.append((times.moment(entry.at), stage, to, data.subject, went or "on no route"))
    head = ("When", "Notice", "To", "Subject", "Delivery")
    return Section(title="Notices", table=Table(head, tuple(rows)))


def _estimates(story: Story, times: Clock) -> Section:
    """When mail was expected back, each time that somebody said so."""
    rows = tuple(
        (times.moment(entry.at), entry.who, times.localized(data.expected), data.reason)
        for entry, data in story.all(EtaChanged)
    )
    head = ("When", "Who", "Expected back", "Because")
    return Section(title="Estimates", table=Table(head, rows))


def _causes(story: Story, times: Clock) -> Section:
    """What diagnosis and people took for the cause, and what became of it."""
    rows = []
    for entry, data in story.all(CauseNamed):
        sure = f"named, {data.confidence:.0%}" if data.confidence else "named"
        where = f" ({data.host})" if data.host else ""
        rows.append((times.moment(entry.at), entry.who, sure, (data.title or data.cause) + where))
    for one in story.situation.hypotheses.values():
        on = f" ({'; '.join(one.evidence)})" if one.evidence else ""
        rows.append((times.moment(one.at), one.who, one.state, one.title + on))
    head = ("When", "Who", "State", "Cause or hypothesis")
    return Section(title="Causes and hypotheses", table=Table(head, tuple(rows)))


def _commands(story: Story, times: Clock) -> Section:
    ended = {data.begun: data for _, data in story.all(CommandEnded)}
    rows = tuple(
        (
            times.moment(entry.at),
            entry.who,
            data.host,
            shlex.join(data.argv),
            _outcome(ended.get(entry.id)),
        )
        for entry, data in story.all(CommandBegun)
    )
    head = ("When", "Who", "Host", "Command", "Outcome")
    return Section(title="Commands on servers", table=Table(head, rows))


def _outcome(ended: CommandEnded | None) -> str:
    if ended is None:
        return "unknown: the log has no end of it"
    status = "" if ended.status is None else f", exit status {ended.status}"
    return f"{ended.outcome} after {span(ended.duration)}{status}"


def _bundles(story: Story, times: Clock) -> Section:
    rows = tuple(
        (times.moment(entry.at), entry.who, data.host, data.file, data.sha256)
        for entry, data in story.all(Bundled)
    )
    head = ("When", "Who", "Host", "File", "SHA-256")
    return Section(title="Evidence bundles", table=Table(head, rows))


def _queues(story: Story, times: Clock) -> Section:
    waiting = story.waiting
    if not waiting:
        return Section(title="Mail queues")
    most, peak = max(waiting, key=lambda one: one[1])
    last, final = waiting[-1]
    sizes = (queue.oldest for _, data in story.all(Measured) for queue in data.queues)
    oldest = max(sizes, default=0.0)
    drained = _drained(waiting)
    lines = (
        f"Most messages waiting: {peak:,}, at {times.moment(most)}.",
        f"Back to what it was at first after {span(drained)}." if drained is not None else "",
        f"At {times.moment(last)}: {final:,}.",
        f"Oldest message seen waiting: {span(oldest)}.",
        "A queue that could not be read counts as it was last seen.",
        "Bounced and lost mail is not counted here; the servers' logs tell.",
    )
    return Section(title="Mail queues", lines=tuple(filter(None, lines)))


def _drained(waiting: Sequence[tuple[datetime, int]]) -> float | None:
    """Seconds from the peak until no more waited than at first; None while more do."""
    place = max(range(len(waiting)), key=lambda one: waiting[one][1])
    for at, total in waiting[place + 1 :]:
        if total <= waiting[0][1]:
            return (at - waiting[place][0]).total_seconds()
    return None


def _procedure(story: Story, times: Clock) -> Iterator[Section]:
    """A section for each step that was begun; then what is left of steps and items."""
    changed = story.all(ItemChanged)
    titles = {data.item: data.title for _, data in changed}
    moments = {data.item: entry.at for entry, data in changed}
    rest = dict(story.situation.items)
    untouched = []
    for number, step in enumerate(story.steps, 1):
        name = f"Step {number}, {step.title}"
        if rest.keys().isdisjoint(item.id for item in step.items):
            untouched.append(name)
            continue
        stand = [Progress(item=one, record=rest.pop(one.id, ItemRecord())) for one in step.items]
        items = [
            _Item(one.item.title, one.state, one.who, one.record, moments.get(one.item.id))
            for one in stand
        ]
        yield _step(name, items, times)
    yield Section(title="Steps not begun", lines=tuple(untouched))
    others = [
        _Item(titles.get(item, item), record.state, record.who, record, moments.get(item))
        for item, record in rest.items()
    ]
    if others:
        yield _step("Other items" if story.steps else "Procedure", others, times)


class _Item(NamedTuple):
    title: str
    state: str
    who: str
    record: ItemRecord
    at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state == "open" and not self.record.signed


def _step(title: str, items: list[_Item], times: Clock) -> Section:
    """What was done, with how long it took from the first item to the last; and what was not."""
    done = sum(one.state == "done" for one in items)
    said = f"{done} of {len(items)} done"
    if moments := sorted(one.at for one in items if one.at):
        took = span((moments[-1] - moments[0]).total_seconds())
        said += f", from {times.moment(moments[0])} to {times.moment(moments[-1])} ({took})"
    left = [one.title for one in items if one.is_open]
    rows = tuple(
        (one.title, _state(one), one.who, times.moment(one.at) if one.at else "")
        for one in items
        if not one.is_open
    )
    return Section(
        title=title,
        lines=(f"{said}.", *([f"Open: {'; '.join(left)}."] if left else [])),
        table=Table(("Item", "State", "Who", "When"), rows),
    )


def _state(one: _Item) -> str:
    reason = f": {one.record.reason}" if one.record.reason else ""
    names = ", ".join(one.record.signed)
    signed = (
        f", signed off by {names}" if names and (names != one.who or one.state == "open") else ""
    )
    return f"{one.state}{reason}{signed}"


def _review(story: Story) -> Iterator[Section]:
    review = story.situation.review
    if review is None:
        return
    answers = [
        line
        for question, answer in review.answers.items()
        for line in (question, *f"  {answer or '-'}".split("\n"))
    ]
    yield Section(title="Review", lines=tuple(answers))
    head = ("Action", "Owner", "Due", "Done")
    rows = tuple(map(_action, review.actions))
    yield Section(title="Actions agreed", table=Table(head, rows))


def _action(one: ActionItem) -> tuple[str, ...]:
    return one.title, one.owner or "nobody", one.due or "no date", "yes" if one.is_done else "no"
