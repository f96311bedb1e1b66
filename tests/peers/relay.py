"""A relay outside, which is aiosmtpd: what it takes, refuses, and where it hangs is set.

async with relay(Relay(refuses=…)) as port: ...
"""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.peers import HOST

USER, PASSWORD = "notices", "correct horse"


@dataclass
class Relay:
    """`answers` replaces the answer to a command; `refuses` is the answer to a recipient, if any.

    At `hangs` (EHLO, MAIL, RCPT, DATA) nothing is said any more; DATA is the end of the message.
    """

    answers: dict[str, str] = field(default_factory=dict)
    refuses: Callable[[str], str] = lambda _address: ""
    hangs: str = ""
    pipelining: bool = True
    tls: ssl.SSLContext | None = None
    has_auth: bool = False
    utf8: bool = True
    taken: list[Envelope] = field(default_factory=list)
    logins: list[bool] = field(default_factory=list)
    connections: int = 0

    @property
    def recipients(self) -> list[str]:
        """Everybody who got it, as often as they did."""
        return [one for envelope in self.taken for one in envelope.rcpt_tos]

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, said: list[str]
    ) -> list[str]:
        session.host_name = name
        await self._say("EHLO")
        return [*said[:-1], "250-PIPELINING", said[-1]] if self.pipelining else said

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        said = await self._say("MAIL")
        envelope.mail_from = address if said.startswith("2") else None
        return said

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        said = self.refuses(address) or await self._say("RCPT")
        if said.startswith("2"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        said = await self._say("DATA", f"250 2.0.0 Ok: queued as Q{len(self.taken) + 1:06}")
        if said.startswith("2"):
            self.taken.append(envelope)
        return said

    async def _say(self, command: str, otherwise: str = "250 OK") -> str:
        if self.hangs == command:
            await asyncio.sleep(3600)
        return self.answers.get(command, otherwise)

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: Any
    ) -> AuthResult:
        known = LoginPassword(USER.encode(), PASSWORD.encode())
        self.logins.append(login == known)
        return AuthResult(success=login == known, handled=False)


class _Server(SMTP):
    """Counts its connections, and ends with the test."""

    relay: Relay
    tasks: set[asyncio.Task[None]]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._handler_coroutine is not None:
            self.tasks.add(self._handler_coroutine)
        self.relay.connections += 1


@asynccontextmanager
async def serve(relay: Relay, *, implicit: bool = False) -> AsyncIterator[int]:
    """`relay` on a free port of 127.0.0.1; with `implicit` it begins with TLS."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def made() -> SMTP:
        with warnings.catch_warnings():  # aiosmtpd does not know that TLS is there already
            warnings.simplefilter("ignore", UserWarning)
            server = _Server(
                relay,
                hostname="relay.out.test",
                tls_context=None if implicit else relay.tls,
                require_starttls=relay.tls is not None and not implicit,
                auth_required=relay.has_auth,
                auth_require_tls=not implicit,
                authenticator=relay.authenticate,
                auth_exclude_mechanism=() if relay.has_auth else ("LOGIN", "PLAIN"),
                enable_SMTPUTF8=relay.utf8,
                loop=loop,
            )
        server.relay, server.tasks = relay, tasks
        return server

    server = await loop.create_server(made, HOST, 0, ssl=relay.tls if implicit else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)
