"""A log that was cut, garbled, removed, locked away or has no room: said, and nothing else lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from app.incident.chain import verify
from app.incident.error import LogError
from app.incident.journal import Journal
from app.incident.kinds import Mended, Note
from app.incident.log import IncidentLog
from tests.app.incident.conftest import OpenLog
from tests.ordinary_user import ordinary_user

GARBAGE = b"\x00\xff\x1b]0;pwned\x07 not json\n"


def aside(log: IncidentLog) -> list[Path]:
    return sorted(path for path in log.path.parent.iterdir() if path != log.path)


def texts(log: IncidentLog) -> list[str]:
    return [entry.text for entry in log.entries if isinstance(entry.data, Note)]


def mended(log: IncidentLog) -> list[str]:
    return [entry.text for entry in log.entries if isinstance(entry.data, Mended)]


@pytest.fixture
def told(log: IncidentLog) -> list[str]:
    """What `log`, which holds three notes, tells."""
    told: list[str] = []
    log._tell = told.append
    for number in range(3):
        log.append(Note(), f"note {number}")
    return told


def test_cut_at_any_byte_whole_entries_are_there_and_the_next_one_follows(tmp_path: Path) -> None:
    made = tmp_path / "made.jsonl"
    made.touch()
    Journal(made).append("entries", [{"id": str(number)} for number in range(5)])
    content = made.read_bytes()
    for cut in range(len(content) + 1):
        path = tmp_path / f"{cut}.jsonl"
        path.write_bytes(content[:cut])
        journal = Journal(path)
        journal.append("entries", [{"id": "new"}])
        rest = content[:cut].rpartition(b"\n")[2]
        lacks_its_end_only = content[cut : cut + 1] == b"\n"
        whole = content[:cut].count(b"\n") + lacks_its_end_only
        assert [line.document["id"] for line in journal.lines] == [*map(str, range(whole)), "new"]
        assert not verify(path.read_bytes()).broken
        kept = list(tmp_path.glob(f"{cut}.unfinished-*"))
        unfinished = [rest] if rest and not lacks_its_end_only else []
        assert [found.read_bytes() for found in kept] == unfinished
        for found in (path, *kept):
            found.unlink()


def test_what_was_cut_off_is_kept_aside_and_written_down(log: IncidentLog, told: list[str]) -> None:
    log.close()
    content = log.path.read_bytes()
    log.path.write_bytes(content[:-30])
    other = IncidentLog(log.path.parent, log.id)
    other.append(Note(), "new")
    assert texts(other) == ["note 0", "note 1", "new"]
    [kept] = aside(other)
    assert kept.read_bytes() == content[:-30].rpartition(b"\n")[2]
    [said] = mended(other)
    assert said.endswith(f"was cut off, and is kept as {kept.name}")


@pytest.mark.parametrize("keep", [0, 1, 1000, -1, -900])
def test_what_is_cut_off_under_a_console_that_has_read_it_is_put_back(
    keep: int, log: IncidentLog, told: list[str]
) -> None:
    content = log.path.read_bytes()
    with log.path.open("rb+") as file:
        file.truncate(keep if keep >= 0 else len(content) + keep)
    log.refresh()
    assert log.path.read_bytes().startswith(content)
    assert texts(log) == ["note 0", "note 1", "note 2"]
    assert not verify(log.content()).broken
    assert "missing" in " ".join(mended(log)) or keep == -1
    assert not log.trouble


def test_putting_back_hides_no_edit_that_was_there(
    log: IncidentLog, told: list[str], again: OpenLog
) -> None:
    edited = log.path.read_bytes().replace(b"note 1", b"NOTE 1")
    log.path.write_bytes(edited)
    console = again()
    log.path.write_bytes(b"".join(edited.splitlines(keepends=True)[:2]))
    console.refresh()
    assert texts(console) == ["note 0", "NOTE 1", "note 2"]
    assert verify(console.content()).broken.startswith("entry 3 was altered")


def test_what_an_older_copy_of_the_file_lacks_is_put_back_once(
    log: IncidentLog, told: list[str], again: OpenLog
) -> None:
    both = [log, again()]
    old = log.path.read_bytes().splitlines(keepends=True)[:2]
    restored = log.path.with_name("restored")
    restored.write_bytes(b"".join(old))
    restored.replace(log.path)
    third = again()
    third.append(Note(), "new")
    for one in both * 2:
        one.refresh()
    assert texts(log) == ["note 0", "new", "note 1", "note 2"]
    assert [entry.id for entry in both[1].entries] == [entry.id for entry in log.entries]
    assert not verify(log.content()).broken


def test_lines_that_cannot_be_read_are_told_at_once_and_kept_aside_by_the_next_entry(
    log: IncidentLog, told: list[str], again: OpenLog
) -> None:
    lines = log.path.read_bytes().splitlines(keepends=True)
    damaged = b"".join([lines[0], GARBAGE, *lines[1:3], b"\xff" + lines[3]])
    log.path.write_bytes(damaged)
    heard: list[str] = []
    other = again(tell=heard.append)
    assert heard == [other.trouble]
    assert "lines that can't be read: 2;" in other.trouble
    assert log.path.read_bytes() == damaged, "looking changes nothing"
    other.append(Note(), "new")
    assert texts(other) == ["note 0", "note 1", "new"]
    assert not other.trouble
    [kept] = aside(other)
    assert kept.read_bytes() == damaged
    assert mended(other) == [
        f"lines that could not be read: 2 of 5; the damaged file is kept as {kept.name}"
    ]
    assert any(kept.name in one for one in heard)


def test_a_file_of_nothing_but_garbage_becomes_a_log_again(
    log: IncidentLog, again: OpenLog
) -> None:
    garbage = os.urandom(100_000)
    log.path.write_bytes(garbage)
    other = again()
    other.append(Note(), "new")
    assert texts(other) == ["new"]
    assert garbage in [path.read_bytes() for path in aside(other)] or len(aside(other)) == 2
    assert not verify(other.content()).broken


def test_the_new_file_is_for_the_same_people(log: IncidentLog, told: list[str]) -> None:
    log.path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(log.path, 1, 2)
    before = log.path.stat()
    with log.path.open("ab") as file:
        file.write(GARBAGE)
    log.append(Note(), "new")
    after = log.path.stat()
    assert after.st_ino != before.st_ino
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_file_or_folder_that_is_removed_is_put_back(
    what: str, log: IncidentLog, told: list[str], again: OpenLog
) -> None:
    content = log.path.read_bytes()
    log.path.unlink() if what == "file" else shutil.rmtree(log.path.parent)
    log.refresh()
    assert log.path.read_bytes().startswith(content)
    assert mended(log) == ["the file had been removed, and was put back"]
    assert [one.id for one in again().entries] == [one.id for one in log.entries]


def test_where_it_cannot_be_put_back_a_copy_is_kept_and_named(
    log: IncidentLog, told: list[str], tmp_path: Path
) -> None:
    content = log.path.read_bytes()
    shutil.rmtree(log.path.parent)
    log.path.parent.touch()
    entry = log.append(Note(), "after")
    assert not entry.is_written
    assert log.entries[-1].text == "after"
    [copy] = (tmp_path / "state/mailmedic/spare").glob("*.rescued*")
    assert copy.read_bytes() == content
    assert f"a copy of the log is {copy}" in told[-1]
    assert "1 entry waits in memory and in" in told[-1]
    log.path.parent.unlink()
    log.refresh()
    assert texts(log)[-1] == "after"
    assert log.path.read_bytes().startswith(content)
    assert told[-2].endswith("can be read and written again")


def test_a_pipe_or_a_link_in_place_of_the_log_holds_nobody_up(
    log: IncidentLog, folder: Path, tmp_path: Path
) -> None:
    log.close()
    log.path.unlink()
    os.mkfifo(log.path)
    open_to_all(log.path)
    folder.chmod(0o755)
    with mode(log.path, 0o444), pytest.raises(LogError, match="can't be read"):
        IncidentLog(folder, log.id, spare=tmp_path)
    log.path.unlink()
    (tmp_path / "secret").write_text("x")
    log.path.symlink_to(tmp_path / "secret")
    with pytest.raises(LogError, match="can't be read"):
        IncidentLog(folder, log.id)


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    """Inside, `path` is another's, with that mode, and we are an ordinary user."""
    was = path.stat().st_mode
    path.chmod(bits)
    try:
        with ordinary_user():
            yield
    finally:
        path.chmod(was)


def open_to_all(folder: Path) -> None:
    """Let an ordinary user get as far as `folder`."""
    for parent in folder.parents:
        with suppress(PermissionError):
            parent.chmod(parent.stat().st_mode | 0o011)
        if parent.name.startswith("pytest-of"):
            return


def test_who_may_not_write_is_told_and_reads_along(
    log: IncidentLog, told: list[str], tmp_path: Path
) -> None:
    open_to_all(log.path)
    log.path.parent.chmod(0o755)
    heard: list[str] = []
    with mode(log.path, 0o644):
        reader = IncidentLog(log.path.parent, log.id, tell=heard.append, spare=Path("/nowhere"))
        assert texts(reader) == ["note 0", "note 1", "note 2"]
        assert not heard
        assert not reader.append(Note(), "mine").is_written
    assert "Permission denied; you can read along, its owner can let your group write" in heard[0]
    assert "1 entry waits in memory only" in heard[0]
    log.append(Note(), "theirs")
    with mode(log.path, 0o644):
        reader.refresh()
    assert texts(reader)[-2:] == ["theirs", "mine"]
    assert len(heard) == 1, "said once, not at each try"


def test_a_folder_that_nobody_may_enter_any_more_is_told_and_waited_for(
    log: IncidentLog, told: list[str]
) -> None:
    open_to_all(log.path)
    with mode(log.path.parent, 0o000):
        log.refresh()
        assert "Permission denied" in log.trouble
        assert not log.append(Note(), "meanwhile").is_written
    log.refresh()
    assert not log.trouble
    assert texts(log)[-1] == "meanwhile"


IN_A_SMALL_PLACE = """\
import os, subprocess, sys
from pathlib import Path
from app.incident import witness
from app.incident.chain import verify
from app.incident.kinds import Note
from app.incident.log import IncidentLog
witness.SOCKET = "/nowhere"
base = Path(sys.argv[1])
place = base / "small"
place.mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place], check=True)
told = []
log = IncidentLog.create(place / "incidents", "x", spare=base / "spare", tell=told.append)
(place / "ballast").write_bytes(bytes(100_000))
while log.append(Note(), "x" * 500).is_written:
    pass
assert "No space left on device; free some space" in told[0], told
assert "1 entry waits in memory and in" in told[0], told
written = [entry.id for entry in log.entries if entry.is_written]
for number in range(20):
    entry = log.append(Note(), f"full {number}")
    assert log.entries[-1].id == entry.id
    log.refresh()
assert len(log.path.read_bytes().splitlines()) == len(written)
other = IncidentLog(place / "incidents", log.id, spare=base / "another")
assert [entry.id for entry in other.entries] == written
ids = [entry.id for entry in log.entries]
if sys.argv[2] == "die":
    log.close()
    (place / "ballast").unlink()
    log = IncidentLog(place / "incidents", log.id, spare=base / "spare")
else:
    (place / "ballast").unlink()
    log.refresh()
    assert told[-1].endswith("can be read and written again"), told
assert [entry.id for entry in log.entries] == ids
assert all(entry.is_written for entry in log.entries)
assert not log.trouble
assert not verify(log.content()).broken
assert not list((base / "spare").iterdir())
log.close()
other.close()
subprocess.run(["mount", "-o", "remount,ro", place], check=True)
assert not log.append(Note(), "read-only").is_written
assert "Read-only file system; you can read along" in log.trouble, log.trouble
other.refresh()
assert not other.trouble
"""


@pytest.mark.real
@pytest.mark.parametrize("then", ["live", "die"])
def test_on_a_full_disk_entries_wait_elsewhere_and_come_when_there_is_room(
    then: str, tmp_path: Path
) -> None:
    argv = ["unshare", "--mount", "--map-root-user"] if os.geteuid() else ["unshare", "--mount"]
    if subprocess.run([*argv, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mount namespace can be made here")
    argv += [sys.executable, "-c", IN_A_SMALL_PLACE, str(tmp_path), then]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
