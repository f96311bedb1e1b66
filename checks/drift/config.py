"""Asks whether a host's mail configuration is still as it was when it last counted as good.

The watched files are compared with the host's baseline, which is taken on first sight, by itself
while all is healthy (`_versions`), and by `take`. A difference is no fault in itself, so it is OK
with a finding: what broke the mail is often what was changed last. Secrets are masked before
anything is kept (`checks/mask.py`), keys and password lists are compared by digest. Files are read
again only when size, times, inode or access differ, as make(1) and git's index (gitformat-index(5))
do.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from checks.drift._baseline import BaselineError
from checks.drift._versions import Health, compared, good_of
from checks.drift._watch import Drift, StillLooking, Watch, watch_of
from checks.facts import DriftFacts
from checks.hosts import FINDINGS as LOGIN_FINDINGS
from checks.hosts import LoginError
from checks.model import CheckOptions, Finding, Result, State, System, Target
from checks.phases import Phases
from checks.text import visible

FINDINGS = {
    "config.changed": "a watched file differs from the baseline",
    "config.unreadable": "watched files or folders may not be read by this login",
    "config.absent": "none of the watched paths is there",
    "config.too-many": "there are more files than are watched",
    "config.baseline": "the baseline cannot be read",
    "config.not-kept": "the baseline cannot be written, and is lost when the program ends",
    "config.timeout": "the files could not be looked at by the deadline",
    **LOGIN_FINDINGS,
}

SHOWN = 20
"""Changes and gaps that are listed one by one."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """`folder` is the state folder that baselines are kept in; the user's own when empty."""

    interval: float = 30.0
    deadline: float = 20.0
    folder: str = ""


def targets(system: System) -> list[Target]:
    """Each host that lets us in."""
    return system.each_host("config", with_login=True)


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Compare the watched files of a host with its baseline, which is taken when there is none."""
    return await _ask(target, options, deadline, retake=False)


async def take(target: Target, options: Options, *, deadline: float) -> Result:
    """Take a new baseline of a host: what is there now counts as good from now on."""
    return await _ask(target, options, deadline, retake=True)


def healthy(target: Target, options: Options, since: datetime | None, seen: datetime) -> None:
    """Say that all is healthy since then, as was `seen`; None where it is not.

    What of the files stands long enough then counts as good (`_versions`).
    """
    if target.host is not None and target.host.login is not None:
        watch = watch_of(target.host, target.host.login, options.folder)
        watch.health = Health(since, seen) if since else None


async def _ask(target: Target, options: Options, deadline: float, *, retake: bool) -> Result:
    phases = Phases()
    if target.host is None or target.host.login is None:
        return phases.result(State.UNKNOWN, "no login: the files cannot be read")
    watch = watch_of(target.host, target.host.login, options.folder)
    try:
        async with asyncio.timeout(deadline):
            drift = await _look(watch, phases, deadline, retake=retake)
    except LoginError as error:
        return phases.not_asked(error)
    except BaselineError as error:
        text = f"the baseline {error}; `mailmedic baseline {target.name}` takes a new one"
        finding = Finding("config.baseline", visible(str(watch.path)))
        return phases.result(State.UNKNOWN, text, finding)
    except (TimeoutError, StillLooking):
        text = f"the watched files could not be read in {deadline:g} s"
        return phases.result(State.UNKNOWN, text, Finding("config.timeout", phases.current))
    return judge(phases, drift, is_default=not target.host.watch)


async def _look(watch: Watch, phases: Phases, deadline: float, *, retake: bool) -> Drift:
    with phases.phase("baseline"):
        await asyncio.to_thread(watch.load, retake=retake)
    with phases.phase("look"):
        view = await watch.look(deadline)
    with phases.phase("compare"):
        return await asyncio.to_thread(watch.compare, view, retake=retake)


def judge(phases: Phases, drift: Drift, *, is_default: bool) -> Result:
    """What to say of a look. `is_default`: nobody has said what is to be watched."""
    files = drift.view.files
    unread = [name for name, copy in files.items() if not copy.digest]
    unreadable = tuple(map(visible, sorted([*drift.view.unreadable, *unread])))
    findings = _findings(drift, unreadable)
    evidence = tuple(f"{path}: may not be read" for path in unreadable[:SHOWN])
    if unreadable and len(unread) == len(files):
        text = f"none of the watched files may be read: {unreadable[0]}"
        return phases.result(State.UNKNOWN, text, *findings, evidence=evidence)
    if not drift.versions:
        if is_default:
            return phases.result(State.OK, "nothing to watch: no mail configuration is there")
        text = f"{visible(', '.join(drift.view.absent))}: not there"
        return phases.result(State.UNKNOWN, text, Finding("config.absent", text))
    begin = compared(drift.versions)[0]
    return phases.result(
        State.OK,
        _summary(drift, begin.at, len(unreadable)),
        *findings,
        metrics={"watched": len(files), "changed": len(drift.changes)},
        evidence=evidence,
        facts=DriftFacts(
            baseline_at=begin.at,
            watched=len(files),
            changes=drift.changes,
            unreadable=unreadable,
            good=good_of(drift.versions),
        ),
    )


def _findings(drift: Drift, unreadable: tuple[str, ...]) -> list[Finding]:
    findings = [
        Finding("config.changed", f"{change.path} {change.kind}")
        for change in drift.changes[:SHOWN]
    ]
    if unreadable:
        findings.append(Finding("config.unreadable", f"{unreadable[0]}: {len(unreadable)} in all"))
    if drift.view.is_cut:
        findings.append(Finding("config.too-many", f"only {len(drift.view.files):,} are watched"))
    if drift.not_kept:
        findings.append(Finding("config.not-kept", drift.not_kept))
    return findings


def _summary(drift: Drift, baseline_at: datetime, unreadable: int) -> str:
    """The latest changes first: what was changed last is the first suspect."""
    count = len(drift.view.files)
    files = f"{count:,} file{'' if count == 1 else 's'} watched"
    if drift.is_new:
        return f"baseline taken, {files}"
    since = f"{baseline_at.astimezone(UTC):%a %d %b %H:%MZ}"
    if not drift.changes:
        but = f", {unreadable} not readable" if unreadable else ""
        return f"unchanged since {since}, {files}{but}"
    paths = list(dict.fromkeys(change.path for change in drift.changes))
    count = len(paths)
    names = ", ".join(paths[:3]) + (", …" if count > 3 else "")
    return f"{count} {'file' if count == 1 else 'files'} changed since {since}: {names}"
