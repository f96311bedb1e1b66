"""A mail system that answers at once: ``python -m tests.bench._peer FOLDER SERVICE…``.

Serves each SERVICE on a port of its own, on every address of this machine, and prints the ports as
JSON on one line. ``smtp``, ``imap`` and ``pop3`` are plain, with ``+tls`` they offer STARTTLS;
``smtps``, ``imaps`` and ``pop3s`` begin with TLS. ``ca.pem`` in FOLDER is their CA.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme

from tests.peers import Peer, imap, pop3, smtp

ADDRESSES = [f"127.0.0.{number}" for number in range(1, 12)]
"""What its certificate is for."""

SPEAKERS = {"smtp": smtp.speaks, "imap": imap.speaks, "pop3": pop3.speaks}


def speaker(service: str, tls: ssl.SSLContext) -> tuple[Peer, ssl.SSLContext | None]:
    """Who answers, and the TLS that it begins with."""
    protocol, _, starttls = service.partition("+")
    if protocol in SPEAKERS:
        return SPEAKERS[protocol](tls=tls if starttls else None), None
    return SPEAKERS[protocol.removesuffix("s")](), tls


def context(folder: Path) -> ssl.SSLContext:
    """A certificate (RSA, as most servers have) from a new CA, which is left in `folder`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*ADDRESSES, key_type=trustme.KeyType.RSA).configure_cert(made)
    return made


def quiet(peer: Peer) -> Peer:
    """`peer`, whose client may leave at any time."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await peer(reader, writer)
        writer.close()

    return talk


async def serve(folder: Path, services: Sequence[str]) -> None:
    """Until the end."""
    certificate, ports = context(folder), []
    for service in services:
        peer, tls = speaker(service, certificate)
        server = await asyncio.start_server(quiet(peer), "0.0.0.0", 0, ssl=tls)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


@contextmanager
def answering(folder: Path, services: Sequence[str]) -> Iterator[list[int]]:
    """The ports of `services`, in a process of its own."""
    argv = [sys.executable, "-m", __name__, str(folder), *services]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2:]))
