"""Looks into the TLS of a host in depth, all its ports together; the probes see what clients see.

The chain as it is sent (RFC 5246 7.4.2), with the ends of the certificates between; the version and
cipher that a modern client gets; whether a port has ceased to offer STARTTLS (RFC 3207 6: a peer on
the way can strip it); and whether port 25 shows what its TLSA records promise (RFC 7672).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from checks.etc_hosts import address_literal
from checks.model import Result, State, System, Target, now, split_service
from checks.phases import Phases
from checks.protocol import _chain, _dane, _tls
from checks.protocol._dane import Dane, judge_dane
from checks.protocol._endpoint import PROTOCOLS, Endpoint, look
from checks.protocol._judged import Judged, lead
from checks.protocol._offers import Offers, known, remember
from checks.when import clock

FINDINGS = (
    _tls.FINDINGS
    | _chain.FINDINGS
    | _dane.FINDINGS
    | {
        "tls.unseen": "no service could be looked at",
        "tls.old-version": "the best TLS version that is spoken is below the floor",
        "tls.weak-cipher": "the cipher that a modern client gets is below the floor",
        "tls.starttls.missing": "a port offers no STARTTLS",
        "tls.starttls.vanished": "a port has offered STARTTLS of late, and does not now",
        "tls.starttls.stripped": "something on the way writes over what EHLO offers",
    }
)

VERSIONS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")

OWN_SHARE = 0.9
"""Part of the deadline for looking; judging takes none."""


class Options(_tls.TlsOptions, frozen=True, kw_only=True):
    """`min_version` and `min_bits` are the floor; `folder` is the state folder.

    A cipher that is called one of `weak_ciphers` is below it whatever its bits.
    """

    interval: float = 60.0
    deadline: float = 10.0
    min_version: str = "TLSv1.2"
    min_bits: int = 128
    weak_ciphers: tuple[str, ...] = ("RC4", "DES", "NULL", "EXP", "MD5", "ADH", "AECDH")
    folder: str = ""

    def __post_init__(self) -> None:
        if self.min_version not in VERSIONS:
            raise ValueError(f"min_version must be one of {', '.join(VERSIONS)}")


def targets(system: System) -> list[Target]:
    """Every host with a service that TLS belongs to."""
    return [one for one in system.each_host("tls") if _services(one)]


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Look at all the ports at once, and judge what is seen."""
    phases = Phases()
    at = now()
    before = known(options.folder, target.name, at)
    left = deadline * OWN_SHARE
    with phases.phase("look"):
        dane, seen = await asyncio.gather(
            _dane_of(target, left),
            asyncio.gather(*(look(one, deadline=left) for one in _services(target))),
        )
    remember(options.folder, target.name, before, _offering(seen), at)
    days = [_days(one, at) for one in seen if one.chain]
    return phases.result(
        *lead(judge(seen, dane, before, options, at), _well(seen, at)),
        metrics={"chain_days_left": min(days)} if days else {},
        evidence=tuple(map(str, seen)),
    )


def _services(target: Target) -> list[Target]:
    """The services of the host, each as a target."""
    host = target.host
    pairs = map(split_service, host.services) if host else ()
    return [
        replace(target, name=f"{target.name}:{port}", about=service, port=port)
        for service, port in pairs
        if service in PROTOCOLS
    ]


async def _dane_of(target: Target, deadline: float) -> Dane:
    """What is published for port 25, by name: an address has no TLSA records."""
    is_asked = any(one.about == "smtp" and one.port == 25 for one in _services(target))
    if not is_asked or address_literal(target.address):
        return Dane("")
    return await _dane.look_up(target.address, target.resolver, deadline=deadline)


def _offering(seen: Sequence[Endpoint]) -> set[int]:
    return {one.port for one in seen if one.is_offered}


def judge(
    seen: Sequence[Endpoint], dane: Dane, before: Offers, options: Options, at: datetime
) -> list[Judged]:
    """What is wrong with the ports of one host; what several have in common is said once."""
    if seen and all(one.stopped is not None for one in seen):
        first = seen[0].stopped
        text = f"no service could be looked at: {first.text if first else ''}"
        return [Judged(State.UNKNOWN, "tls.unseen", text)]
    found: dict[tuple[str, str], tuple[Judged, list[int]]] = {}
    for one in seen:
        for judged in _judge_one(one, before, options, at):
            found.setdefault((judged.code, judged.text), (judged, []))[1].append(one.port)
    together = [_on_ports(judged, ports) for judged, ports in found.values()]
    shown = next((one.chain for one in seen if one.port == 25), ())
    return together + judge_dane(dane, shown)


def _on_ports(judged: Judged, ports: list[int]) -> Judged:
    """`judged`, with the ports that it holds for before it."""
    word = "port" if len(ports) == 1 else "ports"
    return replace(judged, text=f"{word} {', '.join(map(str, ports))}: {judged.text}")


def _judge_one(one: Endpoint, before: Offers, options: Options, at: datetime) -> list[Judged]:
    judged = _judge_offer(one, before)
    if one.refused is not None:
        # Who delivers to port 25 takes what there is (RFC 7435).
        state = State.WARNING if one.service == "smtp" else one.refused.state
        judged.append(replace(one.refused, state=state))
    if one.version:
        judged += _judge_strength(one, options)
    return judged + _chain.judge_chain(
        one.chain, at, warn_days=options.tls_warn_days, critical_days=options.tls_critical_days
    )


def _judge_offer(one: Endpoint, before: Offers) -> list[Judged]:
    """What can be known where STARTTLS is not offered: seldom whether it was stripped."""
    if one.is_offered is not False:
        return []
    if one.is_masked:
        text = "EHLO's answer has XXXX where its words stood: a firewall on the way strips STARTTLS"
        return [Judged(State.WARNING, "tls.starttls.stripped", text)]
    if one.port in before:
        text = (
            f"STARTTLS was offered at {clock(before[one.port])} and is not now: switched off "
            "there, or stripped on the way; compare from another place"
        )
        return [Judged(State.WARNING, "tls.starttls.vanished", text)]
    return [Judged(State.OK, "tls.starttls.missing", "STARTTLS is not offered")]


def _judge_strength(one: Endpoint, options: Options) -> list[Judged]:
    """Version and cipher, as the best that the server has for us."""
    judged = []
    is_told = one.refused is not None and one.refused.code == "tls.too-old"
    if not is_told and one.version in VERSIONS[: VERSIONS.index(options.min_version)]:
        text = f"{one.version} is the best that is spoken, below {options.min_version}"
        judged.append(Judged(State.WARNING, "tls.old-version", text))
    is_weak = any(word in one.cipher for word in options.weak_ciphers)
    if is_weak or one.bits < options.min_bits:
        text = f"cipher {one.cipher} of {one.bits} bits is too weak"
        judged.append(Judged(State.WARNING, "tls.weak-cipher", text))
    return judged


def _days(one: Endpoint, at: datetime) -> float:
    """Days until the first certificate that is sent ends, a root's aside."""
    links = [link for link in one.chain if not link.is_self_issued] or list(one.chain)
    return min((link.until - at).total_seconds() / 86400 for link in links)


def _well(seen: Sequence[Endpoint], at: datetime) -> str:
    secured = [one for one in seen if one.version]
    if not secured:
        return "no port offers TLS"
    versions = ", ".join(sorted({one.version for one in secured}))
    days = min((_days(one, at) for one in secured if one.chain), default=0.0)
    ports = "1 port" if len(secured) == 1 else f"{len(secured)} ports"
    return f"{versions} on {ports}, whole chain good for {days:.0f} days"
