"""The mail programs have processes and files left to serve one more client.

Postfix: the running smtpd of each service of master.cf against its maxproc, else
default_process_limit (postconf(5), master(5)). Dovecot: the clients of a service against
process_limit × client_limit, as its master counts them for root; anybody else sees processes, which
are clients only where each serves one and ends (``service_count = 1``). Open files against
RLIMIT_NOFILE (getrlimit(2)).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from checks.facts import Limit, LimitFacts
from checks.hosts import LoginError
from checks.model import CheckOptions, Result, State, System, Target
from checks.phases import Phases
from checks.server import _look, _process_table
from checks.server._families import Family, find
from checks.server._judged import Judged, result
from checks.server._limit_table import QUESTION, Limits, Service
from checks.text import visible

FINDINGS = _look.FINDINGS | {
    "limit.postfix.smtpd": "a service of Postfix has as many smtpd as it may: new clients wait",
    "limit.dovecot.clients": "a service of Dovecot has as many clients as it may: more are dropped",
    "limit.dovecot.not-allowed": "the clients of a service of Dovecot are only root's to count",
    "limit.files": "a mail process has nearly as many files open as it may",
    "limit.files.not-allowed": "the open files of mail processes are only root's to count",
}


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.limits]``. `near` is the share of a limit that is worth a warning."""

    interval: float = 30.0
    near: float = 0.9


def targets(system: System) -> list[Target]:
    """Every host that lets us in, and has to do with mail."""
    return _look.mail_hosts(system, "limits")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Look at limits and processes once."""
    phases = Phases()
    try:
        host, login = _look.host_of(target)
        with phases.phase("look"):
            limits, table = await _look.both(
                _look.look(login, QUESTION, deadline=deadline),
                _look.look(login, _process_table.QUESTION, deadline=deadline),
            )
    except LoginError as error:
        return _look.blind(phases, target, error)
    seen = facts(limits, find(table))
    judged = judge(seen, options)
    is_gap = any(one.code in _UNSEEN for one in judged)
    return result(
        phases,
        judged,
        in_words(seen),
        facts=LimitFacts(seen),
        metrics={f"used {one.name}": float(one.used) for one in seen if one.used is not None},
        evidence=tuple(f"{one.name}: {_of(one)}" for one in seen),
        mend=f'login = "ssh:root@{host.name}"' if is_gap else "",
    )


def facts(limits: Limits, families: Sequence[Family]) -> tuple[Limit, ...]:
    """What is used of each limit. Of several instances of a program the settings are not known."""
    own = {noun: _only(noun, families) for noun in ("postfix", "dovecot")}
    seen = _postfix(limits, own["postfix"]) if own["postfix"] else []
    for name, service in limits.dovecot.items():
        seen += filter(None, [_dovecot(name, service, own["dovecot"])])
    for one in limits.files:
        name = f"open files of {one.name} ({one.pid})"
        seen.append(Limit("files", name, one.count, one.most))
    return tuple(seen)


def _only(noun: str, families: Sequence[Family]) -> Family | None:
    own = [one for one in families if one.program.noun == noun and one.is_alive]
    return own[0] if len(own) == 1 else None


def _postfix(limits: Limits, family: Family) -> list[Limit]:
    running = Counter(_service(one.command) for one in family.children if one.name == "smtpd")
    return [
        Limit("postfix", visible(f"smtpd of {name}", 80), running[name], most)
        for name, most in limits.smtpd.items()
        if most is not None
    ]


def _service(command: str) -> str:
    """master(8postfix) tells a process its service, unless both are called the same."""
    found = _TOLD.search(f"{command} ")
    return found[1] if found else "smtpd"


_TOLD = re.compile(r" -n (\S+) ")


def _dovecot(name: str, service: Service, family: Family | None) -> Limit | None:
    """None where nothing runs, where room is left for sure, or where the settings may be others."""
    clients = service.clients
    if clients is None:
        running = [one for one in family.children if one.name == name[:15]] if family else []
        if not running or not (service.is_single or len(running) >= service.processes):
            return None
        clients = len(running) if service.is_single else None
    most = service.processes * service.each
    settings = f"process_limit {service.processes} × client_limit {service.each}"
    return Limit("dovecot", f"clients of {name}", clients, most, settings)


_CODES = {
    "postfix": "limit.postfix.smtpd",
    "dovecot": "limit.dovecot.clients",
    "files": "limit.files",
}

_UNSEEN = ("limit.files.not-allowed", "limit.dovecot.not-allowed")


def judge(seen: Sequence[Limit], options: Options) -> list[Judged]:
    """What is used up, or nearly."""
    judged = [
        Judged(State.WARNING, _CODES[one.subject], f"{one.name}: {_of(one)}{_by(one)}")
        for one in seen
        if one.used is not None and one.used >= options.near * one.most
    ]
    unseen = [one for one in seen if one.used is None]
    if files := [one for one in unseen if one.subject == "files"]:
        text = f"open files of {len(files)} mail processes can't be counted by this user"
        judged.append(Judged(State.OK, "limit.files.not-allowed", text))
    if services := [one.name for one in unseen if one.subject == "dovecot"]:
        text = f"{', '.join(services)} can't be counted by this user, and all processes run"
        judged.append(Judged(State.OK, "limit.dovecot.not-allowed", text))
    return judged


def _of(one: Limit) -> str:
    return f"{'?' if one.used is None else one.used} of {one.most}"


def _by(one: Limit) -> str:
    return f" ({one.settings})" if one.settings else ""


def in_words(seen: Sequence[Limit]) -> str:
    """The fullest, e.g. ``smtpd of smtp: 3 of 100``."""
    known = [one for one in seen if one.used is not None and one.most]
    if not known:
        return "nothing with a limit runs"
    fullest = max(known, key=lambda one: (one.used or 0) / one.most)
    return f"{fullest.name}: {_of(fullest)}"
