"""People who work through a procedure: what they do becomes entries, as in a log."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from app import sop
from app.actions import Record
from app.incident.entry import Entry, new, read
from app.incident.situation import situation
from app.sop.changes import Refused, tick
from app.sop.progress import Progress, progress
from checks.board import Board
from checks.model import State
from tests.boards import board


def seen(states: dict[str, State | None], summary: str = "") -> Board:
    """A board whose checks answer once an hour: none of the answers is old."""
    on = board(states, summary=summary)
    hourly = {name: replace(one, interval=3600.0) for name, one in on.standings.items()}
    return replace(on, standings=hourly)


class Team:
    """Keeps the entries; `board` is what is seen."""

    def __init__(self, steps: tuple[sop.Step, ...], board: Board | None = None) -> None:
        self.steps = steps
        self.board = board
        self.entries: list[Entry] = []

    @property
    def items(self) -> tuple[Progress, ...]:
        """How everything stands."""
        now = situation("i", self.entries)
        return progress(self.steps, now.items, self.board, now.told)

    def __getitem__(self, item: str) -> Progress:
        return next(one for one in self.items if one.item.id == item)

    def write(self, who: str, record: Record) -> Entry:
        """Add an entry by `who`."""
        document = new(record.data, record.text, record.evidence)
        document |= {"n": len(self.entries) + 1, "operator": {"login": who}}
        self.entries.append(read(document))
        return self.entries[-1]

    def ticks(self, who: str, item: str, said: str = "") -> Entry | str:
        """`who` says that it is done."""
        return self.does(who, tick, item, who, said)

    def does(
        self, who: str, what: Callable[..., Record | Refused], item: str, *said: str
    ) -> Entry | str:
        """`who` does something with an item: the entry that came of it, or why there is none."""
        match what(self[item], *said):
            case Refused(why):
                return why
            case record:
                return self.write(who, record)
