"""A ``postqueue`` that isn't one: it prints as many lines as it was made with, at full speed.

They look like Postfix 3.7's; a real one takes some 35 s for 100,000, this one 0.1 s, so that the
reading of them is felt the more.
"""

from __future__ import annotations

import json
from pathlib import Path

REASONS = (
    "connect to mx.example.net[192.0.2.25]:25: Connection timed out",
    "host mx.example.org[198.51.100.7] said: 450 4.2.0 <a@example.org>: Recipient address rejected:"
    " Greylisted, see http://postgrey.example.org/help (in reply to RCPT TO command)",
    "Host or domain name not found. Name service error for name=exmaple.com type=MX: Host not found"
    ", try again",
)


def line(number: int) -> str:
    """One message as ``postqueue -j`` prints it."""
    domain = ("example.net", "example.org", "exmaple.com")[number % 3]
    recipient = {"address": f"user{number % 977}@{domain}", "delay_reason": REASONS[number % 3]}
    return json.dumps(
        {
            "queue_name": "active" if number % 50 == 0 else "deferred",
            "queue_id": f"4Z{number:08X}z",
            "arrival_time": 1_700_000_000 + number,
            "message_size": 2000 + number % 9000,
            "forced_expire": False,
            "sender": f"sender{number % 311}@lab.test",
            "recipients": [recipient],
        }
    )


def fake(folder: Path, count: int) -> Path:
    """A folder for PATH with such a ``postqueue``."""
    lines = folder / "lines"
    lines.write_text("".join(f"{line(number)}\n" for number in range(count)))
    program = folder / "bin" / "postqueue"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nexec cat '{lines}'\n")
    program.chmod(0o755)
    return program.parent
