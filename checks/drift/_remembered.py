"""What is remembered between two looks of named things with a text, and the baselines of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from checks.drift._baseline import Kept
from checks.drift._compare import Seen, is_filled, is_same, sees_less
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

NAMES_KEPT = 5_000
"""Things of a baseline: what is new after that is not compared. Name servers may say anything."""


class Remembered:
    """Things as last seen, by name; their baselines lie at `path`.

    When a thing changed is told by the clock of where it was seen. What counts as good goes by ours
    alone: the clock of a host may be anywhere, and jump.
    """

    def __init__(self, path: Path) -> None:
        self._kept = Kept(path)
        self.health: Health | None = None
        self.seen: dict[str, Seen] = {}
        self._looked: dict[str, datetime] = {}
        self._stood: dict[str, datetime] = {}

    @property
    def path(self) -> Path:
        """The file that the baselines lie in."""
        return self._kept.path

    @property
    def versions(self) -> Versions:
        """The baselines; none before the first look."""
        return self._kept.versions

    def load(self, *, retake: bool = False) -> None:
        """Read the baselines as `Kept.load` does. Blocks. Raises BaselineError."""
        self._kept.load(retake=retake)

    def is_kept(self, name: str) -> bool:  # noqa: ARG002  who keeps less says so
        """Whether that belongs into a baseline."""
        return True

    def held(self) -> dict[str, Copy]:
        """Each thing as it was seen last, else as the newest baseline has it."""
        good = self.versions[-1].files if self.versions else {}
        return good | {name: seen.copy for name, seen in self.seen.items()}

    def notice(
        self, copies: Mapping[str, tuple[Copy, datetime]], stale: Collection[str] = ()
    ) -> None:
        """Remember what is there now, each with when it was seen; long ago what is `stale`."""
        seen, stood = {}, {}
        for name, (copy, at) in copies.items():
            last = self.seen.get(name)
            if last is not None and last.copy.text == copy.text:
                seen[name] = Seen(replace(last.copy, digest=copy.digest), last.first, last.before)
                # What nobody saw since may have been another: it stands from its next sight on.
                stood[name] = now() if name in stale else self._stood[name]
            else:
                seen[name] = Seen(copy, at, self._last_seen(name, at))
                stood[name] = now()
        self.seen, self._stood = seen, stood
        looked = self._looked | {name: at for name, (_, at) in copies.items()}
        self._looked = {name: looked[name] for name in self.held() if name in looked}

    def _last_seen(self, name: str, at: datetime) -> datetime:
        """When it was last seen otherwise, by us or as the newest baseline has it; else `at`."""
        if name in self._looked or not self.versions:
            return self._looked.get(name, at)
        newest = self.versions[-1]
        return newest.unsettled.get(name) or at - (now() - newest.last)

    def keep(self, *, retake: bool) -> str:
        """Take the baseline, or what it lacks, or what counts as good by itself. Blocks.

        Why it could not be written; empty where it could.
        """
        fresh = {name: seen.copy for name, seen in self.seen.items() if self.is_kept(name)}
        versions = self.versions
        if not versions or retake:
            by = BY_PERSON if retake else ""
            new = Baseline(at=now(), watched=(), files=dict([*fresh.items()][:NAMES_KEPT]), by=by)
            taken = pruned((*versions, new))
            return self._kept.keep(taken) if retake else self._kept.keep_by_itself(taken)
        if lacking := self._lacking(fresh):
            filled = tuple(replace(one, files=lacking | one.files) for one in versions)
            return self._kept.keep_by_itself(filled)
        return self._settle()

    def _lacking(self, fresh: Mapping[str, Copy]) -> dict[str, Copy]:
        good = self.versions[-1].files
        found = [(name, copy) for name, copy in fresh.items() if name not in good]
        return dict(found[: NAMES_KEPT - len(good)])

    def _settle(self) -> str:
        """Have count as good what stood long enough while all is healthy.

        What is seen in part counts as it was seen in full: a change of the rest would be hidden.
        """
        at, newest = now(), self.versions[-1]
        good = newest.files
        differing = {
            name: seen
            for name, seen in self.seen.items()
            if name in good and not is_same(good[name], seen.copy)
        }
        filled = {name: s.copy for name, s in differing.items() if is_filled(good[name], s.copy)}
        if filled:
            newest = replace(newest, files=good | filled)
            return self._kept.keep_by_itself((*self.versions[:-1], newest))
        if not is_lasting(self.health, at):
            return ""
        ripe = {
            name: one
            for name, one in differing.items()
            if at - self._stood[name] >= SETTLED and not sees_less(good[name], one.copy)
        }
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
