"""The verdict: what a board means for the people who send, receive and read mail. Pure.

It rests on hard states: what services and test mail show to be lost, to work, or to be dark, for
whom (`losses`); services that are down beside that (`ports`); and what else is wrong (`effects`).

- *outage*: nobody can do something any more, of all, of a host or of a domain, or a service is
  down on every host that offers it;
- *degraded*: something is wrong, and mail still has a way, or one user has none;
- *unknown*: nothing is known to be wrong, but of some service nothing could be found out;
- *healthy*: every service was seen to work.

What the site's own monitoring says is no ground for any of them: it is named beside *healthy*, as
is what could not be looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from checks.board import Board, Standing
from checks.diagnosis import trips
from checks.diagnosis.effects import effects
from checks.diagnosis.elsewhere import without_our_own_way
from checks.diagnosis.hit import Hit
from checks.diagnosis.losses import Picture, losses
from checks.diagnosis.onset import onset
from checks.diagnosis.people import SERVICES, Seat, seats
from checks.diagnosis.ports import half_way, services_down
from checks.diagnosis.services import Services, is_dark
from checks.diagnosis.severity import DEFAULT, ROWS, Severities
from checks.diagnosis.sight import earliest, ids
from checks.diagnosis.words import listed
from checks.model import Scope, State, Verdict

NO_NAMES = ".resolver-failed"
"""How findings end that say that the resolver answers nothing."""

NO_ANSWER = "ping.no-answer"

FEW = 2
"""Checks, or hosts, that are named in a line; of more it is said how many they are."""

MONITOR = "monitor"
"""The kind of check that asks the site's own monitoring."""


def judge(board: Board, severities: Severities = DEFAULT) -> Verdict:
    """The verdict on `board`."""
    board = without_our_own_way(board)
    services, people = Services(board), seats(board)
    is_blind = _is_blind(services.standings)
    hits = _hits(board, services, people, is_blind=is_blind)
    if is_blind and not any(one.is_outage for one in hits):
        return _no_names(board, services.standings, people, severities)
    if hits:
        worst_first = sorted(hits, key=lambda one: _rank(one, severities))
        return _wrong(board, worst_first, people, severities)
    dark = [name for name in SERVICES if _is_dark(services.offers(name))]
    if dark or not services.standings:
        return _unknown(services.standings, dark)
    summary = "every service answers"
    if _arrives(board):
        summary += ", test mail arrives"
    alarmed = [one.id for one in board.standings.values() if _is_alarmed(one)]
    if alarmed:
        summary += f"; but {listed(alarmed)} {'has' if len(alarmed) == 1 else 'have'} alerts"
    summary += _not_seen([one for one in board.standings.values() if _saw_nothing(one)])
    return Verdict(verdict="healthy", summary=summary, since=_latest(services.standings))


def _is_alarmed(standing: Standing) -> bool:
    """Whether it is a monitor that says that something of ours is not well."""
    return standing.kind == MONITOR and standing.state in (State.CRITICAL, State.WARNING)


def _saw_nothing(standing: Standing) -> bool:
    """Whether it is a check of ours that could not look; mail that waits was seen to be taken."""
    codes = standing.confirmed.codes if standing.confirmed else ()
    is_ours = standing.kind != MONITOR and trips.WAITS not in codes
    return is_ours and standing.state == State.UNKNOWN


def _not_seen(blind: Sequence[Standing]) -> str:
    """What is well as far as anybody knows: said beside *healthy*, by name where they are few."""
    if not blind:
        return ""
    if len(blind) <= FEW:
        return f"; {listed([one.id for one in blind])} could not look"
    hosts = list(dict.fromkeys(one.host.name for one in blind if one.host))
    where = f" of {listed(hosts)}" if 0 < len(hosts) <= FEW else ""
    return f"; {len(blind)} checks{where} could not look"


def _hits(board: Board, services: Services, people: Sequence[Seat], *, is_blind: bool) -> list[Hit]:
    """Everything that is wrong."""
    shown = trips.sights(board, trips.ways(board), services.told())
    picture = Picture(people, services.sights(people), shown)
    lost = losses(picture, is_blind=is_blind)
    hits = [*lost, *services_down(services, lost), *half_way(picture)]
    told = {one.id for hit in hits for one in hit.standings}
    told |= {one.id for one in board.standings.values() if one.kind == MONITOR}
    return [*hits, *effects(board, people, told)]


def _rank(hit: Hit, severities: Severities) -> tuple[str, bool, int]:
    """The worst first: by severity, then an outage, then by how many it hits."""
    return severities.of(hit.row).value, not hit.is_outage, ROWS.index(hit.row)


def _wrong(
    board: Board, hits: Sequence[Hit], people: Sequence[Seat], severities: Severities
) -> Verdict:
    first = hits[0]
    alike = [one for one in hits if severities.of(one.row) == severities.of(first.row)]
    more = f" (and {len(alike) - 1} more)" if len(alike) > 1 else ""
    seen = min((one.since for one in alike if one.since), default=None)
    began = onset(board, [one for hit in alike for one in hit.standings], seen) if seen else None
    shown_by = (*first.standings, began.by) if began and began.by else first.standings
    return Verdict(
        verdict="outage" if any(one.is_outage for one in hits) else "degraded",
        summary=first.text + more,
        severity=severities.of(first.row),
        reason=severities.reason(first.row),
        rests_on=ids(shown_by),
        since=began.at if began else None,
        scope=Scope(
            kind=first.kind,
            summary=first.text + more,
            affected=_affected(first, people),
            unaffected=tuple(dict.fromkeys(_called(one) for one in first.cleared)),
        ),
    )


def _affected(hit: Hit, people: Sequence[Seat]) -> tuple[str, ...]:
    """What the scope names, else the domains, or the hosts, of everybody; then the users."""
    names = hit.names
    if hit.kind == "all-users":
        names = tuple(one.domain or _called(one) for one in people)
    return tuple(filter(None, dict.fromkeys([*names, *(one.user for one in hit.seats)])))


def _called(seat: Seat) -> str:
    return seat.user or seat.home or seat.door


def _is_blind(standings: Sequence[Standing]) -> bool:
    """Whether no service could be looked at, as no name could be resolved."""
    return any(_lacks_names(one) for one in standings) and all(
        is_dark(one) and one.state is not None for one in standings
    )


def _lacks_names(standing: Standing) -> bool:
    return standing.confirmed is not None and any(
        code.endswith(NO_NAMES) for code in standing.confirmed.codes
    )


def _no_names(
    board: Board, standings: Sequence[Standing], people: Sequence[Seat], severities: Severities
) -> Verdict:
    """Whoever asks the resolver finds no mail server, unless it is we who are cut off."""
    pings = [one for one in board.standings.values() if one.target.about == "ping"]
    is_ours = State.OK not in [one.state for one in pings]
    summary = "the resolver answers nothing: nobody who asks it finds a mail server"
    if gone := [one.target.name for one in pings if _is_silent(one)]:
        summary += f"; {listed(gone)} {'is' if len(gone) == 1 else 'are'} silent, too"
    if is_ours:
        summary = "the resolver answers nothing, nor does any host: this machine may be cut off"
    hit = Hit(kind="all-users", row="all_users", text=summary, standings=tuple(standings))
    return Verdict(
        verdict="unknown" if is_ours else "outage",
        summary=summary,
        severity=severities.all_users,
        reason=severities.reason("all_users"),
        rests_on=ids(standings),
        since=earliest(standings),
        scope=Scope("all-users", summary, _affected(hit, people)),
    )


def _is_silent(ping: Standing) -> bool:
    return ping.confirmed is not None and NO_ANSWER in ping.confirmed.codes


def _is_dark(offered: dict[str, list[Standing]]) -> bool:
    """Whether nothing is known of a service that somebody offers."""
    return bool(offered) and all(is_dark(one) for some in offered.values() for one in some)


def _unknown(services: Sequence[Standing], dark: Sequence[str]) -> Verdict:
    if any(one.result is None or one.is_soft for one in services if one.state is None):
        return Verdict(verdict="unknown", summary="looking for the first time")
    if not services:
        return Verdict(verdict="unknown", summary="no mail service to look at")
    blind = [one for one in services if one.state == State.UNKNOWN]
    return Verdict(
        verdict="unknown",
        summary=f"could not look at {listed(dark)}",
        rests_on=ids(blind),
        since=earliest(blind),
        scope=Scope(affected=ids(blind)),
    )


def _arrives(board: Board) -> bool:
    """Whether test mail is known to arrive, on every trip of which something is known."""
    known = [
        one.state
        for one in board.standings.values()
        if one.target.trip is not None and one.state not in (None, State.UNKNOWN)
    ]
    return bool(known) and all(state == State.OK for state in known)


def _latest(standings: Sequence[Standing]) -> datetime | None:
    return max((one.since for one in standings if one.since), default=None)
