"""One HTML file that needs nothing else: valid, and drawn by a real browser, also on paper."""

from __future__ import annotations

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.incident.kinds import Measured, Note, Opened
from app.incident.reports import html
from app.sop import load
from tests.app.incident.outage import OUTAGE
from tests.app.incident.stories import Said, story
from tests.lab.daemon import need

BROWSER = (
    "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-dev-shm-usage", "--disable-background-networking", "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr",
)  # fmt: skip


BLANK = 15_000
"""Bytes of a picture of an empty page of that size; one of letters takes 250,000."""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(html.render(story(OUTAGE, steps=load())), encoding="utf-8")
    return path


def browse(page: Path, *options: str) -> str:
    """Open the page in a browser that knows nobody; what its console said."""
    profile = page.with_name("profile")
    argv = [*BROWSER, f"--user-data-dir={profile}", *options, page.as_uri()]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=90)
    return "\n".join(line for line in done.stderr.split("\n") if ":CONSOLE" in line)


@pytest.mark.real
def test_it_is_valid_without_a_warning(page: Path) -> None:
    need("tidy", "tidy")
    done = subprocess.run(["tidy", "-q", "-e", page], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.real
def test_a_browser_draws_it_and_complains_of_nothing(page: Path) -> None:
    need("chromium", "chromium")
    picture = page.with_suffix(".png")
    said = browse(page, f"--screenshot={picture}", "--window-size=1000,2400")
    assert said == ""
    assert picture.stat().st_size > 10 * BLANK


@pytest.mark.real
def test_every_word_of_it_is_on_paper_with_pages_of_pages(page: Path) -> None:
    need("chromium", "chromium")
    need("poppler-utils", "pdftotext")
    pdf = page.with_suffix(".pdf")
    assert browse(page, "--no-pdf-header-footer", f"--print-to-pdf={pdf}") == ""
    argv = ["pdftotext", "-layout", str(pdf), "-"]
    printed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    pages = printed.removesuffix("\f").split("\f")
    for number, one in enumerate(pages, 1):
        assert f"page {number} of {len(pages)}" in one
        assert "Incident 2026-11-23-01" in one
    drawn = _letters(printed)
    told = story(OUTAGE, steps=load())
    for text in (
        "What happened",
        "Milestones",
        "Timeline",
        "Acknowledged",
        "Mail waiting",
        "4,000",
    ):
        assert _letters(text) in drawn
    for entry in told.entries:
        assert _letters(entry.text) in drawn
    assert _letters(told.head) in drawn
    shown = Words()
    shown.feed(page.read_text(encoding="utf-8"))
    missing = [word for word in shown.words if _letters(word) not in drawn]
    assert not missing


def _letters(text: str) -> str:
    """`text` without blanks: lines may break anywhere."""
    return "".join(text.split())


class Words(HTMLParser):
    """The words that a page shows."""

    def __init__(self) -> None:
        super().__init__()
        self.words: set[str] = set()
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in ("head", "title")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("head", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words |= set(data.split())


def test_it_needs_nothing_else_and_runs_nothing(page: Path) -> None:
    written = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in written
    for reach in (r"<script", r"\bsrc=", r"\bhref=", r"url\(", r"@import", r"\bon\w+=", r"<link"):
        assert not re.search(reach, written)
    assert set(re.findall(r"\w+://[^\"]*", written)) == {"http://www.w3.org/2000/svg"}


class Structure(HTMLParser):
    """Headings, tables and pictures, as somebody meets them who does not see the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_who_does_not_see_it_gets_headings_table_heads_and_words_for_pictures(page: Path) -> None:
    read = Structure()
    read.feed(page.read_text(encoding="utf-8"))
    names = [tag for tag, _ in read.tags]
    assert names.count("h1") == 1
    assert names.count("h2") > 8
    ids = [attrs["id"] for _, attrs in read.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all(attrs.get("aria-labelledby") in ids for tag, attrs in read.tags if tag == "table")
    assert all(attrs.get("scope") for tag, attrs in read.tags if tag == "th")
    timeline, queue = [attrs["aria-label"] or "" for tag, attrs in read.tags if tag == "svg"]
    assert "Onset 02:10:53; Detected 02:11:02" in timeline
    assert "Resolved 02:44:13" in timeline
    assert "12 messages waiting at 02:12:08, at most 3,290 at 02:22:08, 12 at" in queue


def test_without_figures_there_is_no_chart_and_without_time_no_timeline() -> None:
    unmeasured = [one for one in OUTAGE if not isinstance(one[2], Measured)]
    assert html.render(story(unmeasured)).count("<svg") == 1
    opened = Opened(incident="2026-11-23-01", title="x")
    assert "<svg" not in html.render(story([(0, "ana", opened)]))
    assert "<svg" not in html.render(story([]))


@pytest.mark.parametrize("seconds", [1, 59, 3600, 86_400, 8_640_000])
def test_a_timeline_has_a_few_marks_whatever_it_lasts(seconds: float) -> None:
    opened = Opened(incident="2026-11-23-01", title="x")
    said: list[Said] = [(0, "ana", opened), (seconds, "ana", Note())]
    marks = re.findall(r'class="mark" x="([\d.]+)"', html.render(story(said)))
    assert len(marks) <= 9
    assert seconds < 59 or len(marks) >= 2
    assert all(190 <= float(mark) <= 780 for mark in marks)
