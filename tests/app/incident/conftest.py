"""A folder of incidents of a test's own, and nothing of it in the user's folders or in syslog."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.incident import witness
from app.incident.log import IncidentLog

OpenLog = Callable[..., IncidentLog]


@pytest.fixture(autouse=True)
def no_syslog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "SOCKET", str(tmp_path / "nobody-listens"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "incidents"


@pytest.fixture
def log(folder: Path) -> Iterator[IncidentLog]:
    """A new incident with one entry, `opened`."""
    made = IncidentLog.create(folder, "Mail is down")
    yield made
    made.close()


@pytest.fixture
def again(folder: Path, log: IncidentLog) -> Iterator[OpenLog]:
    """Opens that incident once more, as another operator would."""
    opened: list[IncidentLog] = []

    def open_log(**options: object) -> IncidentLog:
        opened.append(IncidentLog(folder, log.id, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_log
    for one in opened:
        one.close()
