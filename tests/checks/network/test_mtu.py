from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest

from checks.model import Host, Result, State, System, Target
from checks.network import _segment, _way, mtu
from checks.network._echo import Echo
from checks.network._segment import Segment
from checks.network._way import Means, Way
from checks.resolver import Resolver
from tests.peers import Peer, serve, smtp
from tests.peers.background import background
from tests.peers.tcp import silent
from tests.spaces import NOBODY_FAR, THERE, THERE_6, Row

NO_LARGE = "meta length > 1000 drop"
NO_ICMP = "meta l4proto { icmp, icmpv6 } drop"
ANSWERED, LOST, UNSENT = Echo(sent=1, received=1), Echo(sent=1), Echo(sent=0)


def _target(address: str, *services: str) -> Target:
    host = Host(name="mail1", address=address, services=services)
    system = System(name="lab", resolver=Resolver("127.0.0.1", port=9), hosts=(host,))
    (target,) = mtu.targets(system)
    return target


def _asked(row: Row, address: str, *services: str) -> Result:
    target = _target(address, *services)
    return row.here.run(lambda: mtu.check(target, mtu.Options(), deadline=15))


@contextmanager
def _serving(row: Row, peer: Peer) -> Iterator[None]:
    """The peer on port 25 there."""

    async def start(stack: AsyncExitStack) -> int:
        return await stack.enter_async_context(serve(peer, on=row.there.listening(25)))

    with background(start):
        yield


@pytest.mark.real
@pytest.mark.parametrize("address", [THERE, THERE_6])
def test_a_way_that_takes_large_packets_is_well(row: Row, address: str) -> None:
    result = _asked(row, address)
    assert result.state is State.OK
    assert result.summary == "1,500 bytes pass"


@pytest.mark.real
@pytest.mark.parametrize("address", [THERE, THERE_6])
def test_a_hole_is_found_by_icmp_alone_with_what_passes(row: Row, address: str) -> None:
    row.router.firewall(NO_LARGE)
    result = _asked(row, address)
    assert result.state is State.WARNING
    assert result.codes == ("path.mtu-black-hole",)
    assert result.summary == "pings of 1,500 bytes vanish, 1,000 pass"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known not to come is not waited for so long."""
    monkeypatch.setattr(_segment, "GREETED_WITHIN", 1.0)
    monkeypatch.setattr(_segment, "ANSWERED_WITHIN", 0.5)


@pytest.mark.real
@pytest.mark.usefixtures("hasty")
def test_a_hole_that_tcp_falls_into_is_critical(row: Row) -> None:
    row.router.firewall(NO_LARGE)
    with _serving(row, smtp.speaks()):
        result = _asked(row, THERE, "smtp")
    assert result.state is State.CRITICAL
    assert result.codes == ("path.mtu-black-hole",)
    assert result.summary == "packets of 1,500 bytes vanish, 1,000 pass: TCP hangs on them"


@pytest.mark.real
@pytest.mark.usefixtures("hasty")
def test_tcp_alone_finds_it_where_icmp_is_forbidden(row: Row) -> None:
    row.router.firewall(NO_LARGE, NO_ICMP)
    with _serving(row, smtp.speaks()):
        result = _asked(row, THERE, "smtp")
    assert result.state is State.CRITICAL
    assert result.summary == "packets of 1,500 bytes vanish: TCP hangs on them"


@pytest.mark.real
def test_large_pings_that_a_firewall_drops_are_no_hole(row: Row) -> None:
    row.router.firewall("meta l4proto icmp meta length > 1000 drop")
    with _serving(row, smtp.speaks()):
        result = _asked(row, THERE, "smtp")
    assert result.state is State.OK
    assert result.summary == "1,500 bytes pass by TCP, large pings do not"


@pytest.mark.real
def test_a_narrow_way_that_tells_its_size_is_no_hole(row: Row) -> None:
    row.router.do("ip", "link", "set", "there", "mtu", "1400")
    try:
        result = _asked(row, THERE)
    finally:
        row.router.do("ip", "link", "set", "there", "mtu", "1500")
        row.here.do("ip", "route", "flush", "cache")
    assert result.state is State.OK
    assert result.summary == "1,400 bytes pass, and senders are told so"


@pytest.mark.real
@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("peer", [silent, smtp.greets(b"554 go away")])
def test_what_neither_icmp_nor_smtp_shows_is_unknown(row: Row, peer: Peer) -> None:
    row.router.firewall(NO_ICMP)
    with _serving(row, peer):
        result = _asked(row, THERE, "smtp")
    assert result.state is State.UNKNOWN
    assert result.codes == ("mtu.not-asked",)


@pytest.mark.real
@pytest.mark.usefixtures("hasty")
def test_a_host_that_is_off_is_no_hole(row: Row) -> None:
    result = _asked(row, NOBODY_FAR, "smtp")
    assert result.state is State.UNKNOWN
    assert result.duration < 9


@pytest.mark.real
def test_the_system_ping_finds_it_too(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_way, "_decided", [Way(Means.COMMAND)])
    assert _asked(row, THERE).summary == "1,500 bytes pass"
    row.router.firewall(NO_LARGE)
    assert _asked(row, THERE).summary == "pings of 1,500 bytes vanish, 1,000 pass"


@pytest.mark.parametrize(
    ("seen", "state", "code"),
    [
        (mtu.Seen(ANSWERED, ANSWERED), State.OK, ""),
        (mtu.Seen(LOST, LOST), State.UNKNOWN, "mtu.not-asked"),
        (mtu.Seen(UNSENT, UNSENT), State.UNKNOWN, "mtu.not-asked"),
        (mtu.Seen(ANSWERED, LOST, passes=1492), State.WARNING, "path.mtu-black-hole"),
        (mtu.Seen(ANSWERED, LOST, told=1280, passes=1280), State.OK, ""),
        (mtu.Seen(ANSWERED, LOST, segment=Segment(passes=True, size=1500)), State.OK, ""),
        (
            mtu.Seen(UNSENT, UNSENT, segment=Segment(passes=False, size=1500)),
            State.CRITICAL,
            "path.mtu-black-hole",
        ),
    ],
)
def test_judging(seen: mtu.Seen, state: State, code: str) -> None:
    assert mtu.judge(seen)[:2] == (state, code)
    assert not code or code in mtu.FINDINGS
