"""One message of a queue: its envelope, its headers, and what its log says; or its body."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from checks.hosts import LoginError
from checks.model import Target
from checks.queue._login import login_of
from checks.text import redact, visible

LIMIT = 1 << 18
"""Bytes that are read: a header section is at most some tens of kilobytes; of a body it will do."""

BODY_MEND = "to read bodies is a right that doctor does not propose: it is yours to give in sudoers"

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{4,39}")


_GONE = b"No such file or directory"


class Opened(Struct, frozen=True):
    """Its lines; or why it can't be seen, and the line that mends that."""

    lines: tuple[str, ...] = ()
    problem: str = ""
    mend: str = ""


async def opened(
    target: Target,
    queue_id: str,
    words: Sequence[str],
    *,
    program: str,
    deadline: float,
    mend: str = "mailmedic doctor has the lines for sudoers",
) -> Opened:
    """What ``sh -c`` with those `words` prints of that message; `mend` for who may not see it."""
    if not _ID.fullmatch(queue_id):
        return Opened(problem=f"{visible(queue_id, 60)} is no queue id")
    argv = ["sh", "-c", *words]
    try:
        output = await login_of(target).run(argv, deadline=deadline, limit=LIMIT)
    except LoginError as error:
        return Opened(problem=visible(str(error)))
    if output.exit_status == 0 or output.is_cut:
        lines = output.stdout.decode("utf-8", "replace").splitlines()
        cut = (f"… only its first {LIMIT:,} bytes …",) if output.is_cut else ()
        return Opened((*(redact(visible(line)) for line in lines), *cut))
    told = output.stderr + b"\n" + output.stdout
    if _GONE in told:
        return Opened(problem="it is no longer in the queue")
    said = [*told.decode("utf-8", "replace").strip().splitlines(), "it does not say why"]
    return Opened(
        problem=f"{program} does not show it: {visible(said[0], 200)}",
        mend=mend,
    )
