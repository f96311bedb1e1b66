"""A message in a queue, as every MTA's listing is read into it."""

from __future__ import annotations

from msgspec import Struct

QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")

HELD = "hold"
DEFERRED = "deferred"


class Recipient(Struct, gc=False):
    """Who still has to get it, and why that has not been done yet."""

    address: str = ""
    delay_reason: str = ""


class Message(Struct, gc=False):
    """The fields are named as ``postqueue -j`` names them, so that its lines are decoded at once.

    Texts are as they came, not `visible`: most are counted and thrown away.
    """

    queue_name: str
    arrival_time: int
    queue_id: str = ""
    message_size: int = 0
    sender: str = ""
    recipients: list[Recipient] = []
    is_frozen: bool = False
    """Exim's: it is left alone until somebody thaws it; its queue is hold."""
