from __future__ import annotations

import threading
import time

import pytest

from checks import resolver
from checks.facts import Patience, QueueFacts
from checks.hosts import Denied
from checks.hosts.local import LocalLogin
from checks.model import Finding, Host, State, System
from checks.queue._judged import Seen, judge
from checks.queue._message import Message
from checks.queue._postqueue import Postqueue
from checks.queue.postfix import Options, targets
from tests.checks.queue.asking import REFUSED, Canned, ask, facts, line, lines


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
    result = await ask(Canned(lines(5000, age=3500)))
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
    result = await ask(Canned(lines(1000), hangs=True), deadline=0.3)
    assert time.monotonic() - began < 2
    assert result.state == State.UNKNOWN
    assert result.codes == ("queue.cut", "queue.reason.refused")
    assert result.summary.startswith("at least 1,000 messages; the listing was cut: ")
    old = await ask(Canned(lines(1000, age=15000), hangs=True), deadline=0.3)
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
    feed = Postqueue.feed

    def watched(self: Postqueue, chunk: bytes) -> list[Message]:
        threads.add(threading.get_ident())
        sizes.append(len(chunk))
        return feed(self, chunk)

    monkeypatch.setattr(Postqueue, "feed", watched)
    result = await ask(Canned(*[line() * 15] * 500), deadline=30)
    assert facts(result).deferred == 7500
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    assert max(sizes) < 100_000, "as much as keeps the interpreter's lock for a millisecond or two"
    assert len(sizes) < 50, "and not a change of threads for every 4 KiB"


async def test_one_sender_of_most_of_what_is_deferred_stands_out() -> None:
    result = await ask(Canned(lines(150), line(sender="dan@lab.test") * 150))
    assert (result.state, result.codes[0]) == (State.WARNING, "queue.sender-flood")
    assert result.summary.startswith("dan@lab.test has 150 messages deferred, 50% of all; ")
    assert (await ask(Canned(lines(151), line(sender="dan@lab.test") * 150))).state == State.OK
    assert (await ask(Canned(line(sender="dan@lab.test") * 99))).state == State.OK


async def test_a_newsletter_under_way_and_returned_mail_are_no_flood() -> None:
    assert (await ask(Canned(line(queue="active") * 500))).state == State.OK
    assert (await ask(Canned(line(sender="MAILER-DAEMON") * 500))).state == State.OK


SETTINGS = b"1795547364\n0h\n2d\n4000s\n300s\n-\n- - y /etc/postfix\nout g y /etc/postfix-out\n"


async def test_every_instance_is_listed_and_how_long_postfix_goes_on_is_told() -> None:
    login = Canned(line(), said=SETTINGS)
    result = await ask(login)
    assert login.asked[-1][-2:] == ["/etc/postfix", "/etc/postfix-out"]
    patience = facts(result).patience
    assert patience == Patience(delay_notice=None, lifetime=172800, retry=4300)


async def test_one_instance_alone_is_asked_as_ever() -> None:
    login = Canned(line(), said=SETTINGS.rpartition(b"out")[0])
    await ask(login)
    assert "postqueue" in login.asked[-1]
    assert "-c" not in login.asked[-1][-2:]
