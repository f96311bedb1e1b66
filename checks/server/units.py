"""systemd keeps the mail programs of this host running, and would start them at boot.

Asked by one ``systemctl show`` (org.freedesktop.systemd1(5)), which any user may. A unit that dies
at each start is told from one that has failed: it needs its configuration mended, not a start.
What runs without systemd is not seen here; `processes` sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from checks.facts import Unit, UnitFacts
from checks.hosts import LoginError
from checks.model import CheckOptions, Host, Result, State, System, Target, now, split_service
from checks.phases import Phases
from checks.server import _look
from checks.server._families import NEEDED_BY
from checks.server._judged import Judged, result
from checks.server._programs import PROGRAMS
from checks.server._recent import RECENT, Recent
from checks.server._unit_table import QUESTION
from checks.when import clock

FINDINGS = _look.FINDINGS | {
    "unit.failed": "a mail program ended badly, and systemd does not start it again",
    "unit.crash-loop": "a mail program dies at each start: systemd starts it again and again, or "
    "has given up",
    "kernel.oom": "the kernel killed a process because no memory was left",
    "unit.restarted": "a mail program died, and systemd has started it again",
    "unit.inactive": "a mail program that belongs there is not started",
    "unit.masked": "a mail program's unit is masked: nothing can start it",
    "unit.disabled-but-needed": "a mail program runs, and would not start at boot",
}

LOOP = 2
"""Restarts within `RECENT` that make a loop; one is an accident."""

OOM_KILL = "oom-kill"
"""systemd's word for a unit of which the kernel killed a process (OOMPolicy=, systemd.service(5)),
where it keeps each in a control group that counts them."""

_ROLES = {program.noun: program.role for program in PROGRAMS}

Restarts = dict[str, int]
"""The restarts that systemd has made by itself, by unit."""

_seen: Recent[Restarts] = Recent()


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.units]``."""


def targets(system: System) -> list[Target]:
    """Every host that lets us in, and has to do with mail."""
    return _look.mail_hosts(system, "units")


async def check(
    target: Target,
    options: Options,  # noqa: ARG001  # every check is given its own
    *,
    deadline: float,
) -> Result:
    """Look at the units once."""
    phases = Phases()
    try:
        host, login = _look.host_of(target)
        with phases.phase("look"):
            units = await _look.look(login, QUESTION, deadline=deadline)
    except LoginError as error:
        return _look.blind(phases, target, error)
    if units is None:
        return result(phases, (), "no systemd here", facts=UnitFacts(), metrics={"units": 0.0})
    at = now()
    before = _seen.before(target.id, {unit.name: unit.restarts for unit in units}, at)
    return result(
        phases,
        judge(units, host, before or {}, at),
        in_words(units),
        facts=UnitFacts(units),
        metrics={"units": float(len(units))},
        evidence=tuple(map(describe, units)),
    )


def judge(units: Sequence[Unit], host: Host, before: Restarts, at: datetime) -> list[Judged]:
    """The worst of each program's units.

    `before` are the restarts at the first look of late; nothing when this is the first look.
    """
    judged = []
    running = {unit.program for unit in units if unit.active == "active"}
    for program in PROGRAMS:
        own = [unit for unit in units if unit.program == program.noun]
        state = _need(program.noun, host, running)
        found = [_judge(unit, state, before.get(unit.name), at) for unit in own]
        judged += sorted(filter(None, found), key=lambda one: -one.state.badness)[:1]
    killed = [one for one in units if one.active == "failed" and one.result == OOM_KILL]
    text = f"out of memory: the kernel killed a process of {', '.join(o.name for o in killed)}"
    return judged + ([Judged(State.WARNING, "kernel.oom", text)] if killed else [])


def _need(noun: str, host: Host, running: set[str]) -> State:
    """How bad it is when a program is down: OK where another does that work by the config."""
    role = _ROLES[noun]
    if role not in NEEDED_BY:
        return State.WARNING
    if host.mta and role == _ROLES["postfix"]:
        return State.CRITICAL if noun == host.mta else State.OK
    services = {split_service(service)[0] for service in host.services}
    has_other = any(_ROLES[other] == role for other in running - {noun})
    return State.CRITICAL if services & NEEDED_BY[role] and not has_other else State.WARNING


def _judge(unit: Unit, need: State, before: int | None, at: datetime) -> Judged | None:
    """What is wrong with a unit, if anything; a unit that nobody needs may stand still."""
    made = 0 if before is None else unit.restarts - before
    if _is_looping(unit, made, at, is_first=before is None):
        known = (_end(unit), f"{unit.restarts} restarts" if unit.restarts else "")
        said = ", ".join(word for word in known if word not in ("", "success"))
        text = f"{unit.name} dies at each start: {said}"
        return Judged(max(need, State.WARNING), "unit.crash-loop", text)
    if unit.active == "failed":
        text = f"{unit.name} failed{_since(unit)}: {_end(unit)}"
        return Judged(max(need, State.WARNING), "unit.failed", text)
    if unit.active == "active":
        return _judge_running(unit, made)
    is_wanted = need == State.CRITICAL or (need == State.WARNING and unit.enabled == "enabled")
    if unit.active != "inactive" or not is_wanted:
        return None
    if unit.is_masked:
        return Judged(State.WARNING, "unit.masked", f"{unit.name} is masked: nothing can start it")
    return Judged(State.WARNING, "unit.inactive", f"{unit.name} is not started{_since(unit)}")


def _is_looping(unit: Unit, made: int, at: datetime, *, is_first: bool) -> bool:
    """Restarts may be old: what ran for long before it died has not died at its start.

    On the first look a start that was made of late counts too.
    """
    if made >= LOOP:
        return True
    has_died_early = unit.lasted < RECENT.total_seconds()
    if unit.active == "failed":
        is_given_up = unit.restarts >= LOOP and has_died_early
        return unit.result == "start-limit-hit" or is_given_up
    if unit.sub.startswith("auto-restart"):
        return unit.restarts > 0 and has_died_early
    is_new = is_first and unit.since is not None and at - unit.since < RECENT
    return is_new and unit.restarts >= LOOP


def _judge_running(unit: Unit, made: int) -> Judged | None:
    if made > 0:
        text = f"{unit.name} died, and was started again by systemd{_since(unit)}"
        return Judged(State.OK, "unit.restarted", text)
    if unit.is_masked:
        return Judged(
            State.OK, "unit.masked", f"{unit.name} runs, and is masked: once stopped, it stays so"
        )
    if unit.enabled == "disabled" and not unit.is_triggered and "@" not in unit.name:
        text = f"{unit.name} runs, and would not start at boot"
        return Judged(State.OK, "unit.disabled-but-needed", text)
    return None


def _end(unit: Unit) -> str:
    """Of what it ended: its status or signal, where systemd's own word says no more than that."""
    return unit.died if unit.died and unit.result in ("exit-code", "signal") else unit.result


def _since(unit: Unit) -> str:
    return f" (since {clock(unit.since)})" if unit.since else ""


def in_words(units: Sequence[Unit]) -> str:
    """Which run, e.g. ``dovecot, postfix@-``."""
    active = [unit.name.removesuffix(".service") for unit in units if unit.active == "active"]
    return ", ".join(sorted(active)) or "no unit of a mail program"


def describe(unit: Unit) -> str:
    """``dovecot.service active (running), enabled, since 03:04:12Z, 3 restarts``."""
    parts = [
        f"{unit.name} {unit.active} ({unit.sub})",
        unit.enabled,
        unit.since and f"since {clock(unit.since)}",
        unit.died,
        unit.result if unit.result != "success" else "",
        unit.restarts and f"{unit.restarts} restarts",
    ]
    return ", ".join(str(part) for part in parts if part)
