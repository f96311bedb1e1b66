"""Puts the page into its folder: each file whole at any moment, and readable for everybody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path

from app.incident import lock, place
from app.incident.error import Locked
from app.notices.page import atom, html
from app.notices.page.state import Page, Update, decode, encode, gated, with_update

STATE = "status.json"

SIZE_LIMIT = 16 << 20
"""Bytes; fifty incidents of two hundred updates have a tenth of it."""

FOR_ALL = 0o644
"""Whoever has an account, or a web server, may read it, whatever our umask is."""

LOCK = ".status.lock"

LOCK_WITHIN = 5.0
"""Seconds that another console's writing is waited for: it takes a moment."""


class PublishError(Exception):
    """The page could not be published; what is there is as it was."""


def publish(
    folder: Path, incident: str, update: Update, components: dict[str, str], zone: tzinfo | None
) -> Page:
    """Add `update` to the page in `folder`; the page as it is now. Raises PublishError.

    The JSON, which the next update reads, is written last: what was interrupted is made up for.
    """
    try:
        folder.mkdir(mode=0o755, exist_ok=True)
        with _alone(folder):
            page = gated(with_update(_read(folder / STATE), incident, update, components))
            place.replace(folder / html.NAME, html.render(page, zone).encode(), FOR_ALL)
            feed = atom.render(page, str(folder.resolve())).encode()
            place.replace(folder / atom.NAME, feed, FOR_ALL)
            place.replace(folder / STATE, encode(page), FOR_ALL)
            place.sync_folder(folder)
    except Locked as error:
        raise PublishError(str(error)) from error
    except OSError as error:
        where = error.filename or folder
        raise PublishError(f"{where}: {error.strerror or error}") from error
    return page


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time: two consoles publish what both of them said."""
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | place.SAFE, 0o644)
    try:
        lock.take(fd, folder / LOCK, LOCK_WITHIN)
        yield
    finally:
        os.close(fd)


def _read(path: Path) -> Page:
    try:
        fd = os.open(path, os.O_RDONLY | place.SAFE)
    except FileNotFoundError:
        return Page()
    with open(fd, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        content = file.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise PublishError(f"{path}: is larger than {SIZE_LIMIT >> 20} MiB; move it away")
    try:
        return decode(content)
    except ValueError as error:
        raise PublishError(f"{path}: is no page of mailmedic's ({error}); move it away") from error
