"""Who was told last of what, and when they have to hear again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from app.incident.kinds import NoticeSent
from app.incident.kinds.work import fared
from app.incident.rhythm import Rhythm
from checks.when import clock, from_iso

LAST = "resolved"
"""The stage of the notice after which nobody waits for another one."""


class Told(Struct, frozen=True, kw_only=True):
    """What an audience heard last, and when it was promised the next one.

    `proofs` are the deliveries of it that were accepted; of a notice without any, that it was told.
    """

    at: datetime
    stage: str = ""
    phase: str = ""
    severity: str = ""
    next_at: datetime | None = None
    proofs: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether they know that it is over."""
        return self.stage == LAST


def told(notices: Sequence[tuple[datetime, NoticeSent]]) -> dict[str, Told]:
    """By audience, in the order in which they were told first."""
    found: dict[str, Told] = {}
    for at, notice in notices:
        if notice.went_out:
            for audience in notice.audience:
                found[audience] = Told(
                    at=at,
                    stage=notice.stage,
                    phase=notice.phase,
                    severity=notice.severity,
                    next_at=from_iso(notice.next_at),
                    proofs=_proofs(at, audience, notice),
                )
    return found


def _proofs(at: datetime, audience: str, notice: NoticeSent) -> tuple[str, ...]:
    said = f"{audience}, {clock(at)}"
    if not notice.deliveries:
        return (f"{said}: {notice.subject}",)
    accepted = [one for one in notice.deliveries if one.outcome == "accepted"]
    return tuple(f"{said}, {line}" for line in fared(accepted))


def next_notice(
    opened: Sequence[datetime], told: dict[str, Told], severity: str, rhythm: Rhythm
) -> datetime | None:
    """When the next notice is due: the earliest that an audience waits for; None when none does.

    `opened` is when the incident was opened, and opened again. A severity that has risen since
    overtakes what was promised.
    """
    if not opened:
        return None
    last = max((one.at for one in told.values()), default=None)
    due = [_due(one, one.at - opened[0], severity, rhythm) for one in told.values()]
    waited_for = [at for at in due if at is not None]
    if not waited_for and (last is None or last < opened[-1]):
        return opened[-1] + timedelta(seconds=rhythm.first)
    return min(waited_for, default=None)


def _due(one: Told, age: timedelta, severity: str, rhythm: Rhythm) -> datetime | None:
    has_risen = bool(one.severity) and "" < severity < one.severity
    if one.next_at is None or not has_risen:
        return one.next_at
    return min(one.next_at, one.at + rhythm.pause(severity, age))
