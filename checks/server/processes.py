"""The programs that mail needs on this host run, and none of them stands still.

Asked of /proc (proc(5)), of all instances together. Missing is only what is known to belong
there: what the config says (`mta`), the one program installed for a service of the host, or what
systemd starts at boot. The programs and their names: `_programs.py`; master(8postfix).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from math import inf

from checks.facts import Process, ProcessFacts
from checks.hosts import LoginError
from checks.model import CheckOptions, Result, State, System, Target
from checks.phases import Phases
from checks.server import _look
from checks.server._families import Family, expected, find
from checks.server._judged import Judged, result
from checks.server._process_table import QUESTION, Table
from checks.server._programs import PROGRAMS, Program

FINDINGS = _look.FINDINGS | {
    "process.hidden": "this user is not shown all processes (hidepid): none can be called missing",
    "process.postfix.no-qmgr": "Postfix runs without its queue manager: nothing is delivered",
    **{f"process.{p.noun}.missing": f"{p.title} belongs there, and does not run" for p in PROGRAMS},
    **{f"process.{p.noun}.stopped": f"a signal stopped a process of {p.title}" for p in PROGRAMS},
    **{f"process.{p.noun}.defunct": f"{p.title} ended, unnoticed by its parent" for p in PROGRAMS},
}

LEAST = 1.0
"""Seconds between two looks for a rate: the kernel counts in hundredths."""

_spent: dict[str, tuple[float, dict[int, float]]] = {}
"""By the target's id: when the look before was, by our monotonic clock, and the seconds of a core
that each instance had had then, by its first process."""

MEND_HIDDEN = "mount -o remount,hidepid=0 /proc"


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.processes]``."""


def targets(system: System) -> list[Target]:
    """Every host that lets us in, and has to do with mail."""
    return _look.mail_hosts(system, "processes")


async def check(
    target: Target,
    options: Options,  # noqa: ARG001  # every check is given its own
    *,
    deadline: float,
) -> Result:
    """Look at the processes once."""
    phases = Phases()
    try:
        host, login = _look.host_of(target)
        with phases.phase("look"):
            table = await _look.look(login, QUESTION, deadline=deadline)
        at = time.monotonic()
    except LoginError as error:
        return _look.blind(phases, target, error)
    families = find(table)
    running = {family.program.noun for family in families if family.is_alive}
    judged = judge(table, families, expected(table, host, running))
    return result(
        phases,
        judged,
        in_words(families),
        facts=facts(table, families, judged, rates(target.id, families, at)),
        metrics={"visible": float(table.total)},
        mend=MEND_HIDDEN if any(one.code == "process.hidden" for one in judged) else "",
    )


def judge(table: Table, families: list[Family], wanted: Mapping[str, State]) -> list[Judged]:
    """What is missing, stopped or defunct; `wanted` as `expected` has it."""
    judged, unseen = [], []
    for program in PROGRAMS:
        own = [family for family in families if family.program is program]
        alive = [family for family in own if family.is_alive]
        state = wanted.get(program.noun)
        for family in alive:
            judged += _judge_family(family, state or State.WARNING)
        if alive or state is None:
            continue
        if table.is_hidden and not own:
            unseen.append(program.title)
        else:
            judged.append(_judge_absence(program, own, state))
    if unseen:
        text = f"can't see whether {' and '.join(unseen)} runs: /proc hides other users' processes"
        judged.append(Judged(State.UNKNOWN, "process.hidden", text))
    return judged


def _judge_family(family: Family, state: State) -> list[Judged]:
    noun, title = family.program.noun, family.program.title
    judged = [
        Judged(
            state,
            f"process.{noun}.stopped",
            f"{title} stands still: {one.name} was stopped by a signal (kill -CONT {one.pid})",
        )
        for one in family.members
        if one.mark in "Tt"
    ]
    names = {one.name for one in family.children}
    if noun == "postfix" and names and not names & {"qmgr", "oqmgr", "nqmgr"}:
        text = "Postfix runs without its queue manager: nothing is delivered"
        judged.append(Judged(State.WARNING, "process.postfix.no-qmgr", text))
    return judged


def _judge_absence(program: Program, dead: list[Family], state: State) -> Judged:
    if dead:
        text = f"{program.title} has ended (pid {dead[0].head.pid} is defunct)"
        return Judged(state, f"process.{program.noun}.defunct", text)
    return Judged(state, f"process.{program.noun}.missing", f"{program.title} is not running")


def in_words(families: list[Family]) -> str:
    """What runs and how many children it has, e.g. ``Postfix (3), Dovecot (12), OpenDKIM``."""
    parts = []
    for program in PROGRAMS:
        own = [len(f.children) for f in families if f.program is program and f.is_alive]
        if own:
            parts.append(f"{program.title} ({sum(own)})" if sum(own) else program.title)
    return ", ".join(parts) or "no mail program runs, and none is expected"


def rates(key: str, families: list[Family], at: float) -> dict[int, float]:
    """The part of a core that each instance has had since the look before; remembers this one."""
    before_at, before = _spent.get(key, (-inf, {}))
    elapsed = at - before_at
    if elapsed < LEAST:
        return {}
    now = {family.head.pid: family.cpu for family in families}
    _spent[key] = (at, now)
    return {
        pid: max(0.0, spent - before[pid]) / elapsed for pid, spent in now.items() if pid in before
    }


def facts(
    table: Table, families: list[Family], judged: list[Judged], cpu: Mapping[int, float]
) -> ProcessFacts:
    """What the panel shows; `cpu` as `rates` has it."""
    return ProcessFacts(
        running=tuple(_process(family, cpu.get(family.head.pid)) for family in families),
        missing=tuple(one.code.split(".")[1] for one in judged if one.code.endswith(".missing")),
        visible_processes=table.total,
        is_hidden=table.is_hidden,
    )


def _process(family: Family, cpu: float | None) -> Process:
    return Process(
        name=family.program.noun,
        pid=family.head.pid,
        status=_STATUS.get(family.head.mark, "running"),
        since=family.head.since,
        memory=sum(one.memory for one in family.members),
        children=len(family.children),
        cpu=cpu,
    )


_STATUS = {"T": "stopped", "t": "stopped", "Z": "defunct", "X": "defunct"}
