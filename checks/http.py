"""HTTP/1.1 (RFC 9112) for a few small questions: bounded memory, a name for each way to fail.

h11 reads the protocol; the connection is ours, so that names are looked up as everywhere here, and
a certificate can be pinned before a word is said. Whoever asks sets one deadline over all of it.

Errors, on top of those of `checks.connect` (NotConnected, TimeoutError)::

    HttpError              http.failed
    ├── Garbled            http.garbled      it does not speak HTTP, or ended in the middle
    └── Untrusted          http.untrusted    its certificate is not the one that was expected
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Mapping
from io import BytesIO

import h11
from msgspec import Struct

from checks import trust
from checks.connect import connect
from checks.model import Target
from checks.phases import Phases
from checks.text import MASK, visible

BODY_LIMIT = 1 << 20
"""Bytes of a body that are read: a BMC's longest answer is a tenth of it."""

HEAD_LIMIT = 16 << 10
"""Bytes of a head that are read, as most servers have it the other way round."""

CHUNK = 1 << 16


class HttpError(Exception):
    """The server could not be asked."""

    code = "http.failed"


class Garbled(HttpError):
    """What came back is no HTTP, or ended in the middle."""

    code = "http.garbled"


class Untrusted(HttpError):
    """The server's certificate is not the one that was expected."""

    code = "http.untrusted"


class Answer(Struct, frozen=True):
    """What the server said. Names of headers are in lower case; `is_cut`: the body was longer."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_cut: bool = False


class Client:
    """Asks one server, over one connection as long as the server keeps it.

    `session` is the last one under TLS. `fingerprint` is the SHA-256 of the certificate in
    hexadecimal digits; left out, it has to be issued by a CA that `ca_file`, else the host's, else
    this machine trusts. `secrets` are what we send: an answer that repeats them is masked.
    """

    def __init__(
        self,
        target: Target,
        phases: Phases,
        *,
        is_tls: bool,
        deadline: float,
        fingerprint: str = "",
        ca_file: str = "",
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._target = target
        self._phases = phases
        self._is_tls = is_tls
        self._deadline = deadline
        self._fingerprint = fingerprint
        self._secrets = secrets
        self._ca_file = ca_file or (target.host.ca_file if target.host else "")
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.session: ssl.SSLObject | None = None

    async def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limit: int = BODY_LIMIT,
    ) -> Answer:
        """The answer to one request; redirects are not followed.

        Raises HttpError, NotConnected, CaFileError, TimeoutError, OSError.
        """
        if self._writer is None:
            await self._open()
        given = {"Host": self._host, "Accept-Encoding": "identity", **(headers or {})}
        if body:
            given["Content-Length"] = str(len(body))
        try:
            with self._phases.phase("ask"):
                await self._send(h11.Request(method=method, target=path, headers=[*given.items()]))
                await self._send(*([h11.Data(data=body)] if body else []), h11.EndOfMessage())
                answer = await self._answer(limit)
        except h11.LocalProtocolError:
            # its text has the header that it dislikes, and that may be a secret
            raise Garbled("what we ask is no HTTP") from None
        except h11.ProtocolError as error:
            raise Garbled(visible(str(error), 200)) from error
        if self._state.our_state is h11.DONE and self._state.their_state is h11.DONE:
            self._state.start_next_cycle()
        else:
            self.close()
        return answer

    @property
    def _host(self) -> str:
        """Host and port, as RFC 9110 7.2 wants them."""
        address, port = self._target.address, self._target.port
        shown = f"[{address}]" if ":" in address and not address.startswith("[") else address
        return shown if port == (443 if self._is_tls else 80) else f"{shown}:{port}"

    def close(self) -> None:
        """Close the connection, at once. Another question opens another."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None

    async def _open(self) -> None:
        sock = await connect(self._target, self._phases, deadline=self._deadline)
        try:
            context = await self._context()
            name = self._target.address if context else None
            with self._phases.phase("tls" if context else "open"):
                opened = await asyncio.open_connection(sock=sock, ssl=context, server_hostname=name)
        except ssl.SSLCertVerificationError as error:
            raise Untrusted(f"certificate refused: {visible(error.verify_message)}") from error
        except ssl.SSLError as error:
            raise Garbled(f"TLS handshake failed: {visible(error.reason or '')}") from error
        except BaseException:
            sock.close()
            raise
        self._reader, self._writer = opened
        self.session = self._writer.get_extra_info("ssl_object")
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        if self._fingerprint:
            self._compare(self._writer)

    async def _context(self) -> ssl.SSLContext | None:
        if not self._is_tls:
            return None
        if self._fingerprint:
            return trust.unverified()
        return await trust.context(self._ca_file)

    def _compare(self, writer: asyncio.StreamWriter) -> None:
        session: ssl.SSLObject = writer.get_extra_info("ssl_object")
        found = hashlib.sha256(session.getpeercert(binary_form=True) or b"").hexdigest()
        if found != self._fingerprint.replace(":", "").lower():
            self.close()
            raise Untrusted(f"its certificate has another fingerprint, sha256 {found}")

    async def _send(self, *events: h11.Event) -> None:
        if self._writer is not None:
            for event in events:
                self._writer.write(self._state.send(event) or b"")
            await self._writer.drain()

    async def _answer(self, limit: int) -> Answer:
        status, headers = 0, {}
        body = BytesIO()  # its value is no second copy
        while True:
            event = await self._event()
            match event:
                case h11.Response():
                    status = event.status_code
                    headers = {
                        name.decode("ascii", "replace").lower(): visible(self._masked(value))
                        for name, value in event.headers
                    }
                case h11.Data():
                    body.write(event.data)
                    if body.tell() > limit:
                        body.truncate(limit)
                        return Answer(status, headers, self._masked(body.getvalue()), is_cut=True)
                case h11.EndOfMessage():
                    return Answer(status, headers, self._masked(body.getvalue()))
                case h11.ConnectionClosed():
                    raise Garbled("it closed the connection without an answer")

    def _masked(self, said: bytes) -> bytes:
        for secret in self._secrets:
            said = said.replace(secret.encode(), MASK.encode())
        return said

    async def _event(self) -> object:
        while (event := self._state.next_event()) is h11.NEED_DATA:
            if self._reader is None:
                raise Garbled("the connection is closed")
            came = await self._reader.read(CHUNK)
            if not came and self._state.their_state is h11.SEND_RESPONSE:
                raise Garbled("it closed the connection without an answer")
            self._state.receive_data(came)
        return event
