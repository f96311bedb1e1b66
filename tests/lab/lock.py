"""One at a time builds or breaks a lab; what a killed one had started counts as its own."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.place import Place


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Hold the lab's lock.

    The commands that we run inherit it: when we are killed, `down` waits until the last of them
    has ended, and only then looks for what there is to remove.
    """
    descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.set_inheritable(descriptor, True)
        yield
    finally:
        os.close(descriptor)
