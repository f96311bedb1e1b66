"""One writer at a time: flock(2) on the log itself, which the kernel ends with the process.

Never lockf: those locks vanish when any descriptor of the file is closed.

No signal is held back meanwhile. A mask is a thread's own (pthread_sigmask(3)): the kernel stops or
ends a process of several threads through any that has none, and nothing masks SIGSTOP, SIGKILL or
a frozen cgroup. So what counts is what comes after: a holder that ends leaves a log that the next
writer mends, and one that is stopped is named to whoever waits.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import time
from pathlib import Path

from app.incident.error import Locked
from checks.text import visible
from checks.when import span

LONGEST_NAP = 0.02


def take(fd: int, path: Path, within: float) -> None:
    """Lock `fd`, which is `path`.

    Raises Locked after `within` seconds, naming the holder, and OSError where it can't be locked.
    """
    began, nap = time.monotonic(), 0.0005
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - began
        else:
            return
        if waited >= within:
            raise Locked(f"{path}: locked by {holder(fd)} for {span(within)} and more")
        time.sleep(min(nap, within - waited))
        nap = min(nap * 1.5, LONGEST_NAP)


def give_back(fd: int) -> None:
    """Unlock `fd`. Raises OSError where it stays locked."""
    fcntl.flock(fd, fcntl.LOCK_UN)


def holder(fd: int) -> str:
    """Who has locked the file of `fd`, e.g. ``ana (pid 5256, stopped)``; from proc_locks(5)."""
    found = os.fstat(fd)
    name = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    try:
        locks = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        locks = []
    for fields in map(str.split, locks):
        if fields[1] == "FLOCK" and name in fields:
            return _process(int(fields[4]))
    return "a process that can't be seen from here"


def _process(pid: int) -> str:
    try:
        uid = Path(f"/proc/{pid}").stat().st_uid
        state = (
            Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
        )
    except OSError:
        return f"pid {pid}"
    try:
        name = visible(pwd.getpwuid(uid).pw_name, 64)
    except KeyError:
        name = f"uid {uid}"
    return f"{name} (pid {pid}{', stopped' if state in 'Tt' else ''})"
