from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Result, State
from checks.protocol import imap
from checks.protocol.imap import NotAResponse, Response, parse_response
from tests.checks.protocol.asking import DEADLINE, ask, ca_file, target
from tests.peers import Peer, serve, tcp, tls
from tests.peers import imap as peers


async def asked(peer: Peer, about: str = "imap", **more: Any) -> Result:
    return await ask(imap, about, peer, ca_file=ca_file(), **more)


async def test_a_good_server_with_starttls_is_fine() -> None:
    result = await asked(peers.speaks(tls=tls.good()))
    assert result.state == State.OK, result
    assert result.findings == ()
    assert result.summary == "mx.lab.test ready; TLSv1.3, certificate good for 90 days"
    steps = ["resolve", "connect", "greeting", "capability", "starttls", "tls", "capability-tls"]
    assert [phase.name for phase in result.phases] == steps
    assert "S: * CAPABILITY IMAP4rev1 AUTH=PLAIN STARTTLS LOGINDISABLED" in result.evidence
    assert 89 < result.metrics["tls_days_left"] <= 90
    assert result.metrics["bytes_in"] > 100


async def test_a_good_server_with_implicit_tls_is_fine() -> None:
    result = await asked(peers.speaks(), "imaps", tls=tls.good())
    assert result.state == State.OK, result
    steps = ["resolve", "connect", "tls", "greeting", "capability"]
    assert [phase.name for phase in result.phases] == steps


@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (tcp.silent, "imap.greeting.timeout"),
        (tcp.trickles, "imap.greeting.trickle"),
        (tcp.closes, "imap.greeting.closed"),
        (tcp.half_closes, "imap.greeting.closed"),
        (tcp.endless_lines(b"* OK more\r\n"), "imap.capability.endless"),
        (tcp.says(b"* OK only CR\r"), "imap.greeting.trickle"),
        (tcp.says(tcp.SSH), "imap.greeting.not-imap"),
        (tcp.resets, "imap.greeting.reset"),
        (tcp.endless_line, "imap.greeting.endless"),
        (tcp.says(tcp.HTTP), "imap.greeting.not-imap"),
        (tcp.says(tcp.JUNK), "imap.greeting.not-imap"),
        (tcp.says(tcp.TLS_ALERT), "imap.greeting.not-imap"),
        (tcp.says(b"* 5 EXISTS\r\n"), "imap.greeting.not-imap"),
        (tcp.says(b"* OK {99999999999999999999999999}\r\n"), "imap.greeting.not-imap"),
        (peers.says_bye(), "imap.greeting.bye"),
        (peers.announces_4_gb(), "imap.capability.malformed"),
        (peers.untagged_for_ever(), "imap.capability.endless"),
        (peers.wrong_tag(), "imap.capability.malformed"),
        (peers.speaks(CAPABILITY=b""), "imap.capability.timeout"),
        (peers.speaks(CAPABILITY=b"* CAPABILITY IMAP4rev1\r\n"), "imap.capability.unfinished"),
        (peers.speaks(CAPABILITY=b"%T NO not now\r\n"), "imap.capability.refused"),
        (peers.login_disabled(), "imap.login-disabled"),
        (peers.speaks(tls=tls.good(), STARTTLS=b"%T NO\r\n"), "imap.starttls.refused"),
        (peers.speaks(tls=tls.good(), STARTTLS=b""), "imap.starttls.timeout"),
        (
            peers.speaks(tls=tls.good(), STARTTLS=b"%T OK go\r\n* OK injected\r\n"),
            "imap.starttls.injected",
        ),
        (peers.speaks(capabilities=b"STARTTLS"), "tls.timeout"),
        (peers.speaks(tls=tls.good(), after_starttls=b"* OK what?\r\n"), "tls.plaintext"),
        (peers.speaks(tls=tls.expired()), "tls.expired"),
        (peers.speaks(tls=tls.unknown_ca()), "tls.unknown-ca"),
    ],
)
async def test_each_misbehaviour_is_critical_and_has_a_finding_of_its_own(
    peer: Peer, code: str
) -> None:
    result = await asked(peer)
    assert (result.codes, result.state) == ((code,), State.CRITICAL), result


@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (peers.speaks(), "imap.starttls.missing"),
        (peers.preauth(), "imap.greeting.preauth"),
    ],
)
async def test_a_server_that_works_unsafely_is_a_warning(peer: Peer, code: str) -> None:
    result = await asked(peer)
    assert (result.codes, result.state) == ((code,), State.WARNING), result


@pytest.mark.parametrize("then", [b"%T NO\r\n", b""])
async def test_bye_in_the_middle_leads_whatever_follows(then: bytes) -> None:
    result = await asked(peers.speaks(CAPABILITY=b"* BYE out of memory\r\n" + then))
    assert result.codes[0] == "imap.bye"
    assert result.summary == "says BYE: out of memory"


async def test_a_server_that_never_greets_costs_its_deadline() -> None:
    result = await asked(tcp.silent)
    assert result.duration > DEADLINE * 0.9
    assert result.summary == "nothing after connect for 0.6 s"


async def test_nobody_waits_for_the_answer_to_logout() -> None:
    result = await asked(peers.speaks(LOGOUT=b""), "imaps", tls=tls.good())
    assert result.state == State.OK
    assert result.duration < DEADLINE / 2


async def test_hostile_text_is_made_harmless() -> None:
    result = await asked(
        peers.speaks(greeting=b"* OK " + tcp.HOSTILE + b"\r\n"), "imaps", tls=tls.good()
    )
    assert "^[]52;c;aGFja2Vk^G" in result.summary


async def test_nobody_listens() -> None:
    async with serve(tcp.silent) as port:
        pass
    result = await imap.check(target("imap", port), imap.Options(), deadline=DEADLINE)
    assert result.codes == ("imap.connect.refused",)


def test_responses_are_read_with_tag_and_word() -> None:
    assert parse_response(b"a ok done") == Response("a", "OK", "done")
    assert parse_response(b"* BYE") == Response("*", "BYE", "")
    with pytest.raises(NotAResponse, match="a literal of 7 bytes"):
        parse_response(b"* CAPABILITY {7+}")


@given(
    st.binary(max_size=80) | st.from_regex(rb"[*+a-z] [A-Z]{0,5} .{0,40}(\{\d*\})?", fullmatch=True)
)
def test_anything_is_a_response_or_is_not(line: bytes) -> None:
    try:
        response = parse_response(line)
    except NotAResponse as error:
        said = str(error)
    else:
        assert response.word.upper() == response.word
        said = response.text
    assert said.isprintable()
