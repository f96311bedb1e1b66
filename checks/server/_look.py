"""One look at a host: a function here, the same as one read-only sh script anywhere else.

Errors, on top of those of `checks.hosts`::

    LoginError
    ├── Unreadable     host.unreadable    what came back makes no sense: no Linux, no /proc
    └── TimedOut       login.timeout
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

from msgspec import Struct

from checks import hosts
from checks.hosts import Login, LoginError, TimedOut
from checks.model import Finding, Host, Result, State, System, Target
from checks.phases import Phases
from checks.server import _trips
from checks.server._thread import begin
from checks.server._trips import OUTPUT_LIMIT
from checks.text import visible

T = TypeVar("T")
U = TypeVar("U")


class Unreadable(LoginError):
    """What the host answered is not what a Linux host answers to that question."""

    code = "host.unreadable"


FINDINGS = hosts.FINDINGS | {Unreadable.code: Unreadable.__doc__ or ""}


class Garbled(ValueError):
    """A parser's own error: the text is not what the script prints."""


class Question(Struct, Generic[T], frozen=True):
    """What is looked at: `here` on this machine, where it may block, and by `script` elsewhere.

    Without `here` the script is run on this machine too. Two questions of one `name` are the same.
    """

    name: str
    here: Callable[[], T] | None
    script: str
    parse: Callable[[str], T]


async def both(one: Coroutine[None, None, T], other: Coroutine[None, None, U]) -> tuple[T, U]:
    """What both bring; when one of them fails the other is ended. Raises what that one raised."""
    try:
        async with asyncio.TaskGroup() as tasks:
            first, second = tasks.create_task(one), tasks.create_task(other)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return first.result(), second.result()


def mail_hosts(system: System, about: str) -> list[Target]:
    """Every host that lets us in, and has to do with mail."""
    reachable = system.each_host(about, with_login=True)
    return [one for one in reachable if one.host and (one.host.services or one.host.mta != "none")]


def host_of(target: Target) -> tuple[Host, Login]:
    """The host to look at, and the way in. Raises LoginError."""
    if target.host is None or target.host.login is None:
        raise LoginError(f"{target.name} has no login")
    return target.host, target.host.login


async def look(login: Login, question: Question[T], *, deadline: float) -> T:
    """The answer to `question` from that host. Raises LoginError."""
    if login.is_local and question.here is not None:
        return await _in_thread(question.name, question.here, deadline)
    output = await _trips.ask(login, question.name, question.script, deadline=deadline)
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


async def _in_thread(name: str, here: Callable[[], T], deadline: float) -> T:
    answer = asyncio.wrap_future(begin(name, here))
    try:
        done, _ = await asyncio.wait({answer}, timeout=deadline)
    finally:
        answer.cancel()
    if not done:
        raise TimedOut(f"no answer about {name} from this machine in {deadline:g} s")
    failure = answer.exception()
    if failure is not None:
        raise Unreadable(f"{type(failure).__name__}: {failure}") from failure
    return answer.result()
