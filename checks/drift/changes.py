"""Asks a host what has changed on it: the effective settings, packages, units, firewall, cron.

Each is compared with the baseline, which is taken on first sight, by itself while all is healthy
(`_versions`) and by `take`; packages, restarts, sudo and logins of the last days are read from the
host's own logs, so that the first look tells of them too. Nothing of that is a fault in itself, and
so it is OK with a finding: what preceded the onset is the first suspect. postconf(1), doveconf(1),
exim(8), dpkg-query(1), nft(8).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import datetime, timedelta

from msgspec import Struct

from checks.drift._answer import OUTPUT_LIMIT, SECTION_LIMIT, Answer, gaps, parse
from checks.drift._baseline import BaselineError
from checks.drift._compare import KINDS, merged
from checks.drift._history import attributed, events
from checks.drift._host_script import EXIM_OPTIONS, SCRIPT
from checks.drift._memory import Memory
from checks.drift._named import held, named
from checks.drift._relay import open_relays
from checks.drift._versions import Health, Versions, compared, good_of
from checks.facts import Change, ChangeFacts
from checks.hosts import FINDINGS as LOGIN_FINDINGS
from checks.hosts import Login, LoginError
from checks.model import CheckOptions, Finding, Result, State, System, Target, now
from checks.phases import Phases
from checks.text import visible
from checks.when import span

FINDINGS = {
    "change.parameter": "an effective setting of a mail program differs from the baseline",
    "change.certificate": "a certificate that a mail program uses is another",
    "change.package": "a package was installed, upgraded or removed",
    "change.hold": "a package is held, or no longer",
    "change.unit": "a systemd unit was enabled, disabled, masked or overridden",
    "change.firewall": "the firewall's rules differ from the baseline",
    "change.cron": "what cron starts differs from the baseline",
    "change.commit": "etckeeper has a new commit of /etc",
    "change.reboot": "the host was started not long ago",
    "change.sudo": "somebody did something as another user",
    "change.login": "somebody logged in",
    "change.unseen": "something may not be looked at by this login",
    "config.open-relay": "Postfix relays for everybody, by its settings",
    "package.held": "a package is held back from upgrades since the baseline",
    "config.baseline": "the baseline cannot be read",
    "config.not-kept": "the baseline cannot be written, and is lost when the program ends",
    **LOGIN_FINDINGS,
}

SHOWN = 10
"""Changes of each kind that are findings; the latest."""

MENDS = {
    "cron": "sudo visudo, and add: {user} ALL=(root) NOPASSWD: /usr/bin/grep -r . /var/spool/cron",
    "firewall": "sudo visudo, and add: {user} ALL=(root) NOPASSWD:"
    " /usr/sbin/nft -s -t list ruleset",
    "sessions": "sudo gpasswd --add {user} systemd-journal",
    "etckeeper": "sudo visudo, and add: {user} ALL=(root) NOPASSWD: /usr/bin/git -C /etc --no-pager"
    " log -n 200 --date raw --name-only",
    "dpkg-log": "sudo gpasswd --add {user} adm",
    "apt-log": "sudo gpasswd --add {user} adm",
    "exim": "sudo gpasswd --add {user} Debian-exim",
}


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.changes]``: logs are read `window` seconds back; `folder` as for config."""

    interval: float = 60.0
    deadline: float = 20.0
    rest: float = 20.0
    window: float = 3 * 86400.0
    folder: str = ""


_memories: dict[tuple[str, str], Memory] = {}


def targets(system: System) -> list[Target]:
    """Each host that lets us in."""
    return system.each_host("changes", with_login=True)


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Compare a host with its baseline, which is taken when there is none."""
    return await _ask(target, options, deadline, retake=False)


async def take(target: Target, options: Options, *, deadline: float) -> Result:
    """Take a new baseline of a host: what is there now counts as good from now on."""
    return await _ask(target, options, deadline, retake=True)


def healthy(target: Target, options: Options, since: datetime | None, seen: datetime) -> None:
    """Say that all is healthy since then, as was `seen`; None where it is not.

    What of the settings stands long enough then counts as good (`_versions`).
    """
    if target.host is not None:
        memory = _memory_of(target.host.name, options.folder)
        memory.health = Health(since, seen) if since else None


def _memory_of(host: str, folder: str) -> Memory:
    key = (host, folder)
    if key not in _memories:
        _memories[key] = Memory(folder, host)
    return _memories[key]


async def _ask(target: Target, options: Options, deadline: float, *, retake: bool) -> Result:
    phases = Phases()
    if target.host is None or target.host.login is None:
        return phases.result(State.UNKNOWN, "no login: the host cannot be asked")
    memory = _memory_of(target.host.name, options.folder)
    try:
        with phases.phase("baseline"):
            await asyncio.to_thread(memory.load, retake=retake)
        since = now() - timedelta(seconds=options.window)
        with phases.phase("look"):
            sudo = await asyncio.to_thread(memory.for_sudo, now(), again=retake)
            answer = await look(target.host.login, memory, since, deadline, sudo)
        with phases.phase("compare"):
            looked = await asyncio.to_thread(_compare, memory, answer, since, retake=retake)
    except LoginError as error:
        return phases.not_asked(error)
    except BaselineError as error:
        text = f"the baseline {error}"
        return phases.result(State.UNKNOWN, text, Finding("config.baseline", str(memory.path)))
    return judge(phases, looked)


async def look(
    login: Login, memory: Memory, since: datetime, deadline: float, sudo: Iterable[str] = ()
) -> Answer:
    """Ask the host, those sections also by `sudo`, and remember the answer. Raises LoginError."""
    known = " ".join(f"{name}={digest}" for name, digest in memory.known().items())
    words = (f"{since.timestamp():.0f}", str(SECTION_LIMIT), known, EXIM_OPTIONS, " ".join(sudo))
    argv = ["sh", "-c", SCRIPT, "sh", *words]
    output = await login.run(argv, deadline=deadline, limit=OUTPUT_LIMIT)
    answer = await asyncio.to_thread(parse, output)
    await asyncio.to_thread(memory.take, answer)
    return answer


class Looked(Struct, frozen=True, kw_only=True):
    """What one look found; `relays` is why strangers may relay, `not_kept` is `Memory.keep`'s."""

    answer: Answer
    versions: Versions
    is_new: bool
    not_kept: str
    changes: list[Change]
    relays: list[str]
    held: Set[str]
    gaps: Mapping[str, Mapping[str, str]]
    """Of each section, the parts that may not be seen, with why."""


def _compare(memory: Memory, answer: Answer, since: datetime, retake: bool) -> Looked:
    """What was seen against the baseline, and beside what the logs tell."""
    is_new = retake or not memory.versions
    not_kept = memory.keep(retake=retake)
    texts = {name: seen.copy.text or "" for name, seen in memory.seen.items()}
    logs = {name: text.split("\n") for name, text in texts.items() if name not in KINDS}
    told = events(answer, logs, since)
    differing = memory.differences()
    parameters, services = (named(name, texts.get(name, "")) for name in ("postfix", "master"))
    return Looked(
        answer=answer,
        versions=memory.versions,
        is_new=is_new,
        not_kept=not_kept,
        changes=attributed(merged(differing, told), told),
        relays=list(open_relays(parameters, services)),
        held={name.partition(":")[0] for name in held(texts.get("packages", ""))},
        gaps={name: found for name, text in texts.items() if (found := gaps(text))},
    )


def judge(phases: Phases, looked: Looked) -> Result:
    """What to say of a look."""
    answer, changes = looked.answer, looked.changes
    failures = {name: one.failure for name, one in answer.sections.items() if one.failure}
    unseen = tuple(_unseen(failures, looked.gaps))
    holds = [one for one in changes if one.kind == "hold" and one.what in looked.held]
    findings = [Finding("config.open-relay", visible(one)) for one in looked.relays]
    findings += [Finding("package.held", f"{one.what} is on hold") for one in holds]
    findings += _findings(changes)
    findings += [Finding("change.unseen", one) for one in unseen]
    if looked.not_kept:
        findings.append(Finding("config.not-kept", looked.not_kept))
    whys = {name: " ".join(parts.values()) for name, parts in looked.gaps.items()} | failures
    mends = [_mend(name, whys[name], answer.user) for name in MENDS if name in whys]
    begin = compared(looked.versions)[0].at
    return phases.result(
        State.CRITICAL if looked.relays else State.WARNING if holds else State.OK,
        _summary(looked, holds, len(unseen)),
        *findings,
        metrics={"changes": len(changes)},
        evidence=unseen,
        facts=ChangeFacts(begin, tuple(changes), unseen, good_of(looked.versions)),
        mend="; ".join(dict.fromkeys(filter(None, mends))),
    )


def _unseen(failures: Mapping[str, str], gaps: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What was not seen, and why: whole sections, then parts of some."""
    yield from (f"{name}: {why}" for name, why in failures.items())
    for section, parts in gaps.items():
        told = [f"{section}: {part}: {why}" for part, why in parts.items()]
        yield from told[:SHOWN]
        if len(told) > SHOWN:
            yield f"{section}: {len(told) - SHOWN} more"


def _mend(section: str, why: str, user: str) -> str:
    """What would show the section; empty where it is not there, or no right is what lacks."""
    mend = MENDS["dpkg-log" if "/auth.log" in why else section]
    is_vain = why.startswith("there is no ") or "sudo: no answer" in why
    return "" if is_vain else mend.format(user=user)


def _findings(changes: list[Change]) -> list[Finding]:
    """An upgrade of a hundred packages must not hide the one firewall rule."""
    counts: Counter[str] = Counter()
    found = []
    for one in changes:
        counts[one.kind] += 1
        if counts[one.kind] <= SHOWN:
            found.append(Finding(f"change.{one.kind}", one.text))
    return found


def _summary(looked: Looked, holds: list[Change], unseen: int) -> str:
    """What is wrong first: an open relay, a hold that keeps updates away; then the last changes."""
    parts = [visible(one, 160) for one in looked.relays[:1]]
    if holds:
        held = ", ".join(one.what for one in holds[:3])
        parts.append(f"{held} on hold since the baseline: no upgrades")
    if looked.is_new:
        count = len(looked.answer.sections.keys() & KINDS.keys())
        parts.append(f"baseline taken of {count} kinds of settings")
    elif not looked.changes:
        since = f"{compared(looked.versions)[0].at:%a %d %b %H:%MZ}"
        but = f", but {unseen} not seen" if unseen else ""
        parts.append(f"nothing has changed since {since}{but}")
    for one in looked.changes[: 3 - len(parts)]:
        age = span((looked.answer.now - (one.after or one.at)).total_seconds())
        when = f"in the last {age}" if one.after else f"{age} ago"
        who = f" by {one.who}" if one.who else ""
        parts.append(visible(f"{one.kind} {one.text}{who}, {when}", 160))
    return "; ".join(parts)
