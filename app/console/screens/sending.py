"""A notice that goes out: how it fares with each recipient, and again with those who refused it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.console.screens.last_look import Outgoing
from app.console.words import DELIVERED
from app.incident.kinds import Delivery, NoticeSent, fared
from app.notices.notice import AUDIENCES
from app.notices.route import Route
from app.notices.sending import Sending
from checks.model import State
from checks.when import span
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.state import MARKS
from widgets.text import Row, Span, row
from widgets.verdict_bar import VerdictBar

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.console.screens.main import MainScreen

LOOK_EVERY = 0.25
"""Seconds between two looks at what has come of it; each costs bytes on the line."""


class Posted:
    """One notice on its routes: `deliveries` are the latest of each route and recipient."""

    def __init__(self, told: NoticeSent, routes: Sequence[Route]) -> None:
        self.told = told
        self.routes = tuple(routes)
        self.is_running = False
        self.trouble = ""
        self._sending: Sending | None = None
        self._ended: tuple[Delivery, ...] = ()

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """What is known by now."""
        fresh = self._sending.so_far if self._sending else ()
        known = {(one.route, one.recipient): one for one in (*self._ended, *fresh)}
        return tuple(known.values())

    def routes_with(self, *outcomes: str) -> list[Route]:
        """Those where somebody has it as one of `outcomes`."""
        names = {one.route for one in self.deliveries if one.outcome in outcomes}
        return [route for route in self.routes if route.name in names]

    def start(self, hand: Hand, routes: Sequence[Route], *, in_doubt: bool = False) -> None:
        """Begin to send it by `routes`; what was accepted there before is not sent again."""
        self.is_running = True
        hand.start(self._send(hand, routes, in_doubt=in_doubt))

    async def _send(self, hand: Hand, routes: Sequence[Route], *, in_doubt: bool) -> None:
        desk = hand.session.engine.desk
        self._ended = self.deliveries
        self._sending = Sending(
            self.told,
            routes,
            lambda: desk.situation.entries if desk.situation else (),
            in_doubt=in_doubt,
        )
        try:
            entry = await hand.perform(self._sending)
        finally:
            self.is_running = False
        if isinstance(entry.data, NoticeSent):
            self.trouble = "; ".join(entry.data.left_out)


class SendingScreen(Screen[None]):
    """Leaving it ends nothing; the log tells what came of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again"),
        Binding("R", "in_doubt"),
        Binding("escape,q", "leave"),
    ]

    def __init__(self, main: MainScreen, posted: Sequence[Posted]) -> None:
        super().__init__()
        self._main = main
        self._posted = posted
        self._since = time.monotonic()
        self._has_asked = False

    @classmethod
    def begin(cls, main: MainScreen, outgoing: Outgoing) -> SendingScreen:
        """Send all of it, and show how it goes."""
        posted = [Posted(told, routes) for told, routes in outgoing]
        for one in posted:
            one.start(main.hand, one.routes)
        return cls(main, posted)

    def compose(self) -> ComposeResult:
        """The bar, how it goes, the keys."""
        yield VerdictBar()
        yield Reader("Notice", [])
        keys = [("r", "again: the refused alone"), ("R", "and those in doubt"), ("↑↓", "move")]
        yield KeyBar(keys, ("Esc", "back"))

    def on_mount(self) -> None:
        """Look at it now and then."""
        self.set_focus(self.query_one(Reader))
        self._looking = self.set_interval(LOOK_EVERY, self._look)
        self.set_interval(1.0, lambda: self._main.tell(self.query_one(VerdictBar)))
        self._look()

    @property
    def _is_running(self) -> bool:
        return any(one.is_running for one in self._posted)

    def _look(self) -> None:
        rows = [line for one in self._posted for line in (*_rows(one), ())]
        self.query_one(Reader).show(self._title(), rows)
        if not self._is_running:
            self._looking.pause()  # each look costs bytes on the line, and nothing comes any more

    def _title(self) -> str:
        known = [one.outcome for posted in self._posted for one in posted.deliveries]
        counts = [(known.count(name), name) for name in ("accepted", "refused", "unknown")]
        told = ", ".join(f"{number:,} {name}" for number, name in counts if number)
        if self._is_running:
            told = f"{told or 'under way'}, {span(time.monotonic() - self._since)}"
        return f"Notice: {told or 'nothing was sent'}"

    def action_again(self) -> None:
        """Those who refused it get it again, and nobody else."""
        self._send("refused")

    def action_in_doubt(self) -> None:
        """Also those who may have it: asked for twice, for they may get it twice."""
        if not self._has_asked:
            self._has_asked = True
            self._main.say("some may get it twice: R once more sends it to those in doubt too")
        else:
            self._send("refused", "unknown")

    def _send(self, *outcomes: str) -> None:
        if self._is_running:
            self._main.say("it is under way; a moment")
            return
        again = [(one, one.routes_with(*outcomes)) for one in self._posted]
        wanted = [(one, routes) for one, routes in again if routes]
        if not wanted:
            self._main.say("nobody refused it")
        self._since = time.monotonic()
        for one, routes in wanted:
            in_doubt = "unknown" in outcomes
            one.start(self._main.hand, routes, in_doubt=in_doubt)
        self._looking.resume()

    def action_leave(self) -> None:
        """Back; what is under way goes on."""
        if self._is_running:
            self._main.say("it goes on; the log tells what came of it")
        self.dismiss()


def _rows(posted: Posted) -> list[Row]:
    """A notice, and a line for all recipients of a route that fared alike."""
    told, known = posted.told, posted.deliveries
    to = ", ".join(AUDIENCES.get(name, name) for name in told.audience)
    rows = [row(Span(f"TO {to.upper()}", "head"), Span(f"  {told.subject}", "dim"))]
    for outcome in ("refused", "unknown", "accepted"):
        mark = MARKS[DELIVERED.get(outcome, State.UNKNOWN)]
        alike = fared([one for one in known if one.outcome == outcome])
        rows += [row("  ", Span(f"{mark.glyph} ", mark.role), line) for line in alike]
    if posted.is_running:
        waiting = {route.name for route in posted.routes} - {one.route for one in known}
        rows += [row("  ", Span(f"… {name}: no answer yet", "dim")) for name in sorted(waiting)]
    if posted.trouble:
        rows.append(row("  ", Span(posted.trouble, "warn")))
    return rows
