from __future__ import annotations

import pytest

from checks.facts import RouteFacts
from checks.model import Host, Result, State, System, Target
from checks.network import route
from checks.network._trace import Hop, How
from checks.network.route import Seen
from checks.resolver import Resolver
from tests.spaces import NOBODY_FAR, NOBODY_NEAR, ROUTER, ROUTER_6, THERE, THERE_6, Row


def _target(address: str, *services: str) -> Target:
    host = Host(name="mail1", address=address, services=services)
    system = System(name="lab", resolver=Resolver("127.0.0.1", port=9), hosts=(host,))
    (target,) = route.targets(system)
    return target


def _traced(row: Row, address: str, *services: str) -> Result:
    target = _target(address, *services)
    return row.here.run(lambda: route.check(target, route.Options(), deadline=15))


@pytest.mark.real
@pytest.mark.parametrize(("address", "router"), [(THERE, ROUTER), (THERE_6, ROUTER_6)])
def test_a_host_that_answers_shows_its_way(row: Row, address: str, router: str) -> None:
    result = _traced(row, address)
    assert result.state is State.OK
    assert result.summary == f"2 hops, the last router {router}"
    assert [line.split()[:3] for line in result.evidence] == [
        ["UDP", "1", router],
        ["UDP", "2", address],
    ]
    assert result.facts == RouteFacts(address, (router,), 2)


@pytest.mark.real
def test_a_service_that_opens_is_reached_where_udp_is_dropped(row: Row) -> None:
    row.there.firewall("meta l4proto udp drop")
    with row.there.listening(2525):
        result = _traced(row, THERE, "smtp:2525")
    assert result.state is State.OK
    assert result.summary == "reached; the way answers up to hop 1"


@pytest.mark.real
def test_a_port_that_is_dropped_is_told_from_a_host_that_is_gone(row: Row) -> None:
    row.there.firewall("tcp dport 25 drop")
    result = _traced(row, THERE, "smtp")
    assert result.codes == ("path.port-dropped",)
    assert result.state is State.WARNING


@pytest.mark.real
def test_the_firewall_that_forbids_is_named_with_its_place(row: Row) -> None:
    row.router.firewall("tcp dport 25 reject with icmp type admin-prohibited")
    result = _traced(row, THERE, "smtp")
    assert result.codes == ("path.port-filtered",)
    assert result.summary == f"{ROUTER}, hop 1, forbids port 25"


@pytest.mark.real
def test_the_last_router_that_answers_is_where_it_stops(row: Row) -> None:
    row.there.firewall("meta l4proto { tcp, udp } drop")
    result = _traced(row, THERE, "smtp")
    assert result.codes == ("path.stops",)
    assert result.summary == f"stops behind {ROUTER}, hop 1"
    assert result.state is State.WARNING


@pytest.mark.real
def test_a_host_without_services_need_not_answer(row: Row) -> None:
    row.there.firewall("meta l4proto { tcp, udp } drop")
    assert _traced(row, THERE).state is State.UNKNOWN


@pytest.mark.real
def test_a_router_that_has_no_way_is_named(row: Row) -> None:
    result = _traced(row, NOBODY_FAR, "smtp")
    assert result.codes == ("path.no-way",)
    assert ROUTER in result.summary


@pytest.mark.real
def test_a_neighbour_that_is_off_is_told_from_a_way_that_ends(row: Row) -> None:
    result = _traced(row, NOBODY_NEAR, "smtp")
    assert result.codes == ("path.no-neighbour",)
    assert result.state is State.WARNING


@pytest.mark.real
def test_a_circle_is_seen(row: Row) -> None:
    row.router.do("ip", "route", "add", "198.51.100.0/24", "via", THERE)
    row.there.do("sysctl", "-q", "net.ipv4.conf.all.send_redirects=0")
    result = _traced(row, "198.51.100.9", "smtp")
    assert result.codes == ("path.loop",)
    assert ROUTER in result.summary


@pytest.mark.real
def test_without_a_way_of_its_own_this_machine_says_so(row: Row) -> None:
    row.here.do("ip", "route", "del", "default")
    try:
        result = _traced(row, THERE, "smtp")
    finally:
        row.here.do("ip", "route", "add", "default", "via", ROUTER)
    assert result.state is State.UNKNOWN
    assert result.codes == ("path.no-route",)


def test_a_service_that_refuses_is_reached() -> None:
    reached = Hop(2, How.REACHED, THERE)
    seen = Seen(THERE, 25, by_udp=(Hop(1),), by_tcp=(Hop(1, How.PASSED_ON, ROUTER), reached))
    assert route.judge(seen) == (State.OK, "", f"2 hops, the last router {ROUTER}")


def test_where_nobody_answers_nothing_is_said() -> None:
    assert route.judge(Seen(THERE, 25))[:2] == (State.UNKNOWN, "path.silent")


def test_a_way_that_is_not_seen_to_its_end_has_no_length() -> None:
    seen = Seen(THERE, 25, is_open=True, by_udp=(Hop(1, How.PASSED_ON, ROUTER), Hop(2)))
    assert route.facts_of(seen) == RouteFacts(THERE, (ROUTER,), 0)
    assert route.facts_of(Seen(THERE, by_udp=(Hop(1, How.REACHED, THERE),))) == RouteFacts(
        THERE, (), 1
    )
