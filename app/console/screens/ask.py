"""Asks for one line."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input

from widgets.text import content


class AskScreen(ModalScreen[str | None]):
    """Dismissed with what was typed, or with None; Enter takes an empty line only if it may."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)")]
    DEFAULT_CSS = """
    AskScreen { align: center middle; }
    AskScreen Input { width: 80%; max-width: 100; border: round $primary; }
    """

    def __init__(self, question: str, proposed: str = "", *, may_be_empty: bool = False) -> None:
        super().__init__()
        self._question = question
        self._proposed = proposed
        self._may_be_empty = may_be_empty

    def compose(self) -> ComposeResult:
        """The question over its answer."""
        line = Input(self._proposed, select_on_focus=False)
        line.border_title = content(self._question).markup
        line.border_subtitle = "Enter: yes   Esc: no"
        yield line

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with what was typed."""
        answer = event.value.strip()
        if answer or self._may_be_empty:
            self.dismiss(answer)
