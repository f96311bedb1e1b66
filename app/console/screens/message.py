"""One message of a queue: why it waits, its envelope, headers and attempts; never its body."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from checks.facts import Waiting
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.text import Row, Span, broken, row

if TYPE_CHECKING:
    from checks.queue._opened import Opened


class MessageScreen(Screen[None]):
    """What the MTA shows of it; or why it does not, and the mend."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss")]

    def __init__(self, chosen: Waiting, opened: Opened) -> None:
        super().__init__()
        self._chosen = chosen
        self._opened = opened

    def compose(self) -> ComposeResult:
        """One text, and how to leave."""
        yield Reader(f"Message {self._chosen.queue_id}", self._rows(self.app.size.width - 4))
        yield KeyBar([("↑↓", "move"), ("n", "note")], ("Esc", "back"))

    def _rows(self, width: int) -> list[Row]:
        one, opened = self._chosen, self._opened
        others = f" and {one.others:,} more" if one.others else ""
        said = f"{one.queue}: {one.sender or '<>'} to {one.recipient}{others}"
        rows = [row(Span(part, "strong")) for part in broken(said, width)]
        rows += [row(part) for part in broken(one.reason, width)]
        rows.append(row())
        rows += [row(Span(part, "odd")) for part in broken(opened.problem, width)]
        if opened.mend:
            rows.append(row(Span("mend: ", "dim"), Span(opened.mend, "key")))
        rows += [row(Span(part)) for line in opened.lines for part in broken(line, width)]
        return rows
