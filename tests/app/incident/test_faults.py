"""A fault at every call in turn: what was acknowledged is there, and the rest comes later."""

from __future__ import annotations

import errno
from itertools import count
from pathlib import Path

import pytest

from app.incident.chain import verify
from app.incident.kinds import Note
from app.incident.log import IncidentLog
from tests.app.incident.conftest import OpenLog
from tests.app.incident.faults import Act, Faults, fails, fails_to_sync, is_short
from tests.app.incident.nemesis import DAMAGED

ACTS = {
    "full": fails(errno.ENOSPC),
    "broken": fails(errno.EIO),
    "interrupted": fails(errno.EINTR),
    "no locks": fails(errno.ENOLCK),
    "short": is_short,
    "unsynced": fails_to_sync,
}


@pytest.mark.parametrize("stays", [False, True], ids=["once", "until it is mended"])
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_whatever_fails_nothing_acknowledged_is_lost_and_the_rest_is_written_later(
    act: Act, stays: bool, tmp_path: Path
) -> None:
    for at in count():
        if not _survives(Faults(act, at, stays=stays), tmp_path / str(at)):
            break
    assert at > 20


def _survives(faults: Faults, folder: Path) -> bool:
    """Three notes, with that fault, into a log that is damaged; whether it happened."""
    told: list[str] = []
    folder.mkdir()
    log = IncidentLog.create(folder / "incidents", "x", spare=folder / "spare", tell=told.append)
    with log.path.open("ab") as file:
        file.write(DAMAGED)
    with pytest.MonkeyPatch.context() as patch:
        faults.install(patch)
        said = [log.append(Note(), f"note {number}") for number in range(3)]
        on_disk = log.path.read_bytes()
        for entry in said:
            assert not entry.is_written or entry.hash.encode() in on_disk
        was_quiet = all(entry.is_written for entry in said)
        assert was_quiet or told
        faults.is_on = False
        log.refresh()
    assert not log.trouble
    other = IncidentLog(folder / "incidents", log.id, spare=folder / "spare")
    assert not verify(other.content()).broken
    assert [entry.text for entry in other.entries if entry.text.startswith("note")] == [
        "note 0",
        "note 1",
        "note 2",
    ]
    assert len({entry.id for entry in other.entries}) == len(other.entries)
    assert not list((folder / "spare").glob("*.jsonl"))
    return faults.was_done


def test_a_disk_that_does_not_sync_acknowledges_nothing_until_it_was_written_once_more(
    log: IncidentLog, again: OpenLog
) -> None:
    """After a failed fsync(2) the kernel calls the pages clean; writing again makes them dirty."""
    faults = Faults(fails_to_sync, 0, stays=True)
    with pytest.MonkeyPatch.context() as patch:
        faults.install(patch)
        assert not log.append(Note(), "one").is_written
        log.refresh()
        assert not log.entries[-1].is_written
        assert [entry.text for entry in again().entries] == ["", "one"], "it is in the cache"
        assert "Input/output error" in log.trouble
        faults.stays, faults.calls = False, [""]
        log.refresh()
        assert faults.calls.index("write") < faults.calls.index("fdatasync")
    assert log.entries[-1].is_written
    assert [entry.text for entry in again().entries] == ["", "one"]


def test_a_spare_file_that_was_torn_on_a_full_disk_gives_all_that_waits(
    log: IncidentLog, again: OpenLog, tmp_path: Path
) -> None:
    log.close()
    away = log.path.rename(tmp_path / "away")
    log.append(Note(), "one")
    with pytest.MonkeyPatch.context() as patch:
        Faults(is_short, 2, stays=True).install(patch)
        log.append(Note(), "two")
    assert "in memory only" in log.trouble
    log.append(Note(), "three")
    log.close()
    away.rename(log.path)
    assert [entry.text for entry in again().entries] == ["", "one", "two", "three"]
