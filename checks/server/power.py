"""The machine is switched on and its hardware is well, as its BMC or hypervisor sees it.

Asked is whoever the config names: a BMC by Redfish (DSP0266) or IPMI, or any command. It answers
while the host itself does not, so it tells *off* from *on but dead*; when it is silent as well,
nothing is known.
"""

from __future__ import annotations

import asyncio
import shlex

from checks.facts import PowerFacts, Sensor
from checks.hosts import TimedOut
from checks.hosts.local import LocalLogin
from checks.model import CheckOptions, Finding, Power, Result, State, System, Target
from checks.phases import Phases
from checks.reveal import SecretError
from checks.server import _bmc
from checks.server._bmc import Babbles, Blind, NoTool
from checks.server._judged import Judged, result
from checks.text import visible
from checks.url import parse

FINDINGS = _bmc.FINDINGS | {
    "power.off": "the machine is switched off",
    "power.changing": "the machine is being switched on or off",
    "power.unknown": "whether it is switched on could not be told",
    "hardware.critical": "the BMC reports hardware that has failed",
    "hardware.warning": "the BMC reports hardware that needs a look",
}

OUTPUT_LIMIT = 1 << 16


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.power]``. BMCs are slow, and some of them get slower when asked often."""

    interval: float = 30.0
    deadline: float = 10.0


def targets(system: System) -> list[Target]:
    """Every host whose config says whom to ask."""
    found = []
    for host in system.hosts:
        if host.power is None:
            continue
        url = parse(host.power.where) if host.power.kind == "redfish" else None
        found.append(
            Target(
                name=host.name,
                about="power",
                address=url.host if url else host.address,
                port=url.port if url else 0,
                host=host,
                resolver=system.resolver,
            )
        )
    return found


async def check(target: Target, options: Options, *, deadline: float) -> Result:  # noqa: ARG001
    """Ask once."""
    phases = Phases()
    try:
        async with asyncio.timeout(deadline):
            seen = await _ask(target, phases, deadline=deadline)
    except TimeoutError:
        return _blind(phases, Blind(f"no answer in {deadline:g} s"))
    except (Blind, SecretError) as error:
        return _blind(phases, error)
    return result(phases, judge(seen), in_words(seen), facts=seen)


async def _ask(target: Target, phases: Phases, *, deadline: float) -> PowerFacts:
    power = target.host.power if target.host else None
    if power is None:
        raise Blind("nobody is named who knows of its power")
    match power.kind:
        case "redfish":
            from checks.server import _redfish

            return await _redfish.ask(target, power, phases, deadline=deadline)
        case "ipmi":
            from checks.server import _ipmi

            return await _ipmi.ask(power, phases, deadline=deadline)
    with phases.phase("command"):
        return await _ask_command(power, deadline=deadline)


async def _ask_command(power: Power, *, deadline: float) -> PowerFacts:
    """What the house's own command says: its output holds one of the words for on, or for off."""
    argv = shlex.split(power.where)
    try:
        output = await LocalLogin().run(argv, deadline=deadline, limit=OUTPUT_LIMIT)
    except TimedOut as error:
        raise TimeoutError from error
    if output.exit_status == 127:
        raise NoTool(f"{visible(argv[0])} is not there")
    said = visible(output.stdout.strip(), 100)
    if output.exit_status:
        raise Babbles(f"{visible(argv[0])} ended with status {output.exit_status}: {said}")
    words = said.lower()
    for state, known in (("off", power.off), ("on", power.on)):
        if any(word.lower() in words for word in known):
            return PowerFacts(state=state, said=said)
    return PowerFacts(state="unknown", said=said)


def judge(seen: PowerFacts) -> list[Judged]:
    """What is wrong with power and hardware."""
    judged = []
    match seen.state:
        case "off":
            judged.append(Judged(State.CRITICAL, "power.off", "switched off"))
        case "changing":
            judged.append(Judged(State.WARNING, "power.changing", f"power is {seen.said}"))
        case "unknown":
            text = f"power is {seen.said or 'not told'}"
            judged.append(Judged(State.UNKNOWN, "power.unknown", text))
    if seen.state == "off":
        return judged  # fans stand still there, and that is well
    for health, state in (("critical", State.CRITICAL), ("warning", State.WARNING)):
        bad = [sensor for sensor in seen.sensors if sensor.health == health]
        if bad or seen.health == health:
            text = ", ".join(map(_named, bad[:3])) or f"hardware is {health}"
            judged.append(Judged(state, f"hardware.{health}", text))
    return judged


def in_words(seen: PowerFacts) -> str:
    """All of it in a line."""
    hot = [one.reading for one in seen.sensors if one.kind == "temperature" and one.reading]
    parts = (f"power {seen.state}", seen.health and f"hardware {seen.health}", *hot[:1])
    return ", ".join(filter(None, parts))


def _named(sensor: Sensor) -> str:
    return " ".join(filter(None, (sensor.name, sensor.reading, sensor.health)))


def _blind(phases: Phases, error: Exception) -> Result:
    code = error.code if isinstance(error, Blind) else _bmc.Denied.code
    mend = error.mend if isinstance(error, Blind) else ""
    text = f"power not known: {error}"
    return phases.result(State.UNKNOWN, text, Finding(code, str(error)), mend=mend)
