"""Faults as data: the tables ``faults/AREA.toml``, found by being there."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

FOLDER = Path(__file__).parent / "faults"

Scope = Literal["none", "one-user", "one-domain", "one-service", "one-host", "all-users"]
Verdict = Literal["healthy", "degraded", "outage", "unknown"]
Severity = Literal["", "SEV1", "SEV2", "SEV3", "SEV4"]


class Symptom(Struct, frozen=True, forbid_unknown_fields=True):
    """How a fault is felt, by means that are not mailmedic's.

    `ask` is a line of shell on a host (``jump: …``). What it writes matches `felt` (a regular
    expression) while the fault is there, and `well` before and after.
    """

    ask: str
    felt: str
    well: str


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault, and what the truth about it is.

    `inject` and `heal` are lines of shell on a host, or of the lab itself (``lab: off mail1``).
    `verdict`, `scope` and `severity` name all that are honest; *healthy* has no severity (``""``).
    `must` holds the finding codes that a truthful sweep contains (``a|b``: one of them),
    `must_not` those that would be wrong; `words` what an honest explanation says. `both` makes a
    double of two others, whose truth it takes where it has none of its own.
    """

    name: str
    title: str
    cause: str
    verdict: tuple[Verdict, ...]
    scope: tuple[Scope, ...]
    severity: tuple[Severity, ...]
    inject: tuple[str, ...] = ()
    heal: tuple[str, ...] = ()
    symptom: tuple[Symptom, ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    both: tuple[str, ...] = ()
    is_smoke: bool = False
    area: str = ""


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    fault: tuple[Fault, ...]


@cache
def faults() -> dict[str, Fault]:
    """All faults by name, in the order of their areas and tables."""
    found: dict[str, Fault] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        table = msgspec.toml.decode(path.read_bytes(), type=_Table)
        for fault in table.fault:
            if fault.name in found:
                raise ValueError(f"{path.name}: {fault.name} is there twice")
            found[fault.name] = replace(fault, area=path.stem)
    return {name: _joined(fault, found) for name, fault in found.items()}


def _joined(fault: Fault, known: dict[str, Fault]) -> Fault:
    """A double with what its two faults do; others as they are."""
    if not fault.both:
        return fault
    first, second = (known[name] for name in fault.both)
    return replace(
        fault,
        inject=first.inject + second.inject,
        heal=second.heal + first.heal,
        symptom=fault.symptom or first.symptom + second.symptom,
        must=fault.must or first.must + second.must,
        words=first.words + second.words,
    )


def chosen(names: list[str]) -> list[Fault]:
    """Those of these names or areas, all when there is none. Raises ValueError."""
    if not names:
        return list(faults().values())
    areas = {fault.area for fault in faults().values()}
    unknown = set(names) - areas - set(faults())
    if unknown:
        raise ValueError(f"no fault or area is called {', '.join(sorted(unknown))}")
    return [one for one in faults().values() if one.name in names or one.area in names]
