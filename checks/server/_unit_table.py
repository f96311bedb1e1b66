"""The systemd units of mail programs, as systemctl(1) shows them: gathered, not judged."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from datetime import datetime, timedelta

from checks.facts import Unit
from checks.model import now
from checks.server._look import Garbled, Question
from checks.server._programs import PROGRAMS, SYSTEMD
from checks.text import visible

TEMPLATES = {"postfix@": "postfix", "clamd@": "clamd"}
"""Units with instances: Debian's, one per Postfix (postmulti(1)), and Fedora's clamd@scan."""

OWNERS: Mapping[str, str] = TEMPLATES | {unit: p.noun for p in PROGRAMS for unit in p.units}

_PROPERTIES = (
    *(
        "Id",
        "LoadState",
        "ActiveState",
        "SubState",
        "UnitFileState",
        "StateChangeTimestampMonotonic",
        "ActiveEnterTimestampMonotonic",
        "ActiveExitTimestampMonotonic",
    ),
    *("Result", "NRestarts", "ExecMainCode", "ExecMainStatus", "TriggeredBy"),
)

AT_ONCE = 120.0
"""Seconds within which a unit that is no longer active has ended: ``TimeoutStopSec`` (90) and some.
What ended later than that had another start since, which failed."""

_NAMES = " ".join(
    f"'{name}*.service'" if name in TEMPLATES else f"{name}.service" for name in OWNERS
)

# A line for each unit that is there. Any user may ask, and systemd answers from memory.
SCRIPT = f"""
[ -d {SYSTEMD} ] || {{ echo "no systemd"; exit; }}
echo "uptime $(cat /proc/uptime)"
systemctl show -p {",".join(_PROPERTIES)} {_NAMES} |
  awk 'BEGIN {{ RS = ""; FS = "\\n"; OFS = "\\t" }} !/LoadState=not-found/ {{ $1 = $1; print }}'
"""

_UPTIME = re.compile(r"^uptime (\d{1,9}\.\d\d) ", re.MULTILINE | re.ASCII)


def parse(text: str) -> tuple[Unit, ...] | None:
    """The units that `SCRIPT` printed; None where systemd does not run. Raises Garbled."""
    if text == "no systemd\n":
        return None
    uptime = _UPTIME.search(text)
    if uptime is None:
        raise Garbled("no /proc there as Linux has it")
    booted = now() - timedelta(seconds=float(uptime[1]))
    lines = [line for line in text.split("\n") if "=" in line]
    told = [dict(word.partition("=")[::2] for word in line.split("\t")) for line in lines]
    if not all(set(_PROPERTIES[:5]) <= set(one) for one in told):
        raise Garbled("systemctl does not say what systemd's says")
    by_id = {one["Id"]: one for one in told}  # an alias comes as the unit that it stands for
    return tuple(_unit(one, booted) for id_, one in by_id.items() if owner(id_))


def owner(name: str) -> str:
    """The program whose unit that is, or empty.

    >>> [owner(n) for n in ("postfix@-.service", "dovecot.service", "thermometer.service")]
    ['postfix', 'dovecot', '']
    """
    stem = name.removesuffix(".service")
    return OWNERS.get("".join(stem.partition("@")[:2]), "")


def _unit(told: Mapping[str, str], booted: datetime) -> Unit:
    changed, began, ended = (
        _number(told.get(f"{name}TimestampMonotonic", "")) / 1e6
        for name in ("StateChange", "ActiveEnter", "ActiveExit")
    )
    is_active = told["ActiveState"] in ("active", "reloading")
    came = began if is_active else changed  # a reload changes the state too
    return Unit(
        name=visible(told["Id"], 64),
        program=owner(told["Id"]),
        active=visible(told["ActiveState"], 32),
        sub=visible(told["SubState"], 32),
        enabled=visible(told["UnitFileState"], 32),
        since=booted + timedelta(seconds=came) if came else None,
        result=visible(told.get("Result", ""), 32),
        died=_death(told.get("ExecMainCode", ""), _number(told.get("ExecMainStatus", ""))),
        restarts=_number(told.get("NRestarts", "")),
        lasted=max(0.0, ended - began) if not is_active and changed - ended < AT_ONCE else 0.0,
        is_masked=told["LoadState"] == "masked" or told["UnitFileState"] == "masked",
        is_triggered=bool(told.get("TriggeredBy")),
    )


def _number(text: str) -> int:
    """0 for what systemd does not tell, as ``[not set]``."""
    return int(text) if re.fullmatch(r"\d{1,15}", text, re.ASCII) else 0


def _death(code: str, status: int) -> str:
    """The end of the main process: sigaction(2)'s CLD_EXITED is 1, CLD_KILLED 2, CLD_DUMPED 3."""
    if code == "1" and status:
        return f"status {status}"
    if code not in ("2", "3"):
        return ""
    known = {one.value: one.name for one in signal.Signals}
    return f"killed by {known.get(status, f'signal {status}')}"


QUESTION = Question("units", None, SCRIPT, parse)
