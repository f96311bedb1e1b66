"""A device on mail's way that answers nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.facts import ListenerFacts
from checks.model import Finding, Host, State
from tests.boards import board, result

GATEWAY = "10.77.0.1"


def silent(mta: str = "none", code: str = "login.unreachable") -> Board:
    """Two mail hosts are well; gw answers no ping, and its login fails with `code`."""
    well = {"imap/mail1:143": State.OK, "imap/mail2:143": State.OK}
    looks = {"listeners/mail1": State.OK, "listeners/mail2": State.OK}
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
