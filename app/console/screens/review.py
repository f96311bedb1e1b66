"""The post-incident review as one text, to be edited here or in the operator's own editor."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import TextArea

from app.incident.kinds import Reviewed
from app.problem import Problem
from app.review.editor import edit
from app.review.form import FormError, parse
from widgets.key_bar import KeyBar
from widgets.text import content

KEYS = (("^s", "write it into the log"), ("^e", "open it in $EDITOR"))


class ReviewScreen(Screen[Reviewed | None]):
    """Dismissed with the review, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "write"),
        Binding("ctrl+e", "edit", priority=True),
        Binding("escape", "leave"),
    ]
    DEFAULT_CSS = """
    ReviewScreen TextArea, ReviewScreen TextArea:focus {
        height: 1fr; border: round $primary; padding: 0 1; background: $background;
    }
    """

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._is_warned = False

    def compose(self) -> ComposeResult:
        """The text, and the keys."""
        area = TextArea(self._text, highlight_cursor_line=False)
        area.border_title = content(self._title).markup
        yield area
        yield KeyBar(KEYS, ("Esc", "back"))

    def on_text_area_changed(self) -> None:
        """What is typed after a warning is not thrown away by the next Esc."""
        self._is_warned = False

    def action_write(self) -> None:
        """Answer with the review; a mistake is shown where it is."""
        area = self.query_one(TextArea)
        try:
            review = parse(area.text)
        except FormError as error:
            area.move_cursor((error.line - 1, 0), center=True)
            self._tell(str(error))
        else:
            self.dismiss(review)

    def action_edit(self) -> None:
        """Hand the terminal to the editor; this loop waits on purpose, the engine goes on."""
        try:
            with self.app.suspend():
                review = edit(self.query_one(TextArea).text)
        except (Problem, SuspendNotSupported) as problem:
            self._tell(str(problem))
        else:
            self.dismiss(review)

    def action_leave(self) -> None:
        """Leave; what was typed is thrown away at the second time only."""
        if self._is_warned or self.query_one(TextArea).text == self._text:
            self.dismiss(None)
        else:
            self._is_warned = True
            self._tell("Esc again throws away what you typed; ^s writes it into the log")

    def _tell(self, text: str) -> None:
        """Say it at the lower edge."""
        self.query_one(TextArea).border_subtitle = content(text).markup
