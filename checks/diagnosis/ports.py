"""Ways of mail that are down, while the people as a whole still have theirs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.board import Standing
from checks.diagnosis.hit import Hit
from checks.diagnosis.losses import Picture
from checks.diagnosis.people import OUTSIDE, READING, RECEIVE, SENDING
from checks.diagnosis.services import Services, is_down
from checks.diagnosis.sight import Sight, earliest
from checks.diagnosis.words import listed


def services_down(services: Services, lost: Sequence[Hit]) -> Iterator[Hit]:
    """What is down, and is not said by what people have lost."""
    down = {one.id for hit in lost for one in hit.standings}
    comes_in_not = {seat.home for hit in lost for seat in hit.seats if _receives(hit)}
    for host in comes_in_not:
        down |= {one.id for one in services.of(host, ("smtp",))}
    left: dict[str, list[Standing]] = {}
    for name in ("smtp", *SENDING, *READING):
        offered = services.offers(name)
        standings = [one for some in offered.values() for one in some]
        open_ = [one for one in standings if is_down(one) and one.id not in down]
        if open_ and len(open_) == len(standings):
            yield _everywhere(name, list(offered), standings)
        else:
            for one in open_:
                left.setdefault(one.host.name if one.host else "", []).append(one)
    for host, standings in left.items():
        yield _on_one_host(host, standings)


def _receives(hit: Hit) -> bool:
    """Whether it is receiving that is lost."""
    return RECEIVE in hit.functions or OUTSIDE in hit.functions


def _everywhere(name: str, hosts: Sequence[str], standings: Sequence[Standing]) -> Hit:
    return Hit(
        kind="one-service",
        row="one_service",
        text=f"{name} is down on {'every host' if len(hosts) > 1 else hosts[0]}",
        names=(name,),
        standings=tuple(standings),
        since=earliest(standings),
        is_outage=True,
    )


def _on_one_host(host: str, standings: Sequence[Standing]) -> Hit:
    """Port 25 alone is what stands in for another; all else is what people use."""
    names = list(dict.fromkeys(one.target.about for one in standings))
    is_spare = names == ["smtp"]
    verb = "is" if len(names) == 1 else "are"
    text = f"{listed(names)} {verb} down on {host}"
    return Hit(
        kind="one-host",
        row="redundancy" if is_spare else "part",
        text=f"{text}; mail comes in by another way" if is_spare else text,
        names=(host,),
        standings=tuple(standings),
        since=earliest(standings),
    )


def half_way(picture: Picture) -> Iterator[Hit]:
    """Mail from one host that does not reach people whom other mail reaches."""
    found: dict[tuple[str, str, str], list[Sight]] = {}
    for one in picture.contradicted():
        arriving = picture.arriving(one.function, one.source)
        is_whole = one.seat.domain not in {seat.domain for seat in arriving}
        to = one.seat.domain if is_whole else one.seat.user
        found.setdefault((one.function, one.source, to), []).append(one)
    for (function, source, to), sights in found.items():
        yield _stuck(function, source, to, sights)


def _stuck(function: str, source: str, to: str, sights: Sequence[Sight]) -> Hit:
    standings = tuple(one for sight in sights for one in sight.standings)
    is_user = "@" in to
    kind, row = ("one-user", "one_user") if is_user else ("one-domain", "part")
    text = f"mail from {source} does not reach {to}"
    if function == OUTSIDE:
        kind, row = "one-host", "redundancy"
        text = f"{source} takes no mail from outside for {to}, other hosts do"
    return Hit(
        kind=kind,
        row=row,
        text=text,
        names=(source if function == OUTSIDE else to,),
        standings=standings,
        since=earliest(standings),
    )
