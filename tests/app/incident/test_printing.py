"""Onto paper through a real CUPS, and into files that take nobody's place."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.incident import printing, reports
from app.incident.error import LogError
from app.incident.printing import PrintError, keep, printers, to_file, to_printer
from app.incident.reports import text
from app.incident.story import Story
from tests.app.incident.outage import OUTAGE
from tests.app.incident.stories import story
from tests.lab.cups import Cups, cups, jobs_of
from tests.lab.daemon import need, until


@pytest.fixture
def told() -> Story:
    return story(OUTAGE)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cups]:
    with cups() as server:
        monkeypatch.setenv("CUPS_SERVER", server.server)
        yield server


@pytest.mark.real
def test_a_printer_on_the_network_gets_every_byte_with_a_form_feed_between_pages(
    server: Cups, told: Story
) -> None:
    with server.listener("net") as printer:
        said = to_printer(told, "net")
        until(lambda: bool(printer.jobs), "the job")
    assert printer.jobs == [text.render(told).encode()]
    assert jobs_of(said) == ["net-1"]


@pytest.mark.real
@pytest.mark.parametrize("size", ["A4", "Letter"])
def test_a_page_of_ours_is_a_page_of_paper_and_no_line_is_broken(
    server: Cups, told: Story, size: str
) -> None:
    need("poppler-utils", "pdfinfo")
    pdf = server.paper("laser", size)
    (job,) = jobs_of(to_printer(told, "laser"))
    server.wait(job)
    until(lambda: pdf.exists() and b"%%EOF" in pdf.read_bytes(), "the PDF")
    said = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    facts = dict(line.split(":", 1) for line in said.splitlines())
    assert int(facts["Pages"]) == len(text.pages(told))
    assert size.lower() in facts["Page size"].lower()
    assert told.id in facts["Title"]


@pytest.mark.real
def test_a_stopped_printer_is_said_to_be_stopped_with_what_starts_it(
    server: Cups, told: Story
) -> None:
    server.paper("laser", "A4")
    server.run("cupsdisable", "-r", "out of toner", "laser")
    said = to_printer(told, "laser")
    assert said.endswith("is stopped (out of toner): `cupsenable laser` starts it")


@pytest.mark.real
def test_a_printer_that_is_not_there_is_one_line_with_those_that_are(
    server: Cups, told: Story
) -> None:
    server.paper("laser", "A4")
    server.paper("hall", "A4")
    assert set(printers()) == {"laser", "hall"}
    with pytest.raises(PrintError, match=r"printer lazer: .*not exist; there are hall, laser$"):
        to_printer(told, "lazer")
    server.run("cupsreject", "laser")
    with pytest.raises(PrintError, match=r"not accepting jobs"):
        to_printer(told, "laser")


@pytest.mark.real
def test_without_a_print_server_it_is_said_at_once(server: Cups, told: Story) -> None:
    server.kill()
    with pytest.raises(PrintError, match=r"^printer laser: .*; CUPS knows of no printer here$"):
        to_printer(told, "laser")


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_machine_without_cups_says_which_package_has_it(
    told: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert printers() == ()
    with pytest.raises(PrintError, match="there is no lp here; the package cups-client has it"):
        to_printer(told, "laser")


def test_an_lp_that_never_ends_costs_its_deadline(
    told: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "lp", "exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(printing, "WITHIN", 0.2)
    with pytest.raises(PrintError, match="no answer in"):
        to_printer(told, "laser")


def test_a_job_that_the_queue_does_not_know_is_not_called_printed(
    told: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "lp", "cat >/dev/null; echo request id is laser-7 '(1 file(s))'")
    program(tmp_path, "lpstat", "echo laser-70 root 1024 today")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(PrintError, match="knows of no such job"):
        to_printer(told, "laser")


@pytest.mark.parametrize("name", reports.names())
def test_a_file_is_whole_and_private(told: Story, tmp_path: Path, name: str) -> None:
    path = to_file(told, tmp_path / "report", name)
    assert path.read_bytes() == reports.load(name).render(told).encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_a_file_that_is_there_stays_as_it_is(told: Story, tmp_path: Path, kind: str) -> None:
    there, path = tmp_path / "there", tmp_path / "report.txt"
    if kind != "dangling link":
        there.write_text("mine")
    path.write_text("mine") if kind == "file" else path.symlink_to(there)
    with pytest.raises(LogError, match="is there already"):
        to_file(told, path, "text")
    assert path.is_symlink() == (kind != "file")
    assert not there.exists() or there.read_text() == "mine"


def test_a_folder_gets_a_file_named_by_incident_and_format(told: Story, tmp_path: Path) -> None:
    assert to_file(told, tmp_path, "html") == tmp_path / "incident-2026-11-23-01.html"


def test_what_can_not_be_written_is_one_line(told: Story, tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"report\.txt: can't be written: No such file"):
        to_file(told, tmp_path / "nowhere" / "report.txt", "text")


def test_what_is_kept_takes_the_next_free_name(told: Story, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    names = [keep(told, folder).name for _ in range(3)]
    assert names == [f"incident-2026-11-23-01{n}.txt" for n in ("", "-2", "-3")]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
