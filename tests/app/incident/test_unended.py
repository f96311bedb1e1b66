from __future__ import annotations

from datetime import timedelta
from itertools import count

from app.incident import entry as make
from app.incident.entry import Entry
from app.incident.kinds import CommandBegun, CommandEnded, Data, Left
from app.incident.unended import LATE, lost

NUMBERS = count(1)
BEGUN = CommandBegun(host="mail1", argv=("sleep", "60"), deadline=60.0)


def said(data: Data, tty: str = "pts/1") -> Entry:
    who = {"login": "ana", "tty": tty}
    at = "2026-11-23T03:05:02Z"
    return make.read({**make.new(data), "n": next(NUMBERS), "operator": who, "at": at})


def ended(begun: Entry) -> Entry:
    return said(CommandEnded(begun=begun.id, host="mail1", argv=("sleep",), outcome="done"))


def test_what_runs_or_has_ended_is_not_lost() -> None:
    begun, other = said(BEGUN), said(BEGUN)
    assert not lost([begun, other, ended(other)], begun.at + timedelta(seconds=60))


def test_what_should_have_ended_long_ago_is_lost() -> None:
    begun = said(BEGUN)
    late = begun.at + timedelta(seconds=61) + LATE
    assert lost([begun], late) == {begun.id}
    assert not lost([begun, ended(begun)], late)


def test_it_is_lost_with_the_session_that_began_it_whoever_says_so() -> None:
    begun = said(BEGUN)
    assert lost([begun, said(Left(who="ana@pts/1"), "pts/7")], begun.at) == {begun.id}
    assert lost([begun, said(Left(reason="terminal lost"))], begun.at) == {begun.id}
    assert not lost([begun, said(Left(who="ana@pts/2"), "pts/7")], begun.at)


def test_a_session_that_left_before_it_began_has_nothing_to_do_with_it() -> None:
    left = said(Left())
    begun = said(BEGUN)
    assert not lost([left, begun], begun.at)
