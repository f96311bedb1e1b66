"""One outage as data: what the panels of these tests are drawn from."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from checks.board import Board, Standing
from checks.facts import (
    Change,
    ChangeFacts,
    Disk,
    DiskFacts,
    DriftFacts,
    Facts,
    FileChange,
    LoadFacts,
    PowerFacts,
    Process,
    ProcessFacts,
    QueueFacts,
    Reason,
)
from checks.model import Finding, Host, Phase, Result, State, Target
from tests.boards import NOWHERE, ONSET

OK, WARNING, CRITICAL, UNKNOWN = State.OK, State.WARNING, State.CRITICAL, State.UNKNOWN
AT = ONSET + timedelta(minutes=6, seconds=41)
GIB = 1 << 30


def answer(
    state: State,
    summary: str = "",
    *codes: str,
    facts: Facts | None = None,
    mend: str = "",
    **metrics: float,
) -> Result:
    """A result of one second ago."""
    return Result(
        state=state,
        summary=summary or state.name.lower(),
        findings=tuple(Finding(code, summary) for code in codes),
        phases=(Phase("connect", 0.0004), Phase("banner", 0.0021)),
        evidence=("220 mail1.lab.test ESMTP",),
        facts=facts,
        mend=mend,
        metrics=metrics,
        at=AT - timedelta(seconds=1),
        duration=0.003,
    )


def standing(kind: str, place: str, *results: Result | None) -> Standing:
    """A check's standing after `results`, the last of them confirmed; ``None`` is not asked yet.

    `place` is ``mail1``, ``mail1:25``, or a domain for ``dns``.
    """
    name, _, port = place.rpartition(":")
    if not name or not port.isdigit():
        name, port = place, ""
    host = None if kind == "dns" else Host(name=name, address=name)
    about = {"25": "smtp", "587": "submission", "143": "imap", "993": "imaps"}.get(port, kind)
    target = Target(name=place, about=about, port=int(port or 0), host=host, resolver=NOWHERE)
    made = Standing(kind=kind, target=target, interval=10.0)
    for result in results:
        for _ in range(3 if result is not None else 0):
            assert result is not None
            made = made.take(result)
    return made


def board(*standings: Standing) -> Board:
    """A board of `standings`."""
    by_id = {f"{one.kind}:{one.id}": one for one in standings}
    return Board(system="lab.test", at=AT, standings=by_id)


def load(one: float, available: float, uptime: float) -> LoadFacts:
    return LoadFacts(
        load=(one, one, one),
        cores=2,
        memory_total=4 * GIB,
        memory_available=int(available * GIB),
        swap_total=0,
        swap_free=0,
        uptime=uptime,
    )


def disk(path: str, used: float) -> Disk:
    return Disk(
        role="queue",
        path=path,
        mount="/",
        filesystem="ext4",
        used=round(100 * used),
        free=round(100 * (1 - used)),
        inodes=100,
        inodes_free=90,
    )


def processes(*names: str, missing: tuple[str, ...] = ()) -> ProcessFacts:
    return ProcessFacts(tuple(Process(name, 100 + n) for n, name in enumerate(names)), missing)


def queue(deferred: int = 0) -> QueueFacts:
    return QueueFacts(
        deferred=deferred,
        oldest=AT - timedelta(minutes=41),
        reasons=(
            Reason("connect to mail1[10.77.0.11]:25: refused", 1131),
            Reason("greylisted by ext.test", 61, "4.7.1"),
        ),
    )


CHANGE = FileChange(
    "/etc/postfix/main.cf",
    "changed",
    ONSET - timedelta(minutes=3),
    added=1,
    removed=1,
    diff=(
        "@@ -1 +1 @@",
        "-default_process_limit = 100",
        "+default_process_limit = 1000",
    ),
)


UPGRADE = Change(
    "package",
    "postfix",
    ONSET - timedelta(minutes=6),
    old="3.7.10",
    new="3.7.11",
    who="ana",
    how="apt-get upgrade",
)
RULE = Change(
    "firewall",
    "+ tcp dport 587 drop",
    AT - timedelta(seconds=30),
    ONSET - timedelta(minutes=1),
    diff=("@@ -2,1 +2,2 @@", "+tcp dport 587 drop"),
)


def outage() -> Board:
    """Postfix on mail1 was killed; mail2 and gw are fine; mail3's ssh asks for a code."""
    refused = answer(CRITICAL, "connection refused", "smtp.connect.refused")
    locked = answer(UNKNOWN, "ssh: Permission denied (publickey)", "login.needs-answer")
    growing = standing("postfix", "mail1")
    for minute in range(10):
        seen = answer(OK, facts=queue(), active=0, deferred=800 + 45 * minute)
        growing = growing.take(replace(seen, at=AT - timedelta(seconds=1, minutes=9 - minute)))
    waiting = answer(OK, "ok", facts=queue(deferred=1204), active=0, deferred=1204)
    return board(
        standing("ping", "mail1", answer(OK, rtt=0.0004)),
        standing("smtp", "mail1:25", refused),
        standing("smtp", "mail1:587", refused),
        standing("imap", "mail1:143", answer(OK, "imap answers", tls_days_left=61.2)),
        standing("ping", "mail2", answer(OK, rtt=0.0006)),
        standing("smtp", "mail2:25", answer(OK, tls_days_left=9.0)),
        standing("imap", "mail2:143", None),
        standing("dns", "lab.test", answer(OK, "2 MX")),
        standing("dns", "dept.test", answer(CRITICAL, "no server answers", "dns.timeout")),
        standing("power", "mail1", answer(OK, "power on", facts=PowerFacts("on"))),
        standing("power", "mail2", answer(UNKNOWN, "no answer in 10 s", "bmc.silent")),
        standing("processes", "mail1", answer(CRITICAL, "master is missing", "process.missing",
                 facts=processes("dovecot", missing=("master",)))),
        standing("units", "mail1", answer(CRITICAL, "postfix@-.service failed: oom-kill",
                 "unit.failed")),
        standing("load", "mail1", answer(OK, facts=load(0.42, 1.56, 11400))),
        standing("disks", "mail1", answer(WARNING, "spool is 91 % full", "disk.full",
                 facts=DiskFacts((disk("/", 0.31), disk("/var/spool", 0.91))))),
        standing("processes", "mail2", answer(OK, facts=processes("exim", "dovecot", "dovecot"))),
        standing("load", "mail2", answer(OK, facts=load(0.10, 2.24, 86400 * 5))),
        standing("disks", "mail2", answer(OK, facts=DiskFacts((disk("/", 0.12),)))),
        standing("processes", "mail3", locked),
        standing("load", "mail3", locked),
        standing("disks", "mail3", locked),
        growing.take(waiting),
        standing("exim", "mail2", answer(UNKNOWN, "mail system is down, not root",
                 "queue.blind", mend="sudo postqueue -p")),
        standing("config", "mail1", answer(WARNING, "1 file changed", "config.changed",
                 facts=DriftFacts(ONSET - timedelta(days=3), 214, (CHANGE,)))),
        standing("changes", "mail2", answer(OK, "2 changes", "change.package", "change.firewall",
                 facts=ChangeFacts(ONSET - timedelta(days=3), (RULE, UPGRADE)))),
    )  # fmt: skip
