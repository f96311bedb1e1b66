"""Asks a host's queue whether a message is still in it: the log may end before the wait does."""

from __future__ import annotations

import json
import re

from checks.hosts import Login, LoginError
from checks.text import redact, visible

SCRIPT = r"""
if command -v postqueue >/dev/null; then
  postqueue -j 2>&1 | grep -F -e "\"$1\"" -e "postqueue: "; fi
for exim in exim4 exim; do command -v $exim >/dev/null || continue
  $exim -bp 2>&1 | grep -F -A2 -e "$1" -e "exim: "; break; done
"""

LIMIT = 1 << 20


async def ask_queue(login: Login, queue_id: str, *, deadline: float) -> str:
    """What the queue says of it; empty where it knows nothing of it."""
    argv = ["sh", "-c", SCRIPT, "sh", queue_id]
    try:
        output = await login.run(argv, deadline=deadline, limit=LIMIT)
    except LoginError as error:
        return f"its queue could not be asked: {visible(str(error))}"
    return told(output.stdout.decode("utf-8", "replace"), queue_id)


def told(answer: str, queue_id: str) -> str:
    """The answer in words. postqueue(1), JSON OBJECT FORMAT; exim(8), -bp."""
    for line in answer.splitlines():
        if line.startswith("{"):
            said = _postfix(line, queue_id)
            if said:
                return said
        elif re.search(rf"(?<!\S){re.escape(queue_id)}(?!\S)", line):
            frozen = ", frozen" if "*** frozen ***" in line else ""
            return f"in Exim's queue for {visible(line.split()[0], 20)}{frozen}"
        elif ": fatal: " in line or "ermission denied" in line:
            return f"its queue could not be asked: {redact(visible(line, 200))}"
    return ""


def _postfix(line: str, queue_id: str) -> str:
    try:
        message = json.loads(line)
        if message["queue_id"] != queue_id:
            return ""
        reasons = [one.get("delay_reason", "") for one in message["recipients"]]
        queue = str(message["queue_name"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    why = next((f": {reason}" for reason in reasons if reason), "")
    return redact(visible(f"in Postfix' {queue} queue{why}"))
