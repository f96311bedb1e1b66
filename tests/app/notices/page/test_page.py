"""The status page: whole at any moment, valid, the same for eye, ear, feed reader and script."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import threading
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.notices.page import atom, html
from app.notices.page.publish import PublishError, publish
from app.notices.page.state import INCIDENTS, Page, Update, decode, encode, gated, with_update
from tests.app.incident.test_html import BLANK, browse
from tests.lab.daemon import need

VIENNA = ZoneInfo("Europe/Vienna")
OUT = {"Sending mail": "out", "Receiving mail": "partly", "Reading mail": "works"}
WELL = dict.fromkeys(OUT, "works")
ATOM = "{http://www.w3.org/2005/Atom}"


def update(number: int = 1, phase: str = "investigating", text: str = "Nobody can send.") -> Update:
    return Update(
        notice=f"users-{number}",
        at=f"2026-11-23T03:{number:02}:00.000Z",
        phase=phase,
        subject=f"Mail is disturbed <{number}> & “so”",
        text=text,
    )


def page(*incidents: tuple[str, ...]) -> Page:
    """Each incident with its phases, the oldest first."""
    made = Page()
    for n, phases in enumerate(incidents, 1):
        for number, phase in enumerate(phases, 1):
            parts = WELL if phase == "resolved" else OUT
            made = with_update(made, f"2026-11-{n:02}-01", update(number, phase), parts)
    return made


RUNS = page(("investigating", "resolved"), ("investigating", "identified"))
OVER = page(("investigating", "monitoring", "resolved"))


@pytest.mark.real
@pytest.mark.parametrize("shown", [RUNS, OVER, Page()])
def test_it_is_valid_html_without_a_warning(shown: Page, tmp_path: Path) -> None:
    need("tidy", "tidy")
    path = tmp_path / "index.html"
    path.write_text(html.render(shown, VIENNA), encoding="utf-8")
    done = subprocess.run(["tidy", "-q", "-e", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.real
def test_a_browser_draws_it_and_complains_of_nothing(tmp_path: Path) -> None:
    need("chromium", "chromium")
    path = tmp_path / "index.html"
    path.write_text(html.render(RUNS, VIENNA), encoding="utf-8")
    picture = path.with_suffix(".png")
    assert browse(path, f"--screenshot={picture}", "--window-size=900,1200") == ""
    assert picture.stat().st_size > BLANK


class Structure(HTMLParser):
    """Tags and words, as a screen reader meets them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_it_tells_the_same_to_who_does_not_see_it_and_runs_nothing() -> None:
    text = html.render(RUNS, VIENNA)
    read = Structure(text)
    names = [tag for tag, _ in read.tags]
    assert ("html", {"lang": "en"}) in read.tags
    assert names.count("h1") == names.count("main") == 1
    assert not {"script", "img", "iframe"} & {*names}
    assert "default-src 'none'" in text
    said = "".join(read.words)
    assert "Sending mail✗ does not work" in said
    assert "Receiving mail! works for some" in said
    assert "2026-11-23 04:02 CET" in said
    assert said.index("identified") < said.index("investigating"), "the newest first"
    assert all(attrs["datetime"] for tag, attrs in read.tags if tag == "time")
    assert "Mail status: Mail is disturbed" in said
    assert "Mail status: No disturbance is known" in "".join(
        Structure(html.render(OVER, VIENNA)).words
    )


def _contrast(one: str, other: str) -> float:
    """WCAG 2.1, 1.4.3."""

    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_each_colour_of_a_word_stands_out_from_the_page() -> None:
    colours = set(re.findall(r"[{; ]color: (#[0-9a-f]{6})", html.STYLE))
    assert len(colours) > 4
    assert all(_contrast(colour, "#ffffff") >= 4.5 for colour in colours)


def test_the_feed_has_what_rfc_4287_asks_for_and_each_update_once() -> None:
    feed = ET.fromstring(atom.render(RUNS, "/var/www/status"))
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    ids = [one.findtext(f"{ATOM}id") for one in (feed, *entries)]
    assert len(ids) == len({*ids}) == 5
    for one in (feed, *entries):
        assert one.findtext(f"{ATOM}title")
        assert str(one.findtext(f"{ATOM}id")).startswith("urn:uuid:")
        assert str(one.findtext(f"{ATOM}updated")).endswith("Z")
    again = ET.fromstring(atom.render(RUNS, "/var/www/status"))
    assert [one.findtext(f"{ATOM}id") for one in again.findall(f"{ATOM}entry")] == ids[1:]


def test_files_are_readable_for_everybody_whatever_the_umask_and_nothing_else_is_left(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "status"
    before = os.umask(0o077)
    try:
        publish(folder, "2026-11-23-01", update(), OUT, VIENNA)
    finally:
        os.umask(before)
    names = {path.name for path in folder.iterdir()}
    assert names == {"index.html", "status.json", "status.atom", ".status.lock"}
    for name in names - {".status.lock"}:
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o644
    assert decode((folder / "status.json").read_bytes()).incidents[0].updates == (update(),)


def test_what_is_published_again_replaces_what_it_was_and_history_is_kept(tmp_path: Path) -> None:
    for number, phase in ((1, "investigating"), (2, "resolved"), (2, "resolved")):
        publish(tmp_path, "2026-11-22-01", update(number, phase), OUT, VIENNA)
    found = publish(tmp_path, "2026-11-23-01", update(3), OUT, VIENNA)
    assert [len(one.updates) for one in found.incidents] == [1, 2]
    assert [one.id for one in found.open] == ["2026-11-23-01"]


def test_two_consoles_lose_nothing_of_what_the_other_said(tmp_path: Path) -> None:
    def tell(who: int) -> None:
        for n in range(10):
            publish(tmp_path, f"2026-11-{who:02}-01", update(n), OUT, VIENNA)

    threads = [threading.Thread(target=tell, args=(who,)) for who in (1, 2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    found = decode((tmp_path / "status.json").read_bytes())
    assert [len(one.updates) for one in found.incidents] == [10, 10]


@pytest.mark.parametrize("content", [b"{}", b"", b"[1]", b'{"schema": "x"}', b"\xff"])
def test_a_file_that_is_not_ours_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "status.json").write_bytes(content)
    if content == b"{}":
        publish(tmp_path, "2026-11-23-01", update(), OUT, VIENNA)
        return
    with pytest.raises(PublishError, match=r"status\.json: is no page of mailmedic's"):
        publish(tmp_path, "2026-11-23-01", update(), OUT, VIENNA)
    assert (tmp_path / "status.json").read_bytes() == content
    assert not (tmp_path / "index.html").exists()


def test_a_link_in_the_folder_leads_nowhere_else(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = tmp_path / "status"
    folder.mkdir()
    for name in ("index.html", "status.atom"):
        (folder / name).symlink_to(victim)
    publish(folder, "2026-11-23-01", update(), OUT, VIENNA)
    assert victim.read_text() == "mine"
    (folder / "status.json").unlink()
    (folder / "status.json").symlink_to(victim)
    with pytest.raises(PublishError, match=r"status\.json"):
        publish(folder, "2026-11-23-01", update(), OUT, VIENNA)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="no/such"):
        publish(tmp_path / "no" / "such", "x", update(), OUT, VIENNA)


def test_the_oldest_incident_leaves_a_full_page() -> None:
    made = Page()
    for n in range(INCIDENTS + 1):
        made = with_update(made, f"i{n}", update(), OUT)
    assert len(made.incidents) == INCIDENTS
    assert (made.incidents[0].id, made.incidents[-1].id) == (f"i{INCIDENTS}", "i1")


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_whatever_is_said_stays_words(text: str) -> None:
    told = update(text=f"{text}</p><script>x</script>")
    made = gated(with_update(Page(), "i", told, {text: text}))
    assert decode(encode(made)) == made
    rendered = html.render(made, VIENNA)
    assert "<script" not in rendered
    ET.fromstring(atom.render(made, "f"))
