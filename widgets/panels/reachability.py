"""2 Reachability: every host by every service, each domain's DNS, canaries, the site's monitors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from checks.board import Board, Standing
from checks.model import SERVICE_PORTS, State, Target, Trip
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

RTT = ("rtt", "rtt_avg", "connect")
TLS_DAYS = "tls_days_left"

SHORT = 5
"""Letters of a service's name that tell it from the others."""

LONG = 999
"""Days above which nobody counts."""


class Reachability(Panel):
    """A row for each host, a column for each port in use; then domains, trips and monitors."""

    NUMBER = 2
    TITLE = "Reachability"
    KINDS = (
        *("ping", "port", "smtp", "imap", "pop3", "https", "tls"),
        *(*NAMES, "roundtrip", "monitor"),
    )
    EMPTY = "no host and no domain to ask"

    def columns(self, board: Board) -> tuple[Column, ...]:
        """One for each port in use between ping and the rest; the first to leave is the text."""
        services = services_in_use(board.of_kinds(*self.KINDS))
        return (
            Column(title="HOST", priority=0, least=5, is_flexible=True),
            Column(title="PING", priority=5, least=6, is_right=True),
            *(Column(title=title, priority=1, least=3, is_right=True) for title in services),
            Column(title="TLS", priority=3, least=4, is_right=True),
            Column(title="DNS", priority=4, least=3, is_right=True),
            Column(title="SAYS", priority=6, least=12, is_flexible=True),
        )

    def entries(self, board: Board, at: datetime) -> list[Entry]:
        """Hosts in the order of the config, then domains, trips of test mail, and monitors."""
        every = board.of_kinds(*self.KINDS)
        monitors = [one for one in every if one.kind == "monitor"]
        standings = [one for one in every if one.kind not in ("roundtrip", "monitor")]
        trips = [(one, one.target.trip) for one in every if one.target.trip is not None]
        services = services_in_use(standings)
        rows: dict[str, list[Standing]] = {}
        for standing in sorted(standings, key=lambda one: one.host is None):
            name = standing.host.name if standing.host else standing.target.name
            rows.setdefault(name, []).append(standing)
        grid = [_entry(name, its, services, at) for name, its in rows.items()]
        all_trips = [trip for _, trip in trips]
        return [
            *grid,
            *(_trip_entry(one, label(trip, all_trips), trip, services, at) for one, trip in trips),
            *(_monitor_entry(one, services, at) for one in monitors),
        ]


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


def _entry(name: str, standings: list[Standing], services: Sequence[str], at: datetime) -> Entry:
    marks: dict[str, list[Mark]] = {}
    for standing in standings:
        title = title_of(standing.target) or ("dns" if standing.kind in NAMES else standing.kind)
        marks.setdefault(title, []).append(mark(standing, at))
    return Entry(
        key=name,
        cells=cells(
            name,
            _ping_cell(standings, at),
            *(_mark_cell(marks.get(title, [])) for title in services),
            _tls_cell(standings),
            _mark_cell(marks.get("dns", [])),
            _says_cell(standings, at),
        ),
        standings=tuple(standings),
    )


def _trip_entry(
    standing: Standing, name: str, trip: Trip, services: Sequence[str], at: datetime
) -> Entry:
    """A trip's sides stand in the columns of the services that it goes through."""
    sides: dict[str, list[Mark]] = {}
    for service in (trip.door, trip.recipient.imap):
        sides.setdefault(title_of(service), []).append(service_mark(standing, service, at))
    absent = row(Span(ABSENT.glyph, ABSENT.role))
    return Entry(
        key=standing.id,
        cells=cells(
            name,
            time_cell(standing, at),
            *(_mark_cell(sides.get(title, [])) for title in services),
            absent,
            absent,
            _says_cell([standing], at),
        ),
        standings=(standing,),
        more=ladder(standing),
    )


def _monitor_entry(standing: Standing, services: Sequence[str], at: datetime) -> Entry:
    """What the site's own monitoring says, its alerts when it is opened."""
    absent = row(Span(ABSENT.glyph, ABSENT.role))
    return Entry(
        key=standing.id,
        cells=cells(
            standing.target.name,
            _mark_cell([mark(standing, at)]),
            *(absent for _ in services),
            absent,
            absent,
            _says_cell([standing], at),
        ),
        standings=(standing,),
        more=alerts(standing),
    )


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


def _says_cell(standings: Sequence[Standing], at: datetime) -> Row:
    """What the check says that is worst; nothing while all is well."""
    wrong = [one for one in standings if one.result and one.result.state != State.OK]
    if not wrong:
        return ()
    worst = max(wrong, key=lambda one: one.result.state.badness if one.result else 0)
    return row(Span(worst.result.summary if worst.result else "", mark(worst, at).role))
