"""What operators do with items: nothing is lost, nobody signs twice, all can be taken back."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from app.actions import Record
from app.incident.entry import Entry
from app.incident.kinds import ItemChanged, SignedOff
from app.sop.changes import Refused, automatic, fail, not_applicable, tick, undo
from app.sop.details import details
from app.sop.evidence import Evidence
from app.sop.progress import Progress, at_hand
from checks.model import State
from tests.app.sop.team import Team, seen
from tests.app.sop.test_progress import item, steps


def entry(done: Entry | str) -> Entry:
    assert isinstance(done, Entry), done
    return done


def test_a_tick_is_written_with_who_and_with_what_the_checks_say() -> None:
    team = Team(steps(item(checks=("smtp",), when="bad")), seen({"smtp/mail1:25": State.CRITICAL}))
    written = entry(team.ticks("ana", "it", "asked twice"))
    assert written.data == ItemChanged(item="it", title="It", state="done", was="open")
    assert written.evidence == team["it"].evidence.lines
    assert (team["it"].state, team["it"].who) == ("done", "ana")


def test_jumping_ahead_is_allowed_and_the_entry_says_of_what() -> None:
    team = Team(steps(item("a"), item("b"), item("c", needs=("a", "b"))))
    team.ticks("ana", "a")
    assert entry(team.ticks("ana", "c")).text == "ahead of: B"
    assert team["c"].state == "done"


def test_a_tick_that_the_checks_do_not_show_says_so() -> None:
    team = Team(steps(item(checks=("smtp",), when="good")), seen({"smtp/mail1:25": State.UNKNOWN}))
    written = entry(team.ticks("ana", "it", "seen by hand"))
    assert written.text == "seen by hand\nits checks do not show it"


def test_what_two_must_sign_is_done_when_two_different_people_have() -> None:
    team = Team(steps(item(signoffs=2)))
    written = entry(team.ticks("ana", "it", "sent and read a mail"))
    assert written.data == SignedOff(item="it", title="It")
    assert written.text == "sent and read a mail"
    assert team["it"].state == "open"
    assert team.ticks("ana", "it", "again") == "ana has signed; somebody else must, too"
    assert team.ticks("raj", "it", " ") == "say what you tested"
    entry(team.ticks("raj", "it", "webmail"))
    assert (team["it"].state, team["it"].who) == ("done", "ana, raj")


def test_taken_back_what_two_signed_has_to_be_signed_anew() -> None:
    team = Team(steps(item(signoffs=2)))
    for who in ("ana", "raj"):
        team.ticks(who, "it", "a mail")
    entry(team.does("eve", undo, "it"))
    assert (team["it"].state, team["it"].record.signed) == ("open", ())
    assert team.does("eve", undo, "it") == "there is nothing to take back: it is open"
    entry(team.ticks("ana", "it", "a mail"))
    entry(team.does("eve", undo, "it"))
    assert team["it"].record.signed == ()


def test_an_entry_alone_does_not_make_done_what_two_must_sign() -> None:
    team = Team(steps(item(signoffs=2)))
    team.write("eve", Record(ItemChanged(item="it", title="It", state="done")))
    assert team["it"].state == "open"


def test_what_does_not_apply_needs_a_reason() -> None:
    team = Team(steps(item()))
    assert team.does("ana", not_applicable, "it", " ") == "say why it does not apply"
    assert entry(team.does("ana", not_applicable, "it", "no such gear")).lines() == [
        "not applicable: It (no such gear)"
    ]


def test_what_is_so_already_is_not_written_again() -> None:
    team = Team(steps(item()))
    team.ticks("ana", "it")
    said = team.ticks("raj", "it")
    assert isinstance(said, str)
    assert said.startswith("done already, by ana at ")
    assert said.endswith("Z; u takes it back")
    assert len(team.entries) == 1


def test_what_needs_nobody_is_ticked_by_itself_once_and_not_against_a_person() -> None:
    team = Team(
        steps(
            item("a", checks=("smtp",), auto=True),
            item("b", checks=("smtp",)),
            item("c", checks=("smtp",), auto=True, needs=("b",)),
        ),
        seen({"smtp/mail1:25": State.OK}),
    )
    (only,) = automatic(team.items)
    written = team.write("ana", only)
    assert written.who == "auto"
    assert team["a"].who == "auto"
    assert written.evidence == ("smtp/mail1:25 OK: ok",)
    entry(team.does("raj", undo, "a"))
    assert automatic(team.items) == []
    team.ticks("raj", "b")
    assert [one.data for one in automatic(team.items)] == [
        ItemChanged(item="c", title="C", state="done", auto=True)
    ]


def test_the_details_say_whom_to_call() -> None:
    team = Team(steps(item("a")))
    sections = details(team["a"], team.entries, ["Ana (lead): +43 1 555"])
    assert ("Call", ("Ana (lead): +43 1 555",)) in [(one.title, one.lines) for one in sections]
    assert "Call" not in [one.title for one in details(team["a"], team.entries)]


def test_the_details_tell_the_whole_story_of_an_item() -> None:
    team = Team(steps(item("a"), item("b", needs=("a",), signoffs=2, evidence="Two agree.")))
    entry(team.ticks("ana", "b", "two mails"))
    sections = {one.title: one.lines for one in details(team["b"], team.entries)}
    (first, said, ahead) = sections.pop("History")
    assert first.endswith(" ana: signed off: B")
    assert (said, ahead) == ("  two mails", "  ahead of: A")
    assert sections == {
        "What": ("Do it.",),
        "Why": ("It helps.",),
        "Shown by": ("Two agree.",),
        "Needs first": ("A",),
        "Signed by": ("1 of 2: ana",),
    }


PEOPLE = ("ana", "raj", "eve")
THREE = steps(item("a"), item("b", needs=("a",)), item("c", needs=("b",), signoffs=2))


def _tick(one: Progress, who: str) -> Record | Refused:
    return tick(one, who, "seen")


def _fail(one: Progress, who: str) -> Record | Refused:
    return fail(one)


def _rule_out(one: Progress, who: str) -> Record | Refused:
    return not_applicable(one, "because")


def _undo(one: Progress, who: str) -> Record | Refused:
    return undo(one)


AFTER: dict[Callable[..., Record | Refused], str] = {
    _tick: "done",
    _fail: "failed",
    _rule_out: "not applicable",
}
deeds = st.tuples(
    st.sampled_from(PEOPLE), st.sampled_from([*AFTER, _undo]), st.sampled_from(["a", "b", "c"])
)


@given(st.lists(deeds, max_size=12))
def test_whatever_people_do_each_item_stands_as_its_entries_say(
    done: list[tuple[str, Callable[..., Record | Refused], str]],
) -> None:
    team = Team(THREE)
    signed: set[str] = set()
    for who, what, name in done:
        before, written = team[name], len(team.entries)
        is_refused = isinstance(team.does(who, what, name, who), str)
        after = team[name]
        assert len(team.entries) == written + (not is_refused)
        if is_refused:
            assert after == before
        elif name == "c" and what in (_tick, _undo):
            signed = signed | {who} if what is _tick else set()
            assert (after.state == "done") == (len(signed) >= 2)
        elif what is not _undo:
            assert after.state == AFTER[what]
        next_one = at_hand(team.items)
        assert next_one is None or next_one.state == "failed" or not next_one.lacks


@given(st.sampled_from([_tick, _fail, _rule_out]), st.sampled_from([_tick, _fail, _rule_out]))
def test_what_is_taken_back_is_as_it_was(
    first: Callable[..., Record | Refused], second: Callable[..., Record | Refused]
) -> None:
    team = Team(steps(item()))
    team.does("ana", first, "it", "ana")
    before = team["it"].state
    if isinstance(team.does("raj", second, "it", "raj"), Entry):
        entry(team.does("ana", undo, "it"))
        assert team["it"].state == before
    assert team["it"].evidence == Evidence()
