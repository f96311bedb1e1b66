"""The real Exim, and what is read of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import resolver
from checks.facts import Patience, QueueFacts
from checks.hosts import Login, Output
from checks.model import Host, Result, State, System, Target
from checks.queue import exim as check_exim
from checks.queue._bp import Bp, Reasons, in_postfix_words
from checks.queue._listing import Sample
from checks.queue._message import Message
from checks.queue._opened import Opened
from checks.queue.exim import Options, check, look, targets
from tests.checks.queue.asking import Canned
from tests.lab import exim as lab
from tests.lab.daemon import short_folder
from tests.lab.exim import Exim

# As Exim 4.96 printed it; the last two are of its source (queue.c) and of 4.97's longer ids.
LISTING = b"""\
 0m   268 1xVvtM-0002l4-23 <ana@lab.test> *** frozen ***
        D a@x.test
          b@y.test

25m  2.9K 1xVvtM-0002l7-26 <>
          bounce@x.test

 3d     0 1xVvtM-0002l9-29 <ben@lab.test> (www-data)
          b@y.test

 1h   12M 1xVvtM-00000000l9a-29aB <ben@lab.test>
          a@x.test

"""

LOGS = """\
==> /var/spool/exim4/msglog/1xVvtM-0002l4-23 <==
2026-11-24 19:09:24 Received from ana@lab.test U=root P=local S=268
2026-11-24 19:09:24 b@y.test R=dead T=remote defer (111): Connection refused

==> /var/spool/exim4/msglog/1xVvtM-0002l7-26 <==
2026-11-24 19:09:24 bounce@x.test R=out T=smtp defer (-44) H=mx.x.test [10.0.0.9]: SMTP error from \
remote mail server after RCPT TO:<bounce@x.test>: 450 4.7.1 <bounce@x.test>: Greylisted
2026-11-24 19:29:24 bounce@x.test R=out T=smtp defer (-54): retry time not reached for any host
"""


@pytest.fixture(autouse=True)
def no_refusal_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_exim, "_refused", {})


@pytest.fixture(scope="module")
def server() -> Iterator[Exim]:
    with lab.exim() as server:
        yield server


def read(*chunks: bytes, logs: str = "") -> tuple[list[Message], int]:
    reader = Bp(Reasons(logs))
    messages = [one for chunk in chunks for one in reader.feed(chunk)]
    return messages + reader.end(is_cut=False), reader.unreadable


async def ask(login: Login, mta: str = "exim") -> Result:
    host = Host(name="mail2", address="mail2", login=login, mta=mta)
    target = Target(name="mail2", about="exim", host=host, resolver=resolver.Resolver())
    result = await check(target, Options(), deadline=20)
    assert set(result.codes) <= set(check_exim.FINDINGS)
    return result


def facts(result: Result) -> QueueFacts:
    assert isinstance(result.facts, QueueFacts), result.summary
    return result.facts


def test_a_listing_is_read_with_the_reasons_of_the_message_logs() -> None:
    messages, unreadable = read(LISTING, logs=LOGS)
    assert unreadable == 0
    assert [(one.queue_name, one.sender, one.message_size) for one in messages] == [
        ("hold", "ana@lab.test", 268),
        ("deferred", "", 2969),
        ("deferred", "ben@lab.test", 0),
        ("deferred", "ben@lab.test", 12 << 20),
    ]
    assert {one.arrival_time for one in messages} == {1795547364}
    waiting = [[(r.address, r.delay_reason) for r in one.recipients] for one in messages]
    said = "host mx.x.test[10.0.0.9] said: 450 4.7.1 <bounce@x.test>: Greylisted"
    assert waiting[0] == [("b@y.test", "Connection refused")], "a@x.test has it already"
    assert waiting[1] == [("bounce@x.test", said)], "what it waits for, not that it waits"
    assert waiting[2] == [("b@y.test", "Connection refused")], "what others there wait for"
    assert waiting[3] == [("a@x.test", said)]


@given(st.lists(st.integers(0, len(LISTING)), max_size=8))
def test_it_does_not_matter_where_the_pieces_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(LISTING)]
    pieces = [LISTING[start:end] for start, end in pairwise(edges)]
    assert read(*pieces) == read(LISTING)


@given(st.lists(st.binary(max_size=200) | st.sampled_from(LISTING.splitlines(True)), max_size=8))
def test_no_bytes_raise_and_what_comes_after_them_is_read(
    chunks: list[bytes],
) -> None:
    messages, _ = read(*chunks, b"\n", LISTING)
    assert [one.queue_id for one in messages[-4:]] == [
        *("1xVvtM-0002l4-23", "1xVvtM-0002l7-26", "1xVvtM-0002l9-29", "1xVvtM-00000000l9a-29aB")
    ]


@given(st.text())
def test_no_log_and_no_reason_raises(text: str) -> None:
    Reasons(text)
    assert in_postfix_words(text) == text or "host " in in_postfix_words(text)


def test_a_message_whose_spool_file_is_broken_is_told() -> None:
    broken = b" 0m     0 1xVvtM-0002l4-23 *** spool read error: Permission denied ***\n\n"
    messages, unreadable = read(broken, LISTING)
    assert (len(messages), unreadable) == (4, 1)


def test_hosts_with_a_login_and_no_other_mta_are_asked() -> None:
    hosts = tuple(
        Host(name=mta or "any", address="x", login=Canned(), mta=mta)
        for mta in ("postfix", "exim", "", "none")
    )
    system = System(name="lab", resolver=resolver.Resolver(), hosts=hosts)
    assert [one.id for one in targets(system)] == ["exim/exim", "exim/any"]


async def test_no_exim_is_blind_where_it_is_expected_and_an_answer_elsewhere() -> None:
    class Without(Canned):
        async def run(self, *_argv: object, **_limits: object) -> Output:
            return Output(127, b"1795547364\n")

    assert (await ask(Without())).codes == ("queue.blind.missing",)
    result = await ask(Without(), mta="")
    assert (result.state, result.codes) == (State.OK, ("queue.no-exim",))


@pytest.mark.real
async def test_waiting_and_frozen_mail_of_a_real_exim_is_seen(server: Exim) -> None:
    login = lab.Login(server)
    assert (await ask(login)).summary == "queue is empty"
    first, *_ = server.inject(3, to=("bob@ext.test", "eve@far.test"))
    server.run("exim4", "-q")
    result = await ask(login)
    told = facts(result)
    assert (result.state, told.deferred, told.ages[0]) == (State.OK, 3, 3)
    [reason] = told.reasons
    assert (reason.text, reason.count) == ("Connection refused", 6)
    assert {one.text for one in told.domains} == {"ext.test", "far.test"}
    assert told.patience == Patience(delay_notice=14400, lifetime=345600, retry=21600)
    server.run("exim4", "-Mf", first)
    result = await ask(login)
    assert (result.state, result.codes[0]) == (State.WARNING, "queue.frozen")
    assert result.summary.startswith("1 frozen; 2 deferred, 1 on hold")


@pytest.mark.real
async def test_frozen_bounces_alone_are_no_warning(server: Exim) -> None:
    before = set(server.inject(0))
    for queue_id in before:
        server.run("exim4", "-Mrm", queue_id)
    [bounce] = server.inject(1, sender="<>")
    server.run("exim4", "-Mf", bounce)
    result = await ask(lab.Login(server))
    assert (result.state, result.codes) == (State.OK, ("queue.frozen",))
    assert result.summary == "1 frozen, all of them bounces; 1 on hold"


@pytest.mark.real
async def test_an_ordinary_user_is_blind_until_the_mend_and_no_root_is_needed_then(
    server: Exim,
) -> None:
    server.inject(1)
    result = await ask(lab.Login(server, "oper"))
    assert (result.state, result.codes) == (State.UNKNOWN, ("queue.blind.not-allowed",))
    assert result.mend == "sudo gpasswd --add oper Debian-exim"
    assert facts(await ask(lab.Login(server, "administrator"))).total > 0


@pytest.mark.real
async def test_a_sudo_that_has_refused_is_asked_again_once_a_day_and_where_a_person_looks(
    server: Exim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may send root a mail each time (mail_no_user, sudoers(5))."""
    with short_folder("mm-sudo") as folder:
        folder.chmod(0o777)
        sudo, asked = folder / "sudo", folder / "asked"
        says = "oper is not in the sudoers file."
        sudo.write_text(f"#!/bin/sh\necho asked $* >>{asked}\necho '{says}' >&2; exit 1\n")
        sudo.chmod(0o755)
        login = lab.Login(server, "oper")
        login._prefix += ["env", f"PATH={folder}:{os.environ['PATH']}"]
        for _ in range(3):
            result = await ask(login)
            assert result.codes == ("queue.blind.not-allowed",)
            assert result.mend == "sudo gpasswd --add oper Debian-exim"
            assert asked.read_text() == "asked -n exim4 -bp\n"
        host = Host(name="mail2", address="mail2", login=login, mta="exim")
        target = Target(name="mail2", about="exim", host=host, resolver=resolver.Resolver())
        await look(target, Options(), deadline=20, sample=Sample())
        assert len(asked.read_text().splitlines()) == 2
        monkeypatch.setattr(check_exim, "SUDO_AGAIN", 0.0)
        await ask(login)
        assert len(asked.read_text().splitlines()) == 3


@pytest.mark.real
async def test_a_message_is_shown_with_its_attempts_to_who_may_see_it(server: Exim) -> None:
    queue_id = server.inject(1)[-1]
    server.run("exim4", "-M", queue_id)

    async def shown(user: str) -> Opened:
        host = Host(name="mail2", address="x", login=lab.Login(server, user))
        target = Target(name="mail2", about="exim", host=host, resolver=resolver.Resolver())
        return await check_exim.message(target, Options(), queue_id, deadline=20)

    lines = (await shown("administrator")).lines
    assert any("Subject: test 0" in line for line in lines)
    assert any("defer (111): Connection refused" in line for line in lines)
    assert not any("Hello." in line for line in lines)
    host = Host(name="mail2", address="x", login=lab.Login(server, "administrator"))
    target = Target(name="mail2", about="exim", host=host, resolver=resolver.Resolver())
    body = (await check_exim.body(target, Options(), queue_id, deadline=20)).lines
    assert "Hello." in body
    assert not any("Subject" in line for line in body)
    refused = await shown("oper")
    assert refused.lines == ()
    assert refused.problem.startswith("exim4 does not show it: ")
    assert "sudoers" in refused.mend
