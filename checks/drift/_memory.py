"""What is remembered of a host's settings between two looks, and the baseline of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from checks import state_folder
from checks.drift import _baseline
from checks.drift._answer import Answer, Section
from checks.drift._compare import KINDS, differences
from checks.drift._copy import Copy
from checks.drift._named import LOG_ROWS, bounded, text_of
from checks.drift._remembered import Remembered, between
from checks.drift._versions import Versions
from checks.facts import Change
from checks.hosts import SUDO_AGAIN, LoginError

BY_SUDO = ("cron", "etckeeper", "firewall")
"""The sections that sudo is asked for where this login may not see all."""


class Memory(Remembered):
    """One host's sections as last seen; their baselines lie beside those of the files."""

    def __init__(self, folder: str, host: str) -> None:
        super().__init__(_baseline.place(folder, f"{host} settings"))
        self._refusals = {
            name: _baseline.place(folder, f"{host} sudo-refused {name}") for name in BY_SUDO
        }
        self._told: tuple[Versions, list[Change]] = (), []

    def is_kept(self, name: str) -> bool:
        """Whether the section is one of settings: logs are not compared."""
        return name in KINDS

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
        return {name: copy.digest for name, copy in self.held().items()}

    def take(self, answer: Answer) -> None:
        """Remember what the host answered. Raises LoginError when it did not send what it must."""
        held = self.held()
        sections = answer.sections.items()
        asked = [(name, section) for name, section in sections if not section.failure]
        self.notice({name: (_copy(one, name, held.get(name)), answer.now) for name, one in asked})
        for name, refusal in self._refusals.items():
            if name in answer.sections and answer.sections[name].is_refused:
                with suppress(OSError):
                    state_folder.make(refusal.parent)
                    refusal.touch()

    def differences(self) -> list[Change]:
        """What differs between the baselines that count, and between the newest and now."""
        if self.versions != self._told[0]:
            told = [
                replace(one, good_since=since)
                for before, after, since in between(self.versions)
                for one in differences(before, after)
            ]
            self._told = self.versions, told
        settings = {name: seen for name, seen in self.seen.items() if name in KINDS}
        return [*differences(self.versions[-1].files, settings), *self._told[1]]


def _copy(section: Section, name: str, held: Copy | None) -> Copy:
    """A section as it is kept: a log as it is, settings with secrets masked."""
    if section.lines is None:
        if held is None or held.digest != section.digest:
            raise LoginError(f"the host does not say what it has of {name}")
        return held
    is_log = name not in KINDS
    text = bounded(section.lines, LOG_ROWS) if is_log else text_of(section.lines)
    return Copy(stamp=section.digest, mtime=section.at, access="", digest=section.digest, text=text)
