"""A device on mail's way that answers nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.facts import ListenerFacts, RouteFacts
from checks.model import Finding, Host, State
from tests.boards import board, result

GATEWAY = "10.77.0.1"
MAIL1 = "10.77.0.11"


def silent(mta: str = "none", code: str = "login.unreachable") -> Board:
    """Two mail hosts are well; gw answers no ping, and its login fails with `code`."""
    well = {"imap/mail1:143": State.OK, "imap/mail2:143": State.OK}
    looks = {"listeners/mail1": State.OK, "listeners/mail2": State.OK, "route/mail1": State.OK}
    on = board({**looks, **well, "ping/gw": State.WARNING, "load/gw": State.UNKNOWN})
    on = on.take("load/gw", replace(result(State.UNKNOWN), findings=(Finding(code),)), on.at)
    for id_ in ("ping/gw", "load/gw"):
        one = on.standings[id_]
        device = Host(name="gw", address=GATEWAY, mta=mta)
        on.standings[id_] = replace(one, target=replace(one.target, host=device))
    return on


def routed(on: Board, **ways: tuple[str, ...]) -> Board:
    """By host, its gateways."""
    for host, gateways in ways.items():
        answer = replace(result(State.OK), facts=ListenerFacts(gateways=gateways))
        on = on.take(f"listeners/{host}", answer, on.at)
    return on


@pytest.mark.parametrize(
    ("mta", "code", "kind", "severity"),
    [
        ("none", "login.unreachable", "all-users", "SEV2"),
        ("none", "login.denied", "none", "SEV4"),
        ("", "login.unreachable", "none", "SEV4"),
    ],
)
def test_one_that_answers_neither_ping_nor_login_may_cut_everybody_off(
    mta: str, code: str, kind: str, severity: str
) -> None:
    judged = judge(silent(mta, code))
    assert (judged.verdict, judged.scope.kind, judged.severity) == ("degraded", kind, severity)


def test_the_only_gateway_of_every_host_with_mail_cuts_mail_off_from_outside() -> None:
    judged = judge(routed(silent(), mail1=(GATEWAY,), mail2=(GATEWAY,)))
    assert (judged.verdict, judged.scope.kind, judged.severity) == ("degraded", "all-users", "SEV1")
    assert "gw answers nothing, and mail1 and mail2 have no other gateway" in judged.summary
    assert set(judged.rests_on) == {"ping/gw", "listeners/mail1", "listeners/mail2"}


@pytest.mark.parametrize("mail2", [(), ("10.77.0.2",), (GATEWAY, "10.77.0.2")])
def test_a_host_that_has_or_may_have_another_way_is_not_cut_off(mail2: tuple[str, ...]) -> None:
    judged = judge(routed(silent(), mail1=(GATEWAY,), mail2=mail2))
    assert (judged.scope.kind, judged.severity) == ("all-users", "SEV2")
    assert judged.rests_on == ("ping/gw",)


def seen_from_here(on: Board, facts: RouteFacts, at: float = 300) -> Board:
    """The way to mail1, traced `at` seconds after the onset."""
    return on.take("route/mail1", replace(result(State.OK, at=at), facts=facts), on.at)


BOTH = {"mail1": (GATEWAY,), "mail2": (GATEWAY,)}


def test_one_that_is_closed_to_us_and_passes_our_packets_on_cuts_nobody_off() -> None:
    on = seen_from_here(routed(silent(), **BOTH), RouteFacts(MAIL1, (GATEWAY,), 2))
    judged = judge(on)
    assert (judged.scope.kind, judged.severity) == ("none", "SEV4")


def test_a_host_that_answers_from_another_network_shows_that_not_all_is_cut_off() -> None:
    on = seen_from_here(routed(silent(), **BOTH), RouteFacts(MAIL1, ("10.1.1.1",), 3))
    judged = judge(on)
    assert (judged.scope.kind, judged.severity) == ("all-users", "SEV2")
    assert "no other gateway" not in judged.summary


@pytest.mark.parametrize(
    ("facts", "at"),
    [
        (RouteFacts(MAIL1, (GATEWAY,), 2), 0),  # before it fell silent
        (RouteFacts(MAIL1, (), 1), 300),  # on our own network
        (RouteFacts("fd77::11", ("fd77:1::1",), 3), 300),  # which is not what the gateway is for
        (RouteFacts(MAIL1, ("10.1.1.1",), 0), 300),  # not reached
    ],
)
def test_a_way_that_tells_nothing_of_it_leaves_mail_cut_off(facts: RouteFacts, at: float) -> None:
    assert judge(seen_from_here(routed(silent(), **BOTH), facts, at)).severity == "SEV1"
