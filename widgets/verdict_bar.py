"""The verdict bar: the one line that shouts, and only when there is reason to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from checks.model import State, Verdict
from checks.when import clock, span
from widgets.lines import Lines
from widgets.state import MARKS
from widgets.text import Row, Span, fit, row, width_of

GLYPHS = {
    "outage": MARKS[State.CRITICAL].glyph,
    "degraded": MARKS[State.WARNING].glyph,
    "unknown": MARKS[State.UNKNOWN].glyph,
    "healthy": MARKS[State.OK].glyph,
}

SCOPE = 4
"""Cells of who cannot do what that stay; before they are cut, the note goes."""


class VerdictBar(Lines):
    """``✗ OUTAGE  lab.test  SEV1 · nobody can send · since 03:04:12 (6m 41s)   03:10:53Z``."""

    IS_SPECIAL = True
    DEFAULT_CSS = """
    VerdictBar {
        height: 1;
        background: $panel;
        &.-outage { background: $error-darken-1; text-style: bold; }
        &.-outage > .lines--text, &.-degraded > .lines--text { text-style: bold; }
        &.-outage > .lines--text { color: $text; }
        &.-degraded > .lines--text { color: $text-warning; }
    }
    """

    verdict: Verdict | None = None
    at: datetime | None = None
    system = ""
    said: Row = ()
    is_frozen = False

    def show(
        self,
        verdict: Verdict,
        at: datetime,
        *,
        system: str = "",
        frozen: bool = False,
        note: Row = (),
    ) -> None:
        """Draw `verdict` as of `at`; `note` stands before the clock."""
        self.verdict, self.at, self.system = verdict, at, system
        self.is_frozen, self.said = frozen, note
        for name in GLYPHS:
            self.set_class(name == verdict.verdict, f"-{name}")
        self.redraw()

    def lines(self, width: int, height: int) -> Sequence[Row]:  # noqa: ARG002
        """The one line."""
        if self.verdict is None or self.at is None:
            return (row(Span(" asking …", "dim")),)
        tail = self._tail(self.verdict, self.at, self.said)
        head = row(f" {headline(self.verdict, self.at, self.system, is_short=True)}")
        least = width_of(head) - max(0, width_of(row(_scope(self.verdict))) - SCOPE)
        if least + 2 + width_of(tail) > width:
            tail = self._tail(self.verdict, self.at, ())
        room = width - width_of(tail)
        if room < 20:
            return (fit(row(f" {headline(self.verdict, self.at, self.system)}"), width),)
        head = self._head(self.verdict, self.at, room - 2)
        return ((*head, Span(" " * (room - width_of(head))), *tail),)

    def _head(self, verdict: Verdict, at: datetime, room: int) -> Row:
        """As much of the headline as there is room for: the onset goes first, then the scope."""
        head = row(f" {headline(verdict, at, self.system)}")
        if width_of(head) > room:
            head = row(f" {headline(verdict, at, self.system, is_short=True)}")
        if (over := width_of(head) - room) > 0:
            scope = row(_scope(verdict))
            cut = "".join(span.text for span in fit(scope, max(1, width_of(scope) - over)))
            cut_verdict = replace(verdict, scope=replace(verdict.scope, summary=cut))
            head = row(f" {headline(cut_verdict, at, self.system, is_short=True)}")
        return fit(head, room)

    def _tail(self, verdict: Verdict, at: datetime, said: Row) -> Row:
        # Seconds cost bytes on the line, so they run only while somebody counts them.
        is_counting = verdict.verdict in ("outage", "degraded")
        now = clock(at) if is_counting else f"{clock(at)[:5]}Z"
        frozen = row("FROZEN  ") if self.is_frozen else ()
        return (*frozen, *said, Span(f"{'  ' if said else ''}{now} "))


def _word(verdict: Verdict) -> str:
    word = verdict.verdict.upper() if verdict.verdict != "healthy" else "healthy"
    return f"{GLYPHS.get(verdict.verdict, '?')} {word}"


def _scope(verdict: Verdict) -> str:
    return verdict.scope.summary or verdict.summary


def headline(verdict: Verdict, at: datetime, system: str, *, is_short: bool = False) -> str:
    """Everything but the clock; the system's name always: nobody may work on the wrong one."""
    parts = [
        part for part in (verdict.severity and verdict.severity.value, _scope(verdict)) if part
    ]
    if verdict.since and verdict.verdict in ("outage", "degraded"):
        lasted = span((at - verdict.since).total_seconds())
        parts.append(
            f"for {lasted}" if is_short else f"since {clock(verdict.since)[:-1]} ({lasted})"
        )
    return "  ".join(part for part in (_word(verdict), system, " · ".join(parts)) if part)
