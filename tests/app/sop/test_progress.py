"""What checks show, what is at hand, and what keeps it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from app import sop
from app.sop.changes import fail
from app.sop.evidence import LINES, Evidence, by_kind, weigh
from app.sop.procedure import Item, Step
from app.sop.progress import at_hand
from checks.board import Board
from checks.model import State
from tests.app.sop.team import Team, seen
from tests.boards import result

OK, WARNING, CRITICAL, UNKNOWN = State.OK, State.WARNING, State.CRITICAL, State.UNKNOWN


def item(name: str = "it", **values: object) -> Item:
    words = {"title": name.title(), "what": "Do it.", "why": "It helps."}
    return Item(id=name, **words, **values)  # type: ignore[arg-type]


def steps(*items: Item) -> tuple[Step, ...]:
    return (Step(id="step", title="Step", items=items),)


def weighed(when: str, on: Board) -> Evidence:
    return weigh(item(checks=("smtp", "imap"), when=when), by_kind(on), on.at)


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        ((OK, OK), {"good", "any"}),
        ((OK, WARNING), {"any"}),
        ((OK, CRITICAL), {"bad", "any"}),
        ((CRITICAL, CRITICAL), {"bad", "any"}),
        ((CRITICAL, UNKNOWN), {"bad"}),
        ((OK, UNKNOWN), set()),
        ((OK, None), set()),
        ((None, None), set()),
    ],
)
def test_bad_is_one_critical_good_is_all_ok_any_is_all_determined(
    states: tuple[State | None, State | None], shown: set[str]
) -> None:
    on = seen(dict(zip(("smtp/mail1:25", "imap/mail1:143"), states, strict=True)))
    assert {when for when in ("bad", "good", "any") if weighed(when, on).is_enough} == shown


def test_one_try_is_no_evidence_either_way() -> None:
    on = seen({"smtp/mail1:25": OK, "imap/mail1:143": OK})
    once = on.take("smtp/mail1:25", result(CRITICAL, at=360), on.at)
    assert not any(weighed(when, once).is_enough for when in ("bad", "good", "any"))
    assert weighed("good", once).doubts == ("smtp/mail1:25 CRITICAL, not confirmed: critical",)


def test_an_old_answer_is_no_evidence() -> None:
    on = seen({"smtp/mail1:25": OK, "imap/mail1:143": CRITICAL})
    later = replace(on, at=on.at + timedelta(hours=2))
    assert weighed("bad", on).is_enough
    assert not weighed("bad", later).is_enough
    assert weighed("good", later).doubts[0] == "imap/mail1:143 CRITICAL, old: critical"


def test_the_evidence_holds_the_worst_first_and_stays_short() -> None:
    states: dict[str, State | None] = {
        f"smtp/mail{n}:25": CRITICAL if n == 30 else OK for n in range(40)
    }
    lines = weighed("any", seen(states, summary="says so")).lines
    assert lines[0] == "smtp/mail30:25 CRITICAL: says so"
    assert len(lines) == LINES
    assert lines[-1] == "and 29 more"


def test_what_nothing_checks_says_so_and_is_not_shown() -> None:
    on = seen({"ping/mail1": OK})
    assert weighed("good", on) == Evidence(doubts=("nothing here is checked by smtp, imap",))
    assert not weigh(item(), by_kind(on), on.at).is_enough


def test_of_an_outage_of_imap_the_items_that_it_shows_are_offered() -> None:
    on = seen({"ping/mail1": OK, "smtp/mail1:25": OK, "imap/mail1:143": CRITICAL})
    offered = {one.item.id for one in Team(sop.load(), on).items if one.is_offered}
    assert offered == {"mail-down", "who-is-hit", "which-way", "power", "reachability"}


def test_what_is_open_is_offered_only_when_nothing_is_lacking() -> None:
    first, second = item("first"), item("second", checks=("smtp",), needs=("first",))
    team = Team(steps(first, second), seen({"smtp/mail1:25": OK}))
    assert not team["second"].is_offered
    assert team["second"].lacks == (first,)
    team.ticks("ana", "first")
    assert team["second"].is_offered
    team.ticks("ana", "second")
    assert not team["second"].is_offered


def test_the_next_item_is_the_first_open_one_that_lacks_nothing() -> None:
    team = Team(steps(item("a"), item("b", needs=("a",)), item("c"), item("d", needs=("c",))))
    order = []
    while (one := at_hand(team.items)) is not None:
        order.append(one.item.id)
        team.ticks("ana", one.item.id)
    assert order == ["a", "b", "c", "d"]


def test_where_all_waits_for_what_failed_that_is_at_hand() -> None:
    team = Team(steps(item("a"), item("b", needs=("a",)), item("c")))
    team.does("ana", fail, "a", "no key")
    next_one = at_hand(team.items)
    assert next_one is not None
    assert next_one.item.id == "c"
    team.ticks("ana", "c")
    next_one = at_hand(team.items)
    assert next_one is not None
    assert next_one.item.id == "a"


def test_by_the_order_of_ours_nobody_is_ever_stuck() -> None:
    team = Team(sop.load())
    for _ in range(len(team.items) + 1):
        one = at_hand(team.items)
        if one is None:
            break
        team.ticks("ana", one.item.id, "it")
        team.ticks("raj", one.item.id, "it too")
    assert {one.state for one in team.items} == {"done"}
