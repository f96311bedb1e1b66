"""Asks for one of a few things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from widgets.text import content


class PickScreen(ModalScreen[str | None]):
    """Dismissed with the name that was picked, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)")]
    DEFAULT_CSS = """
    PickScreen { align: center middle; }
    PickScreen OptionList, PickScreen OptionList:focus {
        width: auto; min-width: 60; max-width: 95%; height: auto; max-height: 80%;
        border: round $primary;
    }
    """

    def __init__(
        self, question: str, choices: Sequence[tuple[str, str]], proposed: str = ""
    ) -> None:
        """`choices` are names, each with the text shown; `proposed` is the name to begin at."""
        super().__init__()
        self._proposed = proposed
        self._question = question
        self._choices = choices

    def compose(self) -> ComposeResult:
        """The question over its answers."""
        picker = OptionList(*(Option(content(text), id=name) for name, text in self._choices))
        picker.border_title = content(self._question).markup
        names = [name for name, _ in self._choices]
        if self._proposed in names:
            picker.highlighted = names.index(self._proposed)
        yield picker

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer with what was picked."""
        self.dismiss(event.option.id)
