"""What a route needs that may be the very thing that is broken, and whom it reaches now.

`examine` asks the resolver, in peace time and before each notice; all else is pure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from app.notices import routes as kinds
from app.notices.mailbox import domain_of
from app.notices.route import Route
from checks.board import Board, Standing
from checks.dns_errors import DnsError
from checks.etc_hosts import address_literal
from checks.model import Host, State, System, Verdict
from checks.text import visible

DOMAINS_ASKED = 20
"""Recipients' domains whose MX are looked up; users of one house have a few."""

LOOK_UP_WITHIN = 2.0
"""Seconds for all look-ups together: a notice waits for them."""


class Known(Struct, frozen=True, kw_only=True):
    """What the resolver said: addresses by name, and the MX of domains. Not asked is not there."""

    addresses: Mapping[str, tuple[str, ...]] = {}
    exchangers: Mapping[str, tuple[str, ...]] = {}


class Dependence(Struct, frozen=True, kw_only=True):
    """Something of ours that a route needs. `on` is relay, mailboxes, resolver or login.

    `what` is the host, domain or name server. Only `recipients` need it, or all, where it is empty.
    """

    on: str
    what: str
    text: str
    mend: str = ""
    recipients: tuple[str, ...] = ()


class Reach(Struct, frozen=True, kw_only=True):
    """Whom a route would reach now: `recipients`, of a route that has some.

    `refused` says what is broken that it needs, `doubts` of what that is not known.
    """

    route: Route
    recipients: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    is_usable: bool = True


async def examine(
    routes: Iterable[Route], system: System, *, deadline: float = LOOK_UP_WITHIN
) -> Known:
    """Look up what the routes and our hosts are called. Within `deadline`; what fails is empty."""
    routes = tuple(routes)
    names = {kinds.load(route.kind).host(route) for route in routes if not route.address}
    names |= {host.address for host in system.hosts}
    domains = sorted({domain for route in routes for domain in _domains(route)})[:DOMAINS_ASKED]
    resolver = system.resolver

    async def addresses(name: str) -> tuple[str, ...]:
        try:
            return await resolver.addresses(name, deadline=deadline)
        except DnsError:
            return ()

    async def exchangers(domain: str) -> tuple[str, ...]:
        try:
            records = await resolver.records(domain, "MX", deadline=deadline)
        except DnsError:
            return ()
        return tuple(record.split()[-1].rstrip(".").lower() for record in records)

    wanted = sorted(filter(None, names))
    found, mx = await asyncio.gather(
        asyncio.gather(*map(addresses, wanted)), asyncio.gather(*map(exchangers, domains))
    )
    return Known(
        addresses=dict(zip(wanted, found, strict=True)),
        exchangers=dict(zip(domains, mx, strict=True)),
    )


def depends(route: Route, system: System, known: Known) -> tuple[Dependence, ...]:
    """What of ours the route needs."""
    return (
        *_relay(route, system, known),
        *_resolver(route, system, known),
        *_mailboxes(route, system, known),
        *_login(route),
    )


def reach(
    routes: Iterable[Route], system: System, known: Known, board: Board, verdict: Verdict
) -> tuple[Reach, ...]:
    """Which routes would reach whom now."""
    return tuple(_reach(route, depends(route, system, known), board, verdict) for route in routes)


def _reach(route: Route, needs: Sequence[Dependence], board: Board, verdict: Verdict) -> Reach:
    refused, doubts, lost = [], [], set[str]()
    is_usable = True
    for need in needs:
        state = _state(need, board, verdict)
        if state == State.CRITICAL:
            refused.append(need.text)
            lost |= set(need.recipients)
            is_usable = is_usable and bool(need.recipients)
        elif state == State.UNKNOWN:
            doubts.append(need.text)
    left = tuple(one for one in route.to if is_usable and one not in lost)
    return Reach(
        route=route,
        recipients=left,
        refused=tuple(refused),
        doubts=tuple(doubts),
        is_usable=is_usable and (bool(left) or not route.to),
    )


def _relay(route: Route, system: System, known: Known) -> Iterable[Dependence]:
    name = kinds.load(route.kind).host(route).lower().rstrip(".")
    if not name:
        return
    at = {route.address} if route.address else {name, *known.addresses.get(name, ())}
    for host in system.hosts:
        if _is_it(host, at | {name}, known):
            yield Dependence(
                on="relay",
                what=host.name,
                text=f"it goes through {host.name}, which is one of our hosts",
                mend="a route through a relay outside",
            )


def _resolver(route: Route, system: System, known: Known) -> Iterable[Dependence]:
    name = kinds.load(route.kind).host(route)
    if not name or route.address or address_literal(name) or name == "localhost":
        return
    found = known.addresses.get(name, ())
    mend = f'address = "{found[0] if found else "IP ADDRESS"}" in its [[route]]'
    if name in known.addresses and not found:
        text = f"{visible(name)} can't be looked up"
        yield Dependence(on="resolver", what="", text=text, mend=mend)
        return
    ours = {address for host in system.hosts for address in _addresses(host, known)}
    for server in route.resolver.servers:
        if server in ours or route.resolver.server:
            yield Dependence(
                on="resolver",
                what=server,
                text=f"{visible(name)} is looked up at {server}, a name server of ours",
                mend=mend,
            )


def _mailboxes(route: Route, system: System, known: Known) -> Iterable[Dependence]:
    for domain, recipients in _domains(route).items():
        hosts = [
            host.name
            for host in system.hosts
            if any(_is_it(host, {name}, known) for name in known.exchangers.get(domain, ()))
        ]
        if domain not in system.domains and not hosts:
            continue
        one = f"{visible(recipients[0])} has its mailbox"
        who = one if len(recipients) == 1 else f"{len(recipients)} recipients have their mailboxes"
        through = f", by way of {hosts[0]}" if hosts else ""
        yield Dependence(
            on="mailboxes",
            what=domain,
            text=f"{who} at {visible(domain)}{through}, which is ours",
            mend=f"addresses outside of {domain}",
            recipients=recipients,
        )


def _login(route: Route) -> Iterable[Dependence]:
    if route.login_by_mail:
        text = "whoever is not logged in there gets the code by mail"
        yield Dependence(on="login", what="", text=text, mend="a second factor without mail")


def _state(need: Dependence, board: Board, verdict: Verdict) -> State:
    """How what it needs stands: CRITICAL where it is broken, UNKNOWN where that is not known."""
    match need.on:
        case "relay":
            return _state_of(
                [one for one in _all(board) if one.host and one.host.name == need.what]
            )
        case "resolver" if need.what:
            failed = [one for one in _all(board) if _has_no_answer(one)]
            return State.CRITICAL if failed else State.OK
        case "resolver":
            return State.CRITICAL
        case "login":
            return {"outage": State.CRITICAL, "healthy": State.OK}.get(
                verdict.verdict, State.UNKNOWN
            )
    return _state_of_domain(need.what, verdict)


def _state_of(standings: Sequence[Standing]) -> State:
    states = {one.state for one in standings}
    if State.CRITICAL in states:
        return State.CRITICAL
    return State.OK if states & {State.OK, State.WARNING} else State.UNKNOWN


def _state_of_domain(domain: str, verdict: Verdict) -> State:
    scope = verdict.scope
    if verdict.verdict == "healthy" or domain in scope.unaffected:
        return State.OK
    if verdict.verdict == "outage" or domain in scope.affected:
        return State.CRITICAL
    return State.UNKNOWN


def _all(board: Board) -> Iterable[Standing]:
    return board.standings.values()


def _has_no_answer(standing: Standing) -> bool:
    """Whether a resolver was asked in vain, by whatever check."""
    codes = standing.result.codes if standing.result else ()
    return any(code.endswith("resolver-failed") for code in codes)


def _domains(route: Route) -> dict[str, tuple[str, ...]]:
    """The recipients by their domain."""
    found: dict[str, list[str]] = {}
    for one in route.to:
        found.setdefault(domain_of(one), []).append(one)
    return {domain: tuple(recipients) for domain, recipients in found.items()}


def _is_it(host: Host, names: set[str], known: Known) -> bool:
    """Whether one of these names or addresses is the host's."""
    return bool(names & {host.name.lower(), host.address.lower(), *_addresses(host, known)})


def _addresses(host: Host, known: Known) -> tuple[str, ...]:
    literal = address_literal(host.address)
    return (literal,) if literal else known.addresses.get(host.address, ())
