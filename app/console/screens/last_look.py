"""The last look at what is sent: every word of it, and to whom."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.incident.kinds import NoticeSent
from app.notices.notice import AUDIENCES
from app.notices.route import Route
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.text import Row, Span, row

Outgoing = Sequence[tuple[NoticeSent, Sequence[Route]]]


class LastLook(Screen[bool | None]):
    """Dismissed with True to send it, else with None; nothing is sent that was not in sight."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "send"),
        Binding("escape,q,n", "dismiss(None)"),
    ]

    def __init__(self, outgoing: Outgoing, warnings: Sequence[str]) -> None:
        super().__init__()
        self._outgoing = outgoing
        self._warnings = warnings

    def compose(self) -> ComposeResult:
        """The texts, and the two ways out."""
        yield Reader("Last look: nothing is sent yet", [])
        yield KeyBar([("y", "send it"), ("Space", "read on")], ("Esc", "back"))

    def on_mount(self) -> None:
        """What fits was seen."""
        self.set_focus(self.query_one(Reader))

    def on_resize(self) -> None:
        """Break lines where this terminal ends."""
        width = max(20, self.size.width - 8)
        warned = [part for one in self._warnings for part in textwrap.wrap(one, width)]
        rows: list[Row] = [row(Span(part, "warn")) for part in warned]
        for told, routes in self._outgoing:
            rows += [(), *_notice(told, routes, width)]
        self.query_one(Reader).show("Last look: nothing is sent yet", rows)

    def action_send(self) -> None:
        """Send it, once its end has been in sight; until then, go there."""
        reader = self.query_one(Reader)
        if reader.is_at_end:
            self.dismiss(True)
        else:
            reader.action_page(1)


def _notice(told: NoticeSent, routes: Sequence[Route], width: int) -> list[Row]:
    """One notice, its routes first."""
    to = ", ".join(AUDIENCES.get(name, name) for name in told.audience)
    by = ", ".join(
        f"{route.name} ({len(route.to):,})" if route.to else route.name for route in routes
    )
    body = [part for line in told.body.split("\n") for part in textwrap.wrap(line, width) or [""]]
    return [
        row(Span(f"TO {to.upper()}", "head"), Span(f"  by {by}", "dim")),
        row(Span("  "), Span(told.subject, "strong")),
        (),
        *(row(f"  {line}") for line in body),
    ]
