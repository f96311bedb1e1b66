"""What is remembered of a host between two looks: its baseline, and its files as last seen."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from checks.drift import _baseline, _local, _remote
from checks.drift._baseline import Kept
from checks.drift._copy import Copy, View
from checks.drift._diff import DIFFS_KEPT, Pair, change, differences, is_same, is_watched
from checks.drift._keep import without_secrets
from checks.drift._versions import (
    SETTLED,
    Baseline,
    Health,
    Versions,
    compared,
    is_lasting,
    pruned,
    settled,
)
from checks.facts import BY_PERSON, FileChange
from checks.hosts import Login
from checks.model import Host, now

DEFAULT = (
    "/etc/postfix",
    "/etc/dovecot",
    "/etc/exim4",
    "/etc/opendkim*",
    "/etc/rspamd",
    "/etc/mailname",
    "/etc/aliases",
)
"""Where Debian keeps what mail is configured by; each counts where it exists."""


EARLIEST = datetime.min.replace(tzinfo=UTC)


class StillLooking(Exception):
    """The look before this one has not come back: a file system hangs."""


Step = tuple[str, Pair, datetime | None]
"""A file that differs, as it was and is, and since when it counts as good."""


class Drift(Struct, frozen=True, kw_only=True):
    """What one look found, against `versions`; there are none while there is nothing to take.

    `is_new`: a baseline was taken by this look, not by itself; `not_kept`: why it could not be
    written.
    """

    view: View
    versions: Versions
    is_new: bool = False
    not_kept: str = ""
    changes: tuple[FileChange, ...] = ()


class Watch:
    """One host, as its config is watched by us."""

    def __init__(self, host: Host, login: Login, folder: str) -> None:
        self.path = _baseline.place(folder, host.name)
        self.watched = host.watch or DEFAULT
        self.login = login
        self.health: Health | None = None
        self._kept = Kept(self.path)
        self._known: dict[str, Copy] = {}
        self._view: View | None = None
        self._changes: dict[tuple[str, datetime | None], tuple[Pair, FileChange]] = {}
        self._pairs: dict[str, Pair] = {}
        self._since: dict[str, tuple[Copy | None, datetime]] = {}
        self._between: tuple[Versions, list[Step]] = (), []
        self._is_looking = False

    async def look(self, deadline: float) -> View:
        """The watched files as they are now. Raises LoginError, TimeoutError, StillLooking."""
        until = time.monotonic() + deadline
        if self.login.is_local:
            view = await asyncio.to_thread(self._look_here, until)
        else:
            view = await _remote.look(self.login, self.watched, self._known, self._view, until)
        if view is not self._view:
            self._view = replace(view, files=without_secrets(view.files))
            self._known = dict(self._view.files)
        return self._view

    def _look_here(self, until: float) -> View:
        if self._is_looking:
            raise StillLooking
        self._is_looking = True
        try:
            return _local.look(self.watched, self._known, until)
        finally:
            self._is_looking = False

    def load(self, *, retake: bool = False) -> None:
        """Read the baselines as `Kept.load` does. Blocks. Raises BaselineError."""
        if self._kept.load(retake=retake) and self._kept.versions and self._view is None:
            self._known = dict(self._kept.versions[-1].files)

    def compare(self, view: View, *, retake: bool) -> Drift:
        """`view` against the baselines; it becomes the first where there is none. Blocks.

        With `retake` it is the newest by a person's word; without, what has stood long enough
        while all is healthy counts as good by itself.
        """
        not_kept, at = "", now()
        versions = self._kept.versions
        has_files = any(copy.digest for copy in view.files.values())
        is_new = has_files and (retake or not versions)
        if is_new:
            by = BY_PERSON if retake else ""
            new = Baseline(at=at, watched=self.watched, files=view.files, by=by)
            keep = self._kept.keep if retake else self._kept.keep_by_itself
            not_kept = keep(pruned((*versions, new)))
        elif versions and not set(self.watched) <= set(versions[-1].watched):
            adopted = tuple(_adopted(one, self.watched, view) for one in versions)
            not_kept = self._kept.keep_by_itself(adopted)
        if self._kept.versions:
            trouble = self._settle(view, at)
            not_kept = not_kept or trouble
        changes = self._changed() if self._kept.versions else ()
        return Drift(
            view=view,
            versions=self._kept.versions,
            is_new=is_new,
            not_kept=not_kept,
            changes=changes,
        )

    def _settle(self, view: View, at: datetime) -> str:
        """Have count as good what stood long enough; why that could not be written, else empty."""
        self._pairs = self._pairs_of(view)
        since = {}
        for name, (_, new) in self._pairs.items():
            was, first = self._since.get(name, (None, at))
            stands = name in self._since and (was is new or (was and new and is_same(was, new)))
            since[name] = (new, first if stands else at)
        self._since = since
        if not is_lasting(self.health, at):
            return ""
        ripe = {
            name: new
            for name, (new, first) in since.items()
            if at - first >= SETTLED and (new is None or new.digest)
        }
        not_kept = self._kept.keep_by_itself(settled(self._kept.versions, ripe, at))
        if ripe:
            self._pairs = self._pairs_of(view)
        return not_kept

    def _pairs_of(self, view: View) -> dict[str, Pair]:
        """What differs from the newest version, but for what may only be out of our sight."""
        pairs = differences(self._kept.versions[-1].files, view.files)
        return {name: pair for name, pair in pairs.items() if not self._is_hidden(name, pair, view)}

    def _is_hidden(self, name: str, pair: Pair, view: View) -> bool:
        """Whether a file may seem to have come or gone only because not all was looked at."""
        if pair[0] and pair[1]:
            return False
        if view.is_cut or any(name.startswith(f"{folder}/") for folder in view.unreadable):
            return True
        return pair[1] is None and not is_watched(name, self.watched)

    def _changed(self) -> tuple[FileChange, ...]:
        """What differs, the latest first; a difference seen before is not worked out again."""
        found: dict[tuple[str, datetime | None], tuple[Pair, FileChange]] = {}
        for name, pair, good_since in self._steps():
            key = (name, good_since)
            seen = self._changes.get(key)
            if seen and seen[0][0] is pair[0] and seen[0][1] is pair[1]:
                one = seen[1]
            else:
                one = change(name, pair, with_diff=len(found) < DIFFS_KEPT)
                one = replace(one, good_since=good_since)
            found[key] = (pair, one)
        self._changes = found
        changes = [one for _, one in found.values()]
        return tuple(sorted(changes, key=lambda one: one.at or EARLIEST, reverse=True))

    def _steps(self) -> list[Step]:
        """What differs between the newest version and now, then between versions."""
        versions = self._kept.versions
        if versions is not self._between[0]:
            between: list[Step] = [
                (name, pair, new.at)
                for old, new in reversed(list(pairwise(compared(versions))))
                for name, pair in differences(old.files, new.files).items()
            ]
            self._between = versions, between
        return [*((name, pair, None) for name, pair in self._pairs.items()), *self._between[1]]


def _adopted(baseline: Baseline, watched: tuple[str, ...], view: View) -> Baseline:
    """The baseline with more paths: their files count as they are now.

    What is watched no more stays: another console, with other paths, may look at it.
    """
    fresh = {
        name: copy for name, copy in view.files.items() if not is_watched(name, baseline.watched)
    }
    paths = tuple(dict.fromkeys((*baseline.watched, *watched)))
    return replace(baseline, watched=paths, files=fresh | baseline.files)


_watches: dict[tuple[str, str], Watch] = {}


def watch_of(host: Host, login: Login, folder: str) -> Watch:
    """The watch of that host: the same one each time."""
    key = (host.name, folder)
    watch = _watches.get(key)
    if watch is None or watch.login is not login or watch.watched != (host.watch or DEFAULT):
        watch = _watches[key] = Watch(host, login, folder)
    return watch
