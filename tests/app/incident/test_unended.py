from __future__ import annotations

from datetime import timedelta
from itertools import count

from app.console.words import log
from app.engine import Scene
from app.incident import entry as make
from app.incident.entry import Entry
from app.incident.kinds import CommandBegun, CommandEnded, Data, Left, NoticeBegun, NoticeSent
from app.incident.situation import situation
from app.incident.unended import LATE, left_behind, lost
from checks.diagnosis.verdict import judge
from checks.model import State
from tests import boards

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


def test_who_says_that_a_session_was_killed_says_what_it_ran() -> None:
    begun, other = said(BEGUN), said(BEGUN)
    said_so = left_behind([begun, other, ended(other)], "ana@pts/1")
    assert said_so == "; unknown what became of `sleep 60` on mail1"
    assert not left_behind([begun], "ana@pts/2")


def test_the_strip_shows_a_lost_command_as_unknown() -> None:
    begun = said(BEGUN)
    now = situation("2026-11-23-01", [begun, said(Left())])
    board = boards.board({"smtp/mail1:25": State.OK})
    line = log(Scene(board, judge(board), now))[0]
    assert line.state == State.UNKNOWN
    assert line.text == "outcome unknown, its session is gone: on mail1, begins: sleep 60"


def test_a_notice_whose_session_was_killed_is_named_as_one_that_may_have_gone_out() -> None:
    data = NoticeBegun(notice="n1", audience=("users",), subject="s", routes=("relay", "chat"))
    begun = said(data)
    told = left_behind([begun], "ana@pts/1")
    assert told == "; unknown what became of the notice to users on relay, chat"
    ended = said(NoticeSent(audience=("users",), subject="s", begun=begun.id))
    assert left_behind([begun, ended], "ana@pts/1") == ""
