"""Two pictures for HTML, as SVG: the course of the incident, and its queues, on one time axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from html import escape

from msgspec import Struct

from app.incident.kinds import Closed, CommandBegun, ItemChanged, NoticeSent, Reviewed
from app.incident.reports._clock import Clock
from app.incident.reports._wrap import clip
from app.incident.story import Story

LEFT, RIGHT, WIDTH = 190, 780, 800
ROW = 20
CHART = 180
LABEL = 26
"""Letters of a label that fit beside the plot."""

TICKS = 8
"""Most marks on an axis: more would touch each other."""

STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
        86_400, 172_800, 604_800,
    )
)  # fmt: skip
"""How far apart marks may be."""


class _Axis(Struct, frozen=True):
    """The time from `begin` to `end`, from left to right."""

    begin: datetime
    end: datetime
    times: Clock

    def x(self, at: datetime) -> float:
        """Where `at` is drawn; what lies outside, at the edge."""
        share = (at - self.begin) / (self.end - self.begin)
        return round(LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, share)), 1)

    def marks(self, height: int) -> Iterator[str]:
        """A line and the local time for each round moment."""
        for at in self._round():
            x = self.x(at)
            yield f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="{height}"/>'
            label = self.times.short(at, is_date=self.end - self.begin > STEPS[-2])
            yield f'<text class="mark" x="{x}" y="{height + 14}">{label}</text>'

    def _round(self) -> Iterator[datetime]:
        length = self.end - self.begin
        step = next((one for one in STEPS if length / one <= TICKS), STEPS[-1])
        step *= max(1, -(-length // (step * TICKS)))
        at = self.begin - self.times.since_midnight(self.begin) % step + step
        while at < self.end:
            yield at
            at += step


def pictures(story: Story, times: Clock) -> list[tuple[str, str]]:
    """The pictures that can be drawn, each with its heading."""
    moments = [entry.at for entry in story.entries if not isinstance(entry.data, Reviewed)]
    if story.situation.onset:
        moments.append(story.situation.onset)
    if not moments or min(moments) == max(moments):
        return []
    axis = _Axis(min(moments), max(moments), times)
    found = [("Timeline", _timeline(story, axis))]
    if len(story.waiting) > 1:
        found.append(("Mail waiting", _chart(story.waiting, axis)))
    return found


def _timeline(story: Story, axis: _Axis) -> str:
    """A row for each milestone, each step of the SOP, notices and commands."""
    milestones = list(_milestones(story))
    spans = list(_spans(story))
    height = ROW * (len(milestones) + len(spans)) + 4
    drawn = list(axis.marks(height))
    for place, (label, at) in enumerate(milestones):
        drawn += _dots(label, [at], place, axis, axis.times.moment(at))
    for place, (label, moments, is_bar) in enumerate(spans, len(milestones)):
        if is_bar:
            begin, end = axis.x(moments[0]), axis.x(moments[-1])
            bar = f'x="{begin}" y="{place * ROW + 5}" width="{max(3, end - begin):.1f}" height="10"'
            drawn += [_label(label, place), f'<rect class="bar" {bar}/>']
        else:
            drawn += _dots(label, moments, place, axis, "")
    said = "; ".join(f"{label} {axis.times.moment(at)}" for label, at in milestones)
    return _svg("The course of the incident", said, height, drawn)


def _milestones(story: Story) -> Iterator[tuple[str, datetime]]:
    if story.situation.onset:
        yield "Onset", story.situation.onset
    words = {
        "TTD": "Detected",
        "TTA": "Acknowledged",
        "TTN": "First notice",
        "TTM": "Mitigated",
        "TTR": "Resolved",
    }
    yield from ((words[one.name], one.at) for one in story.measures if one.at)
    yield from (("Closed", entry.at) for entry, _ in story.all(Closed)[-1:])


def _spans(story: Story) -> Iterator[tuple[str, list[datetime], bool]]:
    """What has more than one moment: its label, its moments, whether it lasted between them."""
    steps = {item.id: number for number, step in enumerate(story.steps) for item in step.items}
    changes = [(steps.get(data.item), entry.at) for entry, data in story.all(ItemChanged)]
    for number, step in enumerate(story.steps):
        if moments := sorted(at for place, at in changes if place == number):
            yield f"{number + 1} {step.title}", moments, True
    for label, kind in (("Notices", NoticeSent), ("Commands", CommandBegun)):
        if said := story.all(kind):
            yield label, [entry.at for entry, _ in said], False


def _dots(
    label: str, moments: Sequence[datetime], place: int, axis: _Axis, beside: str
) -> Iterator[str]:
    yield _label(label, place)
    for at in moments:
        yield f'<circle class="dot" cx="{axis.x(at)}" cy="{place * ROW + 10}" r="4"/>'
    if beside:
        x = axis.x(moments[0])
        is_left = x > (LEFT + RIGHT) / 2
        where = f'x="{x - 8}" text-anchor="end"' if is_left else f'x="{x + 8}"'
        yield f'<text {where} y="{place * ROW + 14}">{beside}</text>'


def _label(text: str, place: int) -> str:
    return f'<text x="0" y="{place * ROW + 14}">{escape(clip(text, LABEL).rstrip())}</text>'


def _chart(points: Sequence[tuple[datetime, int]], axis: _Axis) -> str:
    """An area under the number of messages that wait."""
    top = _ceiling(max(total for _, total in points))

    def y(total: float) -> float:
        return round(8 + (CHART - 8) * (1 - total / top), 1)

    drawn = list(axis.marks(CHART))
    for part in (0, 0.5, 1):
        level, figure = y(top * part), f"{top * part:,.0f}"
        drawn += [
            f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{level}" y2="{level}"/>',
            f'<text class="figure" x="{LEFT - 8}" y="{level + 4}">{figure}</text>',
        ]
    line = " ".join(f"{axis.x(at)},{y(total)}" for at, total in points)
    first, last = axis.x(points[0][0]), axis.x(points[-1][0])
    drawn.append(f'<polygon class="area" points="{first},{CHART} {line} {last},{CHART}"/>')
    drawn.append(f'<polyline class="line" points="{line}"/>')
    peak = max(points, key=lambda point: point[1])
    said = (
        f"{points[0][1]:,} messages waiting at {axis.times.moment(points[0][0])}, "
        f"at most {peak[1]:,} at {axis.times.moment(peak[0])}, "
        f"{points[-1][1]:,} at {axis.times.moment(points[-1][0])}"
    )
    return _svg("Messages waiting in the queues", said, CHART, drawn)


def _ceiling(most: int) -> int:
    """A round number that is not below `most`, and even: half of it is marked too."""
    size = int(f"1{'0' * (len(str(most)) - 1)}")
    return next(size * part for part in (2, 4, 6, 8, 10) if size * part >= most)


def _svg(title: str, said: str, height: int, drawn: Sequence[str]) -> str:
    """A picture with its words for those who do not see it."""
    words = escape(f"{title}: {said}")
    box = f'viewBox="0 0 {WIDTH} {height + 20}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="{words}">'
    return "\n".join([head, f"<title>{escape(title)}</title>", *drawn, "</svg>"])
