"""What goes wrong with the log, in one line."""

from __future__ import annotations

from app.problem import Problem


class LogError(Problem):
    """The log can't be read or written; says which file, why, and where there is one, the mend."""


class Locked(LogError):
    """Somebody else holds the log for longer than it takes to write an entry."""


def why(error: OSError) -> str:
    """The reason that the system gave."""
    return error.strerror or type(error).__name__
