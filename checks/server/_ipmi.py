"""IPMI through ipmitool(1): chassis, event log and sensors, the last two where time is left."""

from __future__ import annotations

import re
import shutil
import time

from checks.facts import PowerFacts, Sensor
from checks.hosts import Output, TimedOut
from checks.hosts.local import LocalLogin
from checks.model import Power
from checks.phases import Phases
from checks.reveal import reveal
from checks.server._bmc import Babbles, Blind, NoTool
from checks.text import visible

LIMIT = 1 << 18

_TOLD = re.compile(rb"^([A-Za-z/ ]+?) *: (.*)$", re.MULTILINE)

HEALTH = {"ok": "ok", "nc": "warning", "cr": "critical", "nr": "critical"}
"""Column 3 of ``ipmitool sdr``: within limits, non-critical, critical, non-recoverable."""


async def ask(power: Power, phases: Phases, *, deadline: float) -> PowerFacts:
    """What the BMC says. Raises Blind, TimeoutError.

    A wrong password and a BMC that is not there look the same to ipmitool.
    """
    if shutil.which("ipmitool") is None:
        raise NoTool("ipmitool is not installed here", "apt install ipmitool")
    end = time.monotonic() + deadline
    secret = await reveal(power.password, deadline=deadline) if power.password else ""
    bmc = _Bmc(power, secret)
    with phases.phase("chassis"):
        chassis = await bmc.ask("chassis", "status", until=end)
    told = {
        name.decode().strip().lower(): visible(value, 64) for name, value in _TOLD.findall(chassis)
    }
    if "system power" not in told:
        raise Babbles("ipmitool tells of no power")
    with phases.phase("log"):
        events = await bmc.ask_more("sel", "list", "last", "10", until=end)
    with phases.phase("sensors"):
        sensors = await bmc.ask_more("sdr", until=end)
    return PowerFacts(
        state=told["system power"] if told["system power"] in ("on", "off") else "unknown",
        said=told["system power"],
        health=_health(told),
        sensors=tuple(filter(None, map(_sensor, sensors.splitlines()))),
        events=tuple(visible(line, 200) for line in reversed(events.splitlines())),
    )


class _Bmc:
    """One BMC, through one ipmitool after the other."""

    def __init__(self, power: Power, secret: str) -> None:
        # One try of a second: by default a dead BMC costs twenty.
        self._argv = ["ipmitool", "-I", "lanplus", "-N", "1", "-R", "1", "-E"]
        host, _, port = power.where.partition(":")
        self._argv += ["-H", host, *(["-p", port] if port else [])]
        self._argv += ["-U", power.user] if power.user else []
        self._login = LocalLogin({"IPMI_PASSWORD": secret})

    async def ask(self, *words: str, until: float) -> bytes:
        """What ipmitool prints. Raises Blind, TimeoutError."""
        output = await self._run(words, until)
        if output.exit_status:
            said = visible(output.stderr.strip().partition(b"\n")[0], 200)
            raise Blind(f"unreachable, or it refuses user and password ({said})")
        return output.stdout

    async def ask_more(self, *words: str, until: float) -> bytes:
        """The same, and nothing where there is none."""
        try:
            return await self.ask(*words, until=until)
        except (Blind, TimeoutError):
            return b""

    async def _run(self, words: tuple[str, ...], until: float) -> Output:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            return await self._login.run([*self._argv, *words], deadline=left, limit=LIMIT)
        except TimedOut as error:
            raise TimeoutError from error


def _health(told: dict[str, str]) -> str:
    faults = ("power overload", "main power fault", "power control fault", "cooling/fan fault")
    if any(told.get(name) == "true" for name in (*faults, "drive fault")):
        return "critical"
    return "ok"


def _sensor(line: bytes) -> Sensor | None:
    """A line such as ``CPU Temp | 41 degrees C | ok``; None for one that has no reading."""
    parts = [visible(part.strip(), 48) for part in line.split(b"|")]
    if len(parts) != 3 or parts[2] not in HEALTH:
        return None
    name, reading, state = parts
    kind = "temperature" if "degrees" in reading else "fan" if "RPM" in reading else "other"
    return Sensor(
        kind=kind, name=name, reading=reading.replace(" degrees C", "°C"), health=HEALTH[state]
    )
