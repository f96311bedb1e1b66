"""`Lines`: a widget that draws rows of text and repaints only the rows that changed.

Over SSH every byte counts, and `DataTable` or `Static.update` repaint the whole widget (17 times
the CPU, 13 times the bytes for the same screen): live widgets are built on this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, ClassVar, Self
from weakref import WeakKeyDictionary

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from widgets.frame import frame
from widgets.state import class_of, css
from widgets.text import Row, fit

_looks: WeakKeyDictionary[App[Any], dict[object, Style]] = WeakKeyDictionary()
"""How each role looks, by app, theme, background and inherited style."""


class Lines(Widget):
    """Draws what `lines` answers; call `redraw` when that has changed."""

    DEFAULT_CSS = "Lines { height: 1fr; }\n" + css("Lines")
    IS_SPECIAL: ClassVar[bool] = False
    """Whether it has rules of its own for roles."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._rows: tuple[Row, ...] = ()
        self._cursor: int | None = None
        self._looks: dict[str, Style] = {}
        self._strips: dict[int, Strip] = {}
        self._laid_out = Size()

    def lines(self, width: int, height: int) -> Sequence[Row]:
        """The rows to draw in `width` by `height` cells."""
        raise NotImplementedError

    def cursor_line(self) -> int | None:
        """Which of the rows is drawn as the cursor's."""
        return None

    def redraw(self) -> None:
        """Repaint the rows that are not what they were."""
        if self.content_size:
            changed = self._lay_out()
            width, height = self._laid_out
            if changed:
                self.refresh(*(Region(0, y, width, 1) for y in changed if y < height))

    def _lay_out(self) -> set[int]:
        """Work out the rows; which of them are new."""
        width, height = self._laid_out = self.content_size
        rows = tuple(self.lines(width, height))[:height]
        cursor = self.cursor_line()
        pairs = zip_longest(rows, self._rows, fillvalue=())
        changed = {y for y, (new, old) in enumerate(pairs) if new != old}
        if cursor != self._cursor:
            changed |= {y for y in (cursor, self._cursor) if y is not None}
        self._rows, self._cursor = rows, cursor
        for y in changed:
            self._strips.pop(y, None)
        return changed

    def plain(self) -> list[str]:
        """What is drawn, as text."""
        return ["".join(span.text for span in row).rstrip() for row in self._rows]

    def render_line(self, y: int) -> Strip:
        """One row, as Textual asks for it."""
        width = self.content_size.width
        row = fit(_at(self._rows, y), width)
        is_cursor = y == self._cursor
        segments = [
            Segment(span.text, self._look("cursor" if is_cursor else span.role))
            for span in row
            if span.text
        ]
        used = sum(cell_len(span.text) for span in row)
        if used < width:
            segments.append(
                Segment(" " * (width - used), self._look("cursor" if is_cursor else ""))
            )
        return Strip(segments, width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """All rows in `crop`, as Textual asks for them in each frame: from our own cache.

        Textual's own goes through every line's filters and borders again (half of a frame's CPU).
        """
        if self.content_size != self._laid_out:
            # Now, not in on_resize: a frame with nothing in it would be written before.
            self._strips.clear()
            self._lay_out()
        if self.styles.gutter:
            return super().render_lines(crop)
        missing = [y for y in crop.line_range if y not in self._strips]
        if missing:
            self._draw(missing)
        strips = [self._strips[y] for y in crop.line_range]
        left, right = crop.column_span
        if (left, right) == (0, self.size.width):
            return strips
        return [strip.crop(left, right) for strip in strips]

    def _draw(self, rows: Sequence[int]) -> None:
        """Render those rows and keep them."""
        background, filters = self.background_colors[1], self.get_line_filters()
        for y in rows:
            strip = self.render_line(y)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            self._strips[y] = strip

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Textual's hook: without regions, everything may look different."""
        if not regions:
            self._strips.clear()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _look(self, role: str) -> Style:
        if role not in self._looks:
            self._looks[role] = self._own_look(role) if self.IS_SPECIAL else self._shared_look(role)
        return self._looks[role]

    def _shared_look(self, role: str) -> Style:
        """As in every other widget of the same background; half of the first picture's time."""
        shared = _looks.setdefault(self.app, {})
        key = (role, self.app.theme, self.background_colors, self.text_style)
        if key not in shared:
            shared[key] = self._own_look(role)
        return shared[key]

    def _own_look(self, role: str) -> Style:
        # What Textual does for COMPONENT_CLASSES, but for the roles in use alone, when they are
        # first drawn: all roles of all widgets after each change of a class took 25 ms.
        node = DOMNode(classes=class_of(role))
        node._attach(self)  # noqa: SLF001
        self.app.stylesheet.apply(node)
        return node.rich_style

    def notify_style_update(self) -> None:
        """Textual's hook: the theme or a rule changed."""
        super().notify_style_update()
        self._looks = {}
        self._strips.clear()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Textual's hook: the look may depend on it; no rule does, so none is worked out again."""
        self.redraw()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay the rows out anew."""
        self.redraw()


def _at(rows: tuple[Row, ...], y: int) -> Row:
    return rows[y] if 0 <= y < len(rows) else ()


class Framed(Lines):
    """Lines in a quiet frame, with a title on its left and a note on its right."""

    DEFAULT_CSS = "Framed { height: 1fr; }"
    TITLE = ""

    @property
    def title(self) -> str:
        """What stands in the frame, left."""
        return self.TITLE

    def note(self) -> Row:
        """What stands in the frame, right."""
        return ()

    def inside(self, width: int, height: int) -> Sequence[Row]:
        """The rows inside the frame."""
        raise NotImplementedError

    def lines(self, width: int, height: int) -> Sequence[Row]:
        """The frame and what is in it."""
        rows = tuple(self.inside(max(0, width - 4), max(0, height - 2)))
        role = "focus" if self.has_focus else "frame"
        return frame(rows, self.title, self.note(), width, height, role)
