"""The log is the lock: of two who send a notice one does, and nobody gets it twice."""

from __future__ import annotations

from collections.abc import Sequence

from app.incident.kinds import Data, Delivery, Left, NoticeBegun, NoticeSent
from app.notices.claims import Share, share, standing
from app.notices.route import Route
from checks.resolver import Resolver
from tests.app.incident.stories import Said, entries

ANA, BEN = "ana@out.test", "ben@out.test"
RELAY = Route(
    name="relay", kind="smtp", audience=("it",), url="smtps://r", resolver=Resolver(), to=(ANA, BEN)
)
CHAT = Route(name="chat", kind="webhook", audience=("it",), url="https://c", resolver=Resolver())

BEGUN = NoticeBegun(
    notice="n1", audience=("it",), subject="s", routes=("relay", "chat"), deadline=60
)


def told(begun: int, **outcomes: str) -> NoticeSent:
    """How it went on the relay: ana="accepted"."""
    deliveries = tuple(
        Delivery(route="relay", outcome=outcome, recipient=f"{name}@out.test")
        for name, outcome in outcomes.items()
    )
    return NoticeSent(
        audience=("it",), subject="s", notice="n1", begun=f"{begun:032x}", deliveries=deliveries
    )


def shared(*said: Data, route: Route = RELAY, in_doubt: bool = False, after: float = 10) -> Share:
    """What raj gets to send, who begins after all of this; the first one is ana's."""
    story: list[Said] = [(number, "ana", data) for number, data in enumerate(said)]
    read = entries([*story, (len(said) + after, "raj", BEGUN)])
    return share(read, read[-1], "n1", route, in_doubt=in_doubt)


def test_who_begins_first_sends_to_everybody() -> None:
    assert shared() == Share((ANA, BEN))
    assert shared(route=CHAT) == Share(("",))


def test_who_begins_second_sends_to_nobody_and_hears_who_does() -> None:
    assert shared(BEGUN) == Share(why="ana is sending it since 02:10:53Z")


def test_another_notice_and_another_route_are_nobodys_claim() -> None:
    other = NoticeBegun(notice="n2", audience=("it",), subject="s", routes=("relay",), deadline=60)
    elsewhere = NoticeBegun(
        notice="n1", audience=("it",), subject="s", routes=("chat",), deadline=60
    )
    assert shared(other, elsewhere) == Share((ANA, BEN))


def test_only_who_refused_it_is_asked_again() -> None:
    found = shared(BEGUN, told(1, ana="accepted", ben="refused"))
    assert found == Share((BEN,), "1 accepted it before")


def test_who_may_have_it_is_asked_again_only_by_a_person() -> None:
    said = (BEGUN, told(1, ana="accepted", ben="unknown"))
    unasked = "1 accepted it before; 1 may have it, and are not asked again"
    assert shared(*said) == Share((), unasked)
    assert shared(*said, in_doubt=True) == Share((BEN,), "1 accepted it before")


def test_what_was_accepted_once_is_not_sent_again_whatever_was_told_later() -> None:
    said = (BEGUN, told(1, ana="accepted", ben="refused"), BEGUN, told(3, ana="refused"))
    assert shared(*said).recipients == (BEN,)


def test_of_a_session_that_was_killed_all_may_have_it() -> None:
    gone = Left(who="ana@pts/0", reason="killed")
    assert shared(BEGUN, gone).recipients == ()
    assert shared(BEGUN, gone, in_doubt=True).recipients == (ANA, BEN)


def test_a_claim_whose_time_is_long_over_holds_nobody_up() -> None:
    assert shared(BEGUN, after=3600).why == "2 may have it, and are not asked again"


def test_a_second_try_that_was_killed_puts_in_doubt_only_whom_it_was_for() -> None:
    first = told(1, ana="accepted", ben="refused")
    said: Sequence[Data] = (BEGUN, first, BEGUN, Left(who="ana@pts/0"))
    story: list[Said] = [(number, "ana", data) for number, data in enumerate(said)]
    assert standing(entries(story), "n1", RELAY) == {ANA: "accepted", BEN: "unknown"}
