"""An app with every widget of ours on it, filled with one hostile or harmless text.

``python -m tests.widgets.stage N`` shows the Nth of `HOSTILE` in a real terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from textual.app import App, ComposeResult
from textual.containers import Grid, Horizontal, Vertical
from textual.filter import LineFilter
from textual.widgets import Label

from app.console.paint import DifferingCells
from checks.board import Board
from checks.facts import (
    Change,
    ChangeFacts,
    Disk,
    DiskFacts,
    DriftFacts,
    Facts,
    FileChange,
    Process,
    ProcessFacts,
    QueueFacts,
    Reason,
)
from checks.model import Scope, State, Verdict
from tests.widgets.scene import AT, answer, board, standing
from widgets.backstop import ControlFilter
from widgets.cause_strip import CauseStrip, failing
from widgets.checklist import Checklist, ChecklistFoot, ChecklistItem, ChecklistStep
from widgets.log_strip import LogLine, LogStrip
from widgets.panel import Panel
from widgets.panel_table import PanelTable
from widgets.panels import panels
from widgets.text import content, row
from widgets.verdict_bar import VerdictBar

HOSTILE = (
    "\x1b]52;c;aGFja2Vk\x1b\\ \x1b]0;pwned\x07 \x1b[2J\x9b31m\x9d0;pwned\x9c \x00\x0e\x7f",
    "[bold red]pwned[/] [/] [@click=app.quit]quit[/] [link=https://x.test]x[/link] [/red] [",
    "a\u202egnp.exe \u2066b\u2069 \u200f\u200b\ufeff\u2028c",
    "漢字 😀👨‍👩‍👧 ｗｉｄｅ e\u0301\u0301\u0301 ❤\ufe0f",
    "\udc80\udcff lone",
)


def hostile_board(text: str) -> Board:
    """Every field that text from outside can be in holds `text`."""
    facts: dict[str, Facts] = {
        "processes": ProcessFacts((Process(text, 1, status=text),), (text,)),
        "disks": DiskFacts((Disk(text, text, text, text, 9, 1, 9, 1),), (text,)),
        "postfix": QueueFacts(
            active=1,
            deferred=2,
            hold=3,
            incoming=4,
            oldest=AT,
            reasons=(Reason(text, 3, text),),
            senders=(Reason(text, 3, text),),
            domains=(Reason(text, 3, text),),
        ),
        "config": DriftFacts(
            AT,
            9,
            (FileChange(f"/etc/{text}", "changed", AT, 1, 1, (f"-{text}", text)),),
            (text,),
        ),
        "changes": ChangeFacts(
            AT,
            (Change(text, text, AT, AT, text, text, text, text, text, (f"-{text}", text)),),
            (text,),
        ),
    }
    kinds = (
        "ping",
        "port",
        "smtp",
        "dns",
        "processes",
        "units",
        "load",
        "disks",
        "postfix",
        "exim",
        "config",
        "changes",
    )
    standings = []
    for kind in kinds:
        said = answer(State.CRITICAL, text, text, facts=facts.get(kind), mend=text)
        standings.append(standing(kind, "lab.test" if kind == "dns" else f"mail{text}", said))
        locked = answer(State.UNKNOWN, text, "login.denied")
        standings.append(standing(kind, "locked", locked))
    return board(*standings)


class Stage(App[None]):
    """All widgets at once."""

    CSS = "Grid { grid-size: 2 2; height: 2fr; } PanelTable { height: 1fr; } Label { height: 1; }"

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), ControlFilter()]

    def compose(self) -> ComposeResult:
        yield VerdictBar()
        yield Label(content(self.text))
        with Horizontal():
            yield Checklist()
            with Vertical():
                yield CauseStrip()
                with Grid():
                    yield from (panel() for panel in panels())
                yield from (PanelTable(panel(), id=f"full{panel.NUMBER}") for panel in panels())
                yield LogStrip()

    def on_ready(self) -> None:
        text, on = self.text, hostile_board(self.text)
        for panel in self.query(Panel):
            panel.board = on
        for table in self.query(PanelTable):
            table.show(on, AT)
        verdict = Verdict(verdict="outage", summary=text, since=AT, scope=Scope("all-users", text))
        self.query_one(VerdictBar).show(verdict, AT, system=text, note=row(text), frozen=True)
        self.query_one(CauseStrip).show(failing(on, AT))
        item = ChecklistItem(id=text, title=text, state="done", who=text, at=AT, is_next=True)
        foot = ChecklistFoot(next_notice=AT, lead=text, here=(text, text))
        self.query_one(Checklist).show((ChecklistStep(text, (item,)),), foot)
        line = LogLine(datetime(2026, 11, 23, tzinfo=UTC), text, text, State.OK)
        self.query_one(LogStrip).show((line,), title=text)
        self.query_one(VerdictBar).border_title = text.replace("[", "(")
        self.set_timer(0.3, self.told)

    def told(self) -> None:
        """Say on the screen that everything was drawn."""
        done = LogLine(datetime(2026, 11, 23, tzinfo=UTC), "stage", "all drawn")
        self.query_one(LogStrip).show((done,))


class Painted(DifferingCells, Stage):
    """With the differ of cells."""


if __name__ == "__main__":
    (Painted if sys.argv[2:] == ["on"] else Stage)(HOSTILE[int(sys.argv[1])]).run()
