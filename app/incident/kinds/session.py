"""Who was there, and what befell the log and the clock themselves."""

from __future__ import annotations

from typing import ClassVar

from app.incident.kinds._data import Data
from checks.when import span


class RoleTaken(Data, frozen=True, tag="role"):
    """Who is lead, scribe or communications from now on, and who was; empty is nobody."""

    role: str
    holder: str
    was: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        before = f", was {self.was}" if self.was else ""
        return [f"{self.role} is {self.holder or 'nobody'} now{before}"]


class Reminded(Data, frozen=True, tag="reminded"):
    """Everybody was reminded of what is missing."""

    IS_AUTO: ClassVar[bool] = True

    of: str
    why: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return [f"reminded: {self.why or self.of}"]


class Joined(Data, frozen=True, tag="joined"):
    """An operator opened a console on this incident."""


class Left(Data, frozen=True, tag="left"):
    """An operator's console ended; `reason` says how.

    `who` is somebody else, whose console was killed and could not say so.
    """

    reason: str = ""
    who: str = ""

    @property
    def is_auto(self) -> bool:
        """Whether another console noticed it."""
        return bool(self.who)

    def lines(self) -> list[str]:
        """It in words."""
        reason = f": {self.reason}" if self.reason else ""
        return [f"{self.who} left{reason}" if self.who else f"left{reason}"]


class Unlocked(Data, frozen=True, tag="unlocked"):
    """Actions are allowed in this session from now on, or with `locked` no longer."""

    locked: bool = False

    def lines(self) -> list[str]:
        """It in words."""
        return ["actions are locked" if self.locked else "actions are unlocked"]


class ClockStepped(Data, frozen=True, tag="clock"):
    """The clock of this host was set: by so many seconds, negative is back."""

    IS_AUTO: ClassVar[bool] = True

    by: float

    def lines(self) -> list[str]:
        """It in words."""
        way = "back" if self.by < 0 else "forward"
        return [f"the clock was set {way} by {span(abs(self.by))}"]


class Mended(Data, frozen=True, tag="mended"):
    """The log was found damaged or gone; what was done about it."""

    IS_AUTO: ClassVar[bool] = True

    kept_aside: str = ""

    def lines(self) -> list[str]:
        """It in words."""
        return ["the log was mended"]
