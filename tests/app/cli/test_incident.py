"""The incident log from a shell: list, show, print and export."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.incident.outage import OUTAGE
from tests.app.incident.stories import content
from tests.lab.daemon import until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of incidents with one that is closed."""
    monkeypatch.delenv("MAILMEDIC_CONFIG", raising=False)
    monkeypatch.setenv("TZ", "UTC")
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    folder = tmp_path / "XDG_STATE_HOME" / "mailmedic" / "incidents"
    folder.mkdir(parents=True)
    (folder / "2026-11-23-01.jsonl").write_bytes(content(OUTAGE))
    return folder


def incident(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "app", "incident", *words]
    return subprocess.run(
        argv, capture_output=True, encoding="utf-8", check=False, timeout=60, cwd=ROOT
    )


def test_list_tells_each_and_what_they_add_up_to(folder: Path) -> None:
    (folder / "2026-11-22-01.jsonl").mkdir()
    done = incident("list")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == [
        "2026-11-23-01", "closed", "SEV1", "33m", "20s", "35", "entries", "nobody", "can", "send"
    ]  # fmt: skip
    assert lines[1].startswith("not read: ")
    assert lines[2] == "incidents: 1, not closed: 0; SEV1 1"
    told = json.loads(incident("list", "--json").stdout)
    assert (told["mttr_mean"], len(told["unread"])) == (2000.0, 1)


def test_into_a_pipe_it_prints_pages_and_plain_does_not(folder: Path) -> None:
    paged, shown = incident("print").stdout, incident("show").stdout
    plain = incident("print", "--plain").stdout
    assert paged.count("\f") == paged.count("page ") - 1 > 0
    assert "\f" not in plain
    assert plain == shown
    assert plain.startswith("INCIDENT REPORT")


def test_into_a_terminal_it_prints_without_pages(folder: Path) -> None:
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "app", "incident", "print"]
    with subprocess.Popen(argv, stdout=theirs, cwd=ROOT) as process:
        os.close(theirs)
        seen = b""

        def is_over() -> bool:
            nonlocal seen
            try:
                seen += os.read(ours, 65536)
            except OSError:  # EIO: the other side was closed (pty(7))
                return True
            return False

        until(is_over, "the end of it")
        process.wait(10)
    os.close(ours)
    assert b"\f" not in seen
    assert seen.startswith(b"INCIDENT REPORT")
    assert b"Last hash" in seen


@pytest.mark.parametrize("name", ["json", "csv", "markdown", "text", "html"])
def test_export_writes_each_format_and_print_the_same(folder: Path, name: str) -> None:
    done = incident("export", f"--{name}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == incident("print", "2026-11-23-01", "--format", name).stdout


def test_a_file_is_written_in_the_format_of_its_name_and_only_once(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    done = incident("print", "--file", str(path))
    assert (done.returncode, done.stdout) == (0, f"{path}\n")
    assert path.read_text().startswith("<!DOCTYPE html>")
    again = incident("print", "--file", str(path))
    assert (again.returncode, again.stdout) == (3, "")
    assert "is there already" in again.stderr


def test_without_a_printer_the_report_is_kept_in_a_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = incident("print", "--to", "laser")
    assert (done.returncode, done.stdout) == (3, "")
    kept = folder.parent / "reports" / "incident-2026-11-23-01.txt"
    assert done.stderr == (
        "mailmedic: there is no lp here; the package cups-client has it; "
        f"the report is in {kept} instead\n"
    )
    assert "page 1 of" in kept.read_text()


def test_masked_names_no_address(folder: Path) -> None:
    for words in (("show",), ("print",), ("export", "--json")):
        said = incident(*words, "--mask").stdout
        assert "192.0.2.10" not in said
        assert "address-1" in said


def test_the_procedure_and_targets_are_those_of_the_config(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[[host]]\nname = "mail1"\n[targets.SEV1]\ndetect = 1\n')
    said = incident("show", "--config", str(config)).stdout
    assert "1s, MISSED" in said
    assert "Step 1, Initial assessment" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("print", "--format", "html", "--plain"), "--plain is for text"),
        (("print", "--to", "laser", "--format", "csv"), "--to is for text"),
        (("print", "--to", "laser", "--file", "x"), "not allowed with"),
        (("print", "2026-11-23-99"), "2026-11-23-99"),
        (("show", "../../etc/passwd"), "is not the id of an incident"),
    ],
)
def test_a_mistake_is_one_line(folder: Path, words: tuple[str, ...], said: str) -> None:
    done = incident(*words)
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
