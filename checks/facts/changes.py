"""What changed on a host."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

BY_ITSELF = "itself"
BY_PERSON = "a person"


class Good(Struct, frozen=True, tag=True):
    """The newest baseline. `by` is `BY_ITSELF`, `BY_PERSON`, or empty where it was the first look.

    `healthy_at` is when mail was last seen healthy with it, None where never.
    """

    at: datetime
    by: str = ""
    healthy_at: datetime | None = None


class FileChange(Struct, frozen=True, tag=True):
    """A watched file that differs from the baseline. `kind` is added, removed or changed.

    `at` is the file's own modification time, where it still has one. `good_since`: since when it
    counts as good, because mail was healthy with it.
    """

    path: str
    kind: str
    at: datetime | None
    added: int = 0
    removed: int = 0
    diff: tuple[str, ...] = ()
    good_since: datetime | None = None


class DriftFacts(Struct, frozen=True, tag=True):
    """What differs from a host's baselines: the one of `baseline_at`, and later ones to `good`."""

    baseline_at: datetime
    watched: int
    changes: tuple[FileChange, ...] = ()
    unreadable: tuple[str, ...] = ()
    good: Good | None = None


class Change(Struct, frozen=True, tag=True):
    """Something on a host that is not as it was, or that somebody did there.

    `kind` is parameter, package, hold, certificate, unit, firewall, cron, dns, commit (in /etc),
    reboot, sudo or login; `what` names it, `old` and `new` are its values, empty where there is
    none. It was at `at`, or, where `after` is set, some time between the two. `who` and `how` say
    by whom and by what command, as far as a log tells, `about` what the manual says of a parameter;
    `diff` are lines of evidence. `good_since` as for `FileChange`.
    """

    kind: str
    what: str
    at: datetime
    after: datetime | None = None
    old: str = ""
    new: str = ""
    who: str = ""
    how: str = ""
    about: str = ""
    diff: tuple[str, ...] = ()
    good_since: datetime | None = None

    @property
    def text(self) -> str:
        """What, and from what to what, in one line."""
        if self.old and self.new:
            return f"{self.what} {self.old} → {self.new}"
        if self.old:
            return f"{self.what} {self.old} removed"
        if self.new:
            return f"{self.what} {'= ' if self.kind == 'parameter' else ''}{self.new}"
        return self.what


class ChangeFacts(Struct, frozen=True, tag=True):
    """What changed on a host, the latest first; `unseen` is what could not be looked at."""

    baseline_at: datetime
    changes: tuple[Change, ...] = ()
    unseen: tuple[str, ...] = ()
    good: Good | None = None
