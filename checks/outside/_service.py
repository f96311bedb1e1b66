"""The HTTP side of a monitor: JSON of a known shape, or the reason why there is none.

Errors, all of them "could not ask"::

    Blind                    monitor.unreachable   nobody answers there
    ├── Denied               monitor.denied        it does not let us see what we ask for
    ├── Untrusted            monitor.untrusted     its certificate is not the expected one
    ├── Refuses              monitor.refuses       it answers, and does not take the question
    └── Babbles              monitor.garbled       what it says makes no sense
"""

from __future__ import annotations

from base64 import b64encode
from typing import TypeVar

import msgspec

from checks import connect, http
from checks.hosts import FINDINGS as LOGIN
from checks.model import Monitor, Target
from checks.phases import Phases
from checks.reveal import SecretError, reveal
from checks.text import visible
from checks.trust import CaFileError
from checks.url import parse

T = TypeVar("T")

LIMIT = 400_000
"""Bytes of an answer that are read: 700 alerts. They are there twice while they are taken apart."""


TOO_MUCH = f"it says more than {LIMIT // 1000} kB"


class Blind(Exception):
    """The monitor can't be reached, so what it knows is not seen."""

    code = "monitor.unreachable"
    mend = ""


class Denied(Blind):
    """The monitor does not let this user see what we ask for."""

    code = "monitor.denied"


class Untrusted(Blind):
    """The monitor's certificate is not the one that was expected: it got no password."""

    code = "monitor.untrusted"


class Refuses(Blind):
    """The monitor answers, and does not take the question."""

    code = "monitor.refuses"


class Babbles(Blind):
    """What the monitor says makes no sense, or is too much."""

    code = "monitor.garbled"


FINDINGS = LOGIN | {
    error.code: error.__doc__ or "" for error in (Blind, Denied, Untrusted, Refuses, Babbles)
}


class Service:
    """Asks one monitor, over one connection where it keeps it. `close` it."""

    def __init__(self, path: str, client: http.Client, authorization: str) -> None:
        self._path = path
        self._client = client
        self._headers = {"Accept": "application/json"}
        if authorization:
            self._headers["Authorization"] = authorization

    @classmethod
    async def of(
        cls, target: Target, monitor: Monitor, phases: Phases, *, deadline: float
    ) -> Service:
        """The service of a monitor, its password or token at hand. Raises SecretError."""
        url = parse(monitor.url)
        authorization, secrets = await _authorization(monitor, deadline)
        client = http.Client(
            target,
            phases,
            is_tls=url.is_tls,
            fingerprint=monitor.fingerprint,
            ca_file=monitor.ca_file,
            secrets=secrets,
            deadline=deadline,
        )
        return cls(url.path.rstrip("/"), client, authorization)

    async def get(self, path: str, shape: type[T]) -> T:
        """What is at `path`, below the monitor's URL. Raises Blind, TimeoutError."""
        answer = await self.answer(path)
        if answer.is_cut:
            raise Babbles(TOO_MUCH)
        return decoded(answer.body, shape)

    async def answer(self, path: str, *, limit: int = LIMIT) -> http.Answer:
        """The answer 200 from `path`, of which `limit` bytes are read."""
        try:
            answer = await self._client.ask(self._path + path, headers=self._headers, limit=limit)
        except connect.NotConnected as error:
            raise Blind(str(error)) from error
        except (http.Untrusted, CaFileError) as error:
            raise Untrusted(str(error)) from error
        except (http.HttpError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise Babbles(visible(str(error), 200)) from error
        _insist(answer)
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


async def _authorization(monitor: Monitor, deadline: float) -> tuple[str, tuple[str, ...]]:
    """What the header says, and what of it must not be repeated."""
    if monitor.token is not None:
        token = await reveal(monitor.token, deadline=deadline)
        if not (token.isascii() and token.isprintable()):
            raise SecretError("the token holds what no HTTP header can: ASCII alone is allowed")
        return f"Bearer {token}", (token,)
    if monitor.password is not None:
        password = await reveal(monitor.password, deadline=deadline)
        basic = b64encode(f"{monitor.user}:{password}".encode()).decode()
        return f"Basic {basic}", (basic, password)
    return "", ()


def _insist(answer: http.Answer) -> None:
    """Raise what an answer other than 200 means."""
    if answer.status in (401, 403):
        raise Denied(f"it refuses us: HTTP {answer.status}")
    if answer.status == 400:
        raise Refuses(f"it does not take the question: {visible(answer.body, 160)}")
    if answer.status == 404:
        raise Refuses("HTTP 404: nothing there, or nothing that this user may see")
    if answer.status in (502, 503, 504):
        raise Blind(f"HTTP {answer.status}: it is not ready, or a proxy does not reach it")
    if answer.status != 200:
        where = answer.headers.get("location", "")
        raise Babbles(f"HTTP {answer.status}{' to ' if where else ''}{where}")


def decoded(body: bytes, shape: type[T]) -> T:
    """JSON as a value of that shape. Raises Babbles."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as error:
        kind = "of another kind" if isinstance(error, msgspec.ValidationError) else "no JSON"
        raise Babbles(f"its answer is {kind}: {visible(body, 60)}") from error
