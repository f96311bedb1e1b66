"""A route that needs what is broken is refused, and in peace time it is said that it would be."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from app.notices.depends import Known, Reach, depends, examine, reach
from app.notices.route import Route
from checks.board import Board, Standing
from checks.model import Finding, Host, Result, Scope, State, System, Target, Verdict, now
from checks.resolver import Resolver
from tests.app.notices.routing import route
from tests.peers import dns
from tests.peers.dns import dns_server

MAIL1 = Host(name="mail1", address="mail1.lab.test")
NS1 = Host(name="ns1", address="10.77.0.53")
OURS = Resolver("10.77.0.53")
SYSTEM = System(name="Lab", resolver=OURS, domains=("lab.test", "dept.test"), hosts=(MAIL1, NS1))
KNOWN = Known(
    addresses={
        "mail1.lab.test": ("10.77.0.11",),
        "relay.out.test": ("192.0.2.7",),
        "smtp.lab.test": ("10.77.0.11",),
    },
    exchangers={"hosted.test": ("mail1.lab.test",), "out.test": ("mx.out.test",)},
)
HEALTHY, UNKNOWN = (Verdict(verdict=word, summary="") for word in ("healthy", "unknown"))
OUTAGE = Verdict(verdict="outage", summary="", scope=Scope(kind="all-users"))


def mail(*to: str, host: str = "relay.out.test", **more: Any) -> Route:
    made = route("smtp", f"smtps://{host}", sender="it@out.test", to=to or ("ana@out.test",))
    return replace(made, **more)


def board(state: State | None = State.OK, code: str = "", host: Host = MAIL1) -> Board:
    target = Target(name="mail1:25", about="smtp", resolver=OURS, host=host)
    result = Result(
        state=state or State.OK,
        summary="",
        findings=(Finding(code),) if code else (),
        at=now(),
        duration=0.1,
    )
    one = Standing(kind="smtp", target=target, interval=3, result=result, state=state)
    return Board(system="Lab", at=now(), standings={one.id: one})


def reached(way: Route, verdict: Verdict = OUTAGE, seen: Board | None = None) -> Reach:
    (found,) = reach([way], SYSTEM, KNOWN, seen or board(), verdict)
    return found


def on(way: Route) -> list[tuple[str, str]]:
    return [(one.on, one.what) for one in depends(way, SYSTEM, KNOWN)]


OUTSIDE = {"address": "192.0.2.7"}


def test_a_route_outside_depends_on_nothing_and_reaches_everybody() -> None:
    way = mail("ana@out.test", **OUTSIDE)
    assert on(way) == []
    assert reached(way) == Reach(route=way, recipients=("ana@out.test",))


@pytest.mark.parametrize("host", ["mail1", "mail1.lab.test", "MAIL1.lab.test.", "smtp.lab.test"])
def test_a_relay_that_is_one_of_our_hosts_under_any_name_is_seen(host: str) -> None:
    assert ("relay", "mail1") in on(mail(host=host))


def test_a_relay_of_ours_is_refused_while_it_is_broken_and_only_then() -> None:
    way = mail(host="10.77.0.11")
    assert reached(way, HEALTHY).is_usable
    broken = reached(way, OUTAGE, board(State.CRITICAL))
    assert not broken.is_usable
    assert broken.refused == ("it goes through mail1, which is one of our hosts",)
    assert broken.recipients == ()
    unseen = reached(way, OUTAGE, board(None))
    assert (unseen.is_usable, len(unseen.doubts)) == (True, 1)


def test_of_the_recipients_those_with_us_are_left_out_while_mail_is_down() -> None:
    way = mail("ana@lab.test", "ben@out.test", "eva@hosted.test", **OUTSIDE)
    assert on(way) == [("mailboxes", "hosted.test"), ("mailboxes", "lab.test")] or on(way) == [
        ("mailboxes", "lab.test"),
        ("mailboxes", "hosted.test"),
    ]
    found = reached(way)
    assert (found.recipients, found.is_usable) == (("ben@out.test",), True)
    assert "ana@lab.test has its mailbox at lab.test, which is ours" in found.refused


def test_a_route_whose_recipients_are_all_with_us_is_refused() -> None:
    assert not reached(mail("ana@lab.test", **OUTSIDE)).is_usable


def test_a_domain_that_is_not_hit_gets_its_notices() -> None:
    scope = Scope(kind="one-domain", affected=("dept.test",), unaffected=("lab.test",))
    verdict = Verdict(verdict="degraded", summary="", scope=scope)
    found = reached(mail("ana@lab.test", "jon@dept.test", **OUTSIDE), verdict)
    assert found.recipients == ("ana@lab.test",)


def test_what_is_not_known_is_a_doubt_and_no_refusal() -> None:
    found = reached(mail("ana@lab.test", **OUTSIDE), UNKNOWN)
    assert (found.is_usable, found.refused, len(found.doubts)) == (True, (), 1)


def test_a_name_that_only_our_resolver_knows_is_refused_while_it_is_silent() -> None:
    way = mail(resolver=OURS)
    (need,) = depends(way, SYSTEM, KNOWN)
    assert (need.on, need.what) == ("resolver", "10.77.0.53")
    assert need.mend == 'address = "192.0.2.7" in its [[route]]'
    assert reached(way, HEALTHY).is_usable
    assert not reached(way, OUTAGE, board(State.UNKNOWN, "smtp.resolver-failed")).is_usable


def test_a_name_that_can_not_be_looked_up_is_refused() -> None:
    known = Known(addresses={"relay.out.test": ()})
    (found,) = reach([mail()], SYSTEM, known, board(), OUTAGE)
    assert found.refused == ("relay.out.test can't be looked up",)


def test_a_chat_that_mails_its_codes_is_refused_while_mail_is_down() -> None:
    chat = route("webhook", "https://192.0.2.9/x", login_by_mail=True)
    assert not reached(chat).is_usable
    assert reached(chat, HEALTHY).is_usable


def test_a_webhook_on_one_of_our_hosts_is_seen_too() -> None:
    assert on(route("webhook", "https://mail1.lab.test/hook")) == [("relay", "mail1")]


def test_a_command_depends_on_nothing_that_we_know_of() -> None:
    assert on(route("command", "command:/bin/page")) == []


ZONE = """
mail1.lab.test.  A   10.77.0.11
relay.out.test.  A   192.0.2.7
hosted.test.     MX  10 mail1.lab.test.
out.test.        MX  10 mx.out.test.
"""


async def test_names_and_mail_exchangers_are_looked_up_before_they_are_compared() -> None:
    async with dns_server(ZONE) as peer:
        system = replace(SYSTEM, resolver=peer.resolver)
        known = await examine([mail("a@hosted.test", "b@out.test")], system, deadline=10)
    assert known.addresses["relay.out.test"] == ("192.0.2.7",)
    assert known.addresses["mail1.lab.test"] == ("10.77.0.11",)
    assert known.exchangers == {"hosted.test": ("mail1.lab.test",), "out.test": ("mx.out.test",)}


async def test_a_dead_resolver_costs_its_deadline_and_is_said() -> None:
    async with dns_server(ZONE, dns.silent) as peer:
        system = replace(SYSTEM, resolver=peer.resolver)
        known = await examine([mail()], system, deadline=0.3)
    (found,) = reach([mail()], system, known, board(), OUTAGE)
    assert found.refused == ("relay.out.test can't be looked up",)
