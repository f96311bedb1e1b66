from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Result, State
from checks.protocol import pop3
from checks.protocol.pop3 import NotAStatus, Status, parse_status
from tests.checks.protocol.asking import DEADLINE, ask, ca_file, target
from tests.peers import Peer, serve, tcp, tls
from tests.peers import pop3 as peers


async def asked(peer: Peer, about: str = "pop3", **more: Any) -> Result:
    return await ask(pop3, about, peer, ca_file=ca_file(), **more)


async def test_a_good_server_with_stls_is_fine() -> None:
    result = await asked(peers.speaks(tls=tls.good()))
    assert result.state == State.OK, result
    assert result.findings == ()
    assert result.summary == "mx.lab.test ready; TLSv1.3, certificate good for 90 days"
    steps = ["resolve", "connect", "greeting", "capa", "starttls", "tls", "capa-tls"]
    assert [phase.name for phase in result.phases] == steps


async def test_a_good_server_with_implicit_tls_is_fine() -> None:
    result = await asked(peers.speaks(), "pop3s", tls=tls.good())
    assert result.state == State.OK, result
    assert 89 < result.metrics["tls_days_left"] <= 90


@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (tcp.silent, "pop3.greeting.timeout"),
        (tcp.trickles, "pop3.greeting.trickle"),
        (tcp.closes, "pop3.greeting.closed"),
        (tcp.half_closes, "pop3.greeting.closed"),
        (tcp.endless_lines(b"+OK more\r\n"), "pop3.early-talker"),
        (tcp.says(b"+OK only CR\r"), "pop3.greeting.trickle"),
        (tcp.says(tcp.HTTP), "pop3.greeting.not-pop3"),
        (tcp.says(tcp.TLS_ALERT), "pop3.greeting.not-pop3"),
        (tcp.resets, "pop3.greeting.reset"),
        (tcp.endless_line, "pop3.greeting.endless"),
        (tcp.says(tcp.SSH), "pop3.greeting.not-pop3"),
        (tcp.says(tcp.JUNK), "pop3.greeting.not-pop3"),
        (peers.refuses(), "pop3.greeting.refused"),
        (peers.speaks(greeting=b"+OK a\r\n+OK b\r\n"), "pop3.early-talker"),
        (peers.speaks(CAPA=b""), "pop3.capa.timeout"),
        (peers.speaks(CAPA=b"+OK\r\nTOP\r\n"), "pop3.capa.unfinished"),
        (peers.speaks(CAPA=b"250 TOP\r\n"), "pop3.capa.malformed"),
        (peers.capabilities_for_ever(), "pop3.capa.endless"),
        (peers.speaks(STLS=b"-ERR no\r\n"), "pop3.starttls.refused"),
        (peers.speaks(STLS=b""), "pop3.starttls.timeout"),
        (peers.speaks(STLS=b"+OK go\r\n+OK injected\r\n"), "pop3.starttls.injected"),
        (peers.speaks(STLS=b"+OK go\r\n"), "tls.timeout"),
        (peers.speaks(STLS=b"+OK go\r\n", after_starttls=b"+OK what?\r\n"), "tls.plaintext"),
        (peers.speaks(tls=tls.wrong_name()), "tls.wrong-name"),
    ],
)
async def test_each_misbehaviour_is_critical_and_has_a_finding_of_its_own(
    peer: Peer, code: str
) -> None:
    result = await asked(peer)
    assert (result.codes, result.state) == ((code,), State.CRITICAL), result


@pytest.mark.parametrize("peer", [peers.speaks(), peers.older_than_capa()])
async def test_passwords_in_clear_are_a_warning(peer: Peer) -> None:
    result = await asked(peer)
    assert (result.codes, result.state) == (("pop3.starttls.missing",), State.WARNING)


async def test_a_refusal_keeps_its_response_code() -> None:
    assert (await asked(peers.refuses())).summary == "greets with -ERR [SYS/TEMP] overloaded"


async def test_a_server_that_never_greets_costs_its_deadline() -> None:
    result = await asked(tcp.silent)
    assert result.duration > DEADLINE * 0.9


async def test_nobody_waits_for_the_answer_to_quit() -> None:
    result = await asked(peers.speaks(QUIT=b""), "pop3s", tls=tls.good())
    assert (result.state, result.duration < DEADLINE / 2) == (State.OK, True)


async def test_hostile_text_is_made_harmless() -> None:
    greeting = b"+OK " + tcp.HOSTILE + b"\r\n"
    result = await asked(peers.speaks(greeting=greeting), "pop3s", tls=tls.good())
    assert "^[]52;c;aGFja2Vk^G" in result.summary


async def test_nobody_listens() -> None:
    async with serve(tcp.silent) as port:
        pass
    result = await pop3.check(target("pop3", port), pop3.Options(), deadline=DEADLINE)
    assert result.codes == ("pop3.connect.refused",)


def test_a_status_is_read() -> None:
    assert parse_status(b"+OK") == Status(is_ok=True, text="")
    with pytest.raises(NotAStatus, match="answered '\\+OKAY'"):
        parse_status(b"+OKAY")


@given(st.binary(max_size=80) | st.from_regex(rb"(\+OK|-ERR|\+ok) ?.{0,40}", fullmatch=True))
def test_anything_is_a_status_or_is_not(line: bytes) -> None:
    try:
        said = parse_status(line).text
    except NotAStatus as error:
        said = str(error)
    assert said.isprintable()
