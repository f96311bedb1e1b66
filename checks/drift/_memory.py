"""What is remembered of a host's settings between two looks, and the baseline of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from checks import state_folder
from checks.drift import _baseline
from checks.drift._answer import Answer, Section
from checks.drift._baseline import Baseline, BaselineError
from checks.drift._compare import KINDS, Seen
from checks.drift._copy import Copy
from checks.drift._named import LOG_ROWS, bounded, text_of
from checks.hosts import LoginError

BY_SUDO = ("cron", "firewall")
"""The sections that sudo is asked for where this login may not see all."""

SUDO_AGAIN = 86400.0
"""Seconds until sudo is asked again where it refused: root may get a mail each time."""


class Memory:
    """One host's sections as last seen; their baseline lies beside that of the files."""

    def __init__(self, folder: str, host: str) -> None:
        self.path = _baseline.place(folder, f"{host} settings")
        self._refusals = {
            name: _baseline.place(folder, f"{host} sudo-refused {name}") for name in BY_SUDO
        }
        self.baseline: Baseline | None = None
        self.seen: dict[str, Seen] = {}
        self._stamp: tuple[int, int] | None = None
        self._last_look: datetime | None = None

    def load(self) -> None:
        """Read the baseline, if it is not the one that we have. Blocks. Raises BaselineError."""
        stamp = _baseline.stamp(self.path)
        if stamp != self._stamp:
            self.baseline = _baseline.read(self.path)
            self._stamp = stamp

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
        good = self.baseline.files if self.baseline else {}
        return good | {name: seen.copy for name, seen in self.seen.items()}

    def take(self, answer: Answer) -> None:
        """Remember what the host answered. Raises LoginError when it did not send what it must."""
        held = self._copies()
        earlier = self._last_look or (self.baseline.at if self.baseline else answer.now)
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
                else Seen(copy, answer.now, earlier)
            )
        self.seen = seen
        self._last_look = answer.now
        for name, refusal in self._refusals.items():
            if name in answer.sections and answer.sections[name].is_refused:
                with suppress(OSError):
                    state_folder.make(refusal.parent)
                    refusal.touch()

    def keep(self, at: datetime, *, retake: bool) -> tuple[Baseline, str]:
        """The baseline, which takes what it lacks, or all, from what was seen. Blocks.

        The text says why it could not be written; it is empty where it could.
        """
        fresh = {name: seen.copy for name, seen in self.seen.items() if name in KINDS}
        good = self.baseline
        if good is None or retake:
            good = Baseline(at=at, watched=(), files=fresh)
        elif not fresh.keys() <= good.files.keys():
            good = replace(good, files=fresh | good.files)
        if good is self.baseline:
            return good, ""
        self.baseline = good
        try:
            _baseline.write(self.path, good)
            self._stamp = _baseline.stamp(self.path)
        except BaselineError as error:
            return good, str(error)
        return good, ""


def _copy(section: Section, name: str, held: Copy | None) -> Copy:
    """A section as it is kept: a log as it is, settings with secrets masked."""
    if section.lines is None:
        if held is None or held.digest != section.digest:
            raise LoginError(f"the host does not say what it has of {name}")
        return held
    is_log = name not in KINDS
    text = bounded(section.lines, LOG_ROWS) if is_log else text_of(section.lines)
    return Copy(stamp=section.digest, mtime=section.at, access="", digest=section.digest, text=text)
