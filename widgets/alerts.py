"""The alerts of one of the site's monitors, line by line. Pure."""

from __future__ import annotations

from checks.board import Standing
from checks.facts import Alert, MonitorFacts
from checks.model import State
from checks.when import clock
from widgets.state import MARKS, Mark
from widgets.text import Row, Span, row

SEVERITIES = {
    "critical": MARKS[State.CRITICAL],
    "warning": MARKS[State.WARNING],
    "info": Mark("·", "info", "dim"),
}
"""How an alert is marked; one that rings nobody is dim, whatever its severity."""


def alerts(standing: Standing) -> tuple[Row, ...]:
    """Those on our hosts, then the first of those that could not be matched."""
    facts = standing.result.facts if standing.result else None
    if not isinstance(facts, MonitorFacts) or not (facts.alerts or facts.not_matched):
        return ()
    note = row(
        Span("shown, and evidence for the onset; the verdict rests on our own checks", "dim")
    )
    lines = [note, *map(_line, facts.alerts)]
    if facts.not_matched:
        said = f"{facts.not_matched} not matched with a host or domain of the config:"
        lines += [row(Span(said, "dim")), *(_line(one, is_ours=False) for one in facts.others)]
    left = facts.not_matched - len(facts.others)
    return (*lines, row(Span(f"and {left} more", "dim"))) if left > 0 else tuple(lines)


def _line(alert: Alert, *, is_ours: bool = True) -> Row:
    shown = SEVERITIES[alert.severity]
    role = shown.role if is_ours and not alert.note else "dim"
    since = f"  since {alert.since:%Y-%m-%d} {clock(alert.since)[:-1]}" if alert.since else ""
    note = f"  ({alert.note})" if alert.note else ""
    return row(
        Span(f"{shown.glyph} ", role),
        f"{alert.about}  ",
        Span(f"{alert.name}{note}", role),
        Span(since, "dim"),
        Span(f"  {alert.summary}" if alert.summary else "", "dim"),
    )
