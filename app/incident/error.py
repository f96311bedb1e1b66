"""What goes wrong with the log, in one line."""

from __future__ import annotations

import errno

from app.problem import Problem


class LogError(Problem):
    """The log can't be read or written; says which file, why, and where there is one, the mend."""


class Locked(LogError):
    """Somebody else holds the log for longer than it takes to write an entry."""


MENDS = {
    errno.ENOSPC: "; free some space",
    errno.EDQUOT: "; free some space, your quota is used up",
    errno.EACCES: "; you can read along, its owner can let your group write",
    errno.EROFS: "; you can read along",
}


def why(error: OSError) -> str:
    """The reason that the system gave, and what mends it."""
    reason = error.strerror or type(error).__name__
    return reason + MENDS.get(error.errno or 0, "")
