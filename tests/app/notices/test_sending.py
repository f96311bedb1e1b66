"""A notice is claimed, sent and told of in the log; of two operators one sends it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.actions import perform
from app.incident.error import LogError
from app.incident.kinds import NoticeBegun, NoticeSent
from app.incident.log import IncidentLog
from app.notices.route import Route
from app.notices.sending import Sending
from checks.secret import Secret
from tests.app.notices.routing import route
from tests.peers import serve as serve_peer
from tests.peers import tcp
from tests.peers.relay import Relay, serve
from tests.peers.webhook import Webhook, answer

USERS = tuple(f"user{number}@out.test" for number in range(40))
TOLD = NoticeSent(
    audience=("users",), subject="Mail is down", body="Nothing is lost.", notice="n1", phase="x"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "incidents"


def opened(folder: Path) -> IncidentLog:
    return IncidentLog.create(folder, "nobody can send")


def mail(port: int, *to: str) -> Route:
    url = f"smtp+plain://127.0.0.1:{port}"
    return route("smtp", url, sender="it@out.test", to=to or USERS)


async def sent(
    log: IncidentLog, *routes: Route, in_doubt: bool = False, deadline: float = 30
) -> NoticeSent:
    deed = Sending(TOLD, routes, lambda: log.entries, in_doubt=in_doubt, deadline=deadline)
    entry = await perform(deed, log)
    assert isinstance(entry.data, NoticeSent)
    return entry.data


async def test_a_notice_is_claimed_before_and_told_of_after_with_its_proof(folder: Path) -> None:
    relay, log = Relay(), opened(folder)
    async with serve(relay) as port:
        told = await sent(log, mail(port))
    claim, end = log.entries[-2:]
    assert isinstance(claim.data, NoticeBegun)
    assert (told.begun, told.notice, told.subject) == (claim.id, "n1", "Mail is down")
    assert {one.proof for one in told.deliveries} == {"Q000001"}
    assert end.lines()[1] == "way: accepted, 40 recipients, 250 2.0.0 Ok: queued as Q000001"


async def test_of_two_operators_who_press_the_key_at_once_one_sends_it(folder: Path) -> None:
    relay, ana = Relay(), opened(folder)
    raj = IncidentLog(folder, ana.id)
    async with serve(relay) as port:
        told = await asyncio.gather(*(sent(log, mail(port)) for log in (ana, raj)))
    assert sorted(relay.recipients) == sorted(USERS)
    (lost,) = (one for one in told if not one.deliveries)
    assert "is sending it since" in lost.left_out[0]
    assert not lost.went_out


async def test_sent_again_only_who_refused_it_gets_it(folder: Path) -> None:
    relay, log = Relay(), opened(folder)
    relay.refuses = lambda one: "550 5.1.1 no" if one in USERS[:3] else ""
    async with serve(relay) as port:
        await sent(log, mail(port))
        relay.refuses = lambda _one: ""
        again = await sent(log, mail(port))
    assert sorted(one.recipient for one in again.deliveries) == sorted(USERS[:3])
    assert again.left_out == ("way: 37 accepted it before",)
    assert sorted(relay.recipients) == sorted(USERS)


async def test_what_is_in_doubt_is_sent_again_only_when_a_person_says_so(folder: Path) -> None:
    relay, log = Relay(hangs="DATA"), opened(folder)
    async with serve(relay) as port:
        first = await sent(log, mail(port, "ana@out.test"), deadline=1)
        assert [one.outcome for one in first.deliveries] == ["unknown"]
        relay.hangs = ""
        unasked = await sent(log, mail(port, "ana@out.test"))
        assert (unasked.deliveries, relay.taken) == ((), [])
        asked = await sent(log, mail(port, "ana@out.test"), in_doubt=True)
    assert [one.outcome for one in asked.deliveries] == ["accepted"]


async def test_one_route_that_hangs_does_not_hold_up_the_other(folder: Path) -> None:
    hook, log = Webhook(), opened(folder)
    async with serve_peer(hook) as port, serve_peer(tcp.silent) as dead:
        chat = route("webhook", f"http://127.0.0.1:{port}/")
        told = await sent(log, mail(dead, "ana@out.test"), chat, deadline=1)
    assert [one.outcome for one in told.deliveries] == ["refused", "accepted"]


async def test_a_session_that_ends_meanwhile_tells_that_nothing_is_known(folder: Path) -> None:
    log = opened(folder)
    deed = Sending(TOLD, [mail(1)], lambda: log.entries)
    claim = log.append(deed.begun)
    async with serve_peer(tcp.silent) as port:
        deed.routes = (mail(port, "ana@out.test"),)
        task = asyncio.create_task(deed.act(claim))
        await asyncio.sleep(0.2)
        task.cancel()
        told = await task
    assert [one.outcome for one in told.deliveries] == ["unknown"]
    assert told.deliveries[0].detail == "the session that sent it has ended"


async def test_what_can_not_be_written_down_is_not_sent(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, log = Relay(), opened(folder)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.incident.place.write", full)
    async with serve(relay) as port:
        with pytest.raises(LogError, match="not begun"):
            await perform(Sending(TOLD, [mail(port)], lambda: log.entries), log)
    assert relay.connections == 0


async def test_no_secret_gets_into_the_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOOK", "s3cr3t/t0ken")
    log = opened(folder)
    hook = Webhook(says=answer("403 Forbidden", b"s3cr3t/t0ken and s3cr3t%2Ft0ken are not known"))
    async with serve_peer(hook) as port:
        url = f"http://127.0.0.1:{port}/{{secret}}"
        told = await sent(log, route("webhook", url, secret=Secret(env="HOOK")))
    assert "s3cr3t" in hook.heads[0]
    assert told.deliveries[0].detail == "HTTP 403 ******** and ******** are not known"
    assert b"s3cr3t" not in log.content()


async def test_a_secret_that_can_not_be_had_is_told_of_by_where_it_should_be(
    folder: Path, tmp_path: Path
) -> None:
    log = opened(folder)
    way = route("webhook", "https://chat.test/{secret}", secret=Secret(file=str(tmp_path / "no")))
    told = await sent(log, way)
    assert told.deliveries[0].detail == (
        f"its secret can't be had: {tmp_path}/no: No such file or directory"
    )
