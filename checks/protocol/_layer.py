"""TLS between a dialogue and its connection: OpenSSL's own machine over two buffers in memory.

asyncio's layer has a buffer of 256 KiB, flow control both ways, and takes every certificate apart:
a dialogue of a few lines needs none of that, and a probe costs a tenth less CPU without it.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

RECORD = 16_384
"""Most bytes that come out at once: one record's (RFC 8446 5.2)."""


class Layer(asyncio.Transport):
    """The inside of a connection whose outside is `tcp`, with a peer who proves to be `name`.

    What comes is fed to it, then `shake` until that is True, then `read`; what is written goes
    out at once. Raises ValueError where `name` can't be one, and ssl.SSLError for what the peer
    does, after it was told so.
    """

    def __init__(self, tcp: asyncio.Transport, context: ssl.SSLContext, name: str) -> None:
        super().__init__()
        self._tcp = tcp
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self.is_up = False
        self._unsent = b""

    def feed(self, data: bytes) -> None:
        """`data` has come from the peer."""
        self._incoming.write(data)

    def shake(self) -> bool:
        """Go on with the handshake; whether it is done."""
        try:
            self.session.do_handshake()
            self.is_up = True
        except ssl.SSLWantReadError:
            pass
        finally:
            self._flush()
        return self.is_up

    def read(self) -> bytes | None:
        """What the next record holds; None until more has come, empty when the peer has ended."""
        try:
            return self.session.read(RECORD)
        except ssl.SSLWantReadError:
            self.write(b"")
            return None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send `data`, and what could not be sent yet."""
        self._unsent += data
        try:
            if self._unsent:
                self.session.write(self._unsent)
                self._unsent = b""
        except ssl.SSLWantReadError:
            pass  # the peer negotiates once more (TLS 1.2), and its answer is waited for
        finally:
            self._flush()

    def close(self) -> None:
        """End the connection, as a library does that was told to go away."""
        self._tcp.close()

    def is_closing(self) -> bool:
        """Whether the connection is ending."""
        return self._tcp.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the connection knows."""
        if name == "sslcontext":
            return self.session.context
        return self._tcp.get_extra_info(name, default)

    def _flush(self) -> None:
        if data := self._outgoing.read():
            self._tcp.write(data)
