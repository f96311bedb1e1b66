"""Puts the page into its folder: each file whole at any moment, and readable for everybody."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import tzinfo
from pathlib import Path

from app.incident import lock, place
from app.incident.error import Locked
from app.notices.page import atom, html
from app.notices.page.state import Page, Update, decode, encode, gated, with_update

STATE = "status.json"

SIZE_LIMIT = 16 << 20
"""Bytes; fifty incidents of two hundred updates have a tenth of it."""

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
            _put(folder / html.NAME, html.render(page, zone).encode())
            _put(folder / atom.NAME, atom.render(page, str(folder.resolve())).encode())
            _put(folder / STATE, encode(page))
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


def _put(path: Path, content: bytes) -> None:
    """Nobody ever reads half of it; in a shared folder no link leads anywhere else."""
    made = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    fd = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | place.SAFE, 0o644)
    try:
        os.fchmod(fd, 0o644)  # the umask cuts what open is given
        place.write(fd, content)
        os.fsync(fd)
        made.replace(path)
    finally:
        os.close(fd)
        with suppress(FileNotFoundError):
            made.unlink()
