"""What changed in the DNS, by what a real name server told the real checks; no more is asked."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks import resolver
from checks.board import Standing
from checks.changed import listed
from checks.dns_errors import LookupFailed, NoSuchName
from checks.drift import _remembered, records
from checks.facts import BY_ITSELF, ChangeFacts
from checks.lookup import Answer
from checks.model import Host, Result, State, System
from checks.network import dmarc, dns, mta_sts, spf
from checks.resolver import Resolver
from checks.seen_records import QUESTIONS_LIMIT, SeenRecords
from tests.peers import dns as behaviours
from tests.peers.dns import Peer, dns_server, parsed

ZONE = """
lab.test.                  MX   10 mail1.lab.test.
lab.test.                  TXT  "v=spf1 mx -all"
lab.test.                  TXT  "site-verification=12345"
_dmarc.lab.test.           TXT  "v=DMARC1; p=none"
mail1.lab.test.            A    11.0.0.1
1.0.0.11.in-addr.arpa.     PTR  mail1.lab.test.
other.test.                MX   10 mail.other.test.
"""

HOUR = timedelta(hours=1)


class Named:
    """A domain and a host, asked of one name server as the console does."""

    def __init__(self, peer: Peer, folder: Path) -> None:
        self.peer = peer
        self.folder = folder
        self.resolver = Resolver(peer.host, port=peer.port)
        host = Host(name="mail1", address="mail1.lab.test", services=("smtp",))
        self.system = System(
            name="lab", resolver=self.resolver, domains=("lab.test",), hosts=(host,)
        )
        records._memories.clear()

    def publishes(self, was: str, now: str) -> None:
        self.peer.zone = parsed(ZONE.replace(was, now))

    async def ask(self) -> None:
        for check in (dns, spf, dmarc, mta_sts):
            for target in check.targets(self.system):
                await check.check(target, check.Options(), deadline=5)

    async def look(self, *, retake: bool = False) -> Result:
        (target,) = records.targets(self.system)
        options = records.Options(folder=str(self.folder))
        ask = records.take if retake else records.check
        result = await ask(target, options, deadline=5)
        assert set(result.codes) <= set(records.FINDINGS)
        return result

    async def seen(self) -> list[str]:
        await self.ask()
        return told(await self.look())


def told(result: Result) -> list[str]:
    assert isinstance(result.facts, ChangeFacts), result
    return [one.text for one in result.facts.changes]


@pytest.fixture
async def named(tmp_path: Path) -> AsyncIterator[Named]:
    async with dns_server(ZONE) as peer:
        yield Named(peer, tmp_path)


async def test_records_that_the_checks_saw_are_the_baseline_and_nothing_more_is_asked(
    named: Named,
) -> None:
    await named.ask()
    asked = list(named.peer.asked)
    result = await named.look()
    assert named.peer.asked == asked
    assert (result.state, result.codes) == (State.OK, ())
    (memory,) = records._memories.values()
    assert {name: memory.seen[name].copy.text for name in sorted(memory.seen)} == {
        "A mail1.lab.test": "11.0.0.1",
        "AAAA mail1.lab.test": "",
        "CNAME mail1.lab.test": "",
        "DMARC lab.test": "v=DMARC1; p=none",
        "MTA-STS lab.test": "",
        "MX lab.test": "10 mail1.lab.test",
        "PTR 11.0.0.1": "mail1.lab.test",
        "SPF lab.test": "v=spf1 mx -all",
    }


async def test_a_host_at_an_address_of_its_link_is_borne(named: Named) -> None:
    gateway = Host(name="gw", address="fe80::1%eth0")
    named.system = replace(named.system, hosts=(*named.system.hosts, gateway))
    assert await named.seen() == []


async def test_the_event_loop_is_free_while_records_are_searched_for_secrets(
    named: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set()

    def searched(text: str) -> str:
        threads.add(threading.get_ident())
        return text

    monkeypatch.setattr(records, "mask", searched)
    await named.seen()
    assert threads
    assert threading.get_ident() not in threads


@pytest.mark.parametrize(
    ("was", "now", "change"),
    [
        (
            "10 mail1.lab.test.",
            "5 mail1.lab.test.",
            "MX lab.test 10 mail1.lab.test → 5 mail1.lab.test",
        ),
        ("mx -all", "-all", "SPF lab.test v=spf1 mx -all → v=spf1 -all"),
        ("p=none", "p=reject", "DMARC lab.test v=DMARC1; p=none → v=DMARC1; p=reject"),
        (
            "PTR  mail1.lab.test.",
            "PTR  dsl-1.isp.test.",
            "PTR 11.0.0.1 mail1.lab.test → dsl-1.isp.test",
        ),
        ("_dmarc.lab.test. ", "x.lab.test. ", "DMARC lab.test v=DMARC1; p=none removed"),
        (
            "mail1.lab.test.            A    11.0.0.1",
            "mail1.lab.test. A 11.0.0.2\nmail1.lab.test. AAAA 2a00::1",
            "A mail1.lab.test 11.0.0.1 → 11.0.0.2",
        ),
        (
            "other.test. ",
            '_mta-sts.lab.test. TXT "v=STSv1; id=1"\nother.test. ',
            "MTA-STS lab.test v=STSv1; id=1",
        ),
    ],
)
async def test_a_record_that_is_another_is_a_row_with_both_values_and_when(
    named: Named, was: str, now: str, change: str
) -> None:
    assert await named.seen() == []
    last = datetime.now(UTC)
    assert await named.seen() == []
    before = datetime.now(UTC)
    named.publishes(was, now)
    await named.ask()
    result = await named.look()
    assert change in told(result)
    assert "change.dns" in result.codes
    (target,) = records.targets(named.system)
    standing = Standing(kind="records", target=target, interval=30).take(result)
    row = next(one for one in listed([standing], None) if one.what == change)
    assert (row.host, row.kind) == ("dns", "dns")
    assert row.after is not None
    assert row.at is not None
    assert last <= row.after <= before <= row.at


async def test_what_is_not_ours_and_a_text_of_others_is_no_change(named: Named) -> None:
    await named.resolver.records("other.test.", "MX", deadline=5)
    assert await named.seen() == []
    named.publishes("site-verification=12345", "site-verification=67890")
    named.peer.zone = parsed(
        ZONE.replace("12345", "67890").replace("10 mail.other", "20 mail.other")
    )
    await named.resolver.records("other.test.", "MX", deadline=5)
    assert await named.seen() == []


async def test_addresses_that_rotate_are_told_once_and_are_no_change(named: Named) -> None:
    await named.seen()
    for last in ("2", "3"):
        named.publishes("A    11.0.0.1", f"A 11.0.0.{last}")
        assert await named.seen() == [f"A mail1.lab.test 11.0.0.1 → 11.0.0.{last}"]
    named.publishes("A    11.0.0.1", "A 11.0.0.4")
    await named.ask()
    result = await named.look()
    assert (told(result), result.codes) == ([], ("change.unseen",))
    assert isinstance(result.facts, ChangeFacts)
    (gap,) = result.facts.unseen
    assert gap.startswith("A mail1.lab.test: not compared, as other addresses came 3 times")
    named.publishes("p=none", "p=reject")
    assert await named.seen() == ["DMARC lab.test v=DMARC1; p=none → v=DMARC1; p=reject"]


async def test_a_name_server_that_fails_is_no_change(named: Named) -> None:
    await named.seen()
    named.peer.behaviour = behaviours.servfail
    assert await named.seen() == []


async def test_the_baseline_is_kept_and_taken_anew_by_word(named: Named) -> None:
    await named.seen()
    named.publishes("p=none", "p=reject")
    records._memories.clear()  # as a program that has just been started
    assert await named.seen() == ["DMARC lab.test v=DMARC1; p=none → v=DMARC1; p=reject"]
    assert told(await named.look(retake=True)) == []
    assert told(await named.look()) == []


async def test_what_was_healthy_for_an_hour_is_good_and_stays_listed(
    named: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    await named.seen()
    named.publishes("p=none", "p=reject")
    await named.seen()
    late = datetime.now(UTC) + 2 * HOUR
    monkeypatch.setattr(records, "now", lambda: late)
    monkeypatch.setattr(_remembered, "now", lambda: late)
    monkeypatch.setattr(records, "STALE", 3 * HOUR)
    (target,) = records.targets(named.system)
    options = records.Options(folder=str(named.folder))
    records.healthy(target, options, late - HOUR, late)
    result = await named.look()
    assert isinstance(result.facts, ChangeFacts)
    (change,) = result.facts.changes
    assert change.good_since == late
    assert result.facts.good is not None
    assert result.facts.good.by == BY_ITSELF
    records.healthy(target, options, None, late)
    assert next(iter(records._memories.values())).health is None


async def test_before_anything_was_asked_nothing_is_known(named: Named) -> None:
    result = await named.look()
    assert (result.state, result.facts) == (State.UNKNOWN, None)
    assert "no check has seen a record of ours" in result.summary
    assert "mailmedic status" in result.mend


async def test_hosts_that_the_hosts_file_has_need_no_name_server(
    named: Named, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hosts").write_text("11.0.0.1 mail1.lab.test\n")
    monkeypatch.setattr(resolver, "HOSTS_FILE", tmp_path / "hosts")
    named.system = replace(named.system, resolver=Resolver(), domains=())
    assert (await named.look()).state == State.OK
    named.system = replace(named.system, domains=("lab.test",))
    assert (await named.look()).state == State.UNKNOWN


def later(monkeypatch: pytest.MonkeyPatch, hours: int) -> datetime:
    """Some hours later, by the clock of who compares."""
    late = datetime.now(UTC) + hours * HOUR
    monkeypatch.setattr(records, "now", lambda: late)
    monkeypatch.setattr(_remembered, "now", lambda: late)
    return late


async def test_when_dns_dies_what_changed_stays_listed_and_the_rest_is_unknown(
    named: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    await named.seen()
    named.publishes("10 mail1", "5 mail1")
    change = "MX lab.test 10 mail1.lab.test → 5 mail1.lab.test"
    assert await named.seen() == [change]
    named.peer.behaviour = behaviours.servfail
    later(monkeypatch, 1)
    await named.ask()
    for retake in (False, True, False):  # there is nothing that could count as good
        result = await named.look(retake=retake)
        assert (result.state, told(result)) == (State.UNKNOWN, [change])
        assert change in result.summary
        assert set(result.codes) == {"change.dns", "change.unseen"}
        assert isinstance(result.facts, ChangeFacts)
        (gap,) = result.facts.unseen
        assert gap.startswith("A mail1.lab.test, AAAA mail1.lab.test, ")
        assert " and 5 more since " in gap
    records._memories.clear()  # as a program that is started while DNS is dead
    named.resolver.seen._said.clear()
    result = await named.look(retake=True)
    assert (result.state, result.codes) == (State.UNKNOWN, ())
    named.peer.behaviour = behaviours.answer
    assert await named.seen() == [change], "the baseline is still there"


async def test_of_records_that_one_name_server_of_several_tells_no_more_only_those_are_unseen(
    named: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    await named.seen()
    named.publishes("p=none", "p=reject")
    await named.seen()
    late = later(monkeypatch, 2)
    said = [(name, kind, one) for name, kind, one in named.resolver.seen if name[0] != "_"]
    for name, kind, one in said:
        named.resolver.seen._said[name, kind] = replace(one, at=late)
    (target,) = records.targets(named.system)
    records.healthy(target, records.Options(folder=str(named.folder)), late - HOUR, late)
    result = await named.look()
    assert (result.state, len(told(result))) == (State.OK, 1)
    assert isinstance(result.facts, ChangeFacts)
    (gap,) = result.facts.unseen
    assert gap.startswith("DMARC lab.test, MTA-STS lab.test since ")
    assert result.facts.changes[0].good_since is None, "nobody saw it stand for an hour"


def test_the_answers_that_are_kept_are_bounded_and_what_is_asked_again_stays() -> None:
    seen = SeenRecords()
    for number in range(QUESTIONS_LIMIT):
        seen.answered(f"n{number}.test", "A", Answer((), 1))
    seen.answered("N0.test.", "A", Answer((), 1))
    seen.answered("more.test", "A", NoSuchName("x"))
    seen.answered("silent.test", "A", LookupFailed("x"))
    names = {name for name, _, _ in seen}
    assert len(names) == QUESTIONS_LIMIT
    assert {"n0.test", "more.test"} < names
    assert not {"n1.test", "silent.test"} & names


@given(
    st.lists(
        st.tuples(st.text(max_size=30), st.sampled_from(records.KINDS), st.binary(max_size=40))
    )
)
def test_whatever_a_name_server_says_is_harmless_and_bounded(
    said: list[tuple[str, str, bytes]],
) -> None:
    seen = SeenRecords()
    for name, kind, text in said:
        answer = Answer((text.decode("latin-1"),) * 60, 1, texts=(text,) * 60)
        if kind in ("A", "AAAA"):
            answer = Answer(("192.0.2.1",), 1)
        seen.answered(f"{name}._domainkey.lab.test", kind, answer)
    for label, (copy, _) in records.ours(seen, {"lab.test"}):
        assert label.isprintable()
        assert all(line.isprintable() for line in (copy.text or "").split("\n"))
        assert (copy.text or "").count("\n") < records.RECORDS_LIMIT
