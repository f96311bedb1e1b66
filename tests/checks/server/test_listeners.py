from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.facts import ListenerFacts
from checks.hosts.local import LocalLogin
from checks.model import Host, State
from checks.server._look import Garbled
from checks.server._process_table import Seen
from checks.server.listeners import Listener, facts, judge, parse, read
from tests.checks.server.asking import Far, ask, need_namespaces
from tests.checks.server.test_processes import CYRUS, DOVECOT, ENABLED, POSTFIX, SYSTEMD, table

# Debian 12, recorded; the ends of the lines are shortened.
TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:22BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000   108        0 114815 1
   1: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 135982 1
   2: 0B004D0A:008F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 115050 1
   3: 0B004D0A:0019 0A004D0A:A0AA 01 00000000:00000000 00:00000000 00000000     0        0 115051 1
  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000001000000:024B 00000000000000000000000000000000:0000 0A 00000000:000
   1: 0000000000000000FFFF00000100007F:01D1 00000000000000000000000000000000:0000 0A 00000000:000
   2: 00000000000000000000000000000000:0019 00000000000000000000000000000000:0000 0A 00000000:000
"""


def test_what_the_kernel_shows_is_read() -> None:
    assert facts(parse(TCP)) == ListenerFacts(ports=(25, 143), loopback=(465, 587, 8891))


ROUTES = """\
mail\t00000000\t01004D0A\t0003\t0\t0\t0\t00000000\t0\t0\t0     
wg0\t00000000\t00000000\t0001\t0\t0\t9\t00000000\t0\t0\t0     
*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0     
mail\t00004D0A\t02004D0A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0     
"""  # noqa: W291  the kernel fills its lines up


def test_the_gateways_are_those_of_default_routes_that_lead_somewhere() -> None:
    assert read(TCP + ROUTES).gateways == ("10.77.0.1", "0.0.0.0")
    assert read(TCP).gateways == ()


def test_a_port_that_is_open_to_all_is_not_hidden_by_one_on_loopback() -> None:
    both = (Listener(25, is_loopback=True), Listener(25, is_loopback=False))
    assert facts(both) == ListenerFacts(ports=(25,), loopback=())


@given(st.text(alphabet="0123456789ABCDEF: \nslocal_adre", max_size=200))
def test_the_parser_raises_nothing_but_its_own(text: str) -> None:
    for given_text in (text, TCP + text, TCP.replace("0A", text or "0A")):
        try:
            assert all(0 <= port < 65536 for port in read(given_text).ports)
        except Garbled:
            continue


MISSING, LOOPBACK = "listener.missing", "listener.loopback-only"


@pytest.mark.parametrize(
    ("ports", "loopback", "processes", "said"),
    [
        ((25, 587, 143), (), (*POSTFIX, *DOVECOT), []),
        ((143,), (), DOVECOT, [(MISSING, "nothing listens on 25, 587: its program does not run")]),
        ((25, 143), (), POSTFIX, [(MISSING, "nothing listens on 587, and Postfix runs")]),
        ((25, 587), (), (*POSTFIX, *DOVECOT, *CYRUS),
         [(MISSING, "nothing listens on 143, and Dovecot and Cyrus IMAP run")]),
        ((25, 587), (), (*POSTFIX, *DOVECOT),
         [(MISSING, "nothing listens on 143, and Dovecot runs")]),
        ((587, 143), (25,), POSTFIX,
         [(LOOPBACK, "25 only for this machine itself: bound to a loopback address")]),
        ((25,), (143, 587), (), [(LOOPBACK, "587"), (LOOPBACK, "143")]),
    ],
)  # fmt: skip
def test_judging(
    ports: tuple[int, ...],
    loopback: tuple[int, ...],
    processes: tuple[object, ...],
    said: list[tuple[str, str]],
) -> None:
    host = Host(name="mail1", address="10.77.0.11", services=("smtp", "submission", "imap"))
    seen = ListenerFacts(ports, loopback)
    judged = judge(seen, host, table(*processes))  # type: ignore[arg-type]
    assert [one.code for one in judged] == [code for code, _ in said]
    assert all(one.text.startswith(text) for one, (_, text) in zip(judged, said, strict=True))
    states = {MISSING: State.OK, LOOPBACK: State.WARNING}
    assert all(one.state == states[one.code] for one in judged)


@pytest.mark.parametrize(
    ("processes", "files", "mta", "state"),
    [
        # Its program belongs here, and does not run.
        ((), (), "postfix", State.CRITICAL),
        ((), ("/usr/sbin/postfix",), "", State.CRITICAL),
        ((), (SYSTEMD, ENABLED.format("exim4")), "", State.WARNING),
        # It runs, and something else may hand the port on to it.
        (POSTFIX, (), "postfix", State.OK),
        # It is another host's by DNAT, as far as can be known.
        ((), (), "", State.OK),
        (DOVECOT, ("/usr/sbin/dovecot",), "", State.OK),
    ],
)
def test_a_port_that_nobody_listens_on_is_as_bad_as_its_program_is_missed(
    processes: tuple[Seen, ...], files: tuple[str, ...], mta: str, state: State
) -> None:
    host = Host(name="mail1", address="10.77.0.11", services=("smtp",), mta=mta)
    (judged,) = judge(ListenerFacts(), host, table(*processes, files=files))
    assert (judged.code, judged.state) == (MISSING, state)
    (judged,) = judge(ListenerFacts(), host, table(*processes, files=files, is_hidden=True))
    assert judged.state == State.OK, "who may not see its program does not miss it"


def test_what_hidden_processes_leave_open_is_said() -> None:
    host = Host(name="mail1", address="10.77.0.11", services=("smtp", "https"))
    judged = judge(ListenerFacts(), host, table(is_hidden=True))
    assert [one.text for one in judged] == [
        "nothing listens on 25, nor can we see its program",
        "nothing listens on 443",
    ]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost"])
def test_a_host_that_is_reached_by_loopback_may_listen_there(address: str) -> None:
    host = Host(name="here", address=address, services=("smtp",))
    assert judge(ListenerFacts((), (25,)), host, table(*POSTFIX)) == []


@pytest.mark.parametrize("login", [LocalLogin(), Far()], ids=["local", "script"])
async def test_a_real_socket_is_seen(login: LocalLogin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = await ask("listeners", login, services=(f"smtp:{port}", "imap:1"))
        assert result.codes == ("listener.missing",)
        assert result.summary.startswith("nothing listens on 1")
        assert isinstance(result.facts, ListenerFacts)
        assert port in (*result.facts.ports, *result.facts.loopback)
    result = await ask("listeners", login, services=(f"smtp:{port}",))
    assert result.codes == ("listener.missing",)


async def test_the_gateway_of_a_real_host_is_seen() -> None:
    need_namespaces()
    build = (
        "ip link add mail type veth peer name far && ip address add 10.77.0.11/24 dev mail"
        " && ip link set far up && ip link set mail up && ip route add default via 10.77.0.1"
        " && ip route add unreachable default metric 4000"
    )
    login = Far("unshare", "--net", "sh", "-c", f'{build} && "$@"', "sh")
    result = await ask("listeners", login, services=("smtp",))
    assert isinstance(result.facts, ListenerFacts), result
    assert result.facts.gateways == ("10.77.0.1",)
