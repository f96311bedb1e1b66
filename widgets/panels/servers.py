"""1 Servers: power, load, memory, disks, uptime and mail processes of each host we can ask."""

from __future__ import annotations

from datetime import datetime

from checks.board import Board, Standing
from checks.facts import Disk, DiskFacts, LoadFacts, LogFacts, PowerFacts, ProcessFacts
from checks.model import State
from checks.when import clock
from widgets.columns import Column
from widgets.entry import Entry
from widgets.figures import brief
from widgets.log_rows import log_rows
from widgets.panel import Panel, by_host, cells, is_shut_out
from widgets.process_rows import process_rows
from widgets.state import ABSENT, MARKS, mark
from widgets.text import Row, Span, row

BY_WORD = ("ups", "units", "listeners", "limits", "clock", "hardware")
"""The checks without a column: what they find wrong is a word in the row and a line below."""

POWER = Column(title="POWER", priority=2, least=5)


class Servers(Panel):
    """A row for each host."""

    NUMBER = 1
    TITLE = "Servers"
    DEEPER = "log"
    KINDS = ("power", "processes", "load", "disks", "logs", *BY_WORD)
    EMPTY = 'no host has a login: login = "local" or "ssh:DEST"'
    COLUMNS = (
        Column(title="HOST", priority=0, least=5, is_flexible=True),
        Column(title="LOAD", priority=4, least=5, is_right=True),
        Column(title="MEM", priority=3, least=4, is_right=True),
        Column(title="DISK", priority=1, least=9),
        Column(title="UP", priority=5, least=3, is_right=True),
        Column(title="MAIL PROCESSES", priority=0, least=8, is_flexible=True),
    )

    def columns(self, board: Board) -> tuple[Column, ...]:
        """The usual ones, and the power where somebody is named who knows of it."""
        host, *rest = self.COLUMNS
        return (host, *([POWER] if board.of_kinds("power") else []), *rest)

    def entries(self, board: Board, at: datetime) -> list[Entry]:
        """A row for each host that let us in, or that was not asked yet."""
        has_power = bool(board.of_kinds("power"))
        return [
            host_entry(name, standings, at, has_power=has_power)
            for name, standings in by_host(board.of_kinds(*self.KINDS)).items()
            if not all(map(is_shut_out, standings))
        ]

    def below(self, board: Board, at: datetime) -> list[Row]:
        """What is wrong on a host beyond its figures, the worst first: since when, where, what."""
        wrong = [one for one in board.of_kinds(*BY_WORD) if _is_wrong(one)]
        return [_told(one, at) for one in sorted(wrong, key=_badness, reverse=True)]


def _is_wrong(standing: Standing) -> bool:
    return standing.state in (State.WARNING, State.CRITICAL)


def _badness(standing: Standing) -> int:
    return standing.state.badness if standing.state is not None else 0


def _told(standing: Standing, at: datetime) -> Row:
    since = f"{clock(standing.since)[:-1]} " if standing.since else ""
    said = standing.confirmed.summary if standing.confirmed else ""
    return row(Span(since, mark(standing, at).role), f"{standing.target.name} {said}")


def host_entry(name: str, standings: list[Standing], at: datetime, *, has_power: bool) -> Entry:
    """The row of one host."""
    kinds = {standing.kind: standing for standing in standings}
    load, memory, up = _load_cells(kinds.get("load"), at)
    return Entry(
        key=name,
        cells=cells(
            name,
            *([_power_cell(kinds.get("power"), at)] if has_power else []),
            load,
            memory,
            _disk_cell(kinds.get("disks"), at),
            up,
            _process_cell(kinds.get("processes"), _words(standings, at), at),
        ),
        standings=tuple(standings),
        more=(*_process_rows(kinds.get("processes"), at), *_log_rows(kinds.get("logs"))),
    )


def _process_rows(standing: Standing | None, at: datetime) -> list[Row]:
    facts = standing.result.facts if standing and standing.result else None
    return process_rows(facts, at) if isinstance(facts, ProcessFacts) else []


def _log_rows(standing: Standing | None) -> tuple[Row, ...]:
    facts = standing.result.facts if standing and standing.result else None
    return tuple(log_rows(facts)) if isinstance(facts, LogFacts) else ()


def _nothing(standing: Standing | None, at: datetime) -> Row:
    """The cell of a check without facts: why there are none, as one glyph."""
    shown = mark(standing, at) if standing else ABSENT
    return row(Span(shown.glyph, shown.role))


def _flagged(text: str, standing: Standing, *subjects: str) -> Row:
    """A figure, with the state's glyph and role when the check found fault with `subjects`."""
    result = standing.result
    if result is None or result.state == State.OK:
        return row(text)
    if not any(code.split(".")[0] in subjects for code in result.codes):
        return row(text)
    shown = MARKS[result.state]
    return row(Span(f"{text} {shown.glyph}", shown.role))


def _power_cell(standing: Standing | None, at: datetime) -> Row:
    """What the BMC or hypervisor says."""
    facts = standing.result.facts if standing and standing.result else None
    if standing is None or not isinstance(facts, PowerFacts):
        return _nothing(standing, at)
    if facts.state == "on" and standing.state != State.CRITICAL:
        return _flagged("on", standing, "hardware")
    return _flagged(facts.state, standing, "power", "hardware")


def _load_cells(standing: Standing | None, at: datetime) -> tuple[Row, Row, Row]:
    facts = standing.result.facts if standing and standing.result else None
    if standing is None or not isinstance(facts, LoadFacts):
        nothing = _nothing(standing, at)
        return nothing, nothing, nothing
    used = 1 - facts.memory_available / facts.memory_total if facts.memory_total else 0.0
    return (
        _flagged(f"{facts.load[0]:.2f}", standing, "load", "cpu"),
        _flagged(f"{used:.0%}", standing, "memory", "swap"),
        row(brief(facts.uptime)),
    )


def _disk_cell(standing: Standing | None, at: datetime) -> Row:
    facts = standing.result.facts if standing and standing.result else None
    if standing is None or not isinstance(facts, DiskFacts):
        return _nothing(standing, at)
    if facts.stuck:
        return _flagged(f"{facts.stuck[0]} no answer", standing, "disk")
    if not facts.disks:
        return _nothing(standing, at)
    disk = max(facts.disks, key=lambda one: (one.is_read_only, _fullness(one)))
    name = disk.role if disk.role != "system" else disk.mount
    text = f"{name} {'read-only' if disk.is_read_only else format(_fullness(disk), '.0%')}"
    return _flagged(text, standing, "disk")


def _fullness(disk: Disk) -> float:
    return max(disk.used_share, disk.inodes_used_share)


def _words(standings: list[Standing], at: datetime) -> Row:
    """``units ✗ clock ! `` where these find something wrong."""
    wrong = [one for one in standings if one.kind in BY_WORD and _is_wrong(one)]
    shown = [(one.kind, mark(one, at)) for one in wrong]
    return tuple(Span(f"{kind} {how.glyph} ", how.role) for kind, how in shown)


def _process_cell(standing: Standing | None, words: Row, at: datetime) -> Row:
    facts = standing.result.facts if standing and standing.result else None
    if standing is None or not isinstance(facts, ProcessFacts):
        return words or _nothing(standing, at)
    missing = [Span(f"{name} {MARKS[State.CRITICAL].glyph} ", "bad") for name in facts.missing]
    # Several instances of a program are one name here, those in trouble first.
    seen = dict.fromkeys((one.name, one.status) for one in facts.running)
    ordered = sorted(seen, key=lambda one: one[1] == "running")
    running = [piece for name, status in ordered for piece in _process(name, status)]
    hidden = [Span("not all shown", "odd")] if facts.is_hidden else []
    return (*missing, *words, *running, *hidden) or row(Span(ABSENT.glyph, ABSENT.role))


def _process(name: str, status: str) -> Row:
    if status == "running":
        shown = MARKS[State.OK]
        return row(f"{name} ", Span(f"{shown.glyph} ", shown.role))
    shown = MARKS[State.CRITICAL]
    return row(Span(f"{name} {status} {shown.glyph} ", shown.role))
