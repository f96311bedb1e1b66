"""The drill's private folder, and what to do with those of drills that were killed.

A drill holds a lock (flock(2)) on its folder; the kernel lets go of it however the drill ends. So
a folder that can be locked is nobody's any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "mailmedic-drill-"
_UNLOCKED = "mailmedic-newdrill-"


class Folder:
    """A folder that only this user can enter, until `remove`."""

    def __init__(self) -> None:
        remove_stale()
        made = Path(tempfile.mkdtemp(prefix=_UNLOCKED))
        self._lock: int | None = _lock(made)
        # Under its final name it is locked from the first moment: nobody takes it for stale.
        self.path = made.rename(made.with_name(made.name.replace(_UNLOCKED, PREFIX)))

    def remove(self) -> None:
        """Remove the folder with all that is in it, if that was not done."""
        if self._lock is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = None


def remove_stale() -> None:
    """Remove the folders of this user's drills that ended without doing so."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            lock = _lock(path)
        except OSError:
            continue  # a running drill's, another user's, or no folder
        if os.fstat(lock).st_uid == os.getuid():
            shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _lock(path: Path) -> int:
    """Lock that folder. Raises OSError when somebody holds it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
