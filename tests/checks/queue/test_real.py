"""The real Postfix."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from checks.facts import Patience
from checks.hosts import Output
from checks.hosts._process import Running
from checks.hosts.local import LocalLogin
from checks.hosts.ssh import SshLogin
from checks.model import State
from checks.queue import postfix as check_postfix
from checks.queue.postfix import Options
from tests.checks.queue.asking import Canned, ask, facts, target
from tests.lab import postfix as lab
from tests.lab.postfix import Postfix
from tests.lab.sshd import Sshd
from tests.peers import HOST, serve
from tests.peers.smtp import speaks

pytestmark = pytest.mark.real


def options(server: Postfix) -> Options:
    # All that `clone` makes is one sender's.
    return Options(config_directory=str(server.config), flood_messages=10**6)


class AsNobody(LocalLogin):
    """An ordinary user, as far as Postfix can see.

    postqueue is set-group-ID, and then refuses a config folder that main.cf does not know; with
    the group postdrop from the beginning it does not, and still goes by the user.
    """

    @asynccontextmanager
    async def stream(self, argv: Sequence[str], *, deadline: float) -> AsyncIterator[Running]:
        prefix = ("setpriv", "--reuid=65534", "--regid=postdrop", "--clear-groups", "--")
        async with super().stream((*prefix, *argv), deadline=deadline) as running:
            yield running


async def test_deferred_mail_is_seen_with_its_reason(postfix: Postfix) -> None:
    assert (await ask(LocalLogin(), options(postfix))).summary == "queue is empty"
    postfix.inject(3)
    result = await ask(LocalLogin(), options(postfix))
    assert result.state == State.OK
    assert facts(result).deferred == 3
    [reason] = facts(result).reasons
    assert reason.text == f"connect to {postfix.address}[{postfix.address}]:1: Connection refused"
    assert reason.count == 3
    assert [one.text for one in facts(result).domains] == ["refused.example"]
    assert [one.text for one in facts(result).senders] == ["ana@lab.test"]
    assert result.metrics["oldest_seconds"] < 30


async def test_how_long_postfix_goes_on_and_how_old_its_mail_is_are_told(postfix: Postfix) -> None:
    postfix.command("postconf", "-e", "delay_warning_time=4", "maximal_queue_lifetime=2d")
    postfix.inject(1)
    postfix.clone(9, spread=5400)
    told = facts(await ask(LocalLogin(), options(postfix)))
    assert told.patience == Patience(delay_notice=14400, lifetime=172800, retry=4300)
    assert (sum(told.ages), told.ages[5], sum(told.ages[6:])) == (10, 2, 0)


async def test_old_mail_is_critical_until_it_is_put_on_hold(postfix: Postfix) -> None:
    postfix.inject(1)
    postfix.clone(20, spread=20_000)
    result = await ask(LocalLogin(), options(postfix))
    assert result.state == State.CRITICAL
    assert result.summary.startswith("mail waits for 5h 33m; 21 deferred")
    assert postfix.command("postsuper", "-h", "ALL").returncode == 0
    result = await ask(LocalLogin(), options(postfix))
    assert (result.state, facts(result).hold) == (State.OK, 21)


async def test_with_postfix_down_root_sees_the_queue_and_nobody_else(postfix: Postfix) -> None:
    postfix.inject(2)
    assert facts(await ask(AsNobody(), options(postfix))).deferred == 2
    postfix.stop()
    as_root = await ask(LocalLogin(), options(postfix))
    assert as_root.state == State.WARNING
    assert as_root.codes == ("queue.mail-system-down", "queue.reason.refused")
    assert facts(as_root).deferred == 2
    as_nobody = await ask(AsNobody(), options(postfix))
    assert as_nobody.state == State.UNKNOWN
    assert as_nobody.codes == ("queue.blind.mail-system-down",)
    assert as_nobody.facts is None
    assert as_nobody.mend == f"sudo postfix -c {postfix.config} start"


async def test_who_may_not_look_is_told_the_command_that_mends_it() -> None:
    with lab.postfix(authorized_mailq_users="root") as server:
        server.inject(1)
        result = await ask(AsNobody(), options(server))
        assert result.codes == ("queue.blind.not-allowed",)
        argv = result.mend.removeprefix("sudo ")
        mending = await asyncio.create_subprocess_shell(f"PATH=/usr/sbin:$PATH {argv}")
        assert await mending.wait() == 0
        assert facts(await ask(AsNobody(), options(server))).deferred == 1


async def test_a_message_is_opened_without_its_body_and_its_body_by_itself(
    postfix: Postfix,
) -> None:
    postfix.inject(1)
    queue_id = json.loads(postfix.command("postqueue", "-j").stdout)["queue_id"]
    asked = target(LocalLogin()), options(postfix), queue_id
    opened = "\n".join((await check_postfix.message(*asked, deadline=10)).lines)
    assert "sender: ana@lab.test" in opened
    assert "Subject: test 0" in opened
    assert "Hello." not in opened
    body = (await check_postfix.body(*asked, deadline=10)).lines
    assert "Hello." in body
    assert not any("test 0" in line for line in body)


async def test_of_a_long_body_the_beginning_is_shown_and_its_secrets_are_masked() -> None:
    text = b"password: hunter2\n" + b"x" * 70 + b"\n"

    class Cut(Canned):
        async def run(
            self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20
        ) -> Output:
            return Output(128 + 13, text, b"", is_cut=True)

    shown = await check_postfix.body(target(Cut()), Options(), "4ABCDEF12", deadline=1)
    assert shown.lines == (
        "password: ********", "x" * 70, "… only its first 262,144 bytes …",
    )  # fmt: skip


async def test_a_broken_main_cf_is_blind_with_the_line(postfix: Postfix) -> None:
    with (postfix.config / "main.cf").open("a") as main:
        main.write("what is this\n")
    result = await ask(LocalLogin(), options(postfix))
    assert (result.state, result.codes) == (State.UNKNOWN, ("queue.blind.failed",))
    assert "missing '=' after attribute name" in result.summary


async def test_what_a_hostile_server_answers_comes_out_harmless() -> None:
    answer = b"450 4.7.1 \x1b]0;pwned\x07 [bold]x[/] \xff\xfe \xe2\x80\xae Greylisted\r\n"
    peer = speaks(EHLO=b"250 mx.ext.test\r\n", MAIL=b"250 ok\r\n", RCPT=answer, RSET=b"250 ok\r\n")
    async with serve(peer) as port:
        with lab.postfix(relayhost=f"[{HOST}]:{port}") as server:
            await asyncio.to_thread(server.inject, 1, to="bob@ext.test")
            result = await ask(LocalLogin(), options(server))
    [reason] = facts(result).reasons
    assert reason.family == "4.7.1"
    assert "[bold]x[/]" in reason.text
    assert reason.text.isprintable()


async def test_messages_that_come_and_go_while_they_are_listed_do_no_harm(
    postfix: Postfix,
) -> None:
    postfix.inject(2)
    postfix.clone(1500)
    removing = asyncio.create_task(
        asyncio.to_thread(postfix.command, "postsuper", "-d", "ALL", "deferred")
    )
    seen = []
    while not removing.done():
        seen.append(await ask(LocalLogin(), options(postfix)))
    assert seen
    assert all(result.state == State.OK for result in seen)
    assert facts(await ask(LocalLogin(), options(postfix))).total == 0


async def test_the_same_is_seen_over_ssh(postfix: Postfix, sshd: Sshd) -> None:
    postfix.inject(3)
    login = SshLogin(sshd.alias, config=str(sshd.config))
    try:
        far = await ask(login, options(postfix), deadline=20)
    finally:
        await login.close()
    near = await ask(LocalLogin(), options(postfix))
    assert (far.state, facts(far).reasons) == (near.state, facts(near).reasons)
    assert facts(far).deferred == 3
