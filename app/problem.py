"""What the user is told in one line instead of a traceback."""

from __future__ import annotations

MISUSE = 3
"""The exit status when it could not be done; a monitoring plugin's UNKNOWN."""


class Problem(Exception):
    """What is wrong, where, and the mend: one line for stderr."""
