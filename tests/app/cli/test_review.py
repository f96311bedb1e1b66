"""``mailmedic incident review`` in a real terminal, with an editor of the test's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.incident import folder as incidents
from app.incident.entry import Entry
from app.incident.kinds import ActionItem, CauseNamed, Closed, Reviewed
from app.incident.log import IncidentLog
from tests.terminal import Terminal

ARGV = [sys.executable, "-m", "app", "incident", "review"]
OOM = CauseNamed(cause="process.mta-killed-oom", title="Postfix was killed")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of incidents: an old one, and one that is closed and not reviewed yet."""
    monkeypatch.setattr("app.incident.witness.SOCKET", str(tmp_path / "nobody-listens"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "mailmedic" / "incidents"
    folder.parent.mkdir()
    for title in ("an old one", "nobody can send"):
        log = IncidentLog.create(folder, title)
        log.append(OOM)
        log.append(Closed(root_cause="no memory limit"))
        log.close()
    return folder


def last(folder: Path) -> Entry:
    return incidents.summary(folder, incidents.ids(folder)[0]).entries[-1]


def review(tmp_path: Path, script: str) -> str:
    """What the terminal shows when the editor is this script."""
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o700)
    terminal = Terminal(ARGV, 240, 30, EDITOR=str(editor), TMPDIR=str(tmp_path))
    try:
        terminal.wait_for("mailmedic: " if "exit" in script else "20")
        while terminal.read(0.3):
            pass
        return terminal.text()
    finally:
        terminal.close()


def test_the_draft_is_edited_and_stored_in_the_newest_incident(
    folder: Path, tmp_path: Path
) -> None:
    script = 'cp "$1" $0.seen; echo "[ ] set a limit | ana | 2026-12-01" >> "$1"'
    assert "entry 4, hash " in review(tmp_path, script)
    seen = (tmp_path / "editor.seen").read_text()
    assert "## What was the root cause of the outage?" in seen
    assert "\nno memory limit\n" in seen
    assert "an old one (no memory limit)" in seen, "the same cause before"
    data = last(folder).data
    assert isinstance(data, Reviewed)
    assert data.answers["What was the root cause of the outage?"] == "no memory limit"
    assert data.actions == (ActionItem(title="set a limit", owner="ana", due="2026-12-01"),)


def test_a_later_review_begins_where_the_earlier_one_ended(folder: Path, tmp_path: Path) -> None:
    review(tmp_path, 'echo "[ ] set a limit | ana | 2026-12-01" >> "$1"')
    assert "entry 5" in review(tmp_path, 'sed -i "s/^\\[ \\] set/[x] set/" "$1"')
    data = last(folder).data
    assert isinstance(data, Reviewed)
    assert [action.is_done for action in data.actions] == [True]


def test_what_is_not_written_is_not_stored(folder: Path, tmp_path: Path) -> None:
    assert "is as it was" in review(tmp_path, "true")
    assert "the text is kept in" in review(tmp_path, "exit 1")
    assert last(folder).kind == "closed"


def test_without_a_terminal_it_says_so(folder: Path) -> None:
    done = subprocess.run(ARGV, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "mailmedic: a review opens an editor: run it in a terminal\n"
