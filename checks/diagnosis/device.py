"""A device on mail's way that answers nothing: whom that cuts off. Pure.

It may only be closed to us, and forward all the same. The ways from here (`route`), traced since it
fell silent, show that: a device that passes our packets on is there; and where a host that has no
other gateway answers us from another network, its answers get out, so that not all is cut off. That
another device reaches the hosts shows nothing: it may stand beside them.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks.board import Board, Standing
from checks.diagnosis.hit import Hit
from checks.diagnosis.people import SERVICES
from checks.diagnosis.sight import earliest
from checks.diagnosis.words import listed
from checks.facts import ListenerFacts, RouteFacts

LOGIN_GONE = "login.unreachable"


def is_gone(standing: Standing, board: Board) -> bool:
    """Whether it is the ping of a device that carries no mail, and answers no login either."""
    host = standing.host
    if standing.target.about != "ping" or host is None or host.services or host.mta != "none":
        return False
    if any(host.address in way.routers for _, way in _ways(standing, board)):
        return False
    return any(
        one.host == host and one.confirmed is not None and LOGIN_GONE in one.confirmed.codes
        for one in board.standings.values()
    )


def cut_off(standing: Standing, board: Board) -> Hit:
    """Everybody, when unsure: who gets to mail without the device is not known.

    Where every host with mail has it as its only gateway, and none answers through it, mail has no
    way out or in.
    """
    name, address = standing.target.name, standing.host.address if standing.host else ""
    by = _known_by(board)
    is_only = bool(by) and all(_gateways(one) == {address} for one in by.values())
    is_only &= not any(
        way.hops > 1 and ":" not in way.address  # gateways are those of IPv4
        for host, way in _ways(standing, board)
        if host in by
    )
    text = f"{name} answers nothing: whoever comes through it is cut off from mail"
    if is_only:
        text = (
            f"{name} answers nothing, and {listed([*by])} {'has' if len(by) == 1 else 'have'} no "
            "other gateway: no mail comes from or gets to the outside (IPv4)"
        )
    return Hit(
        kind="all-users",
        row="all_users" if is_only else "part",
        text=text,
        standings=(standing, *(one for one in by.values() if one is not None and is_only)),
        since=earliest([standing]),
    )


def _ways(silent: Standing, board: Board) -> Iterator[tuple[str, RouteFacts]]:
    """The ways that were traced from here since the device is `silent`, by their host."""
    for one in board.standings.values():
        if one.host is None or one.confirmed is None or silent.since is None:
            continue
        if isinstance(one.confirmed.facts, RouteFacts) and one.confirmed.at > silent.since:
            yield one.host.name, one.confirmed.facts


def _known_by(board: Board) -> dict[str, Standing | None]:
    """By host with mail services: the check that knows its gateways."""
    mail = [one.host for one in board.standings.values() if one.target.about in SERVICES]
    found: dict[str, Standing | None] = {host.name: None for host in mail if host is not None}
    for one in board.standings.values():
        if one.host is not None and one.host.name in found and _gateways(one):
            found[one.host.name] = one
    return found


def _gateways(standing: Standing | None) -> set[str]:
    facts = standing.confirmed.facts if standing and standing.confirmed else None
    return set(facts.gateways) if isinstance(facts, ListenerFacts) else set()
