"""The footer: each key with its word, as many as the width holds."""

from __future__ import annotations

from collections.abc import Sequence

from widgets.lines import Lines
from widgets.text import Row, Span, width_of


class KeyBar(Lines):
    """Draws keys and words; what does not fit leaves from the end, `pinned` stays."""

    DEFAULT_CSS = "KeyBar { height: 1; background: $panel; }"

    def __init__(self, keys: Sequence[tuple[str, str]], *pinned: tuple[str, str]) -> None:
        super().__init__()
        self._keys = keys
        self._pinned = pinned

    def lines(self, width: int, height: int) -> Sequence[Row]:  # noqa: ARG002
        """The one row; its keys stand closer together where not all of them fit otherwise."""
        pairs = (*self._keys, *self._pinned)
        end = " " if sum(width_of(_pair(*key, " ")) for key in pairs) <= width else ""
        tail = [span for key in self._pinned for span in _pair(*key, end)]
        room = width - width_of(tail)
        spans: list[Span] = []
        for key in self._keys:
            pair = _pair(*key, end)
            if width_of(spans) + width_of(pair) > room:
                break
            spans.extend(pair)
        spans.append(Span(" " * max(0, room - width_of(spans))))
        return [(*spans, *tail)]


def _pair(key: str, word: str, end: str) -> Row:
    return (Span(f" {key}", "key"), Span(f" {word}{end}"))
