"""A relay takes a message for some, refuses others, and what it leaves open is said to be open."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import pytest

from checks.fate import Fate
from checks.model import Host, Target
from checks.relay import Handed, Mail, hand_over
from checks.resolver import Resolver
from checks.secret import Credentials
from tests.checks.protocol.asking import ca_file
from tests.peers import HOST, Peer, smtp, tcp, tls
from tests.peers import serve as serve_peer
from tests.peers.mailsystem import HANG, MailSystem
from tests.peers.relay import PASSWORD, USER, Relay, serve

ANA, BEN, CLEO = "ana@out.test", "ben@out.test", "cleo@out.test"
TEXT = "Subject: Mail is down\r\n\r\nNothing is lost.\r\n.\r\n.and so on\r\n"
RIGHT, WRONG = Credentials(USER, PASSWORD), Credentials(USER, "wrong")


def target(port: int, about: str = "smtp") -> Target:
    host = Host(name="relay", address=HOST, ca_file=ca_file())
    return Target(
        name="relay", about=about, address=HOST, port=port, host=host, resolver=Resolver()
    )


async def handed(
    relay: Relay,
    *recipients: str,
    about: str = "smtp",
    login: Credentials | None = None,
    is_utf8: bool = False,
    deadline: float = 10.0,
) -> Handed:
    mail = Mail("it@out.test", recipients or (ANA, BEN), TEXT, is_utf8)
    async with serve(relay, implicit=about == "smtps") as port:
        return await hand_over(target(port, about), mail, login, deadline=deadline)


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_relay_that_takes_it_is_believed_with_its_queue_id(pipelining: bool) -> None:
    relay = Relay(pipelining=pipelining)
    found = await handed(relay)
    fate = Fate("accepted", "250 2.0.0 Ok: queued as Q000001", "Q000001")
    assert found == Handed({ANA: fate, BEN: fate})
    assert (relay.recipients, relay.taken[0].mail_from) == ([ANA, BEN], "it@out.test")


@pytest.mark.parametrize("pipelining", [True, False])
async def test_lines_that_begin_with_a_dot_arrive_as_they_were(pipelining: bool) -> None:
    relay = Relay(pipelining=pipelining)
    await handed(relay)
    assert relay.taken[0].original_content == TEXT.encode()


@pytest.mark.parametrize("pipelining", [True, False])
async def test_half_of_the_recipients_are_refused_and_the_others_get_it(pipelining: bool) -> None:
    answers = {BEN: "550 5.1.1 no such user", CLEO: "450 4.2.1 greylisted"}
    relay = Relay(pipelining=pipelining, refuses=lambda one: answers.get(one, ""))
    found = await handed(relay, ANA, BEN, CLEO)
    assert found.fates[ANA].outcome == "accepted"
    assert found.fates[BEN] == Fate("refused", "550 5.1.1 no such user")
    assert found.fates[CLEO] == Fate("refused", "450 4.2.1 greylisted", is_temporary=True)
    assert (relay.recipients, found.stopped) == ([ANA], None)


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("command", "answer", "is_temporary"),
    [
        ("MAIL", "550 5.7.1 not you", False),
        ("MAIL", "451 4.3.0 not now", True),
        ("RCPT", "452 4.3.1 disk full", True),
        ("DATA", "554 5.7.1 looks like spam", False),
        ("DATA", "451 4.3.0 later", True),
    ],
)
async def test_a_refusal_is_everybodys_with_the_words_of_the_relay(
    pipelining: bool, command: str, answer: str, is_temporary: bool
) -> None:
    relay = Relay(pipelining=pipelining, answers={command: answer})
    fate = Fate("refused", answer, is_temporary=is_temporary)
    assert await handed(relay) == Handed({ANA: fate, BEN: fate})
    assert relay.taken == []


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", ["EHLO", "MAIL", "RCPT"])
async def test_who_hangs_before_the_message_has_not_got_it(pipelining: bool, stage: str) -> None:
    found = await handed(Relay(pipelining=pipelining, hangs=stage), deadline=0.5)
    assert {(fate.outcome, fate.is_temporary) for fate in found.fates.values()} == {
        ("refused", True)
    }
    assert found.stopped is not None
    assert found.stopped.reply.endswith("0.5 s")


@pytest.mark.parametrize("pipelining", [True, False])
async def test_who_hangs_after_the_dot_may_have_it(pipelining: bool) -> None:
    found = await handed(Relay(pipelining=pipelining, hangs="DATA"), deadline=0.5)
    assert [fate.outcome for fate in found.fates.values()] == ["unknown", "unknown"]
    assert not any(fate.is_temporary for fate in found.fates.values())
    assert found.fates[ANA].reply.endswith("; the relay may have taken the message")
    assert found.stopped is not None
    assert found.stopped.outcome == "refused"  # whom it was not asked about has not got it


async def test_those_refused_before_a_relay_hangs_are_refused_and_not_in_doubt() -> None:
    relay = Relay(hangs="DATA", refuses=lambda one: "550 5.1.1 no" if one == BEN else "")
    found = await handed(relay, deadline=0.5)
    assert [found.fates[one].outcome for one in (ANA, BEN)] == ["unknown", "refused"]


@pytest.mark.parametrize("about", ["submission", "smtps"])
async def test_the_password_goes_under_tls_and_is_taken(about: str) -> None:
    relay = Relay(tls=tls.good(), has_auth=True)
    found = await handed(relay, about=about, login=RIGHT)
    assert (found.fates[ANA].outcome, relay.logins) == ("accepted", [True]), found


async def test_a_wrong_password_is_sent_once_and_not_again() -> None:
    relay = Relay(tls=tls.good(), has_auth=True)
    found = await handed(relay, about="submission", login=WRONG)
    assert found.stopped is not None
    assert found.stopped.reply.startswith("refuses the login: 535 5.7.8")
    assert (found.stopped.is_temporary, relay.logins) == (False, [False])


async def test_without_tls_nothing_is_said_but_ehlo() -> None:
    relay = Relay(has_auth=True)
    found = await handed(relay, about="submission", login=RIGHT)
    assert found.fates[ANA] == Fate("refused", "offers no STARTTLS: nothing was sent in clear")
    assert (relay.logins, relay.taken) == ([], [])


@pytest.mark.parametrize(
    "context",
    [tls.expired, tls.wrong_name, tls.unknown_ca, tls.self_signed],
    ids=lambda one: one.__name__,
)
@pytest.mark.parametrize("about", ["submission", "smtps"])
async def test_a_certificate_that_is_wrong_ends_it(
    context: Callable[[], ssl.SSLContext], about: str
) -> None:
    relay = Relay(tls=context(), has_auth=True)
    found = await handed(relay, about=about, login=RIGHT)
    assert found.fates[ANA].reply.startswith("certificate refused: ")
    assert (found.fates[ANA].is_temporary, relay.logins) == (False, [])


async def test_addresses_in_other_letters_need_a_relay_that_takes_them() -> None:
    utf8, ascii_only = Relay(), Relay(utf8=False)
    assert (await handed(utf8, "josé@out.test", is_utf8=True)).fates["josé@out.test"].proof
    assert utf8.recipients == ["josé@out.test"]
    refused = await handed(ascii_only, "josé@out.test", is_utf8=True)
    assert "no address in other letters" in refused.fates["josé@out.test"].reply


async def test_a_relay_that_says_354_for_nobody_gets_an_empty_message() -> None:
    system = MailSystem(smtp_says={"RCPT": b"550 5.1.1 nobody\r\n"})
    system.smtp_says["EHLO"] = b"250-mx.lab.test\r\n250 PIPELINING\r\n"
    mail = Mail("it@out.test", (ANA,), TEXT)
    async with serve_peer(system.smtp) as port:
        found = await hand_over(target(port), mail, None, deadline=5)
    assert found.fates[ANA] == Fate("refused", "550 5.1.1 nobody")
    assert TEXT.encode()[:10] not in system.heard


async def test_the_password_is_masked_in_what_the_relay_echoes() -> None:
    system = MailSystem(smtp_says={"AUTH": f"535 5.7.8 what, {PASSWORD}?\r\n".encode()})
    mail = Mail("it@out.test", (ANA,), TEXT)
    async with serve_peer(system.smtp, tls=tls.good()) as port:
        found = await hand_over(target(port, "smtps"), mail, RIGHT, deadline=5)
    assert found.fates[ANA].reply == "refuses the login: 535 5.7.8 what, ********?"


HOSTILE: list[Peer] = [
    tcp.silent, tcp.closes, tcp.resets, tcp.trickles, tcp.endless_line, tcp.half_closes,
    tcp.endless_lines(b"220-x\r\n"), tcp.says(tcp.HTTP), tcp.says(tcp.JUNK), tcp.says(tcp.HOSTILE),
    smtp.greets(b"421 4.3.2 busy"), smtp.greets(b"554 5.7.1 go away"), smtp.talks_early(),
    MailSystem(smtp_says={"MAIL": b"250-half\r\n"}).smtp,
    MailSystem(smtp_says={"RCPT": b"999 what\r\n"}).smtp,
    MailSystem(smtp_says={"RCPT": HANG}).smtp,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
async def test_a_hostile_relay_costs_its_deadline_and_is_refused(number: int) -> None:
    mail = Mail("it@out.test", (ANA,), TEXT)
    async with serve_peer(HOSTILE[number]) as port, asyncio.timeout(20):
        found = await hand_over(target(port), mail, None, deadline=0.4)
    fate = found.fates[ANA]
    assert (fate.outcome, fate.proof) == ("refused", "")
    assert fate.reply.isprintable()
    assert len(fate.reply) < 400


async def test_a_relay_that_is_not_there_is_refused_for_now() -> None:
    found = await hand_over(target(1), Mail("a@b.c", (ANA,), TEXT), None, deadline=2)
    assert found.fates[ANA] == Fate("refused", "connection refused", is_temporary=True)
