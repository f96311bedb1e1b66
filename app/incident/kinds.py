"""What an entry can say: one frozen struct a kind, its tag the kind's name in the file.

Files outlive versions: fields are added with a default, and never renamed, retyped or taken away.
Times in them are texts made by `checks.when.iso`; states are the words of the design.
"""

from __future__ import annotations

import shlex
from typing import Any, Union

from msgspec import Struct

from checks.when import span


class Data(Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What an entry holds beside its text."""

    @property
    def kind(self) -> str:
        """The name of the kind, as it stands in the file."""
        return str(self.__struct_config__.tag)

    def lines(self) -> list[str]:
        """It in words, what happened first; empty lines and none at all mean nothing to say."""
        return [self.kind]


class Opened(Data, frozen=True, tag="opened"):
    """The incident begins."""

    incident: str
    title: str
    system: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return [f"opened: {self.title}" + (f" ({self.system})" if self.system else "")]


class Detected(Data, frozen=True, tag="detected"):
    """The outage was seen. `onset` is the time of the first failing result."""

    onset: str
    check: str = ""
    summary: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        what = ": ".join(filter(None, (self.check, self.summary)))
        return [f"detected: {what}", f"first failing result at {self.onset}"]


class Acknowledged(Data, frozen=True, tag="acknowledged"):
    """Somebody has taken it on."""


class ItemChanged(Data, frozen=True, tag="item"):
    """An item of the SOP. `state` is open, done, failed or not applicable."""

    item: str
    title: str
    state: str
    was: str = "open"
    reason: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return [f"{self.state}: {self.title}" + (f" ({self.reason})" if self.reason else "")]


class CheckTurned(Data, frozen=True, tag="check"):
    """A check's hard state is another one now."""

    check: str
    state: str
    was: str = ""
    summary: str = ""
    findings: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """It in words."""
        said = f"{self.check} turned {self.state}" + (f": {self.summary}" if self.summary else "")
        return [said, " ".join(self.findings)]


class CauseNamed(Data, frozen=True, tag="cause"):
    """Diagnosis, or a person, has named a cause."""

    cause: str
    title: str = ""
    host: str = ""
    confidence: float = 0.0

    def lines(self) -> list[str]:
        """It in words."""
        sure = f" ({self.confidence:.0%})" if self.confidence else ""
        return [f"cause: {self.title or self.cause}{sure}"]


class Note(Data, frozen=True, tag="note"):
    """Free text."""

    def lines(self) -> list[str]:
        """It in words."""
        return []


class Delivery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a notice fared on one route. `outcome` is sent, failed or unknown."""

    route: str
    outcome: str
    detail: str = ""


class NoticeSent(Data, frozen=True, tag="notice"):
    """A notice went out. `next_at` is when the next was promised."""

    audience: tuple[str, ...]
    subject: str
    body: str = ""
    deliveries: tuple[Delivery, ...] = ()
    next_at: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return [
            f"notice to {', '.join(self.audience)}: {self.subject}",
            *(
                f"{one.route}: " + ", ".join(filter(None, (one.outcome, one.detail)))
                for one in self.deliveries
            ),
            *self.body.split("\n"),
            f"next one promised for {self.next_at}" if self.next_at else "",
        ]


class CommandBegun(Data, frozen=True, tag="command-begun"):
    """Written before the command starts; without it, it does not start."""

    host: str
    argv: tuple[str, ...]

    def lines(self) -> list[str]:
        """It in words."""
        return [f"on {self.host}, begins: {shlex.join(self.argv)}"]


class CommandEnded(Data, frozen=True, tag="command-ended"):
    """`begun` is the id of the entry that began it. `outcome` is done, failed or unknown.

    `output` is the beginning and the end of what it printed, `sha256` is of the whole.
    """

    begun: str
    host: str
    argv: tuple[str, ...]
    outcome: str
    status: int | None = None
    duration: float = 0.0
    output: str = ""
    sha256: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        status = "" if self.status is None else f", exit status {self.status}"
        ended = f"on {self.host}, {self.outcome} after {span(self.duration)}{status}"
        output = self.output.rstrip("\n").split("\n") if self.output else []
        return [f"{ended}: {shlex.join(self.argv)}", *(f"> {line}" for line in output)]


class SignedOff(Data, frozen=True, tag="sign-off"):
    """One of those who must agree that an item is done."""

    item: str
    title: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return [f"signed off: {self.title or self.item}"]


class VerdictChanged(Data, frozen=True, tag="verdict"):
    """Verdict, severity or scope is another one now."""

    verdict: str
    severity: str = ""
    scope: str = ""
    summary: str = ""
    was: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return [" ".join(filter(None, ("verdict:", self.verdict, self.severity, self.summary)))]


class Resolved(Data, frozen=True, tag="resolved"):
    """Mail works again, verified."""


class Closed(Data, frozen=True, tag="closed"):
    """The work has ended; `still_open` names the SOP items that were left."""

    summary: str = ""
    root_cause: str = ""
    prevention: str = ""
    still_open: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """It in words."""
        return [
            f"closed: {self.summary}" if self.summary else "closed",
            f"root cause: {self.root_cause}" if self.root_cause else "",
            f"prevention: {self.prevention}" if self.prevention else "",
            f"left open: {', '.join(self.still_open)}" if self.still_open else "",
        ]


class ActionItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the review has somebody do; `due` is a date."""

    title: str
    owner: str = ""
    due: str = ""
    is_done: bool = False

    def line(self) -> str:
        """It in words."""
        mark = "x" if self.is_done else " "
        return f"[{mark}] {self.title} ({self.owner or 'nobody'}, due {self.due or 'some day'})"


class Reviewed(Data, frozen=True, tag="reviewed"):
    """The review as it stands, answers by question; a later one replaces it."""

    answers: dict[str, str] = {}
    actions: tuple[ActionItem, ...] = ()

    def lines(self) -> list[str]:
        """It in words."""
        return [
            "reviewed",
            *(f"{question} {answer}" for question, answer in self.answers.items()),
            *(one.line() for one in self.actions),
        ]


class RoleTaken(Data, frozen=True, tag="role"):
    """Who is lead, scribe or communications from now on, and who was; empty is nobody."""

    role: str
    holder: str
    was: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        before = f", was {self.was}" if self.was else ""
        return [f"{self.role} is {self.holder or 'nobody'} now{before}"]


class Hypothesis(Data, frozen=True, tag="hypothesis"):
    """An explanation that is suspected, ruled out or confirmed."""

    hypothesis: str
    title: str
    state: str = "suspected"

    def lines(self) -> list[str]:
        """It in words."""
        return [f"{self.state}: {self.title}"]


class Joined(Data, frozen=True, tag="joined"):
    """An operator opened a console on this incident."""


class Left(Data, frozen=True, tag="left"):
    """An operator's console ended; `reason` says how."""

    reason: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return ["left" + (f": {self.reason}" if self.reason else "")]


class Unlocked(Data, frozen=True, tag="unlocked"):
    """Actions are allowed in this session from now on, or with `locked` no longer."""

    locked: bool = False

    def lines(self) -> list[str]:
        """It in words."""
        return ["actions are locked" if self.locked else "actions are unlocked"]


class ClockStepped(Data, frozen=True, tag="clock"):
    """The clock of this host was set: by so many seconds, negative is back."""

    by: float

    def lines(self) -> list[str]:
        """It in words."""
        way = "back" if self.by < 0 else "forward"
        return [f"the clock was set {way} by {span(abs(self.by))}"]


class Mended(Data, frozen=True, tag="mended"):
    """The log was found damaged or gone; what was done about it."""

    kept_aside: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return ["the log was mended"]


class Unknown(Struct, frozen=True):
    """What another version wrote: kept as it is, and shown."""

    fields: dict[str, Any]

    def lines(self) -> list[str]:
        """Its fields are shown as what they are: unknown."""
        return ["(written by another version of mailmedic)"]


Known = Union[  # noqa: UP007 - msgspec decodes by it
    Opened, Detected, Acknowledged, ItemChanged, CheckTurned, CauseNamed, Note, NoticeSent,
    CommandBegun, CommandEnded, SignedOff, VerdictChanged, Resolved, Closed, Reviewed, RoleTaken,
    Hypothesis, Joined, Left, Unlocked, ClockStepped, Mended,
]  # fmt: skip
