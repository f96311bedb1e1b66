"""The host's hardware is well, as far as its own kernel knows, and it went down on purpose.

Counters of the kernel are compared with what they were a few minutes ago, or before the host let
nobody look: memory that runs out does that. A container shows its machine's. SMART and LVM are
root's: asked seldom, and where sudo refuses, that is said. What the BMC knows is `power`'s;
read-only file systems are `disks`'.
"""

from __future__ import annotations

import time
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from checks.facts import HardwareFacts, RaidArray
from checks.hosts import Login, LoginError, TimedOut
from checks.model import CheckOptions, Result, State, System, Target, now
from checks.phases import Phases
from checks.server import _hardware_table, _look, _smart
from checks.server._judged import Judged, result
from checks.server._recent import Recent
from checks.server._smart import Disks
from checks.when import clock, span

FINDINGS = _look.FINDINGS | {
    "kernel.oom": "the kernel killed a process because no memory was left",
    "kernel.machine-check": "the processor reported an error of the hardware",
    "memory.corrected": "memory has errors that are corrected, and there are more of them",
    "memory.uncorrected": "memory has lost data",
    "raid.failed": "a RAID array does not run",
    "raid.degraded": "a RAID array lacks a disk",
    "raid.rebuilding": "a RAID array is copied or compared: disks are slower meanwhile",
    "temperature.critical": "a part is so hot that the machine may switch itself off",
    "temperature.high": "a part is nearly too hot",
    "reboot.unclean": "the host went down without a shutdown: power, reset or crash",
    "smart.failing": "a disk says of itself that it is about to fail",
    "smart.late": "disks did not answer in time when they were asked for their health",
    "smart.not-allowed": "disks are not asked for their health: that is root's",
    "lvm.unhealthy": "a logical volume is not whole",
}


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.hardware]``. Seconds between two questions to the disks: `ask_disks`."""

    interval: float = 60.0
    ask_disks: float = 900.0


class Counts(Struct, frozen=True):
    """What the kernel had counted `at` that time, since its boot."""

    at: datetime
    oom_kills: int = 0
    machine_checks: int = 0
    corrected: int = 0


_seen: Recent[Counts] = Recent(over_gaps=True)
_disks: dict[str, tuple[float, Disks]] = {}
_NEVER = (0.0, Disks())
"""When disks were asked, by our monotonic clock, and what they said."""


def targets(system: System) -> list[Target]:
    """Every host that lets us in, and has to do with mail."""
    return _look.mail_hosts(system, "hardware")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Look at the hardware once."""
    phases = Phases()
    known = _disks.get(target.id, _NEVER)
    try:
        _, login = _look.host_of(target)
        with phases.phase("look"):
            seen, disks = await _look.both(
                _look.look(login, _hardware_table.QUESTION, deadline=deadline),
                _asked(target.id, login, options, deadline),
            )
    except LoginError as error:
        _disks[target.id] = known  # that they were late may have been the line
        return _look.blind(phases, target, error)
    at = now()
    counts = Counts(at, seen.oom_kills or 0, seen.machine_checks or 0, seen.corrected or 0)
    before = _seen.before(target.id, counts, at) or counts
    judged = [
        *judge(seen, before, counts),
        *judge_boot(seen),
        *(one for array in seen.arrays for one in judge_array(array)),
        *judge_disks(disks),
    ]
    return result(
        phases,
        judged,
        in_words(seen),
        facts=seen,
        metrics={"oom_kills": float(counts.oom_kills), "corrected": float(counts.corrected)},
        evidence=tuple(f"{one.name} {one.reading}" for one in seen.temperatures),
        mend="`mailmedic doctor` prints the line for sudoers" if disks.is_denied else "",
    )


async def _asked(key: str, login: Login, options: Options, deadline: float) -> Disks:
    """The disks' own words, which change slowly."""
    asked_at, disks = _disks.get(key, _NEVER)
    wait = options.ask_disks * (96 if disks.is_denied else 1)  # once a day where sudo refuses
    if asked_at and time.monotonic() - asked_at < wait:
        return disks
    # Noted before: a hang that cuts the whole look off is not met again at each look.
    late = replace(disks, is_denied=False, is_late=True)
    _disks[key] = (time.monotonic(), late)
    try:
        disks = await _smart.ask(login, deadline=deadline)
    except TimedOut:
        return late
    _disks[key] = (time.monotonic(), disks)
    return disks


def judge(seen: HardwareFacts, before: Counts, counts: Counts) -> list[Judged]:
    """Memory, processor and temperatures."""
    judged = []
    if seen.booted > before.at:
        before = Counts(before.at)  # counters begin anew at a boot
    if (killed := counts.oom_kills - before.oom_kills) > 0:
        text = f"out of memory: the kernel killed {killed} process{'es' if killed > 1 else ''}"
        judged.append(Judged(State.WARNING, "kernel.oom", text))
    if (checked := counts.machine_checks - before.machine_checks) > 0:
        text = f"{checked} machine checks of the processor of late"
        judged.append(Judged(State.WARNING, "kernel.machine-check", text))
    if seen.uncorrected:
        text = f"memory has lost data: {seen.uncorrected} uncorrected errors since boot"
        judged.append(Judged(State.CRITICAL, "memory.uncorrected", text))
    if (more := counts.corrected - before.corrected) > 0:
        text = f"{more} more memory errors, corrected"
        judged.append(Judged(State.WARNING, "memory.corrected", text))
    for one in seen.temperatures:
        text = f"{one.name} at {one.reading}"
        if one.health == "critical":
            judged.append(Judged(State.CRITICAL, "temperature.critical", text))
        elif one.health == "warning":
            judged.append(Judged(State.WARNING, "temperature.high", text))
    return judged


def judge_boot(seen: HardwareFacts) -> list[Judged]:
    """Whether the host went down on purpose. It is up again, so that is a clue and no alarm."""
    if seen.ended != "unclean":
        return []
    up = (now() - seen.booted).total_seconds()
    text = f"went down without a shutdown before {clock(seen.booted)}, {span(up)} ago"
    return [Judged(State.OK, "reboot.unclean", text)]


def judge_array(array: RaidArray) -> list[Judged]:
    """A RAID that does not run, that lacks a disk, or that is at work on itself."""
    if not array.is_active:
        return [Judged(State.CRITICAL, "raid.failed", f"RAID {array.name} does not run")]
    judged = []
    if array.has < array.wants:
        text = f"RAID {array.name} has {array.has} of {array.wants} disks"
        judged.append(Judged(State.CRITICAL, "raid.degraded", text))
    if array.work:
        judged.append(Judged(State.OK, "raid.rebuilding", f"RAID {array.name}: {array.work}"))
    return judged


def judge_disks(disks: Disks) -> list[Judged]:
    """What only root could ask."""
    judged = [
        *(Judged(State.CRITICAL, "smart.failing", f"disk {d}: {w}") for d, w in disks.failing),
        *(Judged(State.CRITICAL, "lvm.unhealthy", f"volume {v}: {w}") for v, w in disks.volumes),
    ]
    if disks.is_late:
        text = "disks did not answer in time when asked for their health"
        judged.append(Judged(State.WARNING, "smart.late", text))
    if disks.is_denied or disks.is_missing:
        text = "disks not asked for their health: " + (
            "sudo refuses smartctl" if disks.is_denied else "smartctl is not installed"
        )
        judged.append(Judged(State.OK, "smart.not-allowed", text))
    return judged


def in_words(seen: HardwareFacts) -> str:
    """``up for 3d 2h after a clean shutdown, RAID md0, md1, 41°C``."""
    parts = [f"up for {span((now() - seen.booted).total_seconds())}"]
    if seen.ended == "clean":
        parts[0] += " after a clean shutdown"
    if seen.oom_kills:
        parts.append(f"{seen.oom_kills} processes killed for want of memory since then")
    if seen.arrays:
        parts.append(f"RAID {', '.join(one.name for one in seen.arrays)}")
    if seen.temperatures:
        parts.append(max((one.reading for one in seen.temperatures), key=_degrees))
    return ", ".join(parts)


def _degrees(reading: str) -> int:
    return int(reading.removesuffix("°C"))
