"""What is remembered of a host's settings between two looks, and the baseline of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from checks import state_folder
from checks.drift import _baseline
from checks.drift._answer import Answer, Section
from checks.drift._baseline import Kept
from checks.drift._compare import KINDS, Seen, differences
from checks.drift._copy import Copy
from checks.drift._named import LOG_ROWS, bounded, text_of
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
from checks.facts import BY_PERSON, Change
from checks.hosts import LoginError
from checks.model import now

BY_SUDO = ("cron", "firewall")
"""The sections that sudo is asked for where this login may not see all."""

SUDO_AGAIN = 86400.0
"""Seconds until sudo is asked again where it refused: root may get a mail each time."""


class Memory:
    """One host's sections as last seen; their baseline lies beside that of the files."""

    def __init__(self, folder: str, host: str) -> None:
        self._kept = Kept(_baseline.place(folder, f"{host} settings"))
        self._refusals = {
            name: _baseline.place(folder, f"{host} sudo-refused {name}") for name in BY_SUDO
        }
        self.health: Health | None = None
        self.seen: dict[str, Seen] = {}
        self._last_look: datetime | None = None
        self._told: tuple[Versions, list[Change]] = (), []

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

    def for_sudo(self, at: datetime, *, again: bool) -> list[str]:
        """The sections that sudo may be asked for; with `again` also where it refused. Blocks."""
        return [name for name in BY_SUDO if again or self._may_ask(name, at)]

    def _may_ask(self, name: str, at: datetime) -> bool:
        try:
            refused_at = self._refusals[name].stat().st_mtime
        except OSError:
            return True
        return at.timestamp() - refused_at > SUDO_AGAIN

    def known(self) -> Mapping[str, str]:
        """The digest of each section of which we hold the text."""
        return {name: copy.digest for name, copy in self._copies().items()}

    def _copies(self) -> dict[str, Copy]:
        good = self.versions[-1].files if self.versions else {}
        return good | {name: seen.copy for name, seen in self.seen.items()}

    def _last_seen(self, name: str, at: datetime) -> datetime:
        """When that section was last seen as the newest baseline has it, or by us; else `at`."""
        if self._last_look is not None or not self.versions:
            return self._last_look or at
        newest = self.versions[-1]
        return newest.unsettled.get(name, newest.last)

    def take(self, answer: Answer) -> None:
        """Remember what the host answered. Raises LoginError when it did not send what it must."""
        held = self._copies()
        seen = {}
        for name, section in answer.sections.items():
            if section.failure:
                continue
            copy = _copy(section, name, held.get(name))
            last = self.seen.get(name)
            is_same = last is not None and last.copy.text == copy.text
            seen[name] = (
                Seen(replace(last.copy, digest=copy.digest), last.first, last.before)
                if last is not None and is_same
                else Seen(copy, answer.now, self._last_seen(name, answer.now))
            )
        self.seen = seen
        self._last_look = answer.now
        for name, refusal in self._refusals.items():
            if name in answer.sections and answer.sections[name].is_refused:
                with suppress(OSError):
                    state_folder.make(refusal.parent)
                    refusal.touch()

    def keep(self, at: datetime, *, retake: bool) -> str:
        """Take the baseline, or what it lacks, or what counts as good by itself. Blocks.

        Why it could not be written; empty where it could.
        """
        fresh = {name: seen.copy for name, seen in self.seen.items() if name in KINDS}
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

    def differences(self) -> list[Change]:
        """What differs between the baselines that count, and between the newest and now."""
        versions = compared(self.versions)
        if versions != self._told[0]:
            self._told = versions, [*_between(versions)]
        settings = {name: seen for name, seen in self.seen.items() if name in KINDS}
        return [*differences(versions[-1].files, settings), *self._told[1]]


def _between(versions: Versions) -> Iterator[Change]:
    for old, new in pairwise(versions):
        sections = {
            name: Seen(copy, moment.first, moment.before)
            for name, copy in new.files.items()
            if (moment := new.moments.get(name))
        }
        for one in differences(old.files, sections):
            yield replace(one, good_since=new.at)


def _copy(section: Section, name: str, held: Copy | None) -> Copy:
    """A section as it is kept: a log as it is, settings with secrets masked."""
    if section.lines is None:
        if held is None or held.digest != section.digest:
            raise LoginError(f"the host does not say what it has of {name}")
        return held
    is_log = name not in KINDS
    text = bounded(section.lines, LOG_ROWS) if is_log else text_of(section.lines)
    return Copy(stamp=section.digest, mtime=section.at, access="", digest=section.digest, text=text)
