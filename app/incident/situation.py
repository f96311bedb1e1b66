"""Where an incident stands: what its entries add up to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from app.incident.entry import Entry
from app.incident.item_record import ItemRecord
from app.incident.kinds import (
    Acknowledged,
    CauseNamed,
    CheckTurned,
    Closed,
    Detected,
    EtaChanged,
    Hypothesis,
    ItemChanged,
    NoticeSent,
    Opened,
    Reminded,
    Resolved,
    Reviewed,
    RoleTaken,
    SeveritySet,
    SignedOff,
    VerdictChanged,
)
from app.incident.rhythm import RHYTHM, Rhythm
from app.incident.told import Told, next_notice, told
from checks.when import from_iso

T = TypeVar("T")

LEAD = "lead"
ROLES = (LEAD, "scribe", "communications")


class HypothesisRecord(Struct, frozen=True, kw_only=True):
    """An explanation: suspected, ruled out or confirmed, by whom, when, on what evidence."""

    id: str
    title: str
    state: str
    who: str
    at: datetime
    evidence: tuple[str, ...] = ()


class Situation(Struct, frozen=True, kw_only=True):
    """An incident at one moment.

    `phase` is open, resolved or closed. `checks` holds the last logged state of each check.
    `acknowledged` is who did first. `proposed` is the severity as measured last, `severity` the one
    that counts. `told` is what each audience heard last. `reminders` names what everybody was
    reminded of. `resumed_after` is how many entries there were when this session joined, 0 where it
    opened the incident. `trouble` says why the log can't be written at the moment; `is_writable`
    whether we may write it at all.
    """

    id: str
    entries: tuple[Entry, ...] = ()
    title: str = ""
    opened: datetime | None = None
    onset: datetime | None = None
    phase: str = "open"
    acknowledged: str = ""
    verdict: VerdictChanged | None = None
    severity: str = ""
    proposed: str = ""
    checks: dict[str, str] = {}
    cause: CauseNamed | None = None
    items: dict[str, ItemRecord] = {}
    roles: dict[str, str] = {}
    hypotheses: dict[str, HypothesisRecord] = {}
    notices: int = 0
    told: dict[str, Told] = {}
    eta: EtaChanged | None = None
    next_notice: datetime | None = None
    closed: Closed | None = None
    review: Reviewed | None = None
    leadless_since: datetime | None = None
    reminders: tuple[str, ...] = ()
    here: tuple[str, ...] = ()
    resumed_after: int = 0
    trouble: str = ""
    is_writable: bool = True

    @property
    def is_open(self) -> bool:
        """Whether work goes on."""
        return self.phase != "closed"


def situation(incident: str, entries: Sequence[Entry], rhythm: Rhythm = RHYTHM) -> Situation:
    """Where the incident of these entries stands."""
    said = _Said(entries)
    opened = said.all(Opened)
    onsets = [at for _, data in said.all(Detected) if (at := from_iso(data.onset))]
    begun = opened[0][0].at if opened else None
    verdicts = [data for _, data in said.all(VerdictChanged)]
    notices = said.all(NoticeSent)
    heard = told([(entry.at, data) for entry, data in notices])
    severity = _severity(said)
    return Situation(
        id=incident,
        entries=tuple(entries),
        title=opened[-1][1].title if opened else "",
        opened=begun,
        onset=min(onsets, default=None),
        phase=_phase(said.all(Opened, Resolved, Closed)),
        acknowledged=next((entry.who for entry, _ in said.all(Acknowledged)), ""),
        verdict=verdicts[-1] if verdicts else None,
        severity=severity,
        proposed=verdicts[-1].severity if verdicts else "",
        checks={data.check: data.state for _, data in said.all(CheckTurned)},
        cause=said.last(CauseNamed),
        items=_items(said.all(ItemChanged, SignedOff)),
        roles={data.role: data.holder for _, data in said.all(RoleTaken)},
        hypotheses={data.hypothesis: _held(entry, data) for entry, data in said.all(Hypothesis)},
        notices=len(notices),
        told=heard,
        eta=said.last(EtaChanged),
        next_notice=next_notice([entry.at for entry, _ in opened], heard, severity, rhythm),
        closed=said.last(Closed),
        review=said.last(Reviewed),
        leadless_since=_leadless_since(begun, said.all(RoleTaken)),
        reminders=tuple(data.of for _, data in said.all(Reminded)),
    )


class _Said:
    """Entries by what they say."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries

    def all(self, *kinds: type[T]) -> list[tuple[Entry, T]]:
        """Those of these kinds, in their order."""
        return [(entry, entry.data) for entry in self._entries if isinstance(entry.data, kinds)]

    def last(self, kind: type[T]) -> T | None:
        """What was said last of this kind."""
        found = self.all(kind)
        return found[-1][1] if found else None


def _phase(turns: Sequence[tuple[Entry, Opened | Resolved | Closed]]) -> str:
    match turns[-1][1] if turns else None:
        case Closed():
            return "closed"
        case Resolved():
            return "resolved"
    return "open"


def _severity(said: _Said) -> str:
    """What a person set last; else the highest that was measured: when unsure, the higher."""
    chosen = said.last(SeveritySet)
    measured = (data.severity for _, data in said.all(VerdictChanged) if data.severity)
    return chosen.severity if chosen else min(measured, default="")


def _leadless_since(
    opened: datetime | None, roles: Sequence[tuple[Entry, RoleTaken]]
) -> datetime | None:
    since = opened
    for entry, data in roles:
        if data.role == LEAD:
            since = None if data.holder else entry.at
    return since


def _items(changes: Sequence[tuple[Entry, ItemChanged | SignedOff]]) -> dict[str, ItemRecord]:
    found: dict[str, ItemRecord] = {}
    for entry, data in changes:
        before = found.get(data.item, ItemRecord())
        if isinstance(data, SignedOff):
            signed = tuple(dict.fromkeys((*before.signed, entry.who)))
            found[data.item] = replace(before, signed=signed, at=entry.at)
            continue
        found[data.item] = ItemRecord(
            state=data.state,
            was=data.was,
            who=entry.who,
            at=entry.at,
            reason=data.reason,
            evidence=entry.evidence,
            signed=() if data.state == "open" else before.signed,
        )
    return found


def _held(entry: Entry, data: Hypothesis) -> HypothesisRecord:
    return HypothesisRecord(
        id=data.hypothesis,
        title=data.title,
        state=data.state,
        who=entry.who,
        at=entry.at,
        evidence=entry.evidence,
    )
