"""The mail programs of a host as rows: what each takes of processor and memory. Pure."""

from __future__ import annotations

from datetime import datetime

from checks.facts import Process, ProcessFacts
from checks.model import State
from widgets.columns import Cells, Column, draw, header, lay_out
from widgets.figures import brief, size
from widgets.panel import cells
from widgets.state import MARKS
from widgets.text import Row, Span, row

WIDTH = 72
"""Cells that a row takes at most: it is indented, and fits a terminal of 80."""

COLUMNS = (
    Column(title="  PROGRAM", priority=0, least=12, is_flexible=True),
    Column(title="PID", priority=3, least=7, is_right=True),
    Column(title="CPU", priority=0, least=5, is_right=True),
    Column(title="MEM", priority=0, least=6, is_right=True),
    Column(title="CHILDREN", priority=2, is_right=True),
    Column(title="UP", priority=1, least=3, is_right=True),
)


def process_rows(facts: ProcessFacts, at: datetime) -> list[Row]:
    """A row for each, under its head; those in trouble first. None where nothing runs."""
    ordered = sorted(facts.running, key=lambda one: one.status == "running")
    lines = [_cells(one, at) for one in ordered]
    widths = lay_out(COLUMNS, lines, WIDTH)
    table = [draw(COLUMNS, widths, line) for line in lines]
    return [header(COLUMNS, widths), *table] if table else []


def _cells(one: Process, at: datetime) -> Cells:
    is_well = one.status == "running"
    shown = MARKS[State.OK if is_well else State.CRITICAL]
    state = f"{shown.glyph} " if is_well else f"{one.status} {shown.glyph} "
    return cells(
        row(f"  {one.name} ", Span(state, shown.role)),
        str(one.pid),
        "" if one.cpu is None else f"{one.cpu:.0%}",
        size(one.memory),
        str(one.children),
        brief((at - one.since).total_seconds()) if one.since else "",
    )
