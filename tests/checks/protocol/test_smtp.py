from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Result, State, System
from checks.protocol import smtp
from checks.protocol._reply import NotAReply, Reply, parse_reply
from tests.checks.protocol.asking import DEADLINE, ask, ca_file, target
from tests.peers import HOST, Peer, names, serve, tcp, tls
from tests.peers import smtp as peers


async def asked(peer: Peer, about: str = "smtp", **more: Any) -> Result:
    return await ask(smtp, about, peer, ca_file=ca_file(), **more)


async def test_a_good_server_without_tls_is_fine_on_port_25() -> None:
    result = await asked(peers.speaks())
    assert result.state == State.OK
    assert result.findings == ()
    assert result.summary == "mx.lab.test ESMTP; no TLS"
    assert [phase.name for phase in result.phases] == ["resolve", "connect", "banner", "ehlo"]
    assert result.metrics == {"bytes_in": len(peers.BANNER + peers.EHLO)}
    assert "S: 220 mx.lab.test ESMTP" in result.evidence
    assert result.evidence[-1] == "C: QUIT"


@pytest.mark.parametrize("about", ["smtp", "submission"])
async def test_a_good_server_with_starttls_is_fine_and_tells_the_days_left(about: str) -> None:
    result = await asked(peers.speaks(tls=tls.good()), about)
    assert result.state == State.OK, result
    assert 89 < result.metrics["tls_days_left"] <= 90
    assert result.summary == "mx.lab.test ESMTP; TLSv1.3, certificate good for 90 days"
    steps = ["resolve", "connect", "banner", "ehlo", "starttls", "tls", "ehlo-tls"]
    assert [phase.name for phase in result.phases] == steps


async def test_smtps_begins_with_tls() -> None:
    result = await asked(peers.speaks(), "smtps", tls=tls.good())
    assert result.state == State.OK
    assert [phase.name for phase in result.phases][:4] == ["resolve", "connect", "tls", "banner"]


@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (tcp.silent, "smtp.banner.timeout"),
        (tcp.trickles, "smtp.banner.trickle"),
        (tcp.closes, "smtp.banner.closed"),
        (tcp.half_closes, "smtp.banner.closed"),
        (tcp.resets, "smtp.banner.reset"),
        (tcp.endless_line, "smtp.banner.endless"),
        (tcp.endless_lines(b"220-more\r\n"), "smtp.banner.endless"),
        (tcp.says(tcp.HTTP), "smtp.banner.not-smtp"),
        (tcp.says(tcp.SSH), "smtp.banner.not-smtp"),
        (tcp.says(tcp.TLS_ALERT), "smtp.banner.not-smtp"),
        (tcp.says(tcp.JUNK), "smtp.banner.not-smtp"),
        (tcp.says(b"220 only CR\r"), "smtp.banner.trickle"),
        (tcp.says(b"999 what\r\n"), "smtp.banner.not-smtp"),
        (tcp.says(b"text alone\r\n"), "smtp.banner.not-smtp"),
        (tcp.says(b"\r\n"), "smtp.banner.not-smtp"),
        (tcp.says(b"250 hello\r\n"), "smtp.banner.not-smtp"),
        (tcp.says(b"220-a\r\n554 b\r\n"), "smtp.banner.not-smtp"),
        (tcp.says(b"220-a\r\n554-b\r\n"), "smtp.banner.not-smtp"),
        (peers.greets(b"421 4.3.2 shutting down"), "smtp.banner.temporary"),
        (peers.greets(b"450 come back"), "smtp.banner.temporary"),
        (peers.greets(b"554 5.7.1 no"), "smtp.banner.rejected"),
        (peers.speaks(EHLO=peers.STALL), "smtp.ehlo.timeout"),
        (peers.speaks(EHLO=b"250-a\r\n"), "smtp.ehlo.unfinished"),
        (peers.speaks(EHLO=b"250-a\r\n" * 9999), "smtp.ehlo.endless"),
        (peers.speaks(EHLO=b"250-a\r\n550 b\r\n"), "smtp.ehlo.malformed"),
        (peers.speaks(EHLO=b"354 go on\r\n"), "smtp.ehlo.malformed"),
        (peers.speaks(EHLO=b"421 4.3.2 no\r\n"), "smtp.ehlo.temporary"),
        (peers.speaks(EHLO=b"554 no\r\n", HELO=b"554 no\r\n"), "smtp.ehlo.rejected"),
        (peers.talks_early(), "smtp.early-talker"),
        (peers.injects_behind_starttls(tls.good()), "smtp.starttls.injected"),
        (peers.speaks(STARTTLS=peers.STALL), "smtp.starttls.timeout"),
        (peers.stalls_behind_starttls(), "tls.timeout"),
        (peers.plain_behind_starttls(), "tls.plaintext"),
    ],
)
async def test_each_misbehaviour_is_critical_and_has_a_finding_of_its_own(
    peer: Peer, code: str
) -> None:
    result = await asked(peer)
    assert (result.codes, result.state) == ((code,), State.CRITICAL), result


@pytest.mark.parametrize(
    ("peer", "about", "code", "state"),
    [
        (peers.refuses_ehlo(), "smtp", "smtp.ehlo.helo-only", State.WARNING),
        (peers.refuses_starttls(), "smtp", "smtp.starttls.refused", State.WARNING),
        (peers.refuses_starttls(), "submission", "smtp.starttls.refused", State.CRITICAL),
        (peers.strips_starttls(), "submission", "smtp.starttls.missing", State.WARNING),
        (peers.pauses_as_postscreen(), "smtp", "smtp.banner.unfinished", State.WARNING),
        (peers.speaks(tls=tls.unknown_ca()), "smtp", "tls.unknown-ca", State.WARNING),
        (peers.speaks(tls=tls.unknown_ca()), "submission", "tls.unknown-ca", State.CRITICAL),
        (peers.speaks(tls=tls.lasting(3)), "smtp", "tls.expires-soon", State.WARNING),
        (peers.speaks(tls=tls.lasting(3)), "submission", "tls.expires-soon", State.CRITICAL),
        (peers.speaks(tls=tls.lasting(15)), "submission", "tls.expiring", State.WARNING),
    ],
)
async def test_what_a_fault_means_depends_on_the_service(
    peer: Peer, about: str, code: str, state: State
) -> None:
    result = await asked(peer, about)
    assert (result.codes, result.state) == ((code,), state), result


async def test_missing_starttls_is_no_fault_on_port_25() -> None:
    assert (await asked(peers.strips_starttls())).state == State.OK


async def test_a_reply_keeps_its_code_and_enhanced_status_code() -> None:
    result = await asked(peers.greets(b"554 5.7.1 Client host blocked"))
    assert result.summary == "greets with 554 5.7.1 Client host blocked"


@pytest.mark.parametrize(
    ("said", "code"),
    [(b"554 4.3.2 come back", "smtp.banner.rejected"), (b"421 5.7.1 no", "smtp.banner.temporary")],
)
async def test_of_a_code_and_an_enhanced_one_that_contradict_the_code_counts(
    said: bytes, code: str
) -> None:
    assert (await asked(peers.greets(said))).codes == (code,)


async def test_a_server_that_never_greets_costs_its_deadline() -> None:
    result = await asked(tcp.silent)
    assert result.duration > DEADLINE * 0.9
    assert result.summary == "nothing after connect for 0.6 s"
    assert result.phases[-1].name == "banner"


async def test_a_server_that_fails_under_tls_says_so() -> None:
    result = await asked(peers.speaks(tls=tls.good(), EHLO_TLS=peers.STALL))
    assert result.codes == ("smtp.ehlo.timeout",)
    assert result.phases[-1].name == "ehlo-tls"


async def test_lines_may_end_without_a_carriage_return() -> None:
    assert (await asked(peers.speaks(banner=b"220 mx\n", EHLO=b"250 mx\n"))).state == State.OK


async def test_a_code_alone_is_a_reply() -> None:
    result = await asked(peers.speaks(banner=b"220\r\n", EHLO=b"250\r\n"))
    assert (result.state, result.summary) == (State.OK, "answers; no TLS")


async def test_hostile_text_is_made_harmless() -> None:
    result = await asked(peers.speaks(banner=b"220 " + tcp.HOSTILE + b"\r\n"))
    assert result.state == State.OK
    assert "^[]52;c;aGFja2Vk^G" in result.summary


async def test_nobody_waits_for_the_answer_to_quit() -> None:
    result = await asked(peers.speaks(QUIT=peers.STALL))
    assert result.state == State.OK
    assert result.duration < DEADLINE / 2


async def test_nobody_listens() -> None:
    async with serve(tcp.silent) as port:
        pass
    result = await smtp.check(target("smtp", port), smtp.Options(), deadline=DEADLINE)
    assert result.codes == ("smtp.connect.refused",)
    assert (result.state, result.summary) == (State.CRITICAL, "connection refused")


async def test_a_connection_that_is_never_accepted_times_out() -> None:
    import socket

    with socket.create_server((HOST, 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection((HOST, port)):
            result = await smtp.check(target("smtp", port), smtp.Options(), deadline=DEADLINE)
    assert (result.codes, result.state) == (("smtp.connect.timeout",), State.CRITICAL)


@pytest.mark.parametrize(
    ("resolver", "code", "state"),
    [
        (names.Names(), "smtp.name-not-found", State.CRITICAL),
        (names.Failing(), "smtp.resolver-failed", State.UNKNOWN),
        (names.Silent(), "smtp.resolver-failed", State.UNKNOWN),
    ],
)
async def test_a_name_that_cannot_be_resolved(
    resolver: names.Names, code: str, state: State
) -> None:
    where = target("smtp", 25, address="mx.lab.test", resolver=resolver)
    result = await smtp.check(where, smtp.Options(), deadline=DEADLINE)
    assert (result.codes, result.state) == ((code,), state)


async def test_a_check_that_is_cancelled_leaves_nothing_open() -> None:
    from tests.checks.protocol.asking import left_open

    before = left_open()
    async with serve(tcp.silent) as port:
        task = asyncio.create_task(smtp.check(target("smtp", port), smtp.Options(), deadline=9))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert left_open() == before


def test_the_smtp_services_are_the_targets() -> None:
    from checks.model import Host
    from checks.resolver import Resolver

    host = Host(name="mx", address="mx.lab.test", services=("smtp", "imap", "smtps:4650"))
    system = System(name="lab", resolver=Resolver(), hosts=(host,))
    assert [one.id for one in smtp.targets(system)] == ["smtp/mx:25", "smtps/mx:4650"]


@pytest.mark.parametrize("name", ["", "a b", "-x", "ä", "x" * 256, "a\r\nMAIL FROM:<x>"])
def test_we_introduce_ourselves_with_nothing_that_is_no_name(name: str) -> None:
    assert smtp._our_name(name) == "[127.0.0.1]"


def test_replies_are_read_with_their_codes() -> None:
    assert parse_reply([b"451 4.7.1 wait"]) == Reply(451, "4.7.1", ("4.7.1 wait",))
    assert parse_reply([b"250-mx", b"250 SIZE"]).keywords == {"SIZE"}
    assert str(parse_reply([b"421 4.3.2 down"])) == "421 4.3.2 down"
    with pytest.raises(NotAReply, match="changes its code from 220 to 554"):
        parse_reply([b"220-a", b"554 b"])


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_anything_is_a_reply_or_is_not(lines: list[bytes]) -> None:
    assert _read(lines).isprintable()


@given(st.lists(st.from_regex(rb"[0-9]{2,4}[- ]?[245.]{0,9}.{0,9}", fullmatch=True), min_size=1))
def test_anything_like_a_reply_is_one_or_is_not(lines: list[bytes]) -> None:
    assert _read(lines).isprintable()


def _read(lines: list[bytes]) -> str:
    try:
        reply = parse_reply(lines)
    except NotAReply as error:
        return str(error)
    assert 200 <= reply.code <= 599
    assert len(reply.lines) == len(lines)
    return str(reply)


async def test_aiosmtpd_with_starttls_is_fine() -> None:
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    loop = asyncio.get_running_loop()
    controller = Controller(Sink(), loop=loop, hostname=HOST, tls_context=tls.good())
    server = await loop.create_server(controller.factory, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    try:
        where = target("submission", port, ca_file=ca_file())
        result = await smtp.check(where, smtp.Options(), deadline=2)
    finally:
        server.close()
    assert result.state == State.OK, result
    assert result.metrics["tls_days_left"] > 80
