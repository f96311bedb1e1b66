"""Judges mailmedic: runs it headless from `jump` against each fault, and holds it to the truth.

One row a fault, in the order of the tables. A run that was ended goes on where it was: each row
is kept in ``.lab-score.jsonl`` until all are there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.lab import act
from tests.lab.fault import Fault
from tests.lab.lab import Lab
from tests.lab.place import REPOSITORY
from tests.lab.run import CommandError

KEPT = REPOSITORY / ".lab-score.jsonl"

SWEEPS = 2
"""Sweeps that mailmedic has to reach the right verdict: what it finds later is no help at 03:10."""

STATE = "/home/oper/.local/state/mailmedic"
"""What mailmedic remembers on `jump`: baselines, and of each canary's trips when it was tried last
and whether its mail came signed."""

PEACE = "/root/peace"
"""Its state before the first fault, but for test mail that was under way; each finds it so."""

A_DAY_AGO = (
    f"cd {PEACE}/roundtrip && grep -LF '\"under_way\":[]' *.json | xargs -r rm;"
    " day=$(date -u -d yesterday +%FT%TZ);"
    r""" sed -Ei 's/"(sent|proven)":"[^"]*"/"\1":"'$day'"/g' *.json"""
)
"""Dates the trips of peace back. For four minutes after one a message that waits is none to worry
about: the first faults of a run would find another mailmedic than those that follow."""

FORGET_LOGS = (
    "journalctl --quiet --rotate --vacuum-time=1s;"
    " truncate -c -s 0 /var/log/mail.log /var/log/exim4/mainlog /var/log/exim4/paniclog"
)
"""The logs of the last minutes count; those of a fault before are not this one's."""

SWEEP_DEADLINE = 150.0


class Scope(Struct, frozen=True):
    """The scope in a status document."""

    kind: str = ""


class Cause(Struct, frozen=True):
    """A cause in a status document."""

    cause: str = ""


class Check(Struct, frozen=True):
    """A check in a status document."""

    id: str = ""
    findings: tuple[str, ...] = ()


class Status(Struct, frozen=True):
    """What we read of ``mailmedic.status/1``."""

    verdict: str
    severity: str | None = None
    scope: Scope = Scope()
    causes: tuple[Cause, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def findings(self) -> set[str]:
        """The codes of all checks."""
        return {code for check in self.checks for code in check.findings}


class Row(Struct, frozen=True, kw_only=True):
    """How mailmedic did on one fault. `error` says why there was nothing to judge."""

    fault: str
    area: str
    verdict: str = ""
    is_verdict_right: bool = False
    missing: tuple[str, ...] = ()
    expected: int = 0
    scope: str = ""
    is_scope_right: bool = False
    severity: str = ""
    is_severity_right: bool = False
    seconds: float | None = None
    false_alarms: tuple[str, ...] = ()
    cause: str = ""
    error: str = ""


def sweep(lab: Lab) -> Status:
    """One sweep, as the operator would make it."""
    shell = "su - oper -c 'mailmedic status --json'"
    _, told = lab.machines["jump"].attempt(shell, deadline=SWEEP_DEADLINE)
    try:
        return msgspec.json.decode(told, type=Status)
    except msgspec.DecodeError as error:
        raise CommandError(f"mailmedic status --json: {error}: {told[-600:]}") from error


def judge(fault: Fault, status: Status, seconds: float | None) -> Row:
    """Hold what was said to the truth."""
    findings = status.findings
    alarms = [code for code in fault.must_not if code in findings]
    if fault.area == "control" and status.verdict == "outage":
        alarms.append("outage")
    severity = status.severity or ""
    return Row(
        fault=fault.name,
        area=fault.area,
        verdict=status.verdict,
        is_verdict_right=status.verdict in fault.verdict,
        missing=tuple(codes for codes in fault.must if not findings & set(codes.split("|"))),
        expected=len(fault.must),
        scope=status.scope.kind,
        is_scope_right=status.scope.kind in fault.scope,
        severity=severity,
        is_severity_right=severity in fault.severity,
        seconds=seconds,
        false_alarms=tuple(alarms),
        cause=_rank(fault.cause, [one.cause for one in status.causes]),
    )


def _rank(cause: str, named: Sequence[str]) -> str:
    """Where the true cause stands; nothing while there is no diagnosis, or nothing to name."""
    if not named or not cause:
        return ""
    if cause == named[0]:
        return "first"
    return "top three" if cause in named[:3] else "missed"


def remember_peace(lab: Lab) -> None:
    """Let mailmedic take its baselines, as on any day before an outage."""
    lab.machines["jump"].attempt(f"rm -rf {STATE} {PEACE}")
    sweep(lab)
    lab.machines["jump"].run(f"cp -a {STATE} {PEACE}")
    lab.machines["jump"].attempt(A_DAY_AGO)


def settle(lab: Lab) -> None:
    """Leave nothing of the fault before: no mail under way or in a mailbox, no log, no memory."""
    for name in ("mail1", "mail2"):
        lab.machines[name].attempt("purge; doveadm expunge -A mailbox '*' all")
        lab.machines[name].attempt(FORGET_LOGS)
    lab.machines["jump"].attempt(f"rm -rf {STATE}; cp -a {PEACE} {STATE}")


def try_one(lab: Lab, fault: Fault) -> Row:
    """Inject, sweep until the verdict is right, heal."""
    try:
        settle(lab)
        act.await_well(lab, fault)
        try:
            began = time.monotonic()
            act.inject(lab, fault)
            act.await_felt(lab, fault)
            status, seconds = _sweep_until_right(lab, fault, began)
        finally:
            act.heal(lab, fault)
        act.await_well(lab, fault)
    except CommandError as error:
        return Row(fault=fault.name, area=fault.area, error=str(error)[:300])
    return judge(fault, status, seconds)


def _sweep_until_right(lab: Lab, fault: Fault, began: float) -> tuple[Status, float | None]:
    """The last sweep, and the seconds until one had a verdict other than the day before's."""
    seconds = None
    for _ in range(SWEEPS):
        status = sweep(lab)
        is_right = status.verdict in fault.verdict
        if seconds is None and (is_right or status.verdict in ("degraded", "outage")):
            seconds = round(time.monotonic() - began, 1)
        if is_right:
            break
    return status, seconds


def score(lab: Lab, chosen: Sequence[Fault], tell: Callable[[Row], None]) -> list[Row]:
    """A row for each fault; those that an ended run has kept are not tried again."""
    rows = {row.fault: row for row in kept()}
    remember_peace(lab)
    for fault in chosen:
        if fault.name not in rows:
            rows[fault.name] = try_one(lab, fault)
            with KEPT.open("ab") as file:
                file.write(msgspec.json.encode(rows[fault.name]) + b"\n")
        tell(rows[fault.name])
    KEPT.unlink(missing_ok=True)
    return [rows[fault.name] for fault in chosen]


def kept(path: Path = KEPT) -> list[Row]:
    """The rows of a run that was ended; its last line may be cut."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [msgspec.json.decode(line, type=Row) for line in lines]
