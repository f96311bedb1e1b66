"""One judgement of a check: a finding with the state it means."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from checks.model import Finding, State


class Judged(Struct, frozen=True):
    """`text` is worded so that it can stand as the summary line; `note` is what it often means."""

    state: State
    code: str
    text: str
    note: str = ""

    @property
    def finding(self) -> Finding:
        """The finding, without its state."""
        return Finding(self.code, f"{self.text}; {self.note}" if self.note else self.text)


def worst_first(judged: Sequence[Judged]) -> list[Judged]:
    """`judged`, so that the first gives the state and the summary."""
    return sorted(judged, key=lambda one: -one.state.badness)


def lead(judged: Sequence[Judged], well: str) -> tuple[State, str, *tuple[Finding, ...]]:
    """State, summary and findings of a result: the worst leads; nothing wrong is `well`."""
    ordered = worst_first(judged)
    state, text = State.OK, well
    if ordered and ordered[0].state is not State.OK:
        state, text = ordered[0].state, ordered[0].text
    return (state, text, *(one.finding for one in ordered))
