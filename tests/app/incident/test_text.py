"""Text for paper: 80 columns, whole entries, nothing that a printer obeys but the form feed."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from app.incident.kinds import CommandEnded, Measured, Note, Opened, QueueSize
from app.incident.reports import text
from app.incident.story import Story
from app.sop import load
from tests.app.incident.outage import OUTAGE
from tests.app.incident.stories import Said, story

OPENED = Opened(incident="2026-11-23-01", title="nobody can send")

WORDS = st.text(
    st.one_of(
        st.sampled_from("ab \n\t.,é€—漢字한 \u0301\x00\x1b\x9b\u202e\u2028\f\r"),
        st.characters(max_codepoint=0x24F),
    ),
    max_size=400,
)
LONG = st.integers(0, 90).map(lambda n: "\n".join(f"line {one}" for one in range(n)))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Notes of all lengths; each begins and ends with a mark of its own."""
    texts = draw(st.lists(st.one_of(WORDS, LONG), max_size=30))
    gaps = draw(st.lists(st.integers(0, 90_000), min_size=len(texts), max_size=len(texts)))
    said: list[Said] = [(0, "ana", OPENED)]
    said += [(sum(gaps[: n + 1]), "raj", Note()) for n in range(len(texts))]
    marked = [f"<{n}< {one} >{n}>" for n, one in enumerate(texts, 2)]
    return story(said, ["", *marked])


@given(stories())
@settings(max_examples=80)
def test_pages_hold_58_lines_of_80_cells_and_no_control_characters(told: Story) -> None:
    pages = text.render(told).split("\f")
    for number, page in enumerate(pages, 1):
        assert page.endswith("\n")
        lines = page.removesuffix("\n").split("\n")
        assert len(lines) == text.PAGE
        assert max(map(cell_len, lines)) <= text.WIDTH
        assert all(line.isprintable() for line in lines)
        assert lines[0].endswith(f"page {number} of {len(pages)}")
        assert lines[0].startswith("Incident 2026-11-23-01  nobody can send")
        assert lines[-1] == f"hash {told.head}"


@given(stories())
@settings(max_examples=80)
def test_every_entry_is_there_once_and_in_order(told: Story) -> None:
    for written in (text.render(told), text.plain(told)):
        numbers = re.findall(r"^ *(\d+) \d\d:\d\d:\d\d (?:ana|raj) ", written, re.MULTILINE)
        assert [int(number) for number in numbers] == [entry.n for entry in told.entries]


@given(stories())
@settings(max_examples=80)
def test_no_entry_is_split_but_one_that_is_longer_than_a_page(told: Story) -> None:
    pages = text.render(told).split("\f")
    for entry in told.entries[1:]:
        begins = [place for place, page in enumerate(pages) if f"<{entry.n}<" in page]
        ends = [place for place, page in enumerate(pages) if f">{entry.n}>" in page]
        assert len(begins) == len(ends) == 1
        continued = sum(page.count(f"Entry {entry.n}, continued") for page in pages)
        assert ends[0] - begins[0] == continued
        if continued:
            assert sum(map(_lines, entry.lines())) > text.BODY - 5


def _lines(line: str) -> int:
    return 1 + cell_len(line) // 30


@given(stories())
@settings(max_examples=50)
def test_plain_has_no_pages_and_no_form_feeds(told: Story) -> None:
    written = text.plain(told)
    assert "page 1 of" not in written
    lines = written.removesuffix("\n").split("\n")
    assert max(map(cell_len, lines)) <= text.WIDTH
    assert all(line.isprintable() for line in lines)
    assert lines[-1] == told.head


def test_an_entry_longer_than_a_page_loses_no_line() -> None:
    output = "\n".join(f"line {n}" for n in range(300))
    ended = CommandEnded(
        begun="x", host="mail1", argv=("postqueue", "-p"), outcome="done", output=output
    )
    written = text.render(story([(0, "ana", OPENED), (1, "ana", ended)]))
    assert re.findall(r"> (line \d+)", written) == output.split("\n")
    assert written.count("Entry 2, continued") == len(written.split("\f")) - 3


def test_the_first_page_tells_it_to_somebody_who_reads_no_further() -> None:
    first = text.render(story(OUTAGE, steps=load())).partition("\f")[0]
    for said in (
        "Summary: Nobody could send for 13 minutes; no mail was lost.",
        "Root cause: The nightly backup took all memory",
        "Prevention: The backup runs with MemoryMax=2G",
        "Left open: Management told of the end",
        "Severity  SEV1",
        "Scope     nobody can send: smtp, submission on mail1",
        "Onset     Mon 2026-11-23 02:10:53",
        "Lasted    33m 20s",
        "TTD  to detect        02:11:02  9s       5m 0s, met",
        "TTR  to resolve       02:44:13  33m 20s  4h 0m, met   last resolved - onset",
        "Notices in time: 1 of 1",
        "ana  lead from 02:12:28",
        "raj  communications from 02:13:53",
        "chain of hashes intact",
    ):
        assert said in first


def test_the_rest_tells_who_did_what_and_what_was_not_done() -> None:
    written = text.plain(story(OUTAGE, steps=load()))
    for said in (
        "2 of 7 done, from 02:13:13 to 02:14:13 (1m 0s).",
        "Mail confirmed down  done, signed off by raj  ana  02:13:13",
        "Step 3, Troubleshoot",
        "02:20:13  raj   ruled out   Somebody upgraded Postfix",
        "02:22:53  ana  mail1  systemctl restart postfix  done after 3s, exit status 0",
        "Most messages waiting: 3,290, at 02:22:08.",
        "Back to what it was at first after 15m 0s.",
        "Alarm at 90 % memory      raj    2026-12-01  no",
    ):
        assert said in written


def test_a_queue_that_could_not_be_read_counts_as_it_was_last_seen() -> None:
    def seen(**sizes: int) -> Measured:
        return Measured(queues=tuple(QueueSize(host=h, active=n) for h, n in sizes.items()))

    said: list[Said] = [(0, "ana", OPENED), (60, "ana", seen(mail1=9, mail2=4))]
    said += [(120, "ana", seen(mail2=6)), (180, "ana", seen(mail1=2, mail2=0))]
    told = story(said)
    assert [total for _, total in told.waiting] == [13, 15, 2]
    assert "Most messages waiting: 15, at 02:12:53." in text.plain(told)
    assert "Most messages waiting: 0" in text.plain(story([(0, "ana", Measured())]))


def test_a_command_without_an_end_is_unknown() -> None:
    before = [one for one in OUTAGE if not isinstance(one[2], CommandEnded)]
    row = next(line for line in text.plain(story(before)).split("\n") if "mail1  systemctl" in line)
    assert "unknown: the" in row


def test_a_missed_target_and_a_broken_chain_are_not_overlooked() -> None:
    told = story(OUTAGE)
    slow = {"SEV1": told.targets["SEV1"].__class__(detect=1)}
    written = text.plain(story(OUTAGE, targets=slow))
    assert "9s       1s, MISSED" in written
    broken = Story(
        id=told.id,
        entries=told.entries,
        verified=told.verified.__class__(entries=3, head="x", broken="entry 2 was removed"),
    )
    assert text.plain(broken).count("CHAIN BROKEN: entry 2 was removed") == 2


def test_an_open_incident_says_what_is_not_known_yet() -> None:
    written = text.plain(story(OUTAGE[:5]))
    assert "It is not closed: summary, root cause and prevention are written then." in written
    assert "State     open, as of entry 5 at 02:12:03" in written
    assert "Lasted    not resolved" in written


def test_an_empty_log_is_a_report_too() -> None:
    assert "0 entries" in text.render(story([]))
