"""The machine has time and memory left for mail, and how long it has been up.

From /proc/loadavg, /proc/meminfo and /proc/uptime (proc(5)). Load alone is never CRITICAL: a busy
machine still delivers. Memory that is used up is: the kernel will kill something next.
"""

from __future__ import annotations

import re
import time

from checks.facts import LoadFacts
from checks.hosts import LoginError
from checks.model import CheckOptions, Result, State, System, Target
from checks.phases import Phases
from checks.server import _look
from checks.server._judged import Judged, result
from checks.server._look import Garbled, Question
from checks.server._size import size
from checks.when import span

FINDINGS = _look.FINDINGS | {
    "load.high": "more processes want to run, or wait for a disk, than the machine can serve",
    "load.overload": "so much load that connections time out before anybody looks at them",
    "memory.low": "little memory is left",
    "memory.exhausted": "hardly any memory is left: the kernel may kill a process at any time",
    "swap.full": "memory is low, and there is no swap left to go to",
    "host.rebooted": "the host has started a short time ago",
}

SCRIPT = """
grep -hE '^[0-9]|^(MemTotal|MemAvailable|SwapTotal|SwapFree):' \
  /proc/loadavg /proc/uptime /proc/meminfo /sys/devices/system/cpu/online
"""


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.load]``. Load is the 5 minutes' average per core, the others are shares left."""

    load_high: float = 4.0
    load_overload: float = 10.0
    memory_low: float = 0.10
    memory_exhausted: float = 0.05
    swap_full: float = 0.10
    rebooted: float = 600.0


def targets(system: System) -> list[Target]:
    """Every host that lets us in."""
    return system.each_host("load", with_login=True)


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Look at load and memory once."""
    phases = Phases()
    try:
        _, login = _look.host_of(target)
        with phases.phase("look"):
            seen = await _look.look(login, QUESTION, deadline=deadline)
    except LoginError as error:
        return _look.blind(phases, target, error)
    return result(
        phases,
        judge(seen, options),
        in_words(seen),
        facts=seen,
        metrics={
            "load": seen.load[0],
            "load_per_core": seen.load[0] / seen.cores,
            "memory_available": float(seen.memory_available),
            "memory_used_share": 1 - seen.memory_available / seen.memory_total,
        },
    )


def judge(seen: LoadFacts, options: Options) -> list[Judged]:
    """What is short."""
    judged = []
    if seen.uptime < options.rebooted:
        text = f"rebooted {span(seen.uptime)} ago"
        judged.append(Judged(State.OK, "host.rebooted", text))
    per_core = seen.load[1] / seen.cores
    if per_core >= options.load_high:
        code = "load.overload" if per_core >= options.load_overload else "load.high"
        text = f"load {seen.load[1]:.1f} on {seen.cores} cores"
        judged.append(Judged(State.WARNING, code, text))
    return judged + _judge_memory(seen, options)


def _judge_memory(seen: LoadFacts, options: Options) -> list[Judged]:
    share = seen.memory_available / seen.memory_total
    if share >= options.memory_low:
        return []
    text = f"{size(seen.memory_available)} of {size(seen.memory_total)} memory left"
    if share < options.memory_exhausted:
        judged = [Judged(State.CRITICAL, "memory.exhausted", text)]
    else:
        judged = [Judged(State.WARNING, "memory.low", text)]
    # Full swap is no news while there is memory, and then nothing is left to fall back on.
    if seen.swap_free < options.swap_full * seen.swap_total:
        left = f"{size(seen.swap_free)} of {size(seen.swap_total)} swap left"
        judged.append(Judged(State.CRITICAL, "swap.full", left))
    return judged


def in_words(seen: LoadFacts) -> str:
    """All of it in a line."""
    used = 1 - seen.memory_available / seen.memory_total
    return f"load {seen.load[0]:.2f}, memory {used:.0%} used, up {span(seen.uptime)}"


_NUMBER = r"(\d{1,12}(?:\.\d{1,6})?)"
_LOAD = re.compile(rf"^{_NUMBER} {_NUMBER} {_NUMBER} \d+/\d+ \d+$", re.MULTILINE | re.ASCII)
_UPTIME = re.compile(rf"^{_NUMBER} {_NUMBER}$", re.MULTILINE | re.ASCII)
_CORES = re.compile(r"^\d{1,6}(?:-\d{1,6})?(?:,\d{1,6}(?:-\d{1,6})?)*$", re.MULTILINE | re.ASCII)


def parse(text: str) -> LoadFacts:
    r"""What `SCRIPT` printed. Raises Garbled.

    >>> parse(
    ...     "0.42 0.30 0.11 1/93 812\n6211.59 12239.94\n0-1\nMemTotal: 4000 kB\n"
    ...     "MemAvailable: 1000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"
    ... ).cores
    2
    """
    load, uptime, cores = (pattern.search(text) for pattern in (_LOAD, _UPTIME, _CORES))
    if load is None or uptime is None:
        raise Garbled("no /proc there as Linux has it")
    total = _memory("MemTotal", text)
    return LoadFacts(
        load=(float(load[1]), float(load[2]), float(load[3])),
        cores=_count(cores[0]) if cores else 1,
        memory_total=max(1, total),
        memory_available=min(total, _memory("MemAvailable", text)),
        swap_total=_memory("SwapTotal", text),
        swap_free=_memory("SwapFree", text),
        uptime=float(uptime[1]),
    )


def _memory(name: str, text: str) -> int:
    found = re.search(rf"^{name}: *(\d{{1,15}}) kB$", text, re.MULTILINE | re.ASCII)
    if found is None:
        raise Garbled(f"no {name} in /proc/meminfo there")
    return int(found[1]) * 1024


def _count(ranges: str) -> int:
    """The cores in a list such as ``0-3,6``; see cpuset(7), list format."""
    ends = (part.split("-") for part in ranges.split(","))
    return max(1, sum(int(one[-1]) - int(one[0]) + 1 for one in ends))


def here() -> LoadFacts:
    """The same of this machine."""
    import psutil

    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return LoadFacts(
        load=psutil.getloadavg(),
        cores=psutil.cpu_count() or 1,
        memory_total=max(1, memory.total),
        memory_available=memory.available,
        swap_total=swap.total,
        swap_free=swap.free,
        uptime=max(0.0, time.time() - psutil.boot_time()),
    )


QUESTION = Question("load", here, SCRIPT, parse)
