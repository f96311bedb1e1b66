"""Round trips through mail systems that misbehave."""

from __future__ import annotations

import asyncio
import logging
import os
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from checks.facts import RoundTripFacts
from checks.model import Canary, Host, Result, State, Target, Trip
from checks.protocol import roundtrip
from checks.protocol._testmail import compose
from checks.resolver import Resolver
from checks.secret import Credentials, Secret
from tests.checks.protocol.asking import GRACE, ca_file, left_open
from tests.peers import HOST, mailsystem, serve, tls
from tests.peers.mailsystem import DROP, HANG, MailSystem

PASSWORD = 'hunter2 "quoted" \\ for all'
DEADLINE = 2.0


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_PASSWORD", PASSWORD)


class Asker:
    """Asks one system, again and again, as one or several consoles do."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target = target
        self.options = roundtrip.Options(folder=str(folder), pause=0.0, late=30.0)

    def use(self, secret: Secret) -> None:
        """From now on the canary's password is there."""
        assert self.target.trip is not None
        canary = replace(self.target.trip.recipient, password=secret)
        trip = replace(self.target.trip, recipient=canary, sender=canary)
        self.target = replace(self.target, trip=trip)

    async def __call__(self, **options: float) -> Result:
        deadline = options.pop("deadline", DEADLINE)
        began = time.monotonic()
        chosen = replace(self.options, **options)
        result = await roundtrip.check(self.target, chosen, deadline=deadline)
        assert time.monotonic() - began < deadline + GRACE
        assert set(result.codes) <= set(roundtrip.FINDINGS)
        assert_no_secret(repr(result))
        return result


def assert_no_secret(text: str) -> None:
    assert "hunter2" not in text
    assert Credentials("canary@lab.test", PASSWORD).plain() not in text


@asynccontextmanager
async def asking(
    system: MailSystem, folder: Path, *, is_stranger: bool = False, in_clear: str = ""
) -> AsyncIterator[Asker]:
    """`in_clear` is the side without TLS: ``smtp`` or ``imap``. Nothing is left open."""
    before = left_open()
    smtp_tls = None if is_stranger or in_clear == "smtp" else tls.good()
    imap_tls = None if in_clear == "imap" else tls.good()
    async with serve(system.smtp, tls=smtp_tls) as port, serve(system.imap, tls=imap_tls) as box:
        door = _service("smtp" if is_stranger else "smtps" if smtp_tls else "submission", port)
        canary = Canary(
            address="canary@lab.test",
            user="canary@lab.test",
            password=Secret(env="CANARY_PASSWORD"),
            submission=door,
            imap=_service("imaps" if imap_tls else "imap", box),
        )
        trip = Trip(door=door, sender=None if is_stranger else canary, recipient=canary)
        target = Target(name="canary", about="roundtrip", resolver=Resolver(), trip=trip)
        yield Asker(target, folder)
    assert left_open() == before


def _service(about: str, port: int) -> Target:
    host = Host(name="mx", address=HOST, ca_file=ca_file())
    name = f"mx:{port}"
    return Target(name=name, about=about, address=HOST, port=port, host=host, resolver=Resolver())


def facts(result: Result) -> RoundTripFacts:
    assert isinstance(result.facts, RoundTripFacts), result
    return result.facts


def broken(result: Result) -> str:
    rung = facts(result).broken
    return f"{rung.side}.{rung.name}" if rung else ""


async def test_a_message_that_arrives_is_deleted_and_told_of(tmp_path: Path) -> None:
    system = MailSystem()
    async with asking(system, tmp_path) as ask:
        result = await ask()
    assert (result.state, result.findings) == (State.OK, ())
    assert facts(result).queue_id == "4XyZ12"
    assert {rung.status for rung in facts(result).rungs} == {"passed"}
    assert system.messages == []


Deliver = Callable[[MailSystem, bytes], None]

WRONG: dict[str, tuple[Deliver, State, str, str]] = {
    "twice": (mailsystem.deliver_twice, State.WARNING, "roundtrip.duplicated", "more than once"),
    "junk": (mailsystem.file_as_junk, State.WARNING, "roundtrip.junk", "in Junk"),
    "altered": (mailsystem.alter, State.WARNING, "roundtrip.altered", "came altered"),
    "footer": (mailsystem.add_footer, State.OK, "roundtrip.altered", "there and back"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_became_of_a_message_has_its_own_finding(name: str, tmp_path: Path) -> None:
    deliver, state, code, words = WRONG[name]
    system = MailSystem(deliver=deliver)
    async with asking(system, tmp_path) as ask:
        result = await ask()
    assert (result.state, result.codes) == (state, (code,))
    assert words in result.summary
    assert system.messages == []


async def test_before_anything_has_arrived_nothing_is_known(tmp_path: Path) -> None:
    async with asking(MailSystem(deliver=mailsystem.lose), tmp_path) as ask:
        result = await ask()
    assert (result.state, result.codes) == (State.UNKNOWN, ("roundtrip.pending",))
    assert "not there yet" in result.summary


async def test_a_late_message_is_a_warning_until_it_comes(tmp_path: Path) -> None:
    system = MailSystem(deliver=mailsystem.hold)
    async with asking(system, tmp_path) as ask:
        late = await ask(late=0.2)
        system.put(system.held.pop())
        came = await ask(late=0.2, pause=60.0)
    assert (late.state, late.codes) == (State.WARNING, ("roundtrip.delayed",))
    assert facts(late).waiting == 1
    assert (came.state, came.codes) == (State.WARNING, ("roundtrip.delayed",))
    assert "a message took" in came.summary
    assert facts(came).waiting == 0
    assert system.messages == []


async def test_a_lost_message_is_critical_until_a_later_one_comes(tmp_path: Path) -> None:
    system = MailSystem(deliver=mailsystem.lose)
    async with asking(system, tmp_path) as ask:
        lost = await ask(late=0.3, lost=0.3)
        system.deliver = lambda system, mail: system.put(mail)
        again = await ask(lost=30.0)
    assert (lost.state, lost.codes, broken(lost)) == (
        State.CRITICAL,
        ("roundtrip.lost",),
        "deliver.deliver",
    )
    assert (again.state, again.codes) == (State.WARNING, ("roundtrip.lost",))


async def test_a_message_that_came_back_is_critical_at_once_until_a_later_one_comes(
    tmp_path: Path,
) -> None:
    system = MailSystem(deliver=mailsystem.give_back)
    system.put(b"Subject: re\r\n\r\n<1732950000-0123456789abcdef@mailmedic.invalid>?")
    async with asking(system, tmp_path) as ask:
        result = await ask()
        assert (result.state, result.codes) == (State.CRITICAL, ("roundtrip.returned",))
        assert result.summary == "1 message came back: 5.4.4 no such host"
        assert broken(result) == "deliver.deliver"
        assert len(system.messages) == 1, "the report is taken away, a person's answer is not"
        system.deliver = lambda system, mail: system.put(mail)
        again = await ask()
    assert (again.state, again.codes) == (State.OK, ("roundtrip.returned",))
    assert again.summary.startswith("there and back in ")


async def test_a_second_copy_that_comes_later_is_known_again(tmp_path: Path) -> None:
    system = MailSystem()
    async with asking(system, tmp_path) as ask:
        system.deliver = mailsystem.deliver_and_hold
        await ask()
        system.put(system.held.pop())
        result = await ask()
    assert result.codes == ("roundtrip.duplicated",)
    assert system.messages == []


async def test_a_wrong_password_is_tried_once_and_not_again_at_each_retry(tmp_path: Path) -> None:
    system = MailSystem(smtp_says={"AUTH": mailsystem.USER_DENIED})
    async with asking(system, tmp_path) as ask:
        results = [await ask(pause=60.0) for _ in range(3)]
    assert {one.codes for one in results} == {("roundtrip.auth.failed",)}
    assert broken(results[0]) == "send.log in"
    assert "535 5.7.8" in results[0].summary
    assert system.heard.count(b"AUTH PLAIN") == 1


async def test_several_trips_try_a_wrong_password_once(tmp_path: Path) -> None:
    system = MailSystem(imap_says={"AUTHENTICATE": b"%T NO [AUTHENTICATIONFAILED] no\r\n"})
    async with asking(system, tmp_path, is_stranger=True) as ask:
        targets = [replace(ask.target, name=name) for name in "abc"]
        results = await asyncio.gather(
            *(roundtrip.check(one, ask.options, deadline=DEADLINE) for one in targets)
        )
    assert {one.codes for one in results} == {("roundtrip.login.failed",)}
    assert system.heard.count(b"AUTHENTICATE") == 1
    assert sum("not tried again" in one.summary for one in results) == 2


async def test_a_newer_password_file_is_tried_at_once(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")
    system = MailSystem(smtp_says={"AUTH": mailsystem.USER_DENIED})
    async with asking(system, tmp_path / "state") as ask:
        ask.use(Secret(file=str(secret)))
        await ask()
        assert "not tried again" in (await ask()).summary
        system.smtp_says = {}
        later = time.time() + 1
        secret.write_text("right\n")
        os.utime(secret, (later, later))
        result = await ask()
    assert result.state == State.OK


@pytest.mark.parametrize(("side", "code"), [("smtp", "auth"), ("imap", "login")])
async def test_without_tls_no_password_is_sent(side: str, code: str, tmp_path: Path) -> None:
    system = MailSystem()
    async with asking(system, tmp_path, in_clear=side) as ask:
        result = await ask()
    assert f"roundtrip.{code}.no-tls" in result.codes
    in_clear = b"AUTH PLAIN" if side == "smtp" else b"AUTHENTICATE"
    assert in_clear not in system.heard
    assert "password was not sent" in result.summary


async def test_a_message_in_doubt_is_looked_for_and_found(tmp_path: Path) -> None:
    system = MailSystem(smtp_says={"DATA": HANG})
    async with asking(system, tmp_path) as ask:
        result = await ask()
    assert result.codes == ("roundtrip.in-doubt",)
    assert broken(result) == "send.submit"
    assert system.messages == []


async def test_a_message_in_doubt_that_never_comes_is_not_lost(tmp_path: Path) -> None:
    system = MailSystem(smtp_says={"DATA": HANG}, deliver=mailsystem.lose)
    async with asking(system, tmp_path) as ask:
        result = await ask(late=0.1, lost=0.2)
    assert result.codes == ("roundtrip.in-doubt",)
    assert facts(result).lost == 0


async def test_greylisting_is_a_warning_to_strangers_only(tmp_path: Path) -> None:
    system = MailSystem(smtp_says={"RCPT": b"450 4.7.1 Greylisted\r\n"})
    async with asking(system, tmp_path / "a", is_stranger=True) as ask:
        stranger = await ask()
    async with asking(system, tmp_path / "b") as ask:
        client = await ask()
    assert stranger.codes == client.codes == ("roundtrip.temporary",)
    assert (stranger.state, client.state) == (State.WARNING, State.CRITICAL)
    assert "450 4.7.1 Greylisted" in stranger.summary
    assert system.heard.count(b"MAIL FROM:<>") == 1


SMTP_SAYS: dict[str, tuple[dict[str, bytes], str]] = {
    "banner 554": ({"banner": b"554 5.7.1 no\r\n"}, "smtp.banner.rejected"),
    "mail 550": ({"MAIL": b"550 5.7.1 not you\r\n"}, "roundtrip.rejected"),
    "rcpt 550": ({"RCPT": b"550 5.1.1 unknown\r\n"}, "roundtrip.rejected"),
    "data 552": ({"DATA": b"552 5.2.2 full\r\n"}, "roundtrip.rejected"),
    "auth 454": ({"AUTH": b"454 4.7.0 later\r\n"}, "roundtrip.auth.temporary"),
    "auth hangs": ({"AUTH": HANG}, "smtp.auth.timeout"),
    "drops after auth": ({"AUTH": DROP}, "smtp.auth.closed"),
    "drops in data": ({"RCPT": DROP}, "smtp.rcpt.closed"),
    "auth says 999": ({"AUTH": b"999 what\r\n"}, "smtp.auth.malformed"),
    "auth says nonsense": ({"AUTH": b"hello\r\n"}, "smtp.auth.malformed"),
    "auth never ends": ({"AUTH": b"235-ok\r\n" * 60000}, "smtp.auth.endless"),
    "rcpt without end": ({"RCPT": b"2" * 500_000}, "smtp.rcpt.endless"),
}


@pytest.mark.parametrize("name", SMTP_SAYS)
async def test_a_submission_that_misbehaves(name: str, tmp_path: Path) -> None:
    says, code = SMTP_SAYS[name]
    async with asking(MailSystem(smtp_says=says), tmp_path) as ask:
        result = await ask()
    assert result.state == State.CRITICAL
    assert result.codes[0] == code, result.summary
    assert broken(result).startswith("send.")


UIDS = b" ".join(b"%d" % number for number in range(1, 500_001))

IMAP_SAYS: dict[str, tuple[dict[str, bytes], str]] = {
    "bye": ({"greeting": b"* BYE overloaded\r\n"}, "imap.greeting.bye"),
    "login refused": ({"AUTHENTICATE": b"%T NO [AUTHENTICATIONFAILED] no\r\n"},
                      "roundtrip.login.failed"),
    "login busy": ({"AUTHENTICATE": b"%T NO [UNAVAILABLE] later\r\n"},
                   "roundtrip.login.temporary"),
    "login hangs": ({"AUTHENTICATE": HANG}, "imap.login.timeout"),
    "login drops": ({"AUTHENTICATE": DROP}, "imap.login.closed"),
    "fetch drops": ({"FETCH": DROP}, "imap.fetch.closed"),
    "list hangs": ({"LIST": HANG}, "imap.list.timeout"),
    "select refused": ({"SELECT": b"%T NO no such mailbox\r\n"}, "roundtrip.mailbox.refused"),
    "wrong tag": ({"SELECT": b"X9 OK done\r\n"}, "imap.select.malformed"),
    "bye in the middle": ({"SEARCH": b"* BYE shutting down\r\n"}, "imap.search.unfinished"),
    "untagged for ever": ({"SEARCH": b"* 1 EXISTS\r\n" * 100_000}, "imap.search.endless"),
    "half a million found": ({"SEARCH": b"* SEARCH " + UIDS + b"\r\n%T OK\r\n"},
                             "imap.search.endless"),
    "short lines": ({"SEARCH": b"\r\n" * 200_000}, "imap.search.endless"),
    "a header of 50 MB": ({"FETCH": b"* 1 FETCH (UID 1 X {52428800}\r\n" + b"a" * 900_000},
                          "imap.fetch.endless"),
    "a literal of 4 GB": ({"FETCH": b"* 1 FETCH (UID 1 BODY[HEADER] {4294967296}\r\nabc"},
                          "imap.fetch.unfinished"),
    "garbage": ({"SELECT": bytes(range(128, 256)) * 20 + b"\r\n"}, "imap.select.unfinished"),
    "cannot delete": ({"STORE": b"%T NO read-only\r\n"}, "roundtrip.mailbox.refused"),
}  # fmt: skip


@pytest.mark.parametrize("name", IMAP_SAYS)
async def test_a_mailbox_that_misbehaves(name: str, tmp_path: Path) -> None:
    says, code = IMAP_SAYS[name]
    async with asking(MailSystem(imap_says=says), tmp_path) as ask:
        result = await ask()
    assert result.state == State.CRITICAL
    assert result.codes[0] == code, result.summary
    assert broken(result).startswith("read.")


async def test_a_flood_costs_bounded_memory(tmp_path: Path) -> None:
    flood = b"* 1 FETCH (UID 1 BODY[HEADER] {52428800}\r\n" + b"a" * 52_428_800
    async with asking(MailSystem(imap_says={"FETCH": flood}), tmp_path) as ask:
        await ask()
        tracemalloc.start()
        await ask()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 3_000_000


async def test_a_mailbox_of_half_a_million_is_searched_in_its_last_days(tmp_path: Path) -> None:
    system = MailSystem(imap_says={})
    async with asking(system, tmp_path) as ask:
        assert (await ask()).state == State.OK
    search = next(line for line in system.heard.splitlines() if b"SEARCH" in line)
    assert b"UNDELETED OR SINCE " in search


async def test_what_a_server_dates_wrong_is_found_among_its_newest(tmp_path: Path) -> None:
    """A clock that is behind gives what has just come a day of long ago (INTERNALDATE)."""
    system = MailSystem(imap_says={"SELECT": b"* 500000 EXISTS\r\n%T OK [READ-WRITE]\r\n"})
    async with asking(system, tmp_path) as ask:
        await ask()
    search = next(line for line in system.heard.splitlines() if b"SEARCH" in line)
    assert b"UNDELETED OR SINCE " in search
    assert b" 499901:* HEADER " in search


async def test_leftovers_of_a_crash_go_and_nobody_elses_mail(tmp_path: Path) -> None:
    system = MailSystem()
    old = int(time.time()) - 3 * 3600
    ours = compose(f"{old}-{'a' * 16}", "x@lab.test", "canary@lab.test")
    young = compose(f"{int(time.time())}-{'b' * 16}", "x@lab.test", "canary@lab.test")
    for mail in (ours, young, b"Subject: yours\n\nhello\n"):
        system.put(mail.replace(b"\n", b"\r\n"))
    async with asking(system, tmp_path) as ask:
        result = await ask()
    assert result.state == State.OK
    left = [one.content for one in system.messages]
    assert [b"bbbb" in one or b"yours" in one for one in left] == [True, True]


async def test_a_run_that_was_cut_off_is_cleaned_up_by_the_next(tmp_path: Path) -> None:
    system = MailSystem(smtp_says={"DATA": HANG})
    async with asking(system, tmp_path) as ask:
        run = asyncio.create_task(roundtrip.check(ask.target, ask.options, deadline=60.0))
        await system.has_taken.wait()
        run.cancel()
        await asyncio.wait([run])
        system.smtp_says = {}
        result = await ask()
    assert result.state == State.OK
    assert system.messages == []


async def test_several_consoles_send_no_more_than_one(tmp_path: Path) -> None:
    system = MailSystem()
    async with asking(system, tmp_path) as ask:
        results = await asyncio.gather(
            *(
                roundtrip.check(ask.target, replace(ask.options, pause=60.0), deadline=DEADLINE)
                for _ in range(4)
            )
        )
        again = await ask(pause=60.0)
    assert system.taken == 1
    assert sorted(one.state for one in results) == [0, 3, 3, 3]
    assert {one.codes for one in results if one.state} == {("roundtrip.busy",)}
    assert again == next(one for one in results if one.state == State.OK)


ECHOES = {
    "smtp": b"535 5.7.8 no: %s\r\n",
    "imap": b"%%T NO [AUTHENTICATIONFAILED] not %s\r\n",
}


@pytest.mark.parametrize("side", ECHOES)
async def test_a_server_that_repeats_the_password_gives_nothing_away(
    side: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = Credentials("canary@lab.test", PASSWORD)
    says: dict[str, Any] = {}
    for number, form in enumerate([PASSWORD, credentials.plain()]):
        answer = ECHOES[side] % form.encode()
        says[f"{side}_says"] = {"AUTH" if side == "smtp" else "AUTHENTICATE": answer}
        async with asking(MailSystem(**says), tmp_path / str(number)) as ask:
            result = await ask()
        assert "********" in result.summary
        for kept in (tmp_path / str(number)).rglob("*.json"):
            assert_no_secret(kept.read_text())
    assert_no_secret(caplog.text)


async def test_a_password_that_cannot_be_had_is_unknown(tmp_path: Path) -> None:
    async with asking(MailSystem(), tmp_path) as ask:
        ask.use(Secret(file=str(tmp_path / "nowhere")))
        result = await ask()
    assert (result.state, result.codes) == (State.UNKNOWN, ("roundtrip.secret",))
    assert result.summary.endswith("nowhere: No such file or directory")


async def test_a_ledger_that_cannot_be_kept_means_that_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "roundtrip").write_text("a file where the folder should be")
    system = MailSystem()
    async with asking(system, tmp_path) as ask:
        result = await ask()
    assert (result.state, result.codes) == (State.UNKNOWN, ("roundtrip.ledger",))
    assert system.taken == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'{"under_way": [{"token": 1}]}'])
async def test_a_damaged_ledger_is_begun_anew(content: bytes, tmp_path: Path) -> None:
    async with asking(MailSystem(), tmp_path) as ask:
        await ask()
        [path] = (tmp_path / "roundtrip").glob("*.json")
        path.write_bytes(content)
        result = await ask()
    assert result.state == State.OK
