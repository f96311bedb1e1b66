"""One look at a host: a function here, the same as one read-only sh script anywhere else.

Errors, on top of those of `checks.hosts`::

    LoginError
    ├── Unreadable     host.unreadable    what came back makes no sense: no Linux, no /proc
    └── TimedOut       login.timeout
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

from msgspec import Struct

from checks import hosts
from checks.hosts import Login, LoginError, TimedOut
from checks.model import Finding, Host, Result, State, Target
from checks.phases import Phases
from checks.text import visible

T = TypeVar("T")

OUTPUT_LIMIT = 1 << 20
"""Bytes that a script may print. A host with 5,000 mail processes prints half of it."""


class Unreadable(LoginError):
    """What the host answered is not what a Linux host answers to that question."""

    code = "host.unreadable"


FINDINGS = hosts.FINDINGS | {Unreadable.code: Unreadable.__doc__ or ""}


class Garbled(ValueError):
    """A parser's own error: the text is not what the script prints."""


class Question(Struct, Generic[T], frozen=True):
    """What is looked at. `here` blocks, and two questions of one `name` are the same."""

    name: str
    here: Callable[[], T]
    script: str
    parse: Callable[[str], T]


def host_of(target: Target) -> tuple[Host, Login]:
    """The host to look at, and the way in. Raises LoginError."""
    if target.host is None or target.host.login is None:
        raise LoginError(f"{target.name} has no login")
    return target.host, target.host.login


async def look(login: Login, question: Question[T], *, deadline: float) -> T:
    """The answer to `question` from that host. Raises LoginError."""
    if login.is_local:
        return await _in_thread(question, deadline)
    output = await login.run(["sh", "-c", question.script], deadline=deadline, limit=OUTPUT_LIMIT)
    if output.is_cut:
        raise Unreadable(f"printed more than {OUTPUT_LIMIT} bytes")
    try:
        return question.parse(output.stdout.decode("utf-8", "surrogateescape"))
    except Garbled as error:
        complaint = visible(output.stderr.strip().rpartition(b"\n")[2], 200)
        raise Unreadable(f"{error}{': ' if complaint else ''}{complaint}") from error


def blind(phases: Phases, target: Target, error: LoginError) -> Result:
    """The result when a host could not be looked at."""
    login = target.host.login if target.host else None
    is_far = login is not None and not login.is_local
    text = visible(f"ssh to {target.name}: {error}" if is_far else str(error))
    return phases.result(State.UNKNOWN, text, Finding(error.code, text))


_under_way: dict[str, Future[Any]] = {}
_lock = Lock()


async def _in_thread(question: Question[T], deadline: float) -> T:
    """The answer of this machine, from a thread that may hang: /proc and statfs(2) can.

    Not asyncio's own threads: a hung one would hold up the exit. And one look at a time: who
    asks while one hangs gets that one's answer, instead of one more thread that hangs.
    """
    with _lock:
        outcome = _under_way.get(question.name)
        if outcome is None:
            outcome = _under_way[question.name] = Future()
            outcome.set_running_or_notify_cancel()
            Thread(target=_answer, args=(question, outcome), daemon=True).start()
    try:
        async with asyncio.timeout(deadline):
            answer: T = await asyncio.wrap_future(outcome)
            return answer
    except TimeoutError as error:
        raise TimedOut(
            f"this machine did not tell its {question.name} in {deadline:g} s"
        ) from error


def _answer(question: Question[T], outcome: Future[T]) -> None:
    answer: T
    try:
        answer = question.here()
    except Exception as error:  # noqa: BLE001  # top of a thread; reported as what was not seen
        failure = Unreadable(f"{type(error).__name__}: {error}")
        _forget(question)
        outcome.set_exception(failure)
    else:
        _forget(question)
        outcome.set_result(answer)


def _forget(question: Question[T]) -> None:
    with _lock:
        del _under_way[question.name]
