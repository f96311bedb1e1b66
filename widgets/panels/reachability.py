"""2 Reachability: hosts by services, from here and elsewhere; DNS, canaries, monitors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from checks.board import Board, Standing
from checks.model import SERVICE_PORTS, State, Target, Trip
from widgets import vantage
from widgets.alerts import alerts
from widgets.columns import Column
from widgets.entry import Entry
from widgets.figures import milliseconds
from widgets.panel import Panel, cells
from widgets.state import ABSENT, MARKS, Mark, mark, worst_mark
from widgets.text import Row, Span, row
from widgets.trip import label, ladder, service_mark, time_cell

ORDER = ("smtp", "smtps", "submission", "imap", "imaps", "pop3", "pop3s", "sieve", "https")
"""The order in which services stand: sending, then reading, then the rest."""

NAMES = ("dns", "resolver", "spf", "dmarc", "mta_sts", "dnsbl", "helo")
"""Kinds that ask what the DNS says: they share a column."""

TALKS = ("smtp", "imap", "pop3")
"""Kinds that hold a dialogue: in the details they stand before those that only look."""

RTT = ("rtt", "rtt_avg", "connect")
TLS_DAYS = "tls_days_left"

SHORT = 5
"""Letters of a service's name that tell it from the others."""

SLOT, SLOTS = 10.0, 6
"""Seconds that each cell of the last minute's strip is for, and how many there are."""

BARS = {
    State.OK: Span("▁", "good"),
    State.WARNING: Span("▄", "warn"),
    State.CRITICAL: Span("█", "bad"),
    State.UNKNOWN: Span("?", "odd"),
}
"""The higher the worse, so that it reads without colour."""

LONG = 999
"""Days above which nobody counts."""


class Reachability(Panel):
    """A row for each host, a column for each port in use; then domains, trips and monitors."""

    NUMBER = 2
    TITLE = "Reachability"
    KINDS = (
        *("ping", "port", "smtp", "imap", "pop3", "https", "tls"),
        *("families", "mtu", "route", "vantage"),
        *(*NAMES, "roundtrip", "monitor"),
    )
    EMPTY = "no host and no domain to ask"

    def columns(self, board: Board) -> tuple[Column, ...]:
        """One for each port in use between ping and the rest; the first to leave is the text."""
        services = services_in_use(board.of_kinds(*self.KINDS))
        return (
            Column(title="HOST", priority=0, least=9, is_flexible=True),
            Column(title="PING", priority=5, least=6, is_right=True),
            *(Column(title=title, least=3, is_brief=True, gap=1) for title in services),
            *(
                Column(title=vantage.title(one), priority=2, least=2)
                for one in board.of_kinds("vantage")
            ),
            Column(title="1 MIN", priority=7, least=SLOTS),
            Column(title="TLS", priority=3, least=4, is_right=True),
            Column(title="DNS", priority=4, least=3, is_right=True, gap=1),
            Column(title="SAYS", priority=6, least=12, is_flexible=True),
        )

    def entries(self, board: Board, at: datetime) -> list[Entry]:
        """Hosts in the order of the config, then domains, trips of test mail, and monitors."""
        every = board.of_kinds(*self.KINDS)
        views = board.of_kinds("vantage")
        apart = ("roundtrip", "monitor", "vantage")
        standings = [one for one in every if one.kind not in apart]
        trips = [(one, one.target.trip) for one in every if one.target.trip is not None]
        services = services_in_use(standings)
        grid = Grid(services, views, at)
        rows: dict[str, list[Standing]] = {}
        for standing in sorted(standings, key=lambda one: one.host is None):
            name = standing.host.name if standing.host else standing.target.name
            rows.setdefault(name, []).append(standing)
        all_trips = [trip for _, trip in trips]
        return [
            *(_entry(grid, name, its) for name, its in rows.items()),
            *(_trip_entry(grid, one, label(trip, all_trips), trip) for one, trip in trips),
            *(_view_entry(grid, one) for one in views),
            *(_monitor_entry(grid, one) for one in every if one.kind == "monitor"),
        ]


class Grid(NamedTuple):
    """The columns that depend on the system, and the time."""

    services: Sequence[str]
    views: Sequence[Standing]
    at: datetime


def services_in_use(standings: Sequence[Standing]) -> tuple[str, ...]:
    """The titles of the columns, in their order."""
    targets = [one.target for one in standings]
    used = {title_of(one): ORDER.index(one.about) for one in targets if title_of(one)}
    return tuple(sorted(used, key=lambda title: used[title]))


def title_of(target: Target) -> str:
    """The column of a service: its port, or its name where the port is not the usual one."""
    service, port = target.about, target.port
    if service not in ORDER or not port:
        return ""
    return str(port) if port == SERVICE_PORTS[service] else service[:SHORT].upper()


def _entry(grid: Grid, name: str, standings: list[Standing]) -> Entry:
    marks: dict[str, list[Mark]] = {}
    times: dict[str, float] = {}
    for standing in standings:
        title = title_of(standing.target) or ("dns" if standing.kind in NAMES else standing.kind)
        marks.setdefault(title, []).append(mark(standing, grid.at))
        times[title] = max(times.get(title, 0.0), standing.result_duration)
    return Entry(
        key=name,
        cells=cells(
            name,
            _ping_cell(standings, grid.at),
            *(_service_cell(marks.get(one, []), times.get(one, 0.0)) for one in grid.services),
            *(vantage.host_cell(one, name, grid.at) for one in grid.views),
            _strip(standings, grid.at),
            _tls_cell(standings),
            _mark_cell(marks.get("dns", [])),
            _says_cell(standings, grid.at, vantage.words(grid.views, name)),
        ),
        standings=tuple(sorted(standings, key=lambda one: one.kind not in TALKS)),
    )


def _special(
    grid: Grid, standing: Standing, name: str, ping: Row, services: dict[str, list[Mark]]
) -> tuple[Row, ...]:
    """The cells of a row that is no host."""
    absent = row(Span(ABSENT.glyph, ABSENT.role))
    return cells(
        name,
        ping,
        *(_mark_cell(services.get(title, [])) for title in grid.services),
        *(absent for _ in grid.views),
        (),
        absent,
        absent,
        _says_cell([standing], grid.at),
    )


def _trip_entry(grid: Grid, standing: Standing, name: str, trip: Trip) -> Entry:
    """A trip's sides stand in the columns of the services that it goes through."""
    sides: dict[str, list[Mark]] = {}
    for service in (trip.door, trip.recipient.imap):
        sides.setdefault(title_of(service), []).append(service_mark(standing, service, grid.at))
    return Entry(
        key=standing.id,
        cells=_special(grid, standing, name, time_cell(standing, grid.at), sides),
        standings=(standing,),
        more=ladder(standing),
    )


def _view_entry(grid: Grid, standing: Standing) -> Entry:
    """What another device sees of each service, on all hosts together."""
    seen: dict[str, list[Mark]] = {}
    for target, sight in vantage.sights(standing):
        shown = vantage.sight_mark(standing, sight, grid.at)
        seen.setdefault(title_of(target) or "ping", []).append(shown)
    name = f"from {standing.target.name}"
    ping = _mark_cell(seen.get("ping", []) if seen else [mark(standing, grid.at)])
    return Entry(
        key=standing.id,
        cells=_special(grid, standing, name, ping, seen),
        standings=(standing,),
    )


def _monitor_entry(grid: Grid, standing: Standing) -> Entry:
    """What the site's own monitoring says, its alerts when it is opened."""
    shown = _mark_cell([mark(standing, grid.at)])
    return Entry(
        key=standing.id,
        cells=_special(grid, standing, standing.target.name, shown, {}),
        standings=(standing,),
        more=alerts(standing),
    )


def _service_cell(marks: list[Mark], took: float) -> Row:
    """A glyph, and the time where it answered and there is room."""
    shown = worst_mark(marks)
    glyph = Span(shown.glyph, shown.role)
    return row(glyph, Span(f" {milliseconds(took)}", "dim")) if shown.role == "good" else (glyph,)


def _strip(standings: Sequence[Standing], at: datetime) -> Row:
    """The last minute, ten seconds a cell: the worst that the host's quick checks answered."""
    end = at.timestamp() // SLOT * SLOT + SLOT
    worst: dict[int, State] = {}
    for standing in standings:
        for point in standing.history if standing.interval <= SLOT else ():
            slot = SLOTS - 1 - int((end - point.at.timestamp()) // SLOT)
            before = worst.get(slot, State.OK)
            worst[slot] = max(before, point.state, key=lambda state: state.badness)
    return tuple(BARS[worst[slot]] if slot in worst else Span(" ") for slot in range(SLOTS))


def _mark_cell(marks: list[Mark]) -> Row:
    shown = worst_mark(marks)
    return row(Span(shown.glyph, shown.role))


def _ping_cell(standings: Sequence[Standing], at: datetime) -> Row:
    ping = next((one for one in standings if one.kind == "ping"), None)
    if ping is None:
        return row(Span(ABSENT.glyph, ABSENT.role))
    shown = mark(ping, at)
    metrics = ping.result.metrics if ping.result else {}
    rtt = next((metrics[name] for name in RTT if name in metrics), None)
    if rtt is None or shown.role not in ("good", "warn"):
        return row(Span(shown.glyph, shown.role))
    if "ping.loss" in (ping.result.codes if ping.result else ()):
        return row(Span(f"{metrics.get('loss', 0):.0%} !", shown.role))
    flag = "" if shown.role == "good" else f" {shown.glyph}"
    return row(Span(milliseconds(rtt) + flag, shown.role))


def _tls_cell(standings: Sequence[Standing]) -> Row:
    """The days of the certificate that ends first; a glyph where TLS itself is what fails."""
    results = [one.result for one in standings if one.result]
    faults = [
        one.state
        for one in results
        if one.state != State.OK and any(code.startswith("tls.") for code in one.codes)
    ]
    shown = MARKS[max(faults, key=lambda state: state.badness)] if faults else MARKS[State.OK]
    days = [one.metrics[TLS_DAYS] for one in results if TLS_DAYS in one.metrics]
    flag = shown.glyph if faults else ""
    if days:
        left = f"{min(days):.0f}d" if min(days) < LONG else f">{LONG}d"
        return row(Span(f"{left}{' ' if flag else ''}{flag}", shown.role))
    return row(Span(flag or ABSENT.glyph, shown.role if flag else ABSENT.role))


def _says_cell(standings: Sequence[Standing], at: datetime, seen: str = "") -> Row:
    """What the check says that is worst, and from where; nothing while all is well."""
    wrong = [one for one in standings if one.result and one.result.state != State.OK]
    if not wrong:
        return ()
    worst = max(wrong, key=lambda one: one.result.state.badness if one.result else 0)
    text = worst.result.summary if worst.result else ""
    return row(Span(f"{seen}: {text}" if seen else text, mark(worst, at).role))
