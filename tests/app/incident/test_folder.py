"""Which incidents there are, and which one is resumed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.incident import folder as incidents
from app.incident.error import LogError
from app.incident.kinds import Closed, Note, Opened, Reviewed
from app.incident.log import IncidentLog
from checks.model import now


def ids_of(folder: Path, *numbers: int) -> list[str]:
    return [f"{now():%Y-%m-%d}-{number:02}" for number in numbers]


def test_incidents_are_numbered_by_day_and_listed_newest_first(folder: Path) -> None:
    for _ in range(11):
        incidents.make(folder)
    (folder / "2019-12-31-100.jsonl").touch()
    (folder / "notes.txt").touch()
    (folder / f"{ids_of(folder, 1)[0]}.damaged-20261123T031053Z").touch()
    assert incidents.ids(folder) == [*ids_of(folder, *range(11, 0, -1)), "2019-12-31-100"]


def test_no_folder_holds_no_incidents(folder: Path) -> None:
    assert incidents.ids(folder) == []
    assert incidents.current(folder) is None


def test_the_newest_open_one_is_resumed(folder: Path) -> None:
    first = IncidentLog.create(folder, "first")
    second = IncidentLog.create(folder, "second")
    assert incidents.current(folder) == second.id
    second.append(Closed(summary="done"))
    second.append(Note(), "a late thought")
    second._table.insert({"kind": ["strange"]})
    assert incidents.current(folder) == first.id
    first.append(Reviewed())
    assert incidents.current(folder) == first.id, "a review may begin before the end"
    first.append(Closed())
    first.append(Reviewed())
    assert incidents.current(folder) is None
    second.append(Opened(incident=second.id, title="again"))
    assert incidents.current(folder) == second.id
    found = incidents.summary(folder, second.id)
    assert (found.title, found.is_open, len(found.entries)) == ("second", True, 5)


def test_one_that_was_begun_on_a_full_disk_is_resumed_and_gets_what_waited(
    folder: Path, tmp_path: Path
) -> None:
    incident = incidents.make(folder)
    path = incidents.path_of(folder, incident)
    log = IncidentLog(folder, incident, spare=tmp_path / "spare")
    log.close()
    path.rename(tmp_path / "away")
    log.append(Opened(incident=incident, title="Mail is down"))
    log.close()
    (tmp_path / "away").rename(path)
    assert incidents.current(folder) == incident
    assert [
        one.kind for one in IncidentLog(folder, incident, spare=tmp_path / "spare").entries
    ] == ["opened"]


def test_one_that_cannot_be_read_hides_no_other(folder: Path) -> None:
    log = IncidentLog.create(folder, "first")
    hidden = incidents.path_of(folder, incidents.make(folder))
    hidden.unlink()
    hidden.mkdir()
    assert incidents.current(folder) == log.id
    log.append(Closed(summary="done"))
    with pytest.raises(LogError, match=hidden.name):
        incidents.current(folder)


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "2026-11-23", "2026-11-23-01.jsonl"]
)
def test_what_is_no_id_leads_nowhere(name: str, folder: Path) -> None:
    with pytest.raises(LogError, match="is not the id of an incident, such as"):
        incidents.path_of(folder, name)


def test_a_folder_that_cannot_be_made_is_one_clear_line(folder: Path) -> None:
    folder.touch()
    with pytest.raises(LogError, match=f"^{folder}: no incident can be opened: Not a directory$"):
        incidents.make(folder)


def test_two_who_open_at_once_get_one_each(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = incidents.make(folder)
    monkeypatch.setattr(incidents, "ids", lambda _folder: [])
    assert incidents.make(folder) != first


def test_an_incident_of_the_users_own_is_nobody_elses(folder: Path) -> None:
    was = os.umask(0)
    try:
        log = IncidentLog.create(folder, "x")
    finally:
        os.umask(was)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert log.path.stat().st_mode & 0o777 == 0o600
