"""The ladder: each step of a message's way, and the first that is broken. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.facts import Rung
from checks.model import Phase, State
from checks.protocol._judged import Judged

STEPS = {
    "resolve": ("resolve",),
    "connect": ("connect",),
    "greet": ("banner", "ehlo", "greeting", "capability"),
    "tls": ("ca-file", "starttls", "tls", "ehlo-tls", "capability-tls"),
    "log in": ("secret", "auth", "login"),
    "submit": ("mail", "rcpt", "data"),
    "list": ("list", "select", "search"),
    "fetch": ("fetch", "remove"),
}
"""The steps of a dialogue that each rung stands for."""

STRANGER = ("resolve", "connect", "greet", "submit")
SEND = ("resolve", "connect", "greet", "tls", "log in", "submit")
READ = ("resolve", "connect", "greet", "tls", "log in", "list", "fetch")


def rung_of(step: str) -> str:
    """The rung that `step` belongs to."""
    for name, steps in STEPS.items():
        if step in steps or step.removesuffix("-tls") in steps:
            return name
    return ""


STATUS = {State.CRITICAL: "broken", State.WARNING: "poor", State.UNKNOWN: "unknown"}
"""What a rung is on which the talk ended, by how bad that is."""


def climb(
    side: str, names: Sequence[str], lasted: Mapping[str, float], step: str, stopped: Judged | None
) -> tuple[Rung, ...]:
    """The rungs of one dialogue, from the steps that it took.

    `stopped` is what ended it too early, in `step`. What lies beyond is unknown.
    """
    durations: dict[str, float] = {}
    for one, seconds in lasted.items():
        name = rung_of(one)
        durations[name] = durations.get(name, 0.0) + seconds
    rungs = []
    for name in names:
        if stopped is not None and name == rung_of(step):
            status = STATUS.get(stopped.state, "passed")
            rungs.append(Rung(name, side, status, durations.get(name), stopped.text))
        else:
            status = "passed" if name in durations else "unknown"
            rungs.append(Rung(name, side, status, durations.get(name)))
    return tuple(rungs)


def in_order(names: Sequence[str], *, tls_first: bool) -> tuple[str, ...]:
    """`names` as they follow on each other: with implicit TLS the handshake precedes the greeting.

    >>> in_order(("connect", "greet", "tls"), tls_first=True)
    ('connect', 'tls', 'greet')
    """
    if not tls_first:
        return tuple(names)
    swapped = {"greet": "tls", "tls": "greet"}
    return tuple(swapped.get(name, name) for name in names)


def phases(rungs: Sequence[Rung]) -> tuple[Phase, ...]:
    """The rungs that were measured, as phases of a result: ``send.connect``."""
    return tuple(Phase(_phase(rung), rung.duration) for rung in rungs if rung.duration is not None)


def _phase(rung: Rung) -> str:
    name = rung.name.replace(" ", "-")
    return name if name == rung.side else f"{rung.side}.{name}"
