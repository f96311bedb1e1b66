"""A status page: ``page:/var/www/status``, static HTML, JSON and Atom in a folder of this machine.

With `push` a command carries it to where it is read, e.g. ``["rsync", "-a", "/var/www/status/",
"web:/var/www/status/"]``; no shell reads the line.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.notices.notice import USERS
from app.notices.route import Message, Route
from checks.fate import Fate
from checks.secret import Credentials

SCHEMES = ("page",)
TAKES = frozenset({"push"})


def check(route: Route) -> None:
    """See `Kind.check`."""
    if not _folder(route).is_absolute():
        raise ValueError('"url" must be page:/FOLDER')
    if set(route.audience) != {USERS}:
        raise ValueError(f'"audience" of a status page is ["{USERS}"] alone: everybody reads it')


def host(route: Route) -> str:  # noqa: ARG001
    """See `Kind.host`."""
    return ""


async def send(
    message: Message,
    route: Route,
    secret: Credentials,  # noqa: ARG001
    *,
    deadline: float,
) -> dict[str, Fate]:
    """See `Kind.send`. A test is not published: everybody would read it."""
    from app.notices.page.publish import PublishError, publish
    from app.notices.page.state import Update
    from app.notices.zone import zone_of
    from checks.model import now
    from checks.when import iso

    folder = _folder(route)
    if message.is_test:
        return {"": await asyncio.to_thread(_can_be_written, folder)}
    update = Update(
        notice=message.notice,
        at=iso(now()),
        phase=message.phase,
        subject=message.subject,
        text=message.text,
    )
    told = (folder, message.incident, update, message.components, zone_of(route.zone))
    try:
        await asyncio.to_thread(publish, *told)
    except PublishError as error:
        return {"": Fate("refused", str(error))}
    if not route.push:
        return {"": Fate("accepted", f"published in {folder}", str(folder))}
    return {"": await _push(route, deadline=deadline)}


def _folder(route: Route) -> Path:
    return Path(route.url.partition(":")[2])


def _can_be_written(folder: Path) -> Fate:
    import os

    if os.access(folder if folder.is_dir() else folder.parent, os.W_OK | os.X_OK):
        return Fate("accepted", f"{folder} can be written; nothing was published")
    return Fate("refused", f"{folder} may not be written by you")


async def _push(route: Route, *, deadline: float) -> Fate:
    """The page is here; whether it is there, too, is what the command says."""
    from msgspec.structs import replace

    from app.notices.routes._child import run

    fate = await run(route.push, "", {}, deadline=deadline)
    return replace(fate, reply=f"published in {_folder(route)}; push: {fate.reply}")
