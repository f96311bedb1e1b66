"""Asks whether the mail programs would start again with what is on disk, and run by it now.

A broken edit that nobody has loaded hits nobody, until somebody restarts to mend something else.
Asked of the programs themselves: postconf(1), doveconf(1), ``exim -bV``, ``sshd -t``. What this
login may not prove is said, with the command that would. An Exim whose ACL relays for everybody is
found here, a Postfix that does among its settings (`changes`).
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

from checks.drift._proof import MENDS, OUTPUT_LIMIT, SCRIPT, Program, Proof, parse
from checks.hosts import FINDINGS as LOGIN_FINDINGS
from checks.hosts import LoginError
from checks.model import CheckOptions, Finding, Result, State, System, Target
from checks.phases import Phases

FINDINGS = {
    "config.broken-if-restarted": "the program does not take what is on disk: it would not start",
    "config.not-loaded": "a file was edited after the program had last read it",
    "config.unproved": "this login may not find out whether it would start, or what it has read",
    "config.open-relay": "Exim relays for everybody, by its settings",
    **LOGIN_FINDINGS,
}

SLACK = 2.0
"""Seconds between a file's time and a start that may be one and the same."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.restart]``."""

    interval: float = 60.0
    deadline: float = 20.0
    rest: float = 20.0


PROOF_LASTS = 900.0
"""Seconds: what the files name elsewhere, such as a certificate, may be gone by then."""

_proofs: dict[str, tuple[float, dict[str, Proof]]] = {}
"""Of each check, since when, and what the programs said to the files as they are."""


def targets(system: System) -> list[Target]:
    """Each host that lets us in."""
    return system.each_host("restart", with_login=True)


async def check(
    target: Target,
    options: Options,  # noqa: ARG001  # every check is given its own
    *,
    deadline: float,
) -> Result:
    """Have each program read its configuration, if that is not as it was the last time."""
    phases = Phases()
    if target.host is None or target.host.login is None:
        return phases.result(State.UNKNOWN, "no login: the programs cannot be asked")
    since, known = _proofs.get(target.host.name, (0.0, {}))
    if time.monotonic() - since > PROOF_LASTS:
        since, known = time.monotonic(), {}
    stamps = " ".join(f"{name}={proof.stamp}" for name, proof in known.items())
    argv = ["sh", "-c", SCRIPT, "sh", stamps]
    try:
        with phases.phase("prove"):
            output = await target.host.login.run(argv, deadline=deadline, limit=OUTPUT_LIMIT)
            programs = await asyncio.to_thread(parse, output, known)
    except LoginError as error:
        return phases.not_asked(error)
    _proofs[target.host.name] = since, {**known, **{one.name: one.proof for one in programs}}
    return judge(phases, programs)


def judge(phases: Phases, programs: list[Program]) -> Result:
    """What to say of the programs of a host."""
    broken = [one for one in programs if one.proof.is_good is False]
    unproved = [one for one in programs if one.proof.is_good is None]
    stale = [one for one in programs if is_stale(one)]
    unsure = [one for one in programs if not is_stale(one) and is_older(one.loaded, one.proof)]
    relays = [text for one in programs for text in one.proof.relays]
    findings = [Finding("config.open-relay", f"Exim: {text}") for text in relays]
    findings += [Finding("config.broken-if-restarted", _broken(one)) for one in broken]
    findings += [Finding("config.not-loaded", _stale(one)) for one in stale]
    findings += [Finding("config.unproved", _unproved(one)) for one in unproved]
    findings += [Finding("config.unproved", _unsure(one)) for one in unsure]
    good = ", ".join(_good(one) for one in programs if one.proof.is_good)
    texts = [finding.text for finding in findings]
    if good:
        texts.append(f"{good} would start again")
    state = State.WARNING if broken else State.UNKNOWN if unproved and not good else State.OK
    mends = [MENDS[one.name] for one in unproved]
    mends += [f"sudo gpasswd --add USER {one.told_to}" for one in unsure if one.told_to]
    return phases.result(
        State.CRITICAL if relays else state,
        "; ".join(texts) or "none of the programs is there",
        *findings,
        evidence=tuple(line for one in [*broken, *unproved] for line in one.proof.said),
        mend=" ; ".join(mends),
    )


def is_stale(program: Program) -> bool:
    """Whether it runs by something else than what is on disk."""
    return is_older(program.read_by, program.proof)


def is_older(read: datetime | None, proof: Proof) -> bool:
    """Whether what was read then is not what is on disk."""
    if proof.edited is None or read is None:
        return False
    return (proof.edited - read).total_seconds() > SLACK


def _good(program: Program) -> str:
    return f"{program.title}{' (as far as a look may try)' if program.proof.is_partial else ''}"


def _broken(program: Program) -> str:
    now = ", and delivers nothing meanwhile" if program.name == "exim" and program.loaded else ""
    return f"{program.title} would not start again{now}: {program.proof.why}"


def _stale(program: Program) -> str:
    edited, loaded = (f"{at:%d %b %H:%MZ}" for at in (program.proof.edited, program.loaded) if at)
    who = "Exim's daemon" if program.name == "exim" else program.title
    return f"{program.proof.file} edited {edited}, {who} last read it {loaded}"


def _unsure(program: Program) -> str:
    at = f"{program.proof.edited:%d %b %H:%MZ}" if program.proof.edited else ""
    log = "its log tells, and may not be read" if program.told_to else "its log does not tell"
    return f"whether {program.title}'s daemon has read {program.proof.file}, edited {at}: {log}"


def _unproved(program: Program) -> str:
    return f"whether {program.title} would start again is not known: {program.proof.why}"
