"""Proves the faults: well before, felt when injected, well again when healed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.lab import act
from tests.lab.fault import Fault
from tests.lab.lab import Lab
from tests.lab.run import CommandError


def selftest(lab: Lab, chosen: Sequence[Fault]) -> list[str]:
    """Prove each of them, a line each; the names of those that failed."""
    began = time.monotonic()
    failed = [fault.name for fault in chosen if not prove(lab, fault)]
    took = time.monotonic() - began
    print(f"{len(chosen) - len(failed)} of {len(chosen)} faults proved in {took / 60:.1f} min")
    for name in failed:
        print(f"  failed: {name}")
    return failed


def prove(lab: Lab, fault: Fault) -> bool:
    """Inject, feel, heal, feel no more; whether all of it was so."""
    began = time.monotonic()
    error = ""
    felt = well = 0.0
    try:
        act.await_well(lab, fault)
        try:
            act.inject(lab, fault)
            felt = act.await_felt(lab, fault)
        finally:
            act.heal(lab, fault)
        well = act.await_well(lab, fault)
    except CommandError as problem:
        error = str(problem)
    took = time.monotonic() - began
    word = "FAILED" if error else "proved"
    print(
        f"{word}  {fault.name:<28} felt {felt:4.1f} s  gone {well:4.1f} s  {took:5.1f} s",
        flush=True,
    )
    if error:
        print(f"        {error}", flush=True)
    return not error
