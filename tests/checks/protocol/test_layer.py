from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from pathlib import Path
from typing import IO

import pytest

from checks import trust
from checks.protocol._dialogue import Broken, Dialogue, How
from checks.protocol._layer import Layer
from checks.protocol._session import Session
from checks.protocol._submission import Envelope, Submission, submit
from checks.protocol._tls import TlsOptions
from tests.checks.protocol.asking import ca_file, target
from tests.lab.daemon import free_ports
from tests.peers import HOST, serve, tls
from tests.peers import smtp as peers


class Server(asyncio.Transport):
    """A server that greets, and no network: its bytes arrive `cut` at a time."""

    def __init__(self, dialogue: Dialogue, version: ssl.TLSVersion, cut: int) -> None:
        super().__init__()
        context = tls.lasting(90)
        context.maximum_version = version
        self._dialogue, self._cut, self._is_up = dialogue, cut, False
        self._in, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self._in, self.out, server_side=True)
        dialogue._tcp = self

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._in.write(data)
        asyncio.get_running_loop().call_soon(self._answer)

    def _answer(self) -> None:
        try:
            if not self._is_up:
                self.session.do_handshake()
                self._is_up = True
                self.session.write(b"220 mx\r\n220 ")
        except ssl.SSLWantReadError:
            pass
        self.say(self.out.read())

    def say(self, data: bytes) -> None:
        for start in range(0, len(data), self._cut):
            self._dialogue.data_received(data[start : start + self._cut])

    def pause_reading(self) -> None:
        pass


async def greeted(
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, cut: int = 1 << 20
) -> tuple[Dialogue, Server]:
    dialogue = Dialogue()
    server = Server(dialogue, version, cut)
    await dialogue.start_tls(await trust.context(ca_file()), HOST)
    assert await asyncio.wait_for(dialogue.line(), 2) == b"220 mx"
    return dialogue, server


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("cut", [1, 700, 1 << 20])
async def test_it_does_not_matter_how_the_bytes_are_cut(version: ssl.TLSVersion, cut: int) -> None:
    """Also where the greeting comes in one piece with the end of the handshake (TLS 1.2)."""
    dialogue, _ = await greeted(version, cut)
    assert dialogue.bytes_in == len(b"220 mx\r\n220 ")


async def test_a_peer_that_ends_tls_has_closed() -> None:
    dialogue, server = await greeted()
    with pytest.raises(ssl.SSLWantReadError):
        server.session.unwrap()
    server.say(server.out.read())
    with pytest.raises(Broken) as broken:
        await dialogue.line()
    assert broken.value.how is How.CLOSED


async def test_what_is_no_tls_any_more_is_an_error_and_nothing_is_said_to_it() -> None:
    dialogue, server = await greeted()
    server.say(b"\x17\x03\x03\x00\x20" + bytes(32))
    dialogue.send("QUIT")
    with pytest.raises(ssl.SSLError, match=r"BAD_RECORD|DECRYPTION_FAILED"):
        await dialogue.line()


async def test_what_came_in_clear_before_the_handshake_is_not_taken_for_said_under_tls() -> None:
    """As while the CAs are loaded, before the first handshake of all."""
    dialogue = Dialogue()
    Server(dialogue, ssl.TLSVersion.TLSv1_3, 1 << 20).say(b"220 mx ESMTP\r\n")
    with pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER"):
        await dialogue.start_tls(await trust.context(ca_file()), HOST)
    assert not dialogue.has_more


async def test_a_library_that_is_told_to_go_away_hangs_up_under_tls() -> None:
    """aiosmtplib closes its transport after a 421 (RFC 5321 3.8)."""
    async with serve(peers.speaks(MAIL=b"421 4.3.2 later\r\n"), tls=tls.good()) as port:
        session = Session("smtp", target("smtps", port, ca_file=ca_file()), TlsOptions())
        letter = Envelope("", "postmaster@lab.test", b"Subject: x\r\n\r\nx\r\n")
        await session.run(lambda: submit(session, Submission(), letter, None), deadline=2)
    assert session.stopped is not None
    assert "421 4.3.2 later" in session.stopped.text


class Wire(asyncio.Transport):
    """A blocking socket."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self.connection = connection

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.connection.sendall(data)


def test_what_is_said_while_a_peer_negotiates_once_more_is_sent_after_it(tmp_path: Path) -> None:
    """OpenSSL's own server does so in TLS 1.2 when it reads an R (openssl-s_server(1))."""
    certificate = tmp_path / "server.pem"
    issued = tls.authority().issue_cert(HOST).private_key_and_cert_chain_pem
    issued.write_to_path(str(certificate))
    argv = ["openssl", "s_server", "-tls1_2", "-cert", str(certificate), "-naccept", "1"]
    argv += ["-accept", f"{HOST}:{(port := free_ports(HOST, 'tls')['tls'])}"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        until(server.stdout, b"ACCEPT")
        with socket.create_connection((HOST, port), timeout=10) as connection:
            layer = Layer(Wire(connection), trust._build(ca_file()), HOST)
            while not layer.shake():
                layer.feed(connection.recv(65536))
            server.stdin.write(b"R\n")
            server.stdin.flush()
            layer.feed(connection.recv(65536))
            assert layer.read() is None
            layer.write(b"well?\n")
            assert layer._unsent
            while layer._unsent:
                layer.feed(connection.recv(65536))
                layer.read()
            until(server.stdout, b"well?")
        server.kill()


def until(lines: IO[bytes], wanted: bytes) -> None:
    """Read `lines` until `wanted` is among them; fails where they end before."""
    assert any(wanted in line for line in lines)
