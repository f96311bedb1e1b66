"""What Apprise knows goes through a child that can be ended; its URL is seen nowhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from app.incident.kinds import Delivery
from app.notices.deliver import deliver
from app.notices.routes import check
from checks.secret import Secret
from tests.app.notices.routing import MESSAGE, route
from tests.peers import serve, tcp
from tests.peers.webhook import Webhook, answer

TOKEN = "s3cr3t-t0ken"


async def sent(port: int, monkeypatch: pytest.MonkeyPatch, deadline: float = 60.0) -> Delivery:
    monkeypatch.setenv("APPRISE", f"json://127.0.0.1:{port}/{TOKEN}")
    way = route("apprise", "apprise:{secret}", secret=Secret(env="APPRISE"))
    check(way)
    (found,) = await deliver(MESSAGE, way, deadline=deadline)
    return found


async def test_it_sends_what_apprise_can_send(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = Webhook()
    async with serve(hook) as port:
        found = await sent(port, monkeypatch)
    assert (found.outcome, found.detail) == ("accepted", "Apprise has sent it")
    said = json.loads(hook.bodies[0])
    assert (said["title"], said["message"]) == (MESSAGE.subject, MESSAGE.text)


async def test_what_it_could_not_send_is_unknown_and_shows_no_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serve(Webhook(says=answer("500 no", TOKEN.encode()))) as port:
        found = await sent(port, monkeypatch)
    assert (found.outcome, TOKEN in repr(found)) == ("unknown", False)


async def test_a_server_that_trickles_does_not_hold_it_up_and_the_url_is_no_argument(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[bytes] = []

    async def look() -> None:
        while True:
            lines.extend(_arguments())
            await asyncio.sleep(0.1)

    looking = asyncio.create_task(look())
    async with serve(tcp.trickles) as port:
        found = await sent(port, monkeypatch, deadline=4.0)
    looking.cancel()
    assert found.outcome == "unknown"
    ours = [line for line in lines if b"routes._apprise" in line]
    assert ours
    assert not [line for line in lines if TOKEN.encode() in line]


async def test_a_url_that_apprise_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPRISE", "nosuch://x")
    way = route("apprise", "apprise:{secret}", secret=Secret(env="APPRISE"))
    (found,) = await deliver(MESSAGE, way, deadline=60)
    assert (found.outcome, found.detail) == ("refused", "Apprise knows no such URL")


def test_a_url_with_its_token_written_down_is_refused() -> None:
    with pytest.raises(ValueError, match="must be apprise:"):
        check(route("apprise", "apprise:tgram://123/456", secret=Secret(env="APPRISE")))


def _arguments() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:
            continue
    return found
