"""How an outage went: from opening to review."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct, field

from app.incident.kinds._data import Data


class Opened(Data, frozen=True, tag="opened"):
    """The incident begins."""

    incident: str
    title: str
    system: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return [f"opened: {self.title}" + (f" ({self.system})" if self.system else "")]


class Detected(Data, frozen=True, tag="detected"):
    """The outage was seen: `onset` is when the first result failed, `seen` when it was sure."""

    IS_AUTO: ClassVar[bool] = True

    onset: str
    seen: str = ""
    check: str = ""
    summary: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        what = ": ".join(filter(None, (self.check, self.summary)))
        return [f"detected: {what}", f"first failing result at {self.onset}"]


class Acknowledged(Data, frozen=True, tag="acknowledged"):
    """Somebody has taken it on."""


class VerdictChanged(Data, frozen=True, tag="verdict"):
    """Verdict, severity or scope is another one now."""

    IS_AUTO: ClassVar[bool] = True

    verdict: str
    severity: str = ""
    scope: str = ""
    summary: str = ""
    was: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return [" ".join(filter(None, ("verdict:", self.verdict, self.severity, self.summary)))]


class CheckTurned(Data, frozen=True, tag="check"):
    """A check's hard state is another one now."""

    IS_AUTO: ClassVar[bool] = True

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

    @property
    def is_auto(self) -> bool:
        """Whether diagnosis named it: a person states no figure."""
        return self.confidence > 0

    def lines(self) -> list[str]:
        """It in words."""
        sure = f" ({self.confidence:.0%})" if self.confidence else ""
        return [f"cause: {self.title or self.cause}{sure}"]


class SeveritySet(Data, frozen=True, tag="severity"):
    """A person has set the severity, whatever was measured."""

    severity: str
    was: str = ""
    reason: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        before = f", was {self.was}" if self.was else ""
        return [f"severity {self.severity}{before}" + (f": {self.reason}" if self.reason else "")]


class EtaChanged(Data, frozen=True, tag="eta"):
    """When mail is expected to work again: from `low` to `high`. Both empty: that is not known."""

    low: str = ""
    high: str = ""
    reason: str = ""

    @property
    def expected(self) -> str:
        """It in words, e.g. ``between … and …``."""
        if not self.high:
            return "not known"
        return f"between {self.low} and {self.high}" if self.low else f"by {self.high}"

    def lines(self) -> list[str]:
        """It in words."""
        return [f"expected back: {self.expected}" + (f": {self.reason}" if self.reason else "")]


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

    answers: dict[str, str] = field(default_factory=dict)
    actions: tuple[ActionItem, ...] = ()

    def lines(self) -> list[str]:
        """It in words."""
        return [
            "reviewed",
            *(f"{question} {answer}" for question, answer in self.answers.items()),
            *(one.line() for one in self.actions),
        ]
