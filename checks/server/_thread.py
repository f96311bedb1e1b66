"""A thread for a call that may never come back: /proc and statfs(2) wait for dead disks.

Not asyncio's own threads, where one such call would hold up the exit. And never two of a name:
who asks while one hangs gets that one's answer, instead of one more thread that hangs.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")

_under_way: dict[str, Future[Any]] = {}
_lock = Lock()


def begin(name: str, call: Callable[[], T]) -> Future[T]:
    """Start `call`, unless the one of that name is still under way. Its error is the future's."""
    with _lock:
        outcome: Future[T] | None = _under_way.get(name)
        if outcome is None:
            outcome = _under_way[name] = Future()
            outcome.set_running_or_notify_cancel()  # from now on nobody can cancel it
            Thread(target=_run, args=(name, call, outcome), name=name, daemon=True).start()
        return outcome


def _run(name: str, call: Callable[[], T], outcome: Future[T]) -> None:
    try:
        answer = call()
    except Exception as error:  # noqa: BLE001  # top of a thread; whoever waits gets it
        _forget(name)
        outcome.set_exception(error)
    else:
        _forget(name)
        outcome.set_result(answer)


def _forget(name: str) -> None:
    with _lock:
        del _under_way[name]
