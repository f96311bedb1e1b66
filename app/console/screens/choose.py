"""Asks for any number of things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from widgets.text import content


class ChooseScreen(ModalScreen[tuple[str, ...] | None]):
    """Dismissed with the names that were ticked, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick"),
        Binding("enter", "take", priority=True),
        Binding("escape,q", "dismiss(None)"),
    ]
    DEFAULT_CSS = """
    ChooseScreen { align: center middle; }
    ChooseScreen OptionList, ChooseScreen OptionList:focus {
        width: auto; min-width: 60; max-width: 95%; height: auto; max-height: 80%;
        border: round $primary;
    }
    """

    def __init__(self, question: str, choices: Sequence[tuple[str, str]]) -> None:
        """`choices` are names, each with the text shown."""
        super().__init__()
        self._question = question
        self._choices = choices
        self._ticked: set[int] = set()

    def compose(self) -> ComposeResult:
        """The question over its answers."""
        lines = map(self._line, range(len(self._choices)))
        found = OptionList(*(Option(content(line)) for line in lines))
        found.border_title = content(self._question).markup
        found.border_subtitle = "Space: tick   Enter: go on   Esc: back"
        yield found

    def _line(self, place: int) -> str:
        # Brackets, not Textual's own box: that one tells by its colour alone.
        mark = "x" if place in self._ticked else " "
        return f"[{mark}] {self._choices[place][1]}"

    def action_tick(self) -> None:
        """Tick what is under the cursor, or take the tick away."""
        found = self.query_one(OptionList)
        if (place := found.highlighted) is not None:
            self._ticked ^= {place}
            found.replace_option_prompt_at_index(place, content(self._line(place)))

    def action_take(self) -> None:
        """Answer with what is ticked."""
        self.dismiss(tuple(name for n, (name, _) in enumerate(self._choices) if n in self._ticked))
