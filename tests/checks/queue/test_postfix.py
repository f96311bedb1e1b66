from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from checks import resolver
from checks.facts import QueueFacts
from checks.hosts import Denied, Login, LoginError, Output, Stream, TimedOut
from checks.hosts._process import Running
from checks.hosts.local import LocalLogin
from checks.hosts.ssh import SshLogin
from checks.model import Finding, Host, Result, State, System, Target
from checks.queue import postfix as check_postfix
from checks.queue._tally import Tally
from checks.queue.postfix import Options, Seen, check, judge, targets
from tests.lab import postfix as lab
from tests.lab.postfix import Postfix
from tests.lab.sshd import Sshd
from tests.peers import HOST, serve
from tests.peers.smtp import speaks

REFUSED = "connect to mail1[10.77.0.11]:25: Connection refused"


def target(login: Login | None, *, mta: str = "postfix") -> Target:
    host = Host(name="mail1", address="10.77.0.11", login=login, mta=mta)
    return Target(name="mail1", about="queue", host=host, resolver=resolver.Resolver())


def line(*, age: float = 60, queue: str = "deferred", reason: str = REFUSED) -> bytes:
    message = {
        "queue_name": queue,
        "queue_id": "6800920C2DE",
        "arrival_time": int(time.time() - age),
        "sender": "ana@lab.test",
        "recipients": [{"address": "bob@ext.test", "delay_reason": reason}],
    }
    return json.dumps(message).encode() + b"\n"


class Canned:
    """A login whose postqueue prints that, and whose clock is that far ahead."""

    name = "ssh:mail1"
    is_local = False

    def __init__(
        self,
        *chunks: bytes,
        status: int = 0,
        stderr: bytes = b"",
        ahead: float = 0,
        error: LoginError | None = None,
        hangs: bool = False,
    ) -> None:
        self.asked: list[Sequence[str]] = []
        self._chunks = chunks
        self._output = Output(status, b"", stderr)
        self._ahead = ahead
        self._error = error
        self._hangs = hangs

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        self.asked.append(argv)
        return Output(0, str(int(time.time() + self._ahead)).encode() + b"\n")

    async def read(self, path: str, *, deadline: float, limit: int = 1 << 20) -> bytes:
        raise NotImplementedError

    @asynccontextmanager
    async def stream(self, argv: Sequence[str], *, deadline: float) -> AsyncIterator[Stream]:
        self.asked.append(argv)
        try:
            async with asyncio.timeout(deadline):
                yield self
        except TimeoutError as error:
            raise TimedOut("postqueue did not end") from error

    async def chunks(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        if self._hangs:
            await asyncio.sleep(3600)

    async def end(self) -> Output:
        if self._error:
            raise self._error
        return self._output

    async def close(self) -> None: ...


async def ask(
    login: Login | None,
    options: Options | None = None,
    *,
    mta: str = "postfix",
    deadline: float = 5,
) -> Result:
    result = await check(target(login, mta=mta), options or Options(), deadline=deadline)
    assert set(result.codes) <= set(check_postfix.FINDINGS)
    return result


def facts(result: Result) -> QueueFacts:
    assert isinstance(result.facts, QueueFacts)
    return result.facts


def test_hosts_with_a_login_and_no_other_mta_are_asked() -> None:
    login = LocalLogin()
    system = System(
        name="lab",
        resolver=resolver.Resolver(),
        hosts=tuple(
            Host(name=name, address=name, login=login if has_login else None, mta=mta)
            for name, mta, has_login in (
                ("mail1", "postfix", True),
                ("mail2", "exim", True),
                ("mail3", "", True),
                ("mail4", "postfix", False),
                ("gw", "none", True),
            )
        ),
    )
    assert [one.id for one in targets(system)] == ["queue/mail1", "queue/mail3"]


async def test_a_young_queue_of_any_size_is_ok() -> None:
    result = await ask(Canned(line(age=3500) * 5000))
    assert result.state == State.OK
    assert result.summary == f"5,000 deferred, most for: {REFUSED}"
    assert result.codes == ("queue.reason.refused",)
    assert result.metrics["deferred"] == 5000
    assert 3500 <= result.metrics["oldest_seconds"] < 3510


@pytest.mark.parametrize(
    ("age", "state"),
    [(3599, State.OK), (3601, State.WARNING), (14390, State.WARNING), (14401, State.CRITICAL)],
)
def test_the_oldest_mail_decides(age: float, state: State) -> None:
    seen = Seen(facts=QueueFacts(deferred=1), age=age)
    assert [one.state for one in judge(seen, Options())] == ([] if state == State.OK else [state])


async def test_the_summary_leads_to_the_problem() -> None:
    result = await ask(Canned(line(age=15000), line(), line(queue="active")))
    assert result.state == State.CRITICAL
    assert result.summary.startswith("mail waits for 4h 10m; 1 active, 2 deferred, most for: conn")
    assert result.findings[1] == Finding("queue.reason.refused", f"3 × {REFUSED}")


async def test_mail_on_hold_is_counted_and_does_not_age() -> None:
    result = await ask(Canned(line(queue="hold", age=1e6)))
    assert (result.state, result.summary) == (State.OK, "1 on hold")
    assert facts(result).oldest is None


async def test_maildrop_counts_as_incoming() -> None:
    result = await ask(Canned(line(queue="maildrop"), line(queue="incoming")))
    assert facts(result).incoming == 2


async def test_a_clock_an_hour_off_makes_no_mail_old() -> None:
    for ahead in (-3600, 3600):
        result = await ask(Canned(line(age=60 - ahead), ahead=ahead))
        assert 55 <= result.metrics["oldest_seconds"] <= 70
        oldest = facts(result).oldest
        assert oldest is not None
        assert 55 <= time.time() - oldest.timestamp() <= 70


async def test_mail_from_the_future_is_new() -> None:
    result = await ask(Canned(line(age=-5000)))
    assert (result.state, result.metrics["oldest_seconds"]) == (State.OK, 0)


async def test_an_empty_queue_is_empty() -> None:
    result = await ask(Canned())
    assert (result.state, result.summary, facts(result).total) == (State.OK, "queue is empty", 0)


async def test_no_postqueue_is_blind_where_postfix_is_expected_and_an_answer_elsewhere() -> None:
    result = await ask(Canned(status=127))
    assert (result.state, result.codes) == (State.UNKNOWN, ("queue.blind.missing",))
    result = await ask(Canned(status=127), mta="")
    assert (result.state, result.codes) == (State.OK, ("queue.no-postfix",))
    assert result.facts is None


async def test_a_host_that_can_not_be_entered_is_unknown_with_the_reason() -> None:
    result = await ask(Canned(error=Denied("Permission denied (publickey)")))
    assert result.state == State.UNKNOWN
    assert result.findings == (Finding("login.denied", "Permission denied (publickey)"),)
    assert (await ask(None)).codes == ("login.failed",)


async def test_a_listing_that_hangs_keeps_the_deadline_and_what_came() -> None:
    began = time.monotonic()
    result = await ask(Canned(line() * 1000, hangs=True), deadline=0.3)
    assert time.monotonic() - began < 2
    assert result.state == State.UNKNOWN
    assert result.codes == ("queue.cut", "queue.reason.refused")
    assert result.summary.startswith("at least 1,000 messages; the listing was cut: ")
    old = await ask(Canned(line(age=15000) * 1000, hangs=True), deadline=0.3)
    assert old.state == State.CRITICAL


async def test_a_listing_that_never_begins_is_a_timeout() -> None:
    result = await ask(Canned(hangs=True), deadline=0.2)
    assert (result.state, result.codes) == (State.UNKNOWN, ("login.timeout",))


async def test_a_listing_that_breaks_off_is_no_whole_queue() -> None:
    result = await ask(Canned(line(), status=69, stderr=b"postqueue: fatal: what"))
    assert (result.state, result.codes[0]) == (State.UNKNOWN, "queue.cut")
    assert "postqueue failed with 69: what" in result.summary


async def test_lines_that_can_not_be_read_are_told() -> None:
    result = await ask(Canned(line(), b"what\n"))
    assert result.state == State.OK
    assert result.summary.startswith("1 messages could not be read; 1 deferred")


async def test_nothing_is_added_up_on_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()
    sizes: list[int] = []
    feed = Tally.feed

    def watched(self: Tally, chunk: bytes) -> None:
        threads.add(threading.get_ident())
        sizes.append(len(chunk))
        feed(self, chunk)

    monkeypatch.setattr(Tally, "feed", watched)
    result = await ask(Canned(*[line() * 15] * 500), deadline=30)
    assert facts(result).deferred == 7500
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    assert max(sizes) < 100_000, "as much as keeps the interpreter's lock for a millisecond or two"
    assert len(sizes) < 50, "and not a change of threads for every 4 KiB"


# From here on: the real Postfix.


def options(server: Postfix) -> Options:
    return Options(config_directory=str(server.config))


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


@pytest.mark.real
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


@pytest.mark.real
async def test_old_mail_is_critical_until_it_is_put_on_hold(postfix: Postfix) -> None:
    postfix.inject(1)
    postfix.clone(20, spread=20_000)
    result = await ask(LocalLogin(), options(postfix))
    assert result.state == State.CRITICAL
    assert result.summary.startswith("mail waits for 5h 33m; 21 deferred")
    assert postfix.command("postsuper", "-h", "ALL").returncode == 0
    result = await ask(LocalLogin(), options(postfix))
    assert (result.state, facts(result).hold) == (State.OK, 21)


@pytest.mark.real
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


@pytest.mark.real
async def test_who_may_not_look_is_told_the_command_that_mends_it() -> None:
    with lab.postfix(authorized_mailq_users="root") as server:
        server.inject(1)
        result = await ask(AsNobody(), options(server))
        assert result.codes == ("queue.blind.not-allowed",)
        argv = result.mend.removeprefix("sudo ")
        mending = await asyncio.create_subprocess_shell(f"PATH=/usr/sbin:$PATH {argv}")
        assert await mending.wait() == 0
        assert facts(await ask(AsNobody(), options(server))).deferred == 1


@pytest.mark.real
async def test_a_broken_main_cf_is_blind_with_the_line(postfix: Postfix) -> None:
    with (postfix.config / "main.cf").open("a") as main:
        main.write("what is this\n")
    result = await ask(LocalLogin(), options(postfix))
    assert (result.state, result.codes) == (State.UNKNOWN, ("queue.blind.failed",))
    assert "missing '=' after attribute name" in result.summary


@pytest.mark.real
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


@pytest.mark.real
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


@pytest.mark.real
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
