"""A small name server on loopback: a zone in plain text, and one misbehaviour per function.

A behaviour takes the query, the zone and whether it came by TCP, and gives the bytes to send;
None is silence.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone

from checks.resolver import Resolver

Zone = dns.zone.Zone
Behaviour = Callable[[dns.message.Message, Zone, bool], Awaitable[bytes | None]]


@dataclass
class Peer:
    """The server: where it listens, what it was asked (``"lab.test. MX"``), how it behaves."""

    zone: Zone
    behaviour: Behaviour
    host: str = "127.0.0.1"
    port: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def resolver(self) -> Resolver:
        return Resolver(self.host, port=self.port)

    async def answer(self, wire: bytes, is_tcp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        self.asked.append(f"{question.name} {dns.rdatatype.to_text(question.rdtype)}")
        return await self.behaviour(query, self.zone, is_tcp)


async def answer(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
    """As a proper server does: the chain of CNAMEs, NXDOMAIN, truncation over UDP."""
    question = query.question[0]
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA | dns.flags.AA
    name = question.name
    for _ in range(20):
        alias = zone.get_rrset(name, "CNAME")
        if alias is None or question.rdtype == dns.rdatatype.CNAME:
            break
        reply.answer.append(alias)
        name = alias[0].target
    found = zone.get_rrset(name, question.rdtype)
    if found is not None:
        reply.answer.append(found)
    elif not any(known.is_subdomain(name) for known in zone.nodes):
        reply.set_rcode(dns.rcode.NXDOMAIN)
    try:
        return reply.to_wire(max_size=65535 if is_tcp else 512)
    except dns.exception.TooBig:
        return _bare(query, dns.flags.TC)


async def silent(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
    return None


async def servfail(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
    return _failing(query, dns.rcode.SERVFAIL)


async def refused(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
    return _failing(query, dns.rcode.REFUSED)


async def nxdomain(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
    return _failing(query, dns.rcode.NXDOMAIN)


async def wrong_id(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
    """The right records under another id, as a spoofer sends them."""
    wire = await answer(query, zone, is_tcp) or b""
    return struct.pack("!H", query.id ^ 1) + wire[2:]


async def garbage(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
    return struct.pack("!H", query.id) + b"\x84\x00\xff\xff\x1b]0;pwned\x07" * 3


async def truncated(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
    """Truncated for ever; start the peer with ``has_tcp=False`` to refuse TCP as well."""
    return _bare(query, dns.flags.TC)


async def lame(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
    """A referral instead of an answer: the server does not know the zone."""
    reply = dns.message.make_response(query)
    reply.authority.append(dns.rrset.from_text(".", 60, "IN", "NS", "a.root-servers.net."))
    return reply.to_wire()


async def only_ipv4(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
    """Drops every question for AAAA, as some load balancers do."""
    if query.question[0].rdtype == dns.rdatatype.AAAA:
        return None
    return await answer(query, zone, is_tcp)


def loses_the_first() -> Behaviour:
    """Right, but for the first question, which gets lost."""
    lost: list[int] = []

    async def answer_later(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
        if not lost:
            lost.append(query.id)
            return None
        return await answer(query, zone, is_tcp)

    return answer_later


def slow(seconds: float) -> Behaviour:
    """Right, and late."""

    async def answer_late(query: dns.message.Message, zone: Zone, is_tcp: bool) -> bytes | None:
        await asyncio.sleep(seconds)
        return await answer(query, zone, is_tcp)

    return answer_late


@contextlib.asynccontextmanager
async def dns_server(
    zone: str = "",
    behaviour: Behaviour = answer,
    *,
    has_tcp: bool = True,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Peer]:
    """Serve `zone`, full names and no origin, on a free port; root may ask for `port` 53."""
    peer = Peer(parsed(zone), behaviour, host, port)
    transport, server = await _listen(peer, has_tcp)
    try:
        yield peer
    finally:
        transport.close()
        if server:
            server.close()


async def _listen(
    peer: Peer, has_tcp: bool
) -> tuple[asyncio.DatagramTransport, asyncio.Server | None]:
    """UDP and TCP on one port, which somebody else may have in one of the two."""
    loop = asyncio.get_running_loop()
    wanted = peer.port
    for _ in range(50):
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(peer), local_addr=(peer.host, wanted)
        )
        peer.port = transport.get_extra_info("sockname")[1]
        if not has_tcp:
            return transport, None
        try:
            return transport, await asyncio.start_server(_serve(peer), peer.host, peer.port)
        except OSError:
            transport.close()
    raise OSError("no port is free for both UDP and TCP")


@functools.lru_cache
def parsed(text: str) -> Zone:
    """A zone of full names and no origin."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return dns.zone.from_text(f"$TTL 60\n{lines}\n", ".", relativize=False, check_origin=False)


def _bare(query: dns.message.Message, flags: int) -> bytes:
    reply = dns.message.make_response(query)
    reply.flags |= flags
    return reply.to_wire()


def _failing(query: dns.message.Message, code: dns.rcode.Rcode) -> bytes:
    reply = dns.message.make_response(query)
    reply.set_rcode(code)
    return reply.to_wire()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.create_task(self._reply(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = await self._peer.answer(data, False)
        if reply is not None:
            self._transport.sendto(reply, addr)


def _serve(
    peer: Peer,
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            reply = await peer.answer(await reader.readexactly(length), True)
            if reply is not None:
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()
        writer.close()

    return serve
