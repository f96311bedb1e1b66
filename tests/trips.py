"""Round trips for tests, written as data."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from checks.board import Board, Standing
from checks.facts import Hop, RoundTripFacts, Rung
from checks.model import Canary, Finding, Host, Result, State, Target, Trip
from checks.protocol._trips import name_of
from checks.secret import Secret
from tests.boards import NOWHERE, ONSET

SEND = ("resolve", "connect", "greet", "tls", "log in", "submit")
READ = ("resolve", "connect", "greet", "tls", "log in", "list", "fetch")

REFUSED = {"send.log in": "roundtrip.auth.failed", "read.log in": "roundtrip.login.failed"}


def service(about: str, host: str, port: int) -> Target:
    """A service of a host that is called so."""
    where = Host(name=host, address=host)
    return Target(name=f"{host}:{port}", about=about, port=port, host=where, resolver=NOWHERE)


def canary(address: str, host: str) -> Canary:
    """A canary that is at home on `host`."""
    return Canary(
        address=address,
        user=address,
        password=Secret(env="NOBODY"),
        submission=service("submission", host, 587),
        imap=service("imaps", host, 993),
    )


def trip(sender: Canary | str, recipient: Canary) -> Trip:
    """From a canary, or from outside through port 25 of a host."""
    if isinstance(sender, str):
        return Trip(door=service("smtp", sender, 25), sender=None, recipient=recipient)
    return Trip(door=sender.submission, sender=sender, recipient=recipient)


def rungs(broken: str = "", text: str = "") -> tuple[Rung, ...]:
    """All passed, or up to those that are broken: ``send.log in``, ``send.tls, read.list``."""
    stops = dict(one.strip().split(".", 1) for one in broken.split(",") if one)
    ladders = {"send": SEND, "deliver": ("deliver",), "read": READ}
    made, is_reached = [], True
    for side, names in ladders.items():
        is_reached = is_reached or side in stops
        for name in names:
            is_stop = stops.get(side) == name
            status = "broken" if is_stop else "passed" if is_reached else "unknown"
            took = 0.0012 if status == "passed" else None
            made.append(Rung(name, side, status, took, text if is_stop else ""))
            is_reached = is_reached and not is_stop
    return tuple(made)


def standing(way: Trip, broken: str = "", *codes: str, at: datetime = ONSET) -> Standing:
    """A trip that stands hard since `at`: OK, or CRITICAL where it is broken.

    Without `codes` a login that is broken is one that is refused.
    """
    if not codes:
        codes = tuple(REFUSED[one] for one in REFUSED if one in broken)
    target = Target(name=name_of(way), about="roundtrip", resolver=NOWHERE, trip=way)
    text = f"{broken} is broken" if broken else "there and back in 48 ms"
    hops = () if broken else (Hop("mail1", "ESMTPSA", ONSET), Hop("store", "LMTP", ONSET, 0.0))
    facts = RoundTripFacts(
        rungs=rungs(broken, text),
        hops=hops,
        sent_at=None if broken else ONSET,
        took=None if broken else 0.048,
        queue_id="" if broken else "4XyZ",
    )
    made = Standing(kind="roundtrip", target=target, interval=60.0)
    for second in range(3):
        made = made.take(
            Result(
                state=State.CRITICAL if broken else State.OK,
                summary=text,
                findings=tuple(Finding(code, text) for code in codes),
                facts=facts,
                at=at + timedelta(seconds=second),
                duration=0.1,
            )
        )
    return made


def with_trips(board: Board, *standings: Standing) -> Board:
    """`board` and these."""
    every = board.standings | {one.id: one for one in standings}
    return Board(system=board.system, at=board.at, standings=every)


def waiting(way: Trip, *, late: bool = False) -> Standing:
    """A trip whose message has not come: under way, or late already."""
    facts = RoundTripFacts(
        rungs=tuple(
            replace(rung, status="unknown") if rung.name in ("deliver", "fetch") else rung
            for rung in rungs()
        ),
        sent_at=ONSET,
        waiting=1,
    )
    code = "roundtrip.delayed" if late else "roundtrip.pending"
    target = Target(name=name_of(way), about="roundtrip", resolver=NOWHERE, trip=way)
    made = Standing(kind="roundtrip", target=target, interval=60.0)
    answer = Result(
        state=State.WARNING if late else State.UNKNOWN,
        summary="1 message late" if late else "sent 33s ago, not there yet",
        findings=(Finding(code),),
        facts=facts,
        at=ONSET,
        duration=11.0,
    )
    for _ in range(3):
        made = made.take(answer)
    return made
