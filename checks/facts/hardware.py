"""What holds a host up: its power, its parts, its battery."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Sensor(Struct, frozen=True, tag=True):
    """A fan, temperature or supply of the hardware. `health` is ok, warning, critical or empty."""

    kind: str
    name: str
    reading: str = ""
    health: str = ""


class RaidArray(Struct, frozen=True, tag=True):
    """A software RAID as /proc/mdstat has it: disks it wants and has, 0 of levels without spares.

    `work` is what it is busy with, such as ``recovery 8.5%``.
    """

    name: str
    level: str
    is_active: bool
    wants: int = 0
    has: int = 0
    work: str = ""


class HardwareFacts(Struct, frozen=True, tag=True):
    """What the kernel of a host knows of its hardware.

    `ended` is how it went down before this boot: clean, unclean, or empty where nobody knows.
    `oom_kills` and `machine_checks` count since boot, as do errors of memory that it corrected
    and that it could not; None where the kernel does not count them.
    """

    booted: datetime
    ended: str = ""
    oom_kills: int | None = None
    machine_checks: int | None = None
    corrected: int | None = None
    uncorrected: int | None = None
    arrays: tuple[RaidArray, ...] = ()
    temperatures: tuple[Sensor, ...] = ()


class PowerFacts(Struct, frozen=True, tag=True):
    """What the BMC or hypervisor says. `state` is on, off, changing or unknown; `said` its word.

    `health` is the hardware's as a whole, `events` the newest lines of its log.
    """

    state: str
    said: str = ""
    health: str = ""
    sensors: tuple[Sensor, ...] = ()
    events: tuple[str, ...] = ()


class UpsFacts(Struct, frozen=True, tag=True):
    """An uninterruptible power supply: NUT's words of its status, charge in percent, seconds left.

    None where it does not tell.
    """

    status: tuple[str, ...]
    charge: float | None = None
    runtime: float | None = None
    load: float | None = None
    model: str = ""
