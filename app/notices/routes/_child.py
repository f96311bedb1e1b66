"""A program that gets a notice on standard input: never as an argument, which all could read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.notices.route import Message
from checks.fate import Fate
from checks.text import visible

OUTPUT_LIMIT = 4096
"""Bytes of its output that are kept."""

TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits(3)."""

NEVER_STARTED = (126, 127)
"""The exit statuses that a shell has for those (XCU 2.8.2)."""


async def run(
    argv: Sequence[str], text: str, environment: Mapping[str, str], *, deadline: float
) -> Fate:
    """Run `argv` on `text`; one that does not end by the deadline is killed, with its group."""
    from checks.hosts import LoginError, TimedOut
    from checks.hosts.local import LocalLogin

    here = LocalLogin(environment)
    try:
        output = await here.feed(argv, text.encode(), deadline=deadline, limit=OUTPUT_LIMIT)
    except TimedOut:
        text = f"{visible(argv[0])} did not end in {deadline:.0f} s, and was killed"
        return Fate("unknown", text)
    except LoginError as error:
        return Fate("refused", visible(str(error)))
    return judge(output.exit_status, output.stderr or output.stdout)


def judge(status: int, said: bytes) -> Fate:
    """What its end means: the last line that it printed usually says why. Pure."""
    last = visible(said.strip().rpartition(b"\n")[2], 200)
    proof = f"exit status {status}"
    reply = f"{proof}: {last}" if last else proof
    if status == 0:
        return Fate("accepted", reply, proof)
    if status in NEVER_STARTED:
        return Fate("refused", reply)
    return Fate("refused", reply, proof, is_temporary=status == TRY_AGAIN)


def plain(message: Message) -> str:
    """The message as a person reads it on a pager or terminal."""
    return f"{message.subject}\n\n{message.text}\n"
