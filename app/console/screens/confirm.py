"""Shows exactly what is going to be done, and asks."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from widgets.fields import Line
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.text import Row, Span, broken, content

YES, OTHERWISE = "yes", "otherwise"


class ConfirmScreen(Screen[str | None]):
    """Dismissed with `YES`, with `OTHERWISE` where that is offered, else with None.

    What is `exact` is shown whole, however long it is. Where `typed` is given, only that name
    typed in full is a yes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes"),
        Binding("ctrl+t", "otherwise"),
        Binding("escape", "dismiss(None)"),
        Binding("n,q", "dismiss(None)"),
    ]
    DEFAULT_CSS = """
    ConfirmScreen Input { border: round $primary; }
    """

    def __init__(
        self,
        title: str,
        exact: str,
        remarks: Sequence[str] = (),
        *,
        typed: str = "",
        otherwise: str = "",
    ) -> None:
        """`otherwise` is the word of the third way out."""
        super().__init__()
        self._title = title
        self._exact = exact
        self._remarks = remarks
        self._typed = typed
        self._otherwise = otherwise

    def compose(self) -> ComposeResult:
        """What is going to be done, and the ways out."""
        yield Reader(self._title, [])
        if self._typed:
            line = Line(select_on_focus=False)
            line.border_title = content(f"Type {self._typed} to do it").markup
            yield line
        keys = [("Enter", "yes")] if self._typed else [("y", "yes")]
        if self._otherwise:
            keys.append(("^t", self._otherwise))
        yield KeyBar(keys, ("Esc", "no"))

    def on_mount(self) -> None:
        """Type at once, where there is something to type."""
        for line in self.query(Input):
            self.set_focus(line)

    def on_resize(self) -> None:
        """Break what is exact where this terminal ends."""
        width = max(20, self.size.width - 8)
        rows: list[Row] = [()]
        rows += [(Span("  "), Span(part, "strong")) for part in broken(self._exact, width)]
        rows.append(())
        for remark in self._remarks:
            rows += [(Span(part),) for part in textwrap.wrap(remark, width)]
        self.query_one(Reader).show(self._title, rows)

    def action_yes(self) -> None:
        """Yes, where that is one key."""
        if not self._typed:
            self.dismiss(YES)

    def action_otherwise(self) -> None:
        """The third way out."""
        if self._otherwise:
            self.dismiss(OTHERWISE)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Yes, if it is the name."""
        if event.value.strip() == self._typed:
            self.dismiss(YES)
        else:
            self.query_one(Input).border_subtitle = "that is not it"
