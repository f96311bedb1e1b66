"""Two sessions on one incident, in one process: each desk has a loop task of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from app.actions import Record
from app.desk import Desk
from app.incident import folder as incidents
from app.incident.entry import Entry
from app.incident.error import LogError
from app.incident.kinds import Closed, CommandBegun, CommandEnded, Data, Note
from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.model import State
from tests.boards import board
from tests.ordinary_user import ordinary_user

DOWN = board({"smtp/mail1:25": State.CRITICAL}, summary="refused")
UP = board({"smtp/mail1:25": State.OK})


@pytest.fixture(autouse=True)
def no_syslog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.incident.witness.SOCKET", str(tmp_path / "nobody-listens"))
    monkeypatch.setattr("app.desk.LOOK_EVERY", 0.05)


@pytest.fixture
def shared(tmp_path: Path) -> str:
    return str(tmp_path / "shared")


@asynccontextmanager
async def sitting(shared: str, reason: str = "closed") -> AsyncIterator[Desk]:
    desk = Desk(shared, "lab.test", lambda: None)
    task = asyncio.create_task(desk.run())
    try:
        yield desk
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await desk.leave(reason)


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not seen():  # noqa: ASYNC110 - what another task does is waited for
            await asyncio.sleep(0.02)


def entries(desk: Desk) -> tuple[Entry, ...]:
    return desk.situation.entries if desk.situation else ()


def kinds(desk: Desk) -> list[str]:
    return [entry.kind for entry in entries(desk)]


async def open_one(desk: Desk, seen: Board = DOWN) -> None:
    await desk.open("nobody can receive", seen, judge(seen))


async def note(desk: Desk, text: str) -> Entry:
    return await desk.perform(Record(Note(), text))


async def test_opening_writes_what_is_seen_and_since_when(shared: str) -> None:
    async with sitting(shared) as ana:
        await open_one(ana)
        assert kinds(ana) == ["opened", "joined", "detected", "check", "verdict"]
        assert ana.situation is not None
        assert ana.situation.onset == DOWN.standings["smtp/mail1:25"].since


async def test_another_session_joins_by_itself_and_each_sees_the_others_notes(shared: str) -> None:
    async with sitting(shared) as ana, sitting(shared) as raj:
        await open_one(ana)
        await until(lambda: raj.situation is not None)
        await note(ana, "from ana")
        await note(raj, "from raj")
        for desk in (ana, raj):
            await until(lambda desk=desk: {"from ana", "from raj"} <= texts(desk))  # type: ignore[misc]
            await until(
                lambda desk=desk: len(desk.situation.here) == 2  # type: ignore[misc]
            )


def texts(desk: Desk) -> set[str]:
    return {entry.text for entry in entries(desk)}


async def test_what_nobody_has_to_write_is_written_by_one_session_only(shared: str) -> None:
    async with sitting(shared) as ana:
        await open_one(ana)
        async with sitting(shared) as raj:
            await until(lambda: raj.situation is not None)
            for desk in (raj, ana):
                await desk.record(UP, judge(UP))
            assert kinds(ana).count("check") == 2


async def test_when_the_first_session_ends_the_next_one_writes_on(shared: str) -> None:
    async with sitting(shared) as raj:
        async with sitting(shared, "terminal lost (SIGHUP)") as ana:
            await open_one(ana)
            await until(lambda: raj.situation is not None and len(raj.situation.here) == 2)
            await raj.record(DOWN, judge(DOWN))  # in case raj was here first
        await until(lambda: "left: terminal lost (SIGHUP)" in lines(raj))
        await until(lambda: raj.situation is not None and len(raj.situation.here) == 1)
        await raj.record(UP, judge(UP))
        assert kinds(raj)[-2:] == ["check", "verdict"]


def lines(desk: Desk) -> list[str]:
    return [line for entry in entries(desk) for line in entry.lines()]


async def test_two_who_open_at_once_work_on_one_incident(shared: str) -> None:
    async with sitting(shared) as ana, sitting(shared) as raj:
        await asyncio.gather(open_one(ana), open_one(raj))
        assert ana.situation is not None
        assert raj.situation is not None
        assert ana.situation.id == raj.situation.id
        await until(lambda: kinds(raj).count("joined") == 2)
        assert kinds(raj).count("opened") == 1


async def test_an_open_incident_is_resumed_and_a_closed_one_is_not(shared: str) -> None:
    async with sitting(shared) as ana:
        await open_one(ana)
        await note(ana, "a dropped link loses nothing")
    async with sitting(shared) as again:
        await until(lambda: "a dropped link loses nothing" in texts(again))
        await again.perform(Record(Closed(summary="over")))
    async with sitting(shared) as later:
        await asyncio.sleep(0.3)
        assert later.situation is None
        await open_one(later)
        assert later.situation is not None
        assert later.situation.id.endswith("-02")


async def test_without_an_incident_nothing_is_done_and_it_says_how_to_open_one(
    shared: str,
) -> None:
    async with sitting(shared) as ana:
        with pytest.raises(LogError, match="no incident is open; i opens one"):
            await note(ana, "x")


async def test_who_is_shut_out_of_the_folder_in_mid_incident_still_reads_and_is_told(
    shared: str,
) -> None:
    async with sitting(shared) as ana:
        await open_one(ana)
        with ordinary_user():
            assert ana.situation is not None
            ana._tell(ana.situation.entries)
            assert not ana.situation.is_writable
        ana._tell(ana.situation.entries)
        assert ana.situation.is_writable


class Deed:
    """Counts how often it was done."""

    begun: Data = Note()

    def __init__(self) -> None:
        self.done = 0

    async def act(self, begun: Entry) -> Data:
        self.done += 1
        return Note()


async def test_a_deed_that_can_not_be_written_down_is_not_begun(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deed = Deed()
    async with sitting(shared) as ana:
        await open_one(ana)
        await ana.perform(deed)
        assert deed.done == 1

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("app.incident.place.write", fail)
        with pytest.raises(LogError, match="not begun, because it can't be written down"):
            await ana.perform(deed)
        assert deed.done == 1
        assert ana.situation is not None
        monkeypatch.undo()


class LongDeed:
    """Goes on until it is cancelled, and says so."""

    begun: Data = CommandBegun(host="mail1", argv=("sleep",))

    async def act(self, begun: Entry) -> Data:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return CommandEnded(begun=begun.id, host="mail1", argv=("sleep",), outcome="unknown")


async def test_a_session_that_ends_ends_its_deeds_and_writes_how_they_ended(shared: str) -> None:
    async with sitting(shared) as ana:
        await open_one(ana)
        doing = asyncio.create_task(ana.perform(LongDeed()))
        await until(lambda: "command-begun" in kinds(ana))
    assert (await doing).kind == "command-ended"
    assert kinds(ana)[-3:] == ["command-begun", "command-ended", "left"]


async def test_who_no_longer_waits_for_a_deed_does_not_end_it(shared: str) -> None:
    async with sitting(shared) as ana:
        await open_one(ana)
        doing = asyncio.create_task(ana.perform(LongDeed()))
        await until(lambda: "command-begun" in kinds(ana))
        doing.cancel()
        await note(ana, "meanwhile")
        assert "command-ended" not in kinds(ana)
    folder = Path(shared) / "incidents"
    (incident,) = incidents.ids(folder)
    written = [entry.kind for entry in incidents.summary(folder, incident).entries]
    assert written[-2:] == ["command-ended", "left"]
