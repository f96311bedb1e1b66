"""One bounded dialogue in lines with one server, as smtp, imap and pop3 hold it.

Whatever a peer sends, no more than `TOTAL_LIMIT` bytes of it are kept, and nothing more is read
from it then. The deadline is the caller's; `late()` says afterwards what came instead of an
answer. Once somebody has logged in, a library may talk on (`lend`), within these same bounds.
Errors::

    Broken       there is no answer; `.how` is what the peer did instead, str() what it said
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any, TypeVar

from checks.protocol._layer import Layer
from checks.text import redact, visible

LINE_LIMIT = 4096
"""Longest line, in bytes. SMTP allows 512 (RFC 5321 4.5.3.1.5); IMAP's capabilities take more."""

TOTAL_LIMIT = 65536
"""Most bytes of one dialogue; a long EHLO answer has a few hundred."""

LENT_LIMIT = 262_144
LENT_LINES_LIMIT = 4000
"""Most bytes and lines of a dialogue that was lent: a few messages, 15 s of looking for them."""

LENT_LINE_LIMIT = 16_384
"""Longest line in bytes then: aioimaplib goes through what it has of a line once more for each
piece of it that comes."""

SLICE = 512
"""Bytes that a library gets at a time: aioimaplib calls itself once more for every line of it."""

LINES_LIMIT = 300
"""Most lines of one dialogue; an EHLO answer has about 15."""

TRANSCRIPT_LIMIT = 40
"""Lines of the dialogue that are kept as evidence."""

SETTLE = 0.1
"""Seconds that a library gets for the answer which it has had when the connection ended."""

T = TypeVar("T")

_TLS_RECORDS = (b"\x15\x03", b"\x16\x03")
"""How a TLS alert or handshake begins (RFC 8446 5.1)."""


class How(StrEnum):
    """What a peer does instead of answering; the last part of a finding code."""

    TIMEOUT = "timeout"
    TRICKLE = "trickle"
    UNFINISHED = "unfinished"
    ENDLESS = "endless"
    CLOSED = "closed"
    RESET = "reset"
    MALFORMED = "malformed"
    EARLY = "early-talker"
    INJECTED = "injected"


class Broken(Exception):
    """The peer did something else than answer."""

    def __init__(self, how: How, text: str = "") -> None:
        super().__init__(text)
        self.how = how


class Dialogue(asyncio.Protocol):
    """The connection of one run of one check. `bytes_in` counts what came, with TLS taken off.

    `mask` takes secrets out of whatever the peer says, before anybody else has seen it.
    """

    def __init__(self) -> None:
        self.peer = ""
        self.bytes_in = 0
        self.mask: Callable[[str], str] | None = None
        self._buffer = bytearray()
        self._lines = 0
        self._lines_asked = 0
        self._ended: How | None = None
        self._why = ""
        self._inner: asyncio.Protocol | None = None
        self._alert: ssl.SSLError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._tcp: asyncio.Transport | None = None
        self._tls: Layer | None = None
        self._transcript: list[tuple[str, bytes]] = []

    async def open(self, connection: socket.socket) -> None:
        """Take over a connected socket. Raises OSError."""
        loop = asyncio.get_running_loop()
        self._tcp, _ = await loop.create_connection(lambda: self, sock=connection)
        address = self._tcp.get_extra_info("peername")
        self.peer = address[0] if address else ""

    async def start_tls(self, context: ssl.SSLContext, name: str) -> ssl.SSLObject:
        """Go on under TLS, with a peer who proves to be `name`. Raises OSError, ValueError."""
        if self._tcp is None:
            raise ConnectionResetError
        self._tls = Layer(self._tcp, context, name)
        self._tls.feed(bytes(self._buffer))  # else it would count as said under TLS
        self._buffer.clear()
        while not self._tls.shake():
            if self._ended is not None:
                raise ConnectionResetError
            await self._more()
        self._read(self._tls)
        return self._tls.session

    @property
    def has_more(self) -> bool:
        """Whether the peer has said more than it was asked for."""
        return bool(self._buffer)

    def send(self, command: str, *, shown: str = "") -> None:
        """Send one line; `shown` stands for it in the transcript when it holds a secret.

        Does not wait: a line fits into any socket's buffer.
        """
        self._lines_asked = self._lines
        self._keep("C", (shown or command).encode())
        if self._transport is not None and self._ended is None:
            self._transport.write(f"{command}\r\n".encode())

    async def line(self) -> bytes:
        """The next line without its end, which may be CR LF or LF. Raises Broken, ssl.SSLError."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            self._expect_more()
            searched = len(self._buffer)
            await self._more()
        self._lines += 1
        if end > LINE_LIMIT or self._lines > LINES_LIMIT:
            raise self._broken(How.ENDLESS)
        line = self.masked(bytes(self._buffer[:end]).removesuffix(b"\r"))
        del self._buffer[: end + 1]
        self._keep("S", line)
        return line

    def lend(self, inner: asyncio.Protocol) -> None:
        """Let a library's protocol talk on. It is not told when the connection ends."""
        if self._transport is None:
            raise self._broken(self._ended or How.CLOSED)
        self._inner = inner
        inner.connection_made(self._transport)

    async def ask(self, command: Coroutine[Any, Any, T], *, shown: str) -> T:
        """The library's answer to its `command`, which the transcript has as `shown`.

        Raises Broken for whatever the library makes of a peer that breaks the protocol.
        """
        self._lines_asked = self._lines
        self._keep("C", shown.encode())
        task = asyncio.create_task(command)
        try:
            while not task.done() and self._ended is None:
                self._waiter = asyncio.get_running_loop().create_future()
                either: set[asyncio.Future[Any]] = {task, self._waiter}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({task}, timeout=SETTLE)
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=SETTLE)
        if self._alert is not None:
            raise self._alert
        if task.cancelled() or isinstance(task.exception(), ConnectionError):
            raise self._broken(self._ended or How.CLOSED)
        if (error := task.exception()) is not None:
            raise Broken(How.MALFORMED, visible(str(error) or repr(error), 200)) from error
        return task.result()

    def late(self) -> Broken:
        """What came since the last `send` until nobody waited any longer."""
        if self._lines > self._lines_asked:
            return self._broken(How.UNFINISHED)
        return self._broken(How.TRICKLE if self._buffer else How.TIMEOUT)

    def transcript(self) -> tuple[str, ...]:
        """The first lines of the dialogue, harmless, with ``C:`` or ``S:`` before them."""
        return tuple(f"{side}: {redact(visible(line))}" for side, line in self._transcript)

    def close(self) -> None:
        """End the connection at once; the socket is closed when the loop turns."""
        if self._tcp is not None:
            self._tcp.abort()
        self._tcp = self._tls = None

    def data_received(self, data: bytes) -> None:
        """Take it, with TLS taken off."""
        if self._tls is None:
            self._take(data)
            return
        self._tls.feed(data)
        if self._tls.is_up:
            self._read(self._tls)
        else:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember how it ended."""
        self._ended = How.CLOSED if exc is None else How.RESET
        self._wake()

    @property
    def _transport(self) -> asyncio.Transport | None:
        return self._tls or self._tcp

    def _read(self, tls: Layer) -> None:
        try:
            while self._ended is None and (data := tls.read()) is not None:
                if data:
                    self._take(data)
                else:
                    self._stop(How.CLOSED)
        except ssl.SSLError as error:
            self._alert = error
            self._stop(How.RESET)

    def _take(self, data: bytes) -> None:
        """Keep what still fits, and stop listening when nothing does."""
        if self._inner is not None:
            self._pass_on(data, self._inner)
            return
        self._buffer += data[: max(0, TOTAL_LIMIT - self.bytes_in)]
        self.bytes_in += len(data)
        if self.bytes_in >= TOTAL_LIMIT and self._tcp is not None:
            self._tcp.pause_reading()
        self._wake()

    def _pass_on(self, data: bytes, inner: asyncio.Protocol) -> None:
        self.bytes_in += len(data)
        *lines, rest = data.split(b"\n")
        self._lines += len(lines)
        for line in lines[:TRANSCRIPT_LIMIT]:
            self._keep("S", line[:LINE_LIMIT].removesuffix(b"\r"))
        self._buffer[:] = rest if lines else self._buffer + rest
        has_bounds = len(self._buffer) <= LENT_LINE_LIMIT and self._lines <= LENT_LINES_LIMIT
        if self.bytes_in > LENT_LIMIT or not has_bounds:
            self._stop(How.ENDLESS)
            return
        try:
            for start in range(0, len(data), SLICE):
                inner.data_received(data[start : start + SLICE])
        except Exception as error:  # noqa: BLE001 - whatever a library's parser ends with
            self._why = visible(str(error) or repr(error), 200)
            self._stop(How.MALFORMED)
        self._wake()

    def _stop(self, how: How) -> None:
        """Listen no more."""
        self._ended = how
        if self._tcp is not None:
            self._tcp.pause_reading()
        self._wake()

    def masked(self, line: bytes) -> bytes:
        """`line` without secrets."""
        if self.mask is None:
            return line
        text = self.mask(line.decode("utf-8", "surrogateescape"))
        return text.encode("utf-8", "surrogateescape")

    async def _more(self) -> None:
        """Until something comes, or the connection ends."""
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _expect_more(self) -> None:
        """Raise Broken when no line can come any more, or the TLS alert that ended it."""
        if self._alert is not None:
            raise self._alert
        if self._buffer.startswith(_TLS_RECORDS):
            raise Broken(How.MALFORMED, "TLS where plain text is spoken")
        if len(self._buffer) > LINE_LIMIT or self.bytes_in >= TOTAL_LIMIT:
            raise self._broken(How.ENDLESS)
        if self._ended is not None:
            raise self._broken(self._ended)

    def _broken(self, how: How) -> Broken:
        """`how`, with the piece of a line that is left over kept as evidence."""
        if self._buffer:
            self._keep("S", bytes(self._buffer[:LINE_LIMIT]))
        return Broken(how, self._why)

    def _keep(self, side: str, line: bytes) -> None:
        if len(self._transcript) < TRANSCRIPT_LIMIT:
            self._transcript.append((side, self.masked(line)))
