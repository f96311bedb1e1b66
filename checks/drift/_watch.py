"""What is remembered of a host between two looks: its baseline, and its files as last seen."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from checks.drift import _baseline, _local, _remote
from checks.drift._baseline import Baseline, BaselineError
from checks.drift._copy import Copy, View
from checks.drift._diff import DIFFS_KEPT, Pair, change, differences, is_watched
from checks.drift._keep import without_secrets
from checks.facts import FileChange
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


class Drift(Struct, frozen=True, kw_only=True):
    """What one look found. `baseline` is None while there is nothing to make one of.

    `is_new`: the baseline was taken by this look; `not_kept`: why it could not be written.
    """

    view: View
    baseline: Baseline | None
    is_new: bool = False
    not_kept: str = ""
    changes: tuple[FileChange, ...] = ()


class Watch:
    """One host, as its config is watched by us."""

    def __init__(self, host: Host, login: Login, folder: str) -> None:
        self.path = _baseline.place(folder, host.name)
        self.watched = host.watch or DEFAULT
        self.login = login
        self._baseline: Baseline | None = None
        self._baseline_stamp: tuple[int, int] | None = None
        self._known: dict[str, Copy] = {}
        self._view: View | None = None
        self._changes: dict[str, tuple[Pair, FileChange]] = {}
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

    def load(self) -> None:
        """Read the baseline, if it is not the one that we have. Blocks. Raises BaselineError."""
        stamp = _baseline.stamp(self.path)
        if stamp == self._baseline_stamp:
            return
        self._baseline = _baseline.read(self.path)
        self._baseline_stamp = stamp
        if self._baseline and self._view is None:
            self._known = dict(self._baseline.files)

    def _keep(self, baseline: Baseline) -> str:
        self._baseline = baseline
        try:
            _baseline.write(self.path, baseline)
            self._baseline_stamp = _baseline.stamp(self.path)
        except BaselineError as error:
            return str(error)
        return ""

    def compare(self, view: View, *, retake: bool) -> Drift:
        """`view` against the baseline; it becomes the baseline where there is none. Blocks.

        With `retake` it replaces the one that there is.
        """
        not_kept = ""
        has_files = any(copy.digest for copy in view.files.values())
        is_new = has_files and (retake or self._baseline is None)
        if is_new:
            not_kept = self._keep(Baseline(at=now(), watched=self.watched, files=view.files))
        elif self._baseline and self._baseline.watched != self.watched:
            not_kept = self._keep(_adopted(self._baseline, self.watched, view))
        changes = self._changed(self._baseline, view) if self._baseline else ()
        return Drift(
            view=view, baseline=self._baseline, is_new=is_new, not_kept=not_kept, changes=changes
        )

    def _changed(self, baseline: Baseline, view: View) -> tuple[FileChange, ...]:
        """What differs, the latest first; a difference seen before is not worked out again."""
        pairs = {
            name: pair
            for name, pair in differences(baseline.files, view.files).items()
            if not _is_hidden(name, pair, view)
        }
        changes = {}
        for number, (name, pair) in enumerate(pairs.items()):
            seen = self._changes.get(name)
            if seen and seen[0][0] is pair[0] and seen[0][1] is pair[1]:
                changes[name] = seen
            else:
                changes[name] = (pair, change(name, pair, with_diff=number < DIFFS_KEPT))
        self._changes = changes
        found = [change for _, change in changes.values()]
        return tuple(sorted(found, key=lambda change: change.at or EARLIEST, reverse=True))


def _is_hidden(name: str, pair: Pair, view: View) -> bool:
    """Whether a file may seem to have come or gone only because not all could be looked at."""
    if pair[0] and pair[1]:
        return False
    return view.is_cut or any(name.startswith(f"{folder}/") for folder in view.unreadable)


def _adopted(baseline: Baseline, watched: tuple[str, ...], view: View) -> Baseline:
    """The baseline after other paths are watched: files of new paths count as they are now."""
    kept = {name: copy for name, copy in baseline.files.items() if is_watched(name, watched)}
    fresh = {
        name: copy for name, copy in view.files.items() if not is_watched(name, baseline.watched)
    }
    return replace(baseline, watched=watched, files=kept | fresh)


_watches: dict[tuple[str, str], Watch] = {}


def watch_of(host: Host, login: Login, folder: str) -> Watch:
    """The watch of that host: the same one each time."""
    key = (host.name, folder)
    watch = _watches.get(key)
    if watch is None or watch.login is not login or watch.watched != (host.watch or DEFAULT):
        watch = _watches[key] = Watch(host, login, folder)
    return watch
