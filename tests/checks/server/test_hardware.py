from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.facts import HardwareFacts, RaidArray
from checks.hosts import Denied, Output, TimedOut
from checks.hosts.local import LocalLogin
from checks.model import State, now
from checks.server import _smart
from checks.server import hardware as module
from checks.server._hardware_table import parse
from checks.server._judged import Judged
from checks.server._look import Garbled
from checks.server._recent import Recent
from checks.server._smart import Disks
from checks.server.hardware import Counts, judge, judge_array, judge_boot, judge_disks
from tests.checks.server.asking import Answers, Far, ask, own_host
from tests.lab.daemon import need, short_folder
from tests.ordinary_user import NOBODY

# mdstat and last as real machines printed them (from bug reports); sensors and EDAC by hand.
SAID = """\
uptime 6831.77 13275.51
oom_kill 3
mce          0          2   Machine check exceptions
md Personalities : [raid1] [linear] [multipath] [raid0] [raid6] [raid5] [raid4] [raid10]
md md2 : active (auto-read-only) raid1 sdb6[3](W) sda1[2]
md       3142656 blocks super 1.2 [2/2] [UU]
md       bitmap: 0/1 pages [0KB], 65536KB chunk
md
md md0 : active raid1 sdb4[3]
md       2094080 blocks super 1.2 [2/1] [_U]
md       [=>...................]  recovery =  8.5% (44544/524224) finish=0.1min speed=44544K/sec
md
md md5 : inactive sdc1[0](S)
md       1046528 blocks super 1.2
md
md unused devices: <none>
edac ce_count 4
edac ue_count 0
edac ce_count 1
temp 47000 100000 coretemp Package id 0
temp 97000 100000 coretemp Core 1
temp 41850 65261850 nvme Composite
last reboot   system boot  6.1.0-18-amd64   Mon Nov 30 02:20   still running
last shutdown system down  6.1.0-18-amd64   Sun Nov 29 23:00 - 02:20  (03:20)
last reboot   system boot  6.1.0-18-amd64   Sun Nov 29 22:00 - 23:00  (01:00)
last
last wtmp begins Tue May 20 00:00:00 2025
"""
CRITICAL, WARNING, OK = State.CRITICAL, State.WARNING, State.OK
AT = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
LONG_UP = HardwareFacts(booted=AT - timedelta(days=3))
NONE = Counts(AT)


def test_what_the_kernel_tells_is_read() -> None:
    seen = parse(SAID)
    assert (seen.oom_kills, seen.machine_checks) == (3, 2)
    assert (seen.corrected, seen.uncorrected) == (5, 0)
    assert seen.ended == "clean"
    assert seen.arrays == (
        RaidArray("md2", "raid1", is_active=True, wants=2, has=2),
        RaidArray("md0", "raid1", is_active=True, wants=2, has=1, work="recovery 8.5%"),
        RaidArray("md5", "", is_active=False),
    )
    assert [(one.name, one.reading, one.health) for one in seen.temperatures] == [
        ("coretemp Package id 0", "47°C", "ok"),
        ("coretemp Core 1", "97°C", "warning"),
        ("nvme Composite", "42°C", ""),
    ]


@pytest.mark.parametrize(
    ("records", "ended"),
    [
        ("last reboot x\nlast shutdown x\nlast reboot x", "clean"),
        ("last reboot x\nlast reboot x", "unclean"),
        ("last reboot x\nlast\nlast wtmp begins", ""),
        ("last reboot\nlast reboot\nsaid Journal stopped", "clean"),
        ("last reboot\nlast shutdown\nlast reboot\nsaid Journal started", "clean"),
        ("last wtmp\nsaid Journal started\nsaid Journal stopped", "clean"),
        # /var was unmounted before the journal's end.
        ("said Journal started\nsaid Stopped target multi-user.target - x.", "clean"),
        ("last reboot\nlast wtmp\nsaid Runtime Journal (/run/log) is 8.0M, max 4.0G.", "unclean"),
        ("", ""),
    ],
)
def test_how_it_went_down_is_what_stands_before_its_boot(records: str, ended: str) -> None:
    assert parse(f"uptime 9.00 9.00\n{records}\n").ended == ended


JOURNAL = """\
for folder in /run /var/log; do mount -t tmpfs tmpfs $folder; done
mkdir -p /run/systemd/journal /run/systemd/journald.conf.d /var/log/journal
printf '[Journal]\\nAudit=no\\nReadKMsg=no\\n' >/run/systemd/journald.conf.d/x.conf
touch /run/systemd/journal/flushed
echo 11111111-2222-4333-8444-555555555555 >/run/boot_id
mount --bind /run/boot_id /proc/sys/kernel/random/boot_id
begin() {{
  /lib/systemd/systemd-journald & journald=$!
  until journalctl -q -o cat "_PID=$journald" 2>&1 | grep -q '^System Journal'; do sleep 0.02; done
}}
begin; kill -s {signal} $journald; wait $journald
umount /proc/sys/kernel/random/boot_id; begin
"""
"""A host whose boot before was another one, of which the real journald wrote."""


@pytest.mark.real
@pytest.mark.parametrize(("signal", "ended"), [("TERM", "clean"), ("KILL", "unclean")])
async def test_where_wtmp_shows_nothing_the_journal_of_the_boot_before_does(
    signal: str, ended: str
) -> None:
    need("systemd", "journalctl")
    result = await ask("hardware", own_host(JOURNAL.format(signal=signal)))
    assert isinstance(result.facts, HardwareFacts)
    assert result.facts.ended == ended
    as_nobody = f"exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups"
    nobody = own_host(f'{JOURNAL.format(signal=signal)}{as_nobody} "$@"')
    result = await ask("hardware", nobody)
    assert isinstance(result.facts, HardwareFacts)
    assert result.facts.ended == "", "who may not read it does not guess"


def test_a_machine_that_counts_nothing_has_no_counts() -> None:
    seen = parse("uptime 9.00 9.00\n")
    assert (seen.oom_kills, seen.machine_checks, seen.corrected, seen.uncorrected) == (None,) * 4


@given(st.text(alphabet="uptime 0123456789.\nmd:[]/%=activerolstsFW_U-", max_size=200))
def test_the_parser_raises_nothing_but_its_own(text: str) -> None:
    for given_text in (text, SAID + text, SAID.replace("0", text or "0")):
        try:
            parse(given_text)
        except Garbled:
            continue


def judged(seen: HardwareFacts, counts: Counts = NONE) -> list[tuple[str, State]]:
    return [(one.code, one.state) for one in judge(seen, NONE, counts)]


def test_what_grows_is_told_and_what_lies_behind_is_not() -> None:
    seen = replace(LONG_UP, oom_kills=9, machine_checks=9, corrected=9)
    assert judged(seen) == []
    assert judged(seen, Counts(AT, 1, 2, 3)) == [
        ("kernel.oom", WARNING),
        ("kernel.machine-check", WARNING),
        ("memory.corrected", WARNING),
    ]
    assert judged(replace(seen, uncorrected=1)) == [("memory.uncorrected", CRITICAL)]


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        (94, []),
        (95, [("temperature.high", WARNING)]),
        (100, [("temperature.critical", CRITICAL)]),
    ],
)
def test_heat_is_held_against_the_parts_own_limit(value: int, codes: list[object]) -> None:
    assert judged(parse(f"uptime 9.00 9.00\ntemp {value}000 100000 coretemp x\n")) == codes


@pytest.mark.parametrize(
    ("ended", "found"), [("clean", []), ("", []), ("unclean", [("reboot.unclean", OK)])]
)
def test_a_crash_is_a_clue_and_no_alarm(ended: str, found: list[object]) -> None:
    seen = HardwareFacts(booted=now() - timedelta(minutes=3), ended=ended)
    assert [(one.code, one.state) for one in judge_boot(seen)] == found


def test_counters_begin_anew_at_a_boot() -> None:
    seen = HardwareFacts(booted=AT + timedelta(minutes=1))
    later = Counts(AT + timedelta(minutes=2))
    assert judge(seen, Counts(AT, 5, 4, 3), later) == []
    (killed,) = judge(seen, Counts(AT, 5, 4, 3), replace(later, oom_kills=1))
    assert killed == Judged(WARNING, "kernel.oom", "out of memory: the kernel killed 1 process")


def test_what_holds_the_arrays_of_a_firmware_raid_is_none_itself() -> None:
    mdstat = (
        "uptime 9.00 9.00\n"
        "md md126 : active raid1 sda[1] sdb[0]\n"
        "md       976759808 blocks super external:/md127/0 [2/2] [UU]\n"
        "md md127 : inactive sda[1](S) sdb[0](S)\n"
        "md       6056 blocks super external:imsm\n"
    )
    assert [one.name for one in parse(mdstat).arrays] == ["md126"]


def test_arrays() -> None:
    whole, lacks, dead = parse(SAID).arrays
    assert judge_array(whole) == []
    assert [(one.code, one.state) for one in judge_array(lacks)] == [
        ("raid.degraded", CRITICAL),
        ("raid.rebuilding", OK),
    ]
    assert [one.text for one in judge_array(dead)] == ["RAID md5 does not run"]


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("smart sda PASSED\nsmart sdb OK\nlv vg0/root|\nend\n", []),
        ("smart sda FAILED!\nend\n", ["smart.failing"]),
        ("lv vg0/root|partial\nend\n", ["lvm.unhealthy"]),
        ("denied\nend\n", ["smart.not-allowed"]),
        ("no smartctl\nend\n", ["smart.not-allowed"]),
        ("", []),
    ],
)
def test_what_disks_say_of_themselves(said: str, codes: list[str]) -> None:
    assert [one.code for one in judge_disks(_smart.parse(said))] == codes


SMARTCTL = """\
case $* in
*-n\\ standby\\ -H\\ /dev/sda) echo "SMART overall-health self-assessment test result: PASSED";;
*-n\\ standby\\ -H\\ /dev/sdb) echo "SMART Health Status: FAILURE PREDICTION THRESHOLD EXCEEDED";;
*) echo "Device is in STANDBY mode, exit(2)"; exit 2;;
esac
"""
"""What smartctl(8) prints for an ATA disk, a SCSI disk and one that sleeps."""


@pytest.mark.parametrize(
    ("programs", "disks"),
    [
        ({"smartctl": SMARTCTL},
         Disks(failing=(("sdb", "FAILURE PREDICTION THRESHOLD EXCEEDED"),))),
        ({"smartctl": SMARTCTL, "id": "echo 1000", "sudo": 'shift; exec "$@"'},
         Disks(failing=(("sdb", "FAILURE PREDICTION THRESHOLD EXCEEDED"),))),
        ({"smartctl": SMARTCTL, "id": "echo 1000",
          "sudo": "echo 'sudo: a password is required' >&2; exit 1"}, Disks(is_denied=True)),
    ],
)  # fmt: skip
async def test_disks_are_asked_as_root_or_where_sudo_lets_us(
    programs: dict[str, str], disks: Disks
) -> None:
    with short_folder("mm-smart") as folder:
        for name in ("sda", "sdb", "sdc"):
            (folder / "block" / name / "device").mkdir(parents=True)
        for name, text in programs.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        login = own_host(f"mount --bind {folder}/block /sys/block; export PATH={folder}:$PATH")
        asked = await _smart.ask(login, deadline=10)
        assert replace(asked, volumes=()) == disks


async def test_where_sudo_refuses_it_is_said_and_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def refuse(login: LocalLogin, *, deadline: float) -> Disks:
        asked.append("")
        return Disks(is_denied=True)

    monkeypatch.setattr(module, "_disks", {})
    monkeypatch.setattr(_smart, "ask", refuse)
    for _ in range(3):
        result = await ask("hardware", Far())
        assert "smart.not-allowed" in result.codes
        assert "mailmedic doctor" in result.mend
    assert len(asked) == 1


class Hangs(Far):
    """A host whose disks keep smartctl waiting, or that is reached by a line that does."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.is_line_slow, self.are_disks_slow = False, True

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        is_about_disks = _smart.SCRIPT in argv
        self.asked += is_about_disks
        if self.is_line_slow or (is_about_disks and self.are_disks_slow):
            raise TimedOut("sh did not end in 5 s")
        return await super().run(argv, deadline=deadline, limit=limit)


async def test_disks_that_do_not_answer_are_told_and_not_asked_again_at_each_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing = Disks(failing=(("sda", "FAILED!"),))
    monkeypatch.setattr(module, "_disks", {"hardware/mail1": (-1e6, failing)})
    login = Hangs()
    for _ in range(3):
        result = await ask("hardware", login)
        assert {"smart.late", "smart.failing"} <= set(result.codes), "what they said still holds"
    assert login.asked == 1


async def test_a_look_that_is_cut_off_while_disks_hang_is_told_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hang(login: LocalLogin, *, deadline: float) -> Disks:
        await asyncio.Event().wait()
        return Disks()

    monkeypatch.setattr(module, "_disks", {})
    monkeypatch.setattr(_smart, "ask", hang)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask("hardware", Far()), 0.2)
    assert "smart.late" in (await ask("hardware", Far())).codes


async def test_a_look_that_fails_does_not_leave_the_disks_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = set()

    async def hang(login: LocalLogin, *, deadline: float) -> Disks:
        left.add("asked")
        try:
            await asyncio.Event().wait()
        finally:
            left.clear()
        return Disks()

    monkeypatch.setattr(module, "_disks", {})
    monkeypatch.setattr(_smart, "ask", hang)
    assert (await ask("hardware", Answers(Denied("no")))).codes == ("login.denied",)
    assert left == set()


async def test_a_line_that_hangs_is_not_laid_to_the_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_disks", {})
    login = Hangs()
    login.is_line_slow = True
    assert (await ask("hardware", login)).codes == ("login.timeout",)
    login.is_line_slow = login.are_disks_slow = False
    assert "smart.late" not in (await ask("hardware", login)).codes


async def test_a_counter_that_grows_between_two_looks_is_a_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_seen", Recent())
    for count, codes in ((3, False), (3, False), (4, True)):
        said = f"uptime 99999.00 9.00\noom_kill {count}\n".encode()
        result = await ask("hardware", Answers(Output(0, said)))
        assert ("kernel.oom" in result.codes) is codes


async def test_this_machine_answers() -> None:
    result = await ask("hardware", LocalLogin())
    assert isinstance(result.facts, HardwareFacts)
    assert result.facts.oom_kills is not None
    assert result.summary
