"""The host's clock agrees with ours.

What depends on it: codes of 30 s (TOTP, RFC 6238 section 5.2), Kerberos tickets (5 minutes, RFC
4120 section 1.6), signatures that are too old or from the future (DKIM's t= and x=, RFC 6376
section 3.5), certificates, and whoever compares two logs. ``date`` is asked over the login, so
half of the time that this took is taken off the difference. Whether the kernel's clock is kept by
NTP is shown by timedatectl(1) and is no alarm by itself: many virtual machines are kept otherwise.
"""

from __future__ import annotations

import time

from checks.facts import ClockFacts
from checks.hosts import LoginError
from checks.model import CheckOptions, Result, State, System, Target
from checks.phases import Phases
from checks.server import _look
from checks.server._judged import Judged, result
from checks.server._look import Garbled, Question
from checks.server._programs import SYSTEMD
from checks.skew import Skew, skew
from checks.when import span

FINDINGS = _look.FINDINGS | {
    "clock.skew": "the host's clock and ours differ: codes, tickets and signatures are refused",
    "clock.not-synchronised": "nothing that the kernel knows of keeps the host's clock right",
}

# timedated is started for the question and costs 40 ms of CPU: once a minute. Where a wrong clock
# or a stuck bus lets it hang, the time is told all the same.
SCRIPT = f"""
date +%s
[ ! -d {SYSTEMD} ] || timeout 2 timedatectl show -p NTPSynchronized 2>/dev/null
exit 0
"""


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.clock]``. Seconds of difference that warn, and that are an error."""

    interval: float = 60.0
    warning: float = 30.0
    critical: float = 300.0


def targets(system: System) -> list[Target]:
    """Every host that lets us in, and has to do with mail."""
    return _look.mail_hosts(system, "clock")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Look at the clock once."""
    phases = Phases()
    try:
        _, login = _look.host_of(target)
        before = time.time()
        with phases.phase("look"):
            said = await _look.look(login, QUESTION, deadline=deadline)
        after = time.time()
        found = None if login.is_local else skew(said.partition("\n")[0], before, after)
    except LoginError as error:
        return _look.blind(phases, target, error)
    facts = ClockFacts(
        ahead=found.ahead if found else None,
        margin=found.margin if found else 0.0,
        is_synchronised=_synchronised(said),
    )
    return result(
        phases,
        judge(found, facts, options),
        in_words(found),
        facts=facts,
        metrics={"ahead": facts.ahead or 0.0, "margin": facts.margin},
    )


def judge(found: Skew | None, facts: ClockFacts, options: Options) -> list[Judged]:
    """What is wrong with the clock, as far as that is sure."""
    judged = []
    if found is not None and found.sure > options.warning:
        state = State.CRITICAL if found.sure > options.critical else State.WARNING
        judged.append(Judged(state, "clock.skew", in_words(found)))
    if facts.is_synchronised is False:
        text = "not synchronised, as far as the kernel knows"
        judged.append(Judged(State.OK, "clock.not-synchronised", text))
    return judged


def in_words(found: Skew | None) -> str:
    """``clock 2d 0h ahead of ours``."""
    if found is None:
        return "our own clock"
    if not found.sure:
        return f"clock agrees with ours, give or take {found.margin:.1f} s"
    side = "ahead of" if found.ahead > 0 else "behind"
    return f"clock {span(round(abs(found.ahead)))} {side} ours"


def _synchronised(said: str) -> bool | None:
    lines = said.split("\n")
    if "NTPSynchronized=yes" in lines:
        return True
    return False if "NTPSynchronized=no" in lines else None


def parse(text: str) -> str:
    """What `SCRIPT` printed, if it holds a time. Raises Garbled."""
    if skew(text.partition("\n")[0], 0, 0) is None:
        raise Garbled("date tells no time there")
    return text


QUESTION = Question("clock", None, SCRIPT, parse)
