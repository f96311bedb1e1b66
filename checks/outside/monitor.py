"""What the site's own monitoring says of our hosts: Alertmanager, Prometheus, Icinga 2, Nagios.

It looks from another place and began before us. What it says is shown, and is evidence for when an
outage began; it never makes a verdict by itself, and one that can't be reached is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from checks.facts import Alert, MonitorFacts
from checks.hosts import LoginError
from checks.model import (
    CheckOptions,
    Finding,
    Host,
    Monitor,
    Result,
    State,
    System,
    Target,
    now,
    worst,
)
from checks.outside import _nagios, _ours, _service
from checks.outside._service import Blind, Denied, Service
from checks.outside._told import Told
from checks.phases import Phases
from checks.reveal import SecretError
from checks.text import redact, visible
from checks.url import parse
from checks.when import clock

FINDINGS = _service.FINDINGS | {
    "monitor.alert.firing": "a monitor of the site's says that something of ours is not well",
}

OURS_KEPT = 50
"""Alerts on our hosts that are kept, the worst first: more than a screen holds."""

OTHERS_KEPT = 20
"""Alerts on what is not ours that are kept, to see what was not matched."""

MATCH = 0.2
"""Part of the deadline that names may take: a dead resolver hides no alert."""

NAMED = 3
"""Alerts that the summary names."""

FILE_LIMIT = 400_000
"""Bytes of a status file: 300 hosts and services."""

WEIGHT = {"critical": 0, "warning": 1, "info": 2}
STATES = {"critical": State.CRITICAL, "warning": State.WARNING, "info": State.OK}


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.monitor]``."""

    interval: float = 30.0


def targets(system: System) -> list[Target]:
    """Every monitor of the config."""
    found = []
    for monitor in system.monitors:
        url = parse(monitor.url) if monitor.url else None
        found.append(
            Target(
                name=monitor.name,
                about="monitor",
                address=url.host if url else "",
                port=url.port if url else 0,
                resolver=system.resolver,
                monitor=monitor,
            )
        )
    return found


async def check(target: Target, options: Options, *, deadline: float) -> Result:  # noqa: ARG001
    """Ask once."""
    phases = Phases()
    monitor = target.monitor
    if monitor is None:
        return phases.result(State.UNKNOWN, "no monitor to ask")
    try:
        async with asyncio.timeout(deadline):
            told = await _ask(target, monitor, phases, deadline)
            known = await _known(target, monitor, told, phases, deadline)
    except TimeoutError:
        return _blind(phases, Blind(f"no answer in {deadline:g} s ({phases.current})"))
    except (Blind, LoginError, SecretError, OSError) as error:
        return _blind(phases, error)
    return _judged(phases, sort(told, known))


async def _ask(target: Target, monitor: Monitor, phases: Phases, deadline: float) -> list[Told]:
    if monitor.kind == "plugin" and monitor.login is not None:
        from checks.outside import _plugin

        with phases.phase("run"):
            return await _plugin.ask(monitor, monitor.login, deadline=deadline)
    if monitor.login is not None:
        with phases.phase("read"):
            return await _read(monitor, deadline)
    service = await Service.of(target, monitor, phases, deadline=deadline)
    try:
        match monitor.kind:
            case "alertmanager":
                from checks.outside import _alertmanager

                return await _alertmanager.ask(service)
            case "prometheus":
                from checks.outside import _prometheus

                return await _prometheus.ask(service, monitor.queries)
            case "icinga2":
                from checks.outside import _icinga

                return await _icinga.ask(service)
        return await _nagios.ask(service)
    finally:
        service.close()


async def _read(monitor: Monitor, deadline: float) -> list[Told]:
    """What Nagios' status file says, on the host that Nagios runs on."""
    assert monitor.login is not None  # noqa: S101 - for mypy: `_ask` has looked
    content = await monitor.login.read(monitor.status_file, deadline=deadline, limit=FILE_LIMIT)
    if len(content) == FILE_LIMIT:
        raise _service.Babbles("its status file has more than 400 kB: name its statusjson.cgi")
    return _nagios.parse(content)


async def _known(
    target: Target, monitor: Monitor, told: Sequence[Told], phases: Phases, deadline: float
) -> dict[str, str]:
    """Our names for what alerts may be about; addresses are looked up only where one is named."""
    known = _ours.names(monitor.hosts, monitor.domains, {})
    if not _ours.wants_addresses(told, known):
        return known
    with phases.phase("match"):
        addresses = await _addresses(target, monitor.hosts, deadline * MATCH)
    return _ours.names(monitor.hosts, monitor.domains, addresses)


async def _addresses(target: Target, hosts: Sequence[Host], deadline: float) -> dict[str, str]:
    """The host of each address, as far as the resolver answers; what it does not is not matched."""
    asked = (target.resolver.addresses(host.address, deadline=deadline) for host in hosts)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    return {
        address: host.name
        for host, found in zip(hosts, answers, strict=True)
        if not isinstance(found, BaseException)
        for address in found
    }


def sort(told: Sequence[Told], known: dict[str, str]) -> MonitorFacts:
    """The alerts on ours, the worst and then the oldest first; and some of the rest."""
    ours: list[Alert] = []
    others: list[Alert] = []
    for one in told:
        name = _ours.whose(one, known)
        about = name or visible(one.places[0], 60) if one.places else ""
        (ours if name else others).append(_alert(one, about))
    ours.sort(key=lambda one: (bool(one.note), WEIGHT[one.severity], one.since or now()))
    return MonitorFacts(
        alerts=tuple(ours[:OURS_KEPT]),
        others=tuple(others[:OTHERS_KEPT]),
        not_matched=len(others),
    )


def _alert(told: Told, about: str) -> Alert:
    return Alert(
        name=visible(told.name, 60),
        about=about,
        severity=told.severity,
        since=told.since,
        fired=told.fired,
        summary=redact(visible(told.summary, 200)),
        note=told.note,
    )


def _judged(phases: Phases, facts: MonitorFacts) -> Result:
    firing = [one for one in facts.alerts if not one.note]
    wrong = [one for one in firing if STATES[one.severity] != State.OK]
    return phases.result(
        worst(STATES[one.severity] for one in firing),
        in_words(facts),
        *(Finding("monitor.alert.firing", _line(one)) for one in wrong[:NAMED]),
        metrics={"alerts": float(len(firing)), "not_matched": float(facts.not_matched)},
        facts=facts,
    )


def in_words(facts: MonitorFacts) -> str:
    """All of it in a line."""
    firing = [one for one in facts.alerts if not one.note]
    quiet = len(facts.alerts) - len(firing)
    said = "no alert on our hosts"
    if firing:
        more = f" and {len(firing) - NAMED} more" if len(firing) > NAMED else ""
        said = ", ".join(map(_line, firing[:NAMED])) + more
    parts = [said, f"{quiet} silenced or not confirmed" if quiet else ""]
    parts.append(f"{facts.not_matched} not matched" if facts.not_matched else "")
    return "; ".join(filter(None, parts))


def _line(alert: Alert) -> str:
    since = f" since {_when(alert)}" if alert.since else ""
    return f"{alert.about}: {alert.name}{since}"


def _when(alert: Alert) -> str:
    assert alert.since is not None  # noqa: S101 - for mypy: `_line` has looked
    is_today = now() - alert.since < timedelta(hours=20)
    return clock(alert.since)[:-1] if is_today else f"{alert.since:%Y-%m-%d}"


def _blind(phases: Phases, error: Exception) -> Result:
    """It is not seen what the monitor knows; mail is none the worse for it."""
    code = getattr(error, "code", Denied.code if isinstance(error, SecretError) else Blind.code)
    text = visible(error.strerror or "") if isinstance(error, OSError) else str(error)
    return phases.result(State.UNKNOWN, f"not seen: {text}", Finding(code, text))
