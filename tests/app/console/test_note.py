"""Notes: typed from anywhere, in the log when written, never lost before."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import desktop as desktops
from tests.desktop import MAIN, Desktop, settle, wait_until_gone


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text('[system]\nname = "Lab"\n[[host]]\nname = "mx"\naddress = "127.0.0.1"\n')
    return path


@pytest.fixture
def desktop(config: Path, tmp_path: Path) -> Iterator[Desktop]:
    with desktops.desktop(config, tmp_path / "state") as found:
        yield found


def texts(desktop: Desktop) -> list[str]:
    return [entry.text for entry in desktop.entries("note")]


def test_a_note_of_several_lines_is_written_and_the_log_strip_shows_it(desktop: Desktop) -> None:
    desktop.shell("incident", "open", "nobody can send")
    console = desktop.console()
    console.wait_for("─ Incident 20")
    console.press("n")
    console.wait_for("Note for incident")
    # Over a slow line, these come at once.
    console.press("mail1 is fulls\x7f\rdeletting\x1b[D\x1b[D\x1b[D\x7f\x1b[F nq\r/!w1")
    console.wait_for("/!w1")
    wait_until_gone(console, MAIN)
    console.press("\x13")
    console.wait_for(MAIN)
    console.wait_for("mail1 is full")
    assert texts(desktop) == ["mail1 is full\ndeleting nq\n/!w1"]
    assert "draft: n" not in settle(console)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL, signal.SIGTERM])
def test_a_lost_session_leaves_the_draft_and_the_next_start_says_so(
    desktop: Desktop, number: signal.Signals
) -> None:
    desktop.shell("incident", "open", "nobody can send")
    console = desktop.console()
    console.wait_for("─ Incident 20")
    console.press("n")
    console.wait_for("Note for incident")
    console.press("half a thou")
    console.wait_for("draft kept")
    if number != signal.SIGKILL:
        console.press("ght")
        console.wait_for("half a thought")
    else:
        settle(console)
    console.process.send_signal(number)
    console.process.wait(5)
    again = desktop.console()
    again.wait_for("draft: n")
    again.press("n")
    again.wait_for("half a thou" if number == signal.SIGKILL else "half a thought")
    again.wait_for("draft, not written yet")
    wait_until_gone(again, MAIN)
    again.press(", whole\x13")
    again.wait_for(MAIN)
    wait_until_gone(again, "draft: n")
    (text,) = texts(desktop)
    assert text.startswith("half a thou")
    assert text.endswith(", whole")


def test_escape_keeps_the_draft_and_without_an_incident_it_says_what_opens_one(
    desktop: Desktop,
) -> None:
    console = desktop.console(80, 24)
    console.press("n")
    console.wait_for("no incident is open, i opens one")
    console.press("seen at 03:10\x13")
    console.wait_for("no incident is open; i opens one")
    assert "seen at 03:10" in settle(console)
    console.press("\x1b")
    console.wait_for("draft: n")
    settle(console)
    desktop.shell("incident", "open", "nobody can send")
    console.wait_for("─ Incident 20")
    console.press("n")
    wait_until_gone(console, MAIN)
    console.wait_for("seen at 03:10")
    console.press("\x13")
    console.wait_for(MAIN)
    assert texts(desktop) == ["seen at 03:10"]


def test_n_works_in_an_open_panel_and_the_evidence_and_is_a_letter_in_a_filter(
    desktop: Desktop,
) -> None:
    desktop.shell("incident", "open", "nobody can send")
    console = desktop.console()
    console.wait_for("─ Incident 20")
    for opening, shown in (("1\r", "faults only"), ("e", "─ Evidence at"), ("?", "KEYS")):
        console.press(opening)
        console.wait_for(shown)
        console.press("n")
        console.wait_for("Note for incident")
        settle(console)
        console.press("\x1b")
        console.wait_for(shown)
        settle(console)
        console.press("q")
        console.wait_for(MAIN)
    console.press("1/nn")
    console.wait_for("/nn")
    assert "Note for incident" not in settle(console)
