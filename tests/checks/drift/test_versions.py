"""Baselines that are taken by themselves: what counts as good, and that none hides a change."""

from __future__ import annotations

import os
import tempfile
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.drift import _baseline, _remembered, _watch, changes
from checks.drift._answer import parse
from checks.drift._baseline import Kept
from checks.drift._copy import Copy, View
from checks.drift._memory import Memory
from checks.drift._versions import (
    TEXTS_KEPT,
    VERSIONS_KEPT,
    WINDOW,
    Baseline,
    Health,
    compared,
    pruned,
    settled,
)
from checks.drift._watch import Drift, Watch
from checks.facts import BY_ITSELF, BY_PERSON, ChangeFacts, Good
from checks.hosts import Output
from checks.hosts.local import LocalLogin
from checks.model import Host, Result, State
from tests.checks.drift.test_changes import Machine, kinds

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Story:
    """A host with one file, whose content is the number of the edit; time goes by as it is told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.at = T0
        self.edit = 0
        self.healthy_since: datetime | None = None
        self.others: dict[str, Copy] = {}
        monkeypatch.setattr(_watch, "now", lambda: self.at)
        self.start()

    def start(self) -> None:
        """As a program that has just been started."""
        host = Host(name="mail1", address="mail1", watch=("/etc",))
        self.watch = Watch(host, LocalLogin(), str(self.folder))
        self.healthy_since = None
        self.copy = copy(self.edit)

    def change(self) -> None:
        self.edit += 1
        self.copy = copy(self.edit)

    def look(self, *, retake: bool = False) -> Drift:
        self.watch.load()
        health = Health(self.healthy_since, self.at) if self.healthy_since else None
        self.watch.health = health
        view = View(files={"/etc/a": self.copy, **self.others})
        return self.watch.compare(view, retake=retake)

    def pass_by(self, time: timedelta, *, healthy: bool, every: timedelta = 10 * MINUTE) -> Drift:
        """Look again and again for so long."""
        end = self.at + time
        while self.at < end:
            self.at += min(every, end - self.at)
            self.healthy_since = (self.healthy_since or self.at) if healthy else None
            drift = self.look()
        return drift


def copy(edit: int) -> Copy:
    return Copy(
        stamp=str(edit), mtime=T0.timestamp() + edit, access="", digest=f"d{edit}", text=f"{edit}\n"
    )


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    told = Story(tmp_path, monkeypatch)
    told.look()
    return told


def edits(drift: Drift) -> list[tuple[int, int]]:
    """The changes that are listed: from which edit to which."""
    pairs = [
        (int(line[1:]) for line in change.diff if line[1:].isdigit()) for change in drift.changes
    ]
    return sorted((old, new) for old, new in pairs)


def test_what_stood_for_an_hour_of_health_counts_as_good_and_stays_listed_for_three_days(
    story: Story,
) -> None:
    story.pass_by(2 * HOUR, healthy=True)
    story.change()
    young = story.pass_by(50 * MINUTE, healthy=True)
    assert [one.by for one in young.versions] == [""]
    drift = story.pass_by(20 * MINUTE, healthy=True)
    first, newest = drift.versions
    assert (newest.by, newest.files["/etc/a"]) == (BY_ITSELF, story.copy)
    (listed,) = drift.changes
    assert listed.good_since == newest.at
    assert edits(story.pass_by(WINDOW - HOUR, healthy=True)) == [(0, 1)]
    assert edits(story.pass_by(2 * HOUR, healthy=True)) == []
    assert [one.at for one in story.look().versions] == [first.at, newest.at]


def test_during_an_outage_nothing_drops_out_of_the_list_however_long_it_lasts(
    story: Story,
) -> None:
    story.change()
    story.pass_by(3 * HOUR, healthy=True)
    story.change()
    drift = story.pass_by(10 * DAY, healthy=False)
    assert edits(drift) == [(0, 1), (1, 2)]
    assert [bool(one.good_since) for one in drift.changes] == [False, True]
    story.start()
    assert edits(story.look()) == [(0, 1), (1, 2)]


def test_a_break_in_health_begins_the_hour_anew_and_old_word_of_health_does_not_count(
    story: Story,
) -> None:
    story.change()
    story.pass_by(HOUR, healthy=True)
    story.pass_by(10 * MINUTE, healthy=False)
    assert len(story.pass_by(HOUR, healthy=True).versions) == 1
    assert len(story.pass_by(20 * MINUTE, healthy=True).versions) == 2
    story.change()
    story.pass_by(30 * MINUTE, healthy=True)
    stale = story.watch.health
    story.at += HOUR
    story.watch.health = stale
    view = View(files={"/etc/a": story.copy})
    assert len(story.watch.compare(view, retake=False).versions) == 2


def test_a_file_that_is_rewritten_all_the_time_keeps_nothing_else_from_counting(
    story: Story,
) -> None:
    story.change()
    for number in range(12):
        story.others = {"/etc/map": copy(100 + number)}
        story.pass_by(10 * MINUTE, healthy=True)
    newest = story.look().versions[-1]
    assert newest.files["/etc/a"] == story.copy
    assert "/etc/map" not in newest.files


def test_a_file_that_is_out_of_sight_keeps_what_counted_as_good(story: Story) -> None:
    story.copy = msgspec.structs.replace(copy(0), digest="", text=None, access="0600 0:0")
    newest = story.pass_by(3 * HOUR, healthy=True).versions[-1]
    assert newest.files["/etc/a"].text == "0\n"


def test_the_word_of_a_person_ends_the_list(story: Story) -> None:
    story.change()
    story.pass_by(2 * HOUR, healthy=True)
    story.change()
    taken = story.look(retake=True)
    assert [one.by for one in taken.versions] == ["", BY_ITSELF, BY_PERSON]
    assert edits(taken) == []


def test_who_was_faster_is_not_overwritten(story: Story, tmp_path: Path) -> None:
    story.pass_by(HOUR, healthy=True)
    story.change()
    story.pass_by(50 * MINUTE, healthy=True)
    other = Watch(Host(name="mail1", address="mail1", watch=("/etc",)), LocalLogin(), str(tmp_path))
    other.load()
    story.at += 20 * MINUTE
    story.watch.load()
    other.compare(View(files={"/etc/a": story.copy}), retake=True)
    story.watch.health = Health(story.healthy_since or T0, story.at)
    story.watch.compare(View(files={"/etc/a": story.copy}), retake=False)
    assert [one.by for one in story.look().versions] == ["", BY_PERSON]


def test_an_edit_that_was_undone_and_is_made_again_is_told_as_of_now(story: Story) -> None:
    before, after = story.copy, copy(1)
    for one in (after, before, after):
        story.copy = one
        drift = story.pass_by(2 * HOUR, healthy=True)
    assert len(drift.changes) == 3
    story.copy = before
    story.pass_by(2 * HOUR, healthy=True)
    story.copy = after
    drift = story.look()
    assert edits(drift) == [(0, 1), (0, 1), (0, 1), (1, 0), (1, 0)]
    assert [bool(one.good_since) for one in drift.changes].count(False) == 1


def test_a_console_that_watches_less_hides_no_change_from_one_that_watches_more(
    tmp_path: Path,
) -> None:
    def look(paths: tuple[str, ...], files: dict[str, Copy]) -> list[str]:
        watch = Watch(Host(name="mx", address="mx", watch=paths), LocalLogin(), str(tmp_path))
        watch.load()
        return [one.path for one in watch.compare(View(files=files), retake=False).changes]

    more = {"/etc/a": copy(1), "/srv/b": copy(2)}
    assert look(("/etc", "/srv"), more) == []
    assert look(("/etc",), {"/etc/a": copy(1)}) == []
    assert look(("/etc", "/srv"), more | {"/srv/b": copy(3)}) == ["/srv/b"]
    assert look(("/etc",), {}) == ["/etc/a"]
    assert look(("/etc", "/opt"), {"/etc/a": copy(1), "/opt/c": copy(4)}) == []
    assert look(("/etc", "/srv"), more | {"/srv/b": copy(3)}) == ["/srv/b"]


STEPS = st.lists(
    st.sampled_from(("edit", "start", "well", "ill", "well long", "ill long")), max_size=14
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_no_change_of_the_window_before_the_last_health_is_ever_hidden(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        story = Story(Path(folder), monkeypatch)
        story.look()
        made: dict[int, datetime] = {}
        last_healthy = T0
        for step in steps:
            match step.split():
                case ["edit"]:
                    story.at += 7 * MINUTE
                    story.change()
                    made[story.edit] = story.at
                case ["start"]:
                    story.start()
                case [state, *long]:
                    is_well = state == "well"
                    time, every = (30 * HOUR, 5 * HOUR) if long else (40 * MINUTE, 20 * MINUTE)
                    story.pass_by(time, healthy=is_well, every=every)
                    if is_well:
                        last_healthy = story.at
            drift = story.look()
            spans = edits(drift)
            for edit, at in made.items():
                if at > last_healthy - WINDOW:
                    assert any(old < edit <= new for old, new in spans), (edit, spans)
            for one in drift.versions:
                if one.by == BY_ITSELF:
                    content = int(one.files["/etc/a"].text or "0")
                    assert one.at - made.get(content, T0) >= HOUR


def version(at: datetime, *copies: Copy, by: str = BY_ITSELF) -> Baseline:
    files = {f"/etc/{number}": one for number, one in enumerate(copies)}
    return Baseline(at=at, watched=("/etc",), files=files, by=by)


def test_of_too_many_versions_both_ends_of_the_list_stay_and_neighbours_become_one() -> None:
    inside = tuple(version(T0 + HOUR * n, copy(n)) for n in range(VERSIONS_KEPT + 10))
    kept = pruned(inside)
    assert (len(kept), kept[0], kept[-1]) == (VERSIONS_KEPT, inside[0], inside[-1])
    spread = tuple(version(T0 + DAY * n, copy(n)) for n in range(VERSIONS_KEPT + 10))
    kept = pruned(spread)
    assert kept == spread[-VERSIONS_KEPT:]
    assert compared(kept) == compared(spread)


def test_texts_are_bounded_and_what_is_alike_is_kept_once(tmp_path: Path) -> None:
    def big(n: int) -> Copy:
        return Copy(
            stamp=str(n), mtime=n, access="", digest=str(n), text=str(n % 10) * (TEXTS_KEPT // 4)
        )

    different = tuple(version(T0 + HOUR * n, big(n)) for n in range(9))
    assert len(pruned(different)) == 4
    same = big(0)
    alike = tuple(version(T0 + HOUR * n, same, copy(n)) for n in range(9))
    assert len(pruned(alike)) == 9
    _baseline.write(tmp_path / "x", alike)
    assert len(zlib.decompress((tmp_path / "x").read_bytes())) < TEXTS_KEPT // 4 + 10_000
    read = _baseline.read(tmp_path / "x")
    assert read == alike
    assert read[0].files["/etc/0"] is read[8].files["/etc/0"]


def test_a_baseline_of_before_there_were_versions_is_read(tmp_path: Path) -> None:
    one = version(T0, copy(0), by="")
    old = msgspec.json.encode({"at": one.at, "watched": one.watched, "files": one.files})
    (tmp_path / "x").write_bytes(zlib.compress(old))
    assert _baseline.read(tmp_path / "x") == (one,)


def test_health_is_written_again_only_when_an_hour_has_passed() -> None:
    versions = (version(T0, copy(0)),)
    seen = settled(versions, {}, T0 + MINUTE)
    assert seen[-1].healthy_at == T0 + MINUTE
    assert settled(seen, {}, T0 + HOUR) is seen
    assert settled(seen, {}, T0 + 2 * HOUR)[-1].healthy_at == T0 + 2 * HOUR
    # Our clock has been put back by a month: what lies ahead would hide all that was before.
    assert settled(seen, {}, T0 - 30 * DAY)[-1].healthy_at == T0 - 30 * DAY


class Clocked:
    """A host with a clock of its own, ten minutes ahead, while all has been healthy for hours."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.machine = Machine(folder)
        self.at = T0
        self.ahead = 10 * MINUTE
        self._clock = folder / "clock"
        self._patch = monkeypatch
        program = folder / "date"
        clock = f'[ "$1" = "+%s %z" ] && cat {self._clock} || echo 2026-11-23'
        program.write_text(f"#!/bin/sh\n{clock}\n")
        program.chmod(0o755)
        changes._memories.clear()

    @property
    def there(self) -> datetime:
        return self.at + self.ahead

    async def look(self, after: timedelta) -> Result:
        self.at += after
        self._clock.write_text(f"{self.there.timestamp():.0f} +0000\n")
        self._patch.setattr(_remembered, "now", lambda: self.at)
        memory = changes._memory_of("mail1", str(self.machine.state))
        memory.health = Health(self.at - 2 * HOUR, self.at)
        return await self.machine.look()


@pytest.fixture
def clocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clocked:
    return Clocked(tmp_path, monkeypatch)


async def test_settings_count_as_good_by_our_clock_and_changed_by_the_hosts(
    clocked: Clocked,
) -> None:
    machine, look = clocked.machine, clocked.look
    machine.says("postconf", "relayhost = a\n")
    await look(MINUTE)
    machine.says("postconf", "relayhost = b\n")
    await look(MINUTE)
    machine.says("nft", "table inet x {\n}\n")
    await look(HOUR)
    result = await look(MINUTE)
    assert isinstance(result.facts, ChangeFacts)
    # By the look before this one: the parameter had stood for an hour, the rules for none.
    good_at = clocked.at - MINUTE
    assert result.facts.good == Good(good_at, BY_ITSELF, good_at)
    good = {one.kind: one.good_since for one in result.facts.changes}
    assert good == {"parameter": good_at, "firewall": None}
    changes._memories.clear()  # as a program that has just been started
    again = await look(5 * MINUTE)
    assert isinstance(again.facts, ChangeFacts)
    (rule,) = [one for one in again.facts.changes if one.kind == "firewall"]
    assert rule.after == T0 + 12 * MINUTE  # when it was last seen otherwise
    assert kinds(await look(4 * DAY)) == [("firewall", "− tcp dport 25 accept")]


async def test_a_clock_over_there_that_jumps_makes_nothing_good_and_hides_nothing(
    clocked: Clocked,
) -> None:
    machine, look = clocked.machine, clocked.look
    machine.says("postconf", "relayhost = a\n")
    await look(MINUTE)
    machine.says("postconf", "relayhost = b\n")
    await look(DAY)
    await look(2 * HOUR)
    machine.says("postconf", "relayhost = c\n")
    await look(MINUTE)
    clocked.ahead = 30 * DAY
    jumped = await look(MINUTE)
    assert isinstance(jumped.facts, ChangeFacts)
    parameters = [one for one in jumped.facts.changes if one.kind == "parameter"]
    assert [one.good_since for one in parameters] == [None, clocked.at - 2 * MINUTE]
    clocked.ahead = 10 * MINUTE
    await look(3 * HOUR)
    assert [kind for kind, _ in kinds(await look(MINUTE))] == ["parameter", "parameter"]


class Seeing:
    """A host's crontabs through a login that may see all of them, or not; all is healthy."""

    ALL = "/etc/crontab:a\ncrontab of root:0 5 * * * x"
    LESS = "/etc/crontab:a\n%unseen crontabs of root and others: sudo: a password is required"

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.memory = Memory(str(folder), "mail1")
        self.at = T0
        monkeypatch.setattr(_remembered, "now", lambda: self.at)

    def look(self, text: str, *more: str) -> list[str]:
        self.at += 2 * HOUR
        head = [
            f"host {self.at.timestamp():.0f} +0000 9 mm",
            f"= cron 0 {text.encode().hex()[-64:]}",
        ]
        lines = [*head, *(f"|{line}" for line in text.split("\n")), *more, "end", ""]
        answer = parse(Output(stdout="\n".join(lines).encode(), stderr=b"", exit_status=0))
        self.memory.load()
        self.memory.take(answer)
        self.memory.health = Health(self.at - 2 * HOUR, self.at)
        assert self.memory.keep(retake=False) == ""
        return [one.text for one in self.memory.differences()]


@pytest.fixture
def seeing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seeing:
    return Seeing(tmp_path, monkeypatch)


def test_what_a_login_saw_no_more_for_a_while_is_compared_with_what_it_saw_before(
    seeing: Seeing,
) -> None:
    assert seeing.look(seeing.ALL) == []
    for _ in range(3):
        assert seeing.look(seeing.LESS) == []
    assert len(seeing.memory.versions) == 1
    assert seeing.look(seeing.ALL.replace("x", "y")) == ["+ crontab of root:0 5 * * * y and 1 more"]


def test_what_a_login_sees_at_last_belongs_to_the_baseline_from_then_on(seeing: Seeing) -> None:
    assert seeing.look(seeing.LESS) == []
    assert seeing.look(seeing.ALL) == []
    assert len(seeing.memory.versions) == 1
    assert seeing.look(seeing.ALL.replace("x", "y")) == ["+ crontab of root:0 5 * * * y and 1 more"]


def test_a_host_that_sends_other_sections_at_each_look_fills_no_memory(seeing: Seeing) -> None:
    for number in range(3):
        seeing.look(seeing.ALL, f"= x{'y' * number} 0 ab", "|text", "= cron-b 0 ab", "|b")
    assert {*seeing.memory.seen, *seeing.memory._looked} == {"cron"}
    assert seeing.memory.versions[-1].files["cron"].text == seeing.ALL


def test_names_that_come_and_go_fill_neither_memory_nor_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_remembered, "NAMES_KEPT", 20)
    memory = _remembered.Remembered(tmp_path / "x")
    for look in range(9):
        memory.notice({f"A {look}.{n}.test": (copy(n), T0) for n in range(7)})
        memory.keep(retake=False)
    assert len(memory.versions[-1].files) == 20
    assert len(memory._looked) <= 27


def test_a_baseline_that_another_program_takes_at_that_very_moment_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = Kept(tmp_path / "x"), Kept(tmp_path / "x")
    person = (version(T0, copy(1), by=BY_PERSON),)

    def fsync(_: int) -> None:
        monkeypatch.undo()
        assert theirs.keep(person) == ""

    monkeypatch.setattr(os, "fsync", fsync)
    assert ours.keep_by_itself((version(T0, copy(0), by=""),)) == ""
    assert (ours.versions, _baseline.read(tmp_path / "x")) == (person, person)
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


async def test_a_hold_that_is_over_warns_no_more_also_where_it_counted_as_good(
    clocked: Clocked,
) -> None:
    machine, look = clocked.machine, clocked.look
    await look(MINUTE)
    machine.says("dpkg-query", "postfix 3.7.10 hi \ndovecot-core 2.3 ii \n")
    assert (await look(MINUTE)).state == State.WARNING
    await look(2 * HOUR)
    machine.says("dpkg-query", "postfix 3.7.10 ii \ndovecot-core 2.3 ii \n")
    over = await look(MINUTE)
    assert over.state == State.OK
    assert kinds(over) == [("hold", "postfix no longer on hold"), ("hold", "postfix on hold")]
