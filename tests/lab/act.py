"""Injects and heals: runs a fault's lines on the hosts, or on the lab itself."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.lab import network
from tests.lab.fault import Fault, Symptom
from tests.lab.lab import Lab
from tests.lab.machine import image_of
from tests.lab.run import CommandError, attempt, run

PATIENCE = 45.0
"""Seconds until a fault has to be felt, or no longer: a booting host is back in ten."""

DEADLINE = 60.0
"""Seconds that one line may take."""


def inject(lab: Lab, fault: Fault) -> None:
    """Break it."""
    for line in fault.inject:
        _do(lab, line)


def heal(lab: Lab, fault: Fault) -> None:
    """Mend it: every line is tried, also when one before it failed. Raises the first error."""
    errors = []
    for line in fault.heal:
        try:
            _do(lab, line)
        except CommandError as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _do(lab: Lab, line: str) -> None:
    where, _, command = line.partition(": ")
    if where != "lab":
        lab.machines[where].run(command, deadline=DEADLINE)
        return
    verb, *words = shlex.split(command)
    _VERBS[verb](lab, *words)


def _on(lab: Lab, host: str) -> None:
    lab.machines[host].switch_on()
    lab.machines[host].await_boot()


def _on_without(lab: Lab, host: str, unit: str) -> None:
    """Boot, where it is known that this unit won't start."""
    lab.machines[host].switch_on()
    lab.machines[host].await_boot(without=unit)


def _off(lab: Lab, host: str) -> None:
    lab.machines[host].switch_off()


def _freeze(lab: Lab, host: str) -> None:
    lab.machines[host].freeze()


def _thaw(lab: Lab, host: str) -> None:
    lab.machines[host].freeze(is_frozen=False)


def _memory(lab: Lab, host: str, limit: str) -> None:
    lab.machines[host].limit_memory(limit)


def _unplug(lab: Lab, host: str, net: str) -> None:
    _port(lab, host, net, "down")


def _plug(lab: Lab, host: str, net: str) -> None:
    _port(lab, host, net, "up")


def _port(lab: Lab, host: str, net: str, state: str) -> None:
    switch = lab.place.namespace(network.SWITCH)
    run(["ip", "-n", switch, "link", "set", network.port_of(host, net), state])


def _fs_error(lab: Lab, host: str, mounted_on: str) -> None:
    """Make ext4 believe that it found damage; a host's own /sys is read-only."""
    disk = lab.machines[host].run(f"basename $(findmnt -no SOURCE {mounted_on})").strip()
    Path(f"/sys/fs/ext4/{disk}/trigger_fs_error").write_text("lab")


def _repair(lab: Lab, host: str, mounted_on: str) -> None:
    """Check the disk of a host that is off, as it would itself at boot."""
    image = str(image_of(lab.machines[host].folder, mounted_on))
    status, told = attempt(["fsck.ext4", "-f", "-y", image])
    if status > 1:  # 1: errors were corrected, fsck(8)
        raise CommandError(f"fsck {image}: {told}")


_VERBS: dict[str, Callable[..., None]] = {
    "on": _on,
    "on-without": _on_without,
    "off": _off,
    "freeze": _freeze,
    "thaw": _thaw,
    "memory": _memory,
    "unplug": _unplug,
    "plug": _plug,
    "fs-error": _fs_error,
    "repair": _repair,
}


def ask(lab: Lab, symptom: Symptom) -> str:
    """What the symptom's question is answered now."""
    where, _, command = symptom.ask.partition(": ")
    return lab.machines[where].attempt(command, deadline=DEADLINE)[1].strip()


def await_felt(lab: Lab, fault: Fault) -> float:
    """Wait until every symptom is felt; the seconds it took. Raises CommandError."""
    return _await(lab, fault.symptom, [one.felt for one in fault.symptom], f"{fault.name} is felt")


def await_well(lab: Lab, fault: Fault) -> float:
    """Wait until no symptom is felt any more; the seconds it took. Raises CommandError."""
    return _await(lab, fault.symptom, [one.well for one in fault.symptom], f"{fault.name} is gone")


def _await(lab: Lab, symptoms: Sequence[Symptom], wanted: Sequence[str], what: str) -> float:
    began = time.monotonic()
    for symptom, pattern in zip(symptoms, wanted, strict=True):
        while not re.search(pattern, answer := ask(lab, symptom)):
            if time.monotonic() - began > PATIENCE:
                raise CommandError(
                    f"not {what}, {PATIENCE:.0f} s long: {symptom.ask!r} says {answer!r},"
                    f" not {pattern!r}"
                )
            time.sleep(0.2)
    return time.monotonic() - began
