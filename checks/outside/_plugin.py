"""A plugin of the site's: its first line and exit status (Monitoring Plugins Guidelines, 2)."""

from __future__ import annotations

from checks.hosts import Login
from checks.model import Monitor
from checks.outside._service import Blind, Refuses
from checks.outside._told import Told
from checks.text import visible

OK, UNKNOWN, NOT_FOUND = 0, 3, 127
SEVERITY = {1: "warning", 2: "critical"}

LIMIT = 1 << 16
"""Bytes of its output that are read."""


async def ask(monitor: Monitor, login: Login, *, deadline: float) -> list[Told]:
    """What it finds wrong with the host or domain it is `about`. Raises Blind, LoginError."""
    output = await login.run(monitor.command, deadline=deadline, limit=LIMIT)
    first = output.stdout.decode("utf-8", "replace").partition("\n")[0].partition("|")[0].strip()
    if output.exit_status == OK:
        return []
    if output.exit_status in SEVERITY:
        severity = SEVERITY[output.exit_status]
        return [Told(name=monitor.name, places=(monitor.about,), severity=severity, summary=first)]
    program = visible(monitor.command[0], 80)
    if output.exit_status == NOT_FOUND:
        raise Blind(f"there is no {program} there")
    said = first or output.stderr.decode("utf-8", "replace").partition("\n")[0]
    raise Refuses(f"{program} could not tell: {visible(said, 160) or 'it says nothing'}")
