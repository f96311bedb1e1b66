"""A line of a mail log, as a plain value."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Line(Struct, frozen=True):
    """A line: when, whose (``postfix/smtpd``, ``exim``, ``kernel``), and what it says."""

    at: datetime
    program: str
    text: str
