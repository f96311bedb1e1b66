"""A whole outage as a log, from the first failing result to the review: every kind of entry."""

from __future__ import annotations

from app.incident.kinds import (
    Acknowledged,
    ActionItem,
    CauseNamed,
    CheckTurned,
    Closed,
    CommandBegun,
    CommandEnded,
    Delivery,
    Detected,
    EtaChanged,
    Hypothesis,
    ItemChanged,
    Joined,
    Left,
    Measured,
    Note,
    NoticeSent,
    Opened,
    QueueSize,
    Resolved,
    Reviewed,
    RoleTaken,
    SignedOff,
    Unlocked,
    VerdictChanged,
)
from app.sop import load
from checks.when import iso
from tests.app.incident.stories import Said, at

RESTART = ("systemctl", "restart", "postfix")


def item(name: str, state: str = "done", reason: str = "") -> ItemChanged:
    titles = {one.id: one.title for step in load() for one in step.items}
    return ItemChanged(item=name, title=titles[name], state=state, reason=reason)


def queue(active: int, deferred: int, oldest: float) -> Measured:
    return Measured(
        queues=(QueueSize(host="mail1", active=active, deferred=deferred, oldest=oldest),)
    )


def notice(subject: str, audience: str, next_at: float, outcome: str = "accepted") -> NoticeSent:
    return NoticeSent(
        audience=(audience,),
        subject=subject,
        body="Mail is not delivered at the moment.\nNothing is lost.",
        deliveries=(
            Delivery(route="chat", outcome=outcome, detail="HTTP 200"),
            Delivery(route="relay2", outcome="refused", detail="boss@lab.test: no answer in 10 s"),
        ),
        next_at=iso(at(next_at)),
    )


OUTAGE: list[Said] = [
    (64, "ana", Opened(incident="2026-11-23-01", title="nobody can send", system="Lab mail")),
    (64, "ana", Detected(onset=iso(at(0)), seen=iso(at(9)), check="smtp/mail1:25",
                         summary="connection refused")),
    (65, "ana", VerdictChanged(verdict="outage", severity="SEV1", scope="all-users",
                               summary="nobody can send: smtp, submission on mail1")),
    (66, "ana", CheckTurned(check="smtp/mail1:25", state="CRITICAL", was="OK",
                            summary="connection refused", findings=("smtp.connect.refused",))),
    (70, "ana", CauseNamed(cause="process.mta-killed-oom", host="mail1",
                           title="Postfix was killed: out of memory", confidence=0.94)),
    (75, "ana", queue(0, 12, 40)),
    (90, "ana", Acknowledged()),
    (95, "ana", RoleTaken(role="lead", holder="ana")),
    (120, "raj", Joined()),
    (140, "ana", item("mail-down")),
    (180, "raj", RoleTaken(role="communications", holder="raj")),
    (200, "ana", item("who-is-hit")),
    (300, "raj", notice("Mail is down since 03:10", "users", 1500)),
    (330, "raj", notice("Mail is down, we are on it", "management", 1530, "unknown")),
    (375, "ana", queue(0, 1_480, 340)),
    (420, "ana", Hypothesis(hypothesis="h1", title="The nightly backup filled the memory")),
    (500, "raj", Hypothesis(hypothesis="h2", title="Somebody upgraded Postfix")),
    (560, "raj", Hypothesis(hypothesis="h2", title="Somebody upgraded Postfix", state="ruled out")),
    (600, "ana", Note()),
    (675, "ana", queue(0, 3_290, 640)),
    (700, "ana", Unlocked()),
    (720, "ana", CommandBegun(host="mail1", argv=RESTART)),
    (724, "ana", CommandEnded(begun=f"{22:032x}", host="mail1", argv=RESTART, outcome="done",
                              status=0, duration=3.2, output="", sha256="0" * 64)),
    (760, "ana", VerdictChanged(verdict="degraded", severity="SEV3", scope="one-service",
                                summary="3,300 messages wait", was="outage")),
    (800, "ana", EtaChanged(low=iso(at(1500)), high=iso(at(2400)), reason="the queue drains")),
    (975, "ana", queue(900, 2_100, 940)),
    (1275, "ana", queue(300, 220, 1240)),
    (1470, "raj", notice("Mail works again, the backlog is being delivered", "users", 3300)),
    (1575, "ana", queue(3, 9, 400)),
    (1800, "raj", SignedOff(item="mail-down", title="Mail confirmed down")),
    (1900, "ana", VerdictChanged(verdict="healthy", was="degraded")),
    (2000, "ana", Resolved()),
    (2100, "raj", Left(reason="closed")),
    (2200, "ana", Closed(summary="Nobody could send for 13 minutes; no mail was lost.",
                         root_cause="The nightly backup took all memory, and the kernel killed "
                                    "Postfix on mail1.",
                         prevention="The backup runs with MemoryMax=2G from tonight on.",
                         still_open=("Management told of the end",))),
    (90_000, "ana", Reviewed(
        answers={"What was the root cause of the outage?": "The backup's memory.",
                 "Was the response time adequate?": "Yes."},
        actions=(ActionItem(title="MemoryMax for the backup", owner="ana", due="2026-11-24",
                            is_done=True),
                 ActionItem(title="Alarm at 90 % memory", owner="raj", due="2026-12-01")))),
]  # fmt: skip
