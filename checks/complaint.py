"""What a router or host said of a packet of ours, by ICMP: the error queue of its socket.

ip(7) IP_RECVERR and ipv6(7) IPV6_RECVERR: any user may read it, so a path is traced with plain TCP
and UDP sockets, to the very port that fails, without a privilege or a program.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from enum import StrEnum

from msgspec import Struct

_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
"""The option of each family, by linux/in.h and linux/in6.h; Python has no names for them."""

_ERROR = struct.Struct("=IBBBBII")
"""struct sock_extended_err: errno, origin, type, code, padding, info, data."""

_FROM_ICMP = {2, 3}
"""Origins that are messages of others (SO_EE_ORIGIN_ICMP, _ICMP6), by linux/errqueue.h."""

_ADDRESS = {socket.AF_INET: slice(4, 8), socket.AF_INET6: slice(8, 24)}
"""Where the address stands in the sockaddr_in or sockaddr_in6 of who complains."""


class Said(StrEnum):
    """What was said."""

    EXPIRED = "expired"
    FILTERED = "filtered"
    CLOSED = "closed"
    NO_WAY = "no way"


class Complaint(Struct, frozen=True):
    """Who said what."""

    by: str
    said: Said


def listen(sock: socket.socket) -> None:
    """Have the kernel keep what is said of the packets of `sock`."""
    level, option = _RECVERR[socket.AddressFamily(sock.family)]
    with suppress(OSError):
        sock.setsockopt(level, option, 1)


def forget(sock: socket.socket) -> None:
    """As before: on a TCP connection that listens, one stray message would be its end."""
    level, option = _RECVERR[socket.AddressFamily(sock.family)]
    with suppress(OSError):
        sock.setsockopt(level, option, 0)


def heard(sock: socket.socket) -> Complaint | None:
    """The oldest complaint, or None. Does not wait."""
    try:
        _, messages, _, _ = sock.recvmsg(0, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
    except OSError:
        return None
    return next((found for _, _, data in messages if (found := parse(data))), None)


def parse(data: bytes) -> Complaint | None:
    """A sock_extended_err and the address behind it; None for what nobody sent.

    >>> parse(bytes.fromhex("71000000 020b0000 00000000 00000000 02000000 0a4d0001"))
    Complaint(by='10.77.0.1', said=<Said.EXPIRED: 'expired'>)
    """
    if len(data) < _ERROR.size + 2:
        return None
    _, origin, kind, code, _, _, _ = _ERROR.unpack_from(data)
    family = int.from_bytes(data[_ERROR.size : _ERROR.size + 2], "little")
    if origin not in _FROM_ICMP or family not in _ADDRESS:
        return None
    packed = data[_ERROR.size :][_ADDRESS[socket.AddressFamily(family)]]
    try:
        by = socket.inet_ntop(family, packed)
    except ValueError:
        return None
    return Complaint(by, _meaning(kind, code, is_v6=origin == 3))


def _meaning(kind: int, code: int, *, is_v6: bool) -> Said:
    """By RFC 792 and RFC 1812 5.2.7.1, or RFC 4443 3.1 and 3.3."""
    if kind == (3 if is_v6 else 11):
        return Said.EXPIRED
    if code in ({1, 5} if is_v6 else {9, 10, 13}):
        return Said.FILTERED
    if code == (4 if is_v6 else 3):
        return Said.CLOSED
    return Said.NO_WAY
