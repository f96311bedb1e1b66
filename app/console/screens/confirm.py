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

YES, NO, OTHERWISE = "yes", "no", "otherwise"


class ConfirmScreen(Screen[str | None]):
    """Dismissed with `YES`, with `NO` or `OTHERWISE` where that is offered, else with None.

    What is `exact` is shown whole, however long it is. Where `typed` is given, only that name
    typed in full is a yes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes"),
        Binding("ctrl+t", "otherwise"),
        Binding("n", "no"),
        Binding("escape,q", "dismiss(None)"),
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
        refusal: str = "",
        otherwise: str = "",
    ) -> None:
        """`refusal` is the word of n where that is not the same as to leave; `otherwise` of ^t."""
        super().__init__()
        self._title = title
        self._exact = exact
        self._remarks = remarks
        self._typed = typed
        self._refusal = refusal
        self._otherwise = otherwise

    def compose(self) -> ComposeResult:
        """What is going to be done, and the ways out."""
        yield Reader(self._title, [])
        if self._typed:
            line = Line(select_on_focus=False)
            line.border_title = content(f"Type {self._typed} to do it").markup
            yield line
        keys = [("Enter", "yes")] if self._typed else [("y", "yes")]
        if self._refusal:
            keys.append(("n", self._refusal))
        if self._otherwise:
            keys.append(("^t", self._otherwise))
        yield KeyBar(keys, ("Esc", "back" if self._refusal else "no"))

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

    def action_no(self) -> None:
        """No; to leave, where nothing else is offered."""
        self.dismiss(NO if self._refusal else None)

    def action_otherwise(self) -> None:
        """Another way out."""
        if self._otherwise:
            self.dismiss(OTHERWISE)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Yes, if it is the name."""
        if event.value.strip() == self._typed:
            self.dismiss(YES)
        else:
            self.query_one(Input).border_subtitle = "that is not it"
