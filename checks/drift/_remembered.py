"""What is remembered between two looks of named things with a text, and the baselines of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from checks.drift._baseline import Kept
from checks.drift._compare import Seen
from checks.drift._copy import Copy
from checks.drift._versions import (
    SETTLED,
    Baseline,
    Health,
    Moments,
    Versions,
    compared,
    is_lasting,
    pruned,
    settled,
)
from checks.facts import BY_PERSON
from checks.model import now


class Remembered:
    """Things as last seen, by name; their baselines lie at `path`."""

    def __init__(self, path: Path) -> None:
        self._kept = Kept(path)
        self.health: Health | None = None
        self.seen: dict[str, Seen] = {}
        self._looked: dict[str, datetime] = {}

    @property
    def path(self) -> Path:
        """The file that the baselines lie in."""
        return self._kept.path

    @property
    def versions(self) -> Versions:
        """The baselines; none before the first look."""
        return self._kept.versions

    def load(self) -> None:
        """Read the baselines, if they are not those that we have. Blocks. Raises BaselineError."""
        self._kept.load()

    def is_kept(self, name: str) -> bool:  # noqa: ARG002  who keeps less says so
        """Whether that belongs into a baseline."""
        return True

    def held(self) -> dict[str, Copy]:
        """Each thing as it was seen last, else as the newest baseline has it."""
        good = self.versions[-1].files if self.versions else {}
        return good | {name: seen.copy for name, seen in self.seen.items()}

    def notice(self, copies: Mapping[str, tuple[Copy, datetime]]) -> None:
        """Remember what is there now, each with when it was seen."""
        seen = {}
        for name, (copy, at) in copies.items():
            last = self.seen.get(name)
            if last is not None and last.copy.text == copy.text:
                seen[name] = Seen(replace(last.copy, digest=copy.digest), last.first, last.before)
            else:
                seen[name] = Seen(copy, at, self._last_seen(name, at))
            self._looked[name] = at
        self.seen = seen

    def _last_seen(self, name: str, at: datetime) -> datetime:
        """When it was last seen otherwise, by us or as the newest baseline has it; else `at`."""
        if name in self._looked or not self.versions:
            return self._looked.get(name, at)
        newest = self.versions[-1]
        return newest.unsettled.get(name, newest.last)

    def keep(self, at: datetime, *, retake: bool) -> str:
        """Take the baseline, or what it lacks, or what counts as good by itself. Blocks.

        Why it could not be written; empty where it could.
        """
        fresh = {name: seen.copy for name, seen in self.seen.items() if self.is_kept(name)}
        versions = self.versions
        if not versions or retake:
            new = Baseline(at=at, watched=(), files=fresh, by=BY_PERSON if retake else "")
            return self._kept.keep(pruned((*versions, new)))
        if not fresh.keys() <= versions[-1].files.keys():
            filled = tuple(replace(one, files=fresh | one.files) for one in versions)
            return self._kept.keep(filled)
        return self._settle(at)

    def _settle(self, at: datetime) -> str:
        """Have count as good what stood long enough; `at` is the host's time, health is ours."""
        if not is_lasting(self.health, now()):
            return ""
        good = self.versions[-1].files
        differing = {
            name: seen
            for name, seen in self.seen.items()
            if name in good and seen.copy.text != good[name].text
        }
        ripe = {name: one for name, one in differing.items() if at - one.first >= SETTLED}
        young = {name: one.before for name, one in differing.items() if name not in ripe}
        versions = settled(
            self.versions,
            {name: one.copy for name, one in ripe.items()},
            at,
            moments={name: Moments(one.first, one.before) for name, one in ripe.items()},
            unsettled=young,
        )
        return self._kept.keep_by_itself(versions)


def between(
    versions: Versions,
) -> Iterator[tuple[Mapping[str, Copy], Mapping[str, Seen], datetime]]:
    """Each step between two versions that are compared: before, after, since when that is good."""
    for old, new in pairwise(compared(versions)):
        after = {
            name: Seen(copy, moment.first, moment.before)
            for name, copy in new.files.items()
            if (moment := new.moments.get(name))
        }
        yield old.files, after, new.at
