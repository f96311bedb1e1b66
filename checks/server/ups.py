"""The host's uninterruptible power supply is on mains, and its battery would last.

Asked of NUT by upsc(8), in the words of its protocol (RFC 9271; docs/nut-names.txt). On localhost
it is asked there, over the host's login; upsd listens on no other address until it is told to.
"""

from __future__ import annotations

import re

from checks.facts import UpsFacts
from checks.hosts import Login, LoginError, Output
from checks.hosts.local import LocalLogin
from checks.model import CheckOptions, Finding, Result, State, System, Target
from checks.phases import Phases
from checks.server import _look
from checks.server._judged import Judged, result
from checks.text import visible
from checks.when import span

FINDINGS = _look.FINDINGS | {
    "ups.on-battery": "mains are gone: the host runs on the battery of its UPS",
    "ups.low-battery": "the battery of the UPS is nearly empty",
    "ups.shutting-down": "the UPS is about to switch the host off",
    "ups.off": "the UPS gives no power",
    "ups.overload": "more hangs on the UPS than it can carry",
    "ups.bypass": "the UPS hands mains through: its battery would not step in",
    "ups.replace-battery": "the UPS asks for a new battery",
    "ups.silent": "nobody answers for the UPS",
    "ups.not-found": "NUT knows no UPS of that name",
    "ups.no-tool": "the program that asks it is not installed",
    "ups.garbled": "what it says makes no sense",
}

OUTPUT_LIMIT = 1 << 16

_ERRORS = (
    (b"Unknown UPS", "ups.not-found"),
    (b"Error:", "ups.silent"),
)

_WORDS = {
    "FSD": (State.CRITICAL, "ups.shutting-down", "UPS switches off"),
    "OFF": (State.CRITICAL, "ups.off", "UPS gives no power"),
    "OVER": (State.WARNING, "ups.overload", "UPS overloaded"),
    "BYPASS": (State.WARNING, "ups.bypass", "UPS on bypass"),
    "RB": (State.WARNING, "ups.replace-battery", "UPS needs a new battery"),
}
"""The words of ``ups.status`` that mean trouble by themselves."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.ups]``. `least_runtime` are seconds on battery below which it is an outage."""

    interval: float = 30.0
    least_runtime: float = 600.0


def targets(system: System) -> list[Target]:
    """Every host whose config names its UPS."""
    return [one for one in system.each_host("ups") if one.host and one.host.ups]


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Ask once."""
    phases = Phases()
    name = target.host.ups if target.host else ""
    login = _login(target, name)
    try:
        with phases.phase("upsc"):
            output = await login.run(["upsc", name], deadline=deadline, limit=OUTPUT_LIMIT)
    except LoginError as error:
        if login.is_local:
            return _blind(phases, "ups.silent", f"no answer in {deadline:g} s")
        return _look.blind(phases, target, error)
    seen = parse(output.stdout.decode("utf-8", "replace"))
    if output.exit_status or seen is None:
        return _refused(phases, output)
    if "WAIT" in seen.status:
        return _blind(phases, "ups.silent", "its driver has told nothing yet")
    return result(phases, judge(seen, options), in_words(seen), facts=seen, metrics=_metrics(seen))


def _login(target: Target, name: str) -> Login:
    is_its_own = name.partition("@")[2].partition(":")[0] in ("localhost", "127.0.0.1")
    own = target.host.login if target.host else None
    return own if is_its_own and own is not None else LocalLogin()


def _refused(phases: Phases, output: Output) -> Result:
    if output.exit_status == 127:
        return _blind(phases, "ups.no-tool", "upsc is not installed", mend="apt install nut-client")
    if not output.exit_status:
        return _blind(phases, "ups.garbled", "upsc tells no status")
    said = next((line for line in output.stderr.split(b"\n") if b"Error:" in line), b"")
    code = next((code for words, code in _ERRORS if words in said), "ups.garbled")
    return _blind(phases, code, visible(said.removeprefix(b"Error: "), 100))


def _blind(phases: Phases, code: str, text: str, mend: str = "") -> Result:
    return phases.result(State.UNKNOWN, f"UPS not known: {text}", Finding(code, text), mend=mend)


def judge(seen: UpsFacts, options: Options) -> list[Judged]:
    """What is wrong with the supply. A host on battery is fine for as long as that lasts."""
    judged = [Judged(*_WORDS[word]) for word in seen.status if word in _WORDS]
    on_battery, is_low = "OB" in seen.status, "LB" in seen.status
    if on_battery:
        left = "" if seen.runtime is None else f", {span(seen.runtime)} left"
        is_short = seen.runtime is not None and seen.runtime < options.least_runtime
        state = State.CRITICAL if is_low or is_short else State.WARNING
        judged.append(Judged(state, "ups.on-battery", f"on battery{left}"))
    if is_low:
        charge = "" if seen.charge is None else f" ({seen.charge:.0f} %)"
        state = State.CRITICAL if on_battery else State.WARNING
        judged.append(Judged(state, "ups.low-battery", f"battery low{charge}"))
    return judged


def in_words(seen: UpsFacts) -> str:
    """``UPS on mains, battery 100 %, lasts 30m 0s``."""
    parts = ["UPS on mains" if "OL" in seen.status else f"UPS {' '.join(seen.status)}"]
    if seen.charge is not None:
        parts.append(f"battery {seen.charge:.0f} %")
    if seen.runtime is not None:
        parts.append(f"lasts {span(seen.runtime)}")
    return ", ".join(parts)


def _metrics(seen: UpsFacts) -> dict[str, float]:
    told = {"charge": seen.charge, "runtime": seen.runtime, "load": seen.load}
    return {name: value for name, value in told.items() if value is not None}


_TOLD = re.compile(r"^([a-z0-9.]{1,64}): (.*)$", re.MULTILINE | re.ASCII)


def parse(text: str) -> UpsFacts | None:
    r"""What upsc printed; None without a status.

    >>> parse("battery.charge: 100\nbattery.runtime: 1800\nups.status: OL CHRG\n").status
    ('OL', 'CHRG')
    """
    told: dict[str, str] = dict(_TOLD.findall(text))
    status = tuple(visible(told.get("ups.status", ""), 64).split())
    if not status:
        return None
    return UpsFacts(
        status=status,
        charge=_number(told.get("battery.charge", "")),
        runtime=_number(told.get("battery.runtime", "")),
        load=_number(told.get("ups.load", "")),
        model=visible(told.get("device.model") or told.get("ups.model", ""), 48),
    )


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text, re.ASCII) else None
