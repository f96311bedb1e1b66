"""Asks for one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from app.console.typed_ahead import TypedAhead
from widgets.fields import Line
from widgets.text import content


# Textual takes the look of the first base alone: a question stands over what it is about.
class AskScreen(ModalScreen[str | None], TypedAhead[str | None]):
    """Dismissed with what was typed, or with None; Enter takes an empty line only if it may."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)")]
    DEFAULT_CSS = """
    AskScreen { align: center middle; }
    AskScreen Vertical { width: 80%; max-width: 100; height: auto; }
    AskScreen Input { border: round $primary; }
    AskScreen Label { padding: 0 1; width: 1fr; background: $surface; }
    """

    def __init__(
        self,
        question: str,
        proposed: str = "",
        *,
        may_be_empty: bool = False,
        told: Sequence[str] = (),
    ) -> None:
        """`told` is what to know before one answers, a line each."""
        super().__init__()
        self._told = told
        self._question = question
        self._proposed = proposed
        self._may_be_empty = may_be_empty

    def compose(self) -> ComposeResult:
        """The question over its answer."""
        line = Line(self._proposed, select_on_focus=False)
        line.border_title = content(self._question).markup
        line.border_subtitle = "Enter: yes   Esc: no"
        with Vertical():
            for text in self._told:
                yield Label(content(text))
            yield line

    def on_mount(self) -> None:
        """What was typed ahead is there."""
        self.type()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with what was typed."""
        answer = event.value.strip()
        if answer or self._may_be_empty:
            self.dismiss(answer)
