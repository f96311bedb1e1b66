"""What operators did: items, notes, notices, commands, hypotheses."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from msgspec import Struct, field

from app.incident.kinds._data import Data
from checks.when import span

NAMED = 3
"""Most recipients that are named one by one; more are counted."""


class ItemChanged(Data, frozen=True, tag="item"):
    """An item of the SOP. `state` is open, done, failed or not applicable.

    `auto` says that nobody did it: its checks were evidence enough.
    """

    item: str
    title: str
    state: str
    was: str = "open"
    reason: str = ""
    auto: bool = False

    @property
    def is_auto(self) -> bool:
        """Whether nobody did it."""
        return self.auto

    def lines(self) -> list[str]:
        """It in words."""
        return [f"{self.state}: {self.title}" + (f" ({self.reason})" if self.reason else "")]


class SignedOff(Data, frozen=True, tag="sign-off"):
    """One of those who must agree that an item is done."""

    item: str
    title: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return [f"signed off: {self.title or self.item}"]


class Note(Data, frozen=True, tag="note"):
    """Free text."""

    def lines(self) -> list[str]:
        """It in words."""
        return []


class Hypothesis(Data, frozen=True, tag="hypothesis"):
    """An explanation that is suspected, ruled out or confirmed."""

    hypothesis: str
    title: str
    state: str = "suspected"

    def lines(self) -> list[str]:
        """It in words."""
        return [f"{self.state}: {self.title}"]


class Delivery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a notice fared on one route, with one `recipient` where the route has several.

    `outcome` is accepted, refused or unknown; `detail` is the reply, or why there is none; `proof`
    is the queue id or the HTTP status. `at` is when, `tries` how often it took.
    """

    route: str
    outcome: str
    detail: str = ""
    recipient: str = ""
    proof: str = ""
    at: str = ""
    tries: int = 1


def fared(deliveries: Sequence[Delivery]) -> list[str]:
    """Deliveries in words: a line for all recipients of a route that fared alike."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for one in deliveries:
        said = one.detail.replace(one.recipient, "…") if one.recipient else one.detail
        key = (one.route, one.outcome, said)
        alike.setdefault(key, []).append(one.recipient)
    return [_fared(*key, recipients) for key, recipients in alike.items()]


def _fared(route: str, outcome: str, detail: str, recipients: Sequence[str]) -> str:
    named = [*recipients] if len(recipients) <= NAMED else [f"{len(recipients)} recipients"]
    return f"{route}: " + ", ".join(filter(None, (outcome, *named, detail)))


class NoticeBegun(Data, frozen=True, tag="notice-begun"):
    """Written before a notice goes out: on these routes nobody else sends it from now on.

    `deadline` is how many seconds it was given.
    """

    notice: str
    audience: tuple[str, ...]
    subject: str
    routes: tuple[str, ...]
    deadline: float = 0.0

    @property
    def what(self) -> str:
        """What it was, in a sentence."""
        return f"the notice to {', '.join(self.audience)} on {', '.join(self.routes)}"

    def lines(self) -> list[str]:
        """It in words."""
        return [f"notice to {', '.join(self.audience)} begins on {', '.join(self.routes)}"]


class NoticeSent(Data, frozen=True, tag="notice"):
    """A notice went out, or did not: `deliveries` tell.

    `notice` is its id; what of it is sent again has the same one. `begun` is the id of the entry
    that began it. `stage` is first, update, resolved or technical. `phase` is the incident's, as
    readers of status pages know them, and `severity` the one that counted. `components` are what
    people do with mail, each with whether it worked. `next_at` is when the next was promised.
    `left_out` says which routes did not get it, and why.
    """

    audience: tuple[str, ...]
    subject: str
    body: str = ""
    deliveries: tuple[Delivery, ...] = ()
    next_at: str = ""
    notice: str = ""
    phase: str = ""
    begun: str = ""
    stage: str = ""
    severity: str = ""
    left_out: tuple[str, ...] = ()
    components: dict[str, str] = field(default_factory=dict)

    @property
    def went_out(self) -> bool:
        """Whether it may have reached somebody: not everybody refused it."""
        is_told = bool(self.deliveries or self.left_out)
        return not is_told or any(one.outcome != "refused" for one in self.deliveries)

    def lines(self) -> list[str]:
        """It in words."""
        stage = f"{self.stage} " if self.stage else ""
        return [
            f"{stage}notice to {', '.join(self.audience)}: {self.subject}",
            *fared(self.deliveries),
            *self.left_out,
            *self.body.split("\n"),
            f"next one promised for {self.next_at}" if self.next_at else "",
        ]


class CommandBegun(Data, frozen=True, tag="command-begun"):
    """Written before the command starts; without it, it does not start.

    `deadline` is how many seconds it was given; it is ended there, too, when they are over.
    """

    host: str
    argv: tuple[str, ...]
    deadline: float = 0.0

    @property
    def what(self) -> str:
        """What it was, in a sentence."""
        return f"`{shlex.join(self.argv)}` on {self.host}"

    def lines(self) -> list[str]:
        """It in words."""
        return [f"on {self.host}, begins: {shlex.join(self.argv)}"]


class CommandEnded(Data, frozen=True, tag="command-ended"):
    """`begun` is the id of the entry that began it. `outcome` is done, failed or unknown.

    `reason` says what is unknown of it, or why it never started. `output` is the beginning and the
    end of what it printed, `sha256` is of the whole.
    """

    begun: str
    host: str
    argv: tuple[str, ...]
    outcome: str
    status: int | None = None
    reason: str = ""
    duration: float = 0.0
    output: str = ""
    sha256: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        status = "" if self.status is None else f", exit status {self.status}"
        ended = f"on {self.host}, {self.outcome} after {span(self.duration)}{status}"
        output = self.output.rstrip("\n").split("\n") if self.output else []
        return [
            f"{ended}: {shlex.join(self.argv)}",
            self.reason,
            *(f"> {line}" for line in output),
        ]


class BodyRead(Data, frozen=True, tag="body-read"):
    """The body of a message in a queue was asked for: written before it is shown."""

    host: str
    queue_id: str
    sender: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        sender = f" from {self.sender}" if self.sender else ""
        return [f"reads the body of message {self.queue_id}{sender} on {self.host}"]


class Bundled(Data, frozen=True, tag="bundle"):
    """An evidence bundle of a host: a file beside the log, with its size in bytes and its digest.

    `holds` names what it has of the host, `missing` says what it lacks and why.
    """

    host: str
    file: str
    size: int
    sha256: str
    holds: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """It in words."""
        return [
            f"evidence bundle of {self.host}: {self.file}, {self.size:,} bytes",
            f"sha256 {self.sha256}",
            f"holds {', '.join(self.holds) or 'nothing of the host'}",
            *(f"lacks {one}" for one in self.missing),
        ]
