"""What else is wrong means for people, by the table of findings ``effects.toml``. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct

from checks.board import Board, Standing
from checks.diagnosis import device
from checks.diagnosis.hit import Hit
from checks.diagnosis.people import SERVICES, Seat
from checks.diagnosis.severity import ROWS
from checks.diagnosis.sight import earliest
from checks.diagnosis.words import listed
from checks.facts import LogFacts, LogKind
from checks.model import State

TABLE = Path(__file__).parent / "effects.toml"


class Effect(Struct, frozen=True, forbid_unknown_fields=True):
    """The scope, and the row of the severity table, of findings.

    `over_by` is login or delivery: where a log shows one after the last line, it is over. `beside`
    is a finding that has to be there too, on the same host.
    """

    codes: tuple[str, ...]
    scope: str
    row: str
    over_by: str = ""
    beside: str = ""


UNLISTED = {
    State.CRITICAL: Effect((), "none", "flaw"),
    State.WARNING: Effect((), "none", "risk"),
}


@cache
def table() -> dict[str, Effect]:
    """The effects by code, or by the first part of codes, which ends in a dot."""
    import msgspec

    read = tomllib.loads(TABLE.read_text())["effect"]
    effects = msgspec.convert(read, list[Effect])
    return {code: effect for effect in effects for code in effect.codes}


def effect_of(code: str) -> Effect | None:
    """The effect of a finding: of its own code, else of the longest beginning that is listed."""
    known = table()
    if code in known:
        return known[code]
    parts = code.split(".")
    starts = (".".join(parts[:length]) + "." for length in range(len(parts) - 1, 0, -1))
    return next((known[start] for start in starts if start in known), None)


def effects(board: Board, seats: Sequence[Seat], told: set[str]) -> Iterator[Hit]:
    """A hit for each check that is wrong and not `told` of yet."""
    for one in board.standings.values():
        if one.id in told or one.state not in UNLISTED or _is_left_to_others(one, board):
            continue
        if device.is_gone(one, board):
            yield device.cut_off(one, board)
            continue
        result = one.confirmed
        if result is not None and isinstance(result.facts, LogFacts):
            beside = _codes(board, one)
            yield from _logged(one, result.facts, seats, beside)
        else:
            yield _hit(one, result.codes if result else (), seats)


def _is_left_to_others(standing: Standing, board: Board) -> bool:
    """A trip that stops is judged with the others; many networks drop the ping of what serves."""
    if standing.target.trip is not None:
        return standing.state == State.CRITICAL
    codes = standing.confirmed.codes if standing.confirmed else ()
    if standing.target.about != "ping" or standing.host is None or "ping.loss" in codes:
        return False
    name = standing.host.name
    return any(
        one.state == State.OK
        for one in board.standings.values()
        if one.target.about in SERVICES and one.host is not None and one.host.name == name
    )


def _hit(standing: Standing, codes: Sequence[str], seats: Sequence[Seat]) -> Hit:
    """What the gravest of its findings means."""
    known = [effect for code in codes if (effect := effect_of(code)) is not None]
    fallback = UNLISTED[standing.state or State.WARNING]
    effect = min(known, key=lambda one: ROWS.index(one.row), default=fallback)
    said = standing.confirmed.summary if standing.confirmed else ""
    return Hit(
        kind=effect.scope,
        row=effect.row,
        text=f"{standing.id}: {said}",
        names=_names(effect.scope, standing, seats),
        standings=(standing,),
        since=earliest([standing]),
    )


def _codes(board: Board, standing: Standing) -> set[str]:
    """All findings on the host of a check."""
    there = (one for one in board.standings.values() if one.host == standing.host)
    return {code for one in there if one.confirmed for code in one.confirmed.codes}


def _logged(
    standing: Standing, facts: LogFacts, seats: Sequence[Seat], beside: set[str]
) -> Iterator[Hit]:
    """A hit for each kind of trouble that the log's check speaks of, and that is not over."""
    said = standing.confirmed.summary if standing.confirmed else ""
    texts = {
        one.code: one.text for one in (standing.confirmed.findings if standing.confirmed else ())
    }
    for kind in facts.kinds:
        text = texts.get(kind.code, "")
        effect = effect_of(kind.code) or UNLISTED[State.WARNING]
        if effect.beside and effect.beside not in beside:
            effect = UNLISTED[State.WARNING]
        if not text or text not in said or is_over(kind, effect, facts):
            continue
        scope, row, names = _whom(kind, effect, seats)
        yield Hit(
            kind=scope,
            row=row,
            text=f"{listed(names) or standing.id}: {text}",
            names=names or _names(scope, standing, seats),
            standings=(standing,),
            since=kind.first,
        )


def _whom(kind: LogKind, effect: Effect, seats: Sequence[Seat]) -> tuple[str, str, tuple[str, ...]]:
    """The scope, its row and its names, by whom the lines name."""
    if effect.scope == "one-user":
        users = _users(kind, seats)
        return "one-user" if len(users) < 2 else "one-service", effect.row, users
    domains = tuple(one.text for one in kind.domains)
    if effect.scope == "one-service" and len(domains) == 1 and domains[0] in _domains(seats):
        return "one-domain", "part", domains
    return effect.scope, effect.row, ()


def _domains(seats: Sequence[Seat]) -> set[str]:
    return {seat.domain for seat in seats}


def _users(kind: LogKind, seats: Sequence[Seat]) -> tuple[str, ...]:
    """Whom a log names; canaries only where it names nobody else."""
    named = tuple(one.text for one in kind.users)
    canaries = {seat.user for seat in seats}
    return tuple(one for one in named if one not in canaries) or named


def is_over(kind: LogKind, effect: Effect, facts: LogFacts) -> bool:
    """Whether the log shows a sign of life after the last line of that kind."""
    alive = {"login": facts.last_login, "delivery": facts.last_delivery}.get(effect.over_by)
    return alive is not None and alive > kind.last


def _names(kind: str, standing: Standing, seats: Sequence[Seat]) -> tuple[str, ...]:
    """The host, or the domains, that the check is about."""
    host = standing.host.name if standing.host else standing.target.name
    if kind == "one-domain":
        if standing.host is None:
            trip = standing.target.trip
            return (trip.recipient.domain if trip else standing.target.name,)
        return tuple(dict.fromkeys(one.domain for one in seats if one.home == host and one.domain))
    return (host,) if kind in ("one-host", "none") else ()
