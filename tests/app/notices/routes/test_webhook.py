"""A webhook gets what its receiver understands; its token goes there and nowhere else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.incident.kinds import Delivery
from app.notices.deliver import deliver
from app.notices.route import harmless
from app.notices.routes import check
from app.notices.routes._body import bodies, fill
from app.notices.routes.webhook import judge
from checks.secret import Secret
from tests.app.notices.routing import MESSAGE, route
from tests.checks.protocol.asking import ca_file
from tests.peers import Peer, serve, tcp, tls
from tests.peers.webhook import HANG, Webhook, answer

TOKEN = "T0K/en-1234"


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", TOKEN)
    monkeypatch.setattr("app.notices.deliver.PAUSES", (0.01, 0.01))


async def posted(
    peer: Peer, url: str = "/hook", deadline: float = 10.0, scheme: str = "http", **more: Any
) -> Delivery:
    async with serve(peer, tls=tls.good() if scheme == "https" else None) as port:
        way = route("webhook", f"{scheme}://127.0.0.1:{port}{url}", **more)
        check(way)
        (found,) = await deliver(MESSAGE, way, deadline=deadline)
    return found


async def test_the_intranet_gets_json_and_its_status_is_the_proof() -> None:
    hook = Webhook()
    found = await posted(hook)
    assert (found.outcome, found.proof, found.detail) == ("accepted", "HTTP 200", "HTTP 200 ok")
    assert json.loads(hook.bodies[0])["subject"] == "Mail is down"
    assert hook.heads[0].startswith("POST /hook HTTP/1.1\r\n")


@pytest.mark.parametrize("body", sorted(bodies()))
def test_every_body_carries_subject_and_text_and_leaves_nothing_open(body: str) -> None:
    content, headers = fill(bodies()[body], MESSAGE, TOKEN)
    whole = content.decode() + json.dumps(headers)
    assert "Mail is down" in whole
    assert "Nothing is lost." in whole
    assert "$" not in whole.replace('"$schema"', "")


def test_a_pager_gets_its_key_and_the_end_of_what_it_rang_for() -> None:
    begins = json.loads(fill(bodies()["pagerduty"], MESSAGE, TOKEN)[0])
    ends = json.loads(fill(bodies()["pagerduty"], replace(MESSAGE, phase="resolved"), TOKEN)[0])
    assert (begins["event_action"], ends["event_action"]) == ("trigger", "resolve")
    assert begins["dedup_key"] == ends["dedup_key"] == "mailmedic-2026-11-23-01"
    assert (begins["routing_key"], begins["payload"]["severity"]) == (TOKEN, "critical")


def test_a_chat_gets_no_mentions_and_links_that_nobody_meant() -> None:
    message = replace(MESSAGE, text="<!channel> & <http://evil.test|click>")
    said = json.loads(fill(bodies()["slack"], message, "")[0])["text"]
    assert said.endswith("&lt;!channel&gt; &amp; &lt;http://evil.test|click&gt;")


@settings(max_examples=60, deadline=None)
@given(subject=st.text(max_size=60), text=st.text(max_size=120))
def test_whatever_is_said_the_body_stays_what_it_is(subject: str, text: str) -> None:
    message = harmless(replace(MESSAGE, subject=subject, text=text))
    for body in bodies().values():
        content, headers = fill(body, message, TOKEN)
        assert all(value.isascii() and value.isprintable() for value in headers.values())
        assert body.json is None or isinstance(json.loads(content), dict)


async def test_a_token_in_the_url_reaches_the_server_and_nobody_else() -> None:
    hook = Webhook(says=answer("404 Not Found", f"no hook /services/{TOKEN} here".encode()))
    found = await posted(hook, "/services/{secret}", secret=Secret(env="HOOK"))
    assert hook.heads[0].startswith(f"POST /services/{TOKEN} ")
    assert found.detail == "HTTP 404 no hook /services/******** here"
    assert TOKEN not in repr(found)


async def test_a_token_without_a_place_is_a_bearers_and_goes_under_tls() -> None:
    hook = Webhook()
    found = await posted(hook, scheme="https", secret=Secret(env="HOOK"), ca_file=ca_file())
    assert found.outcome == "accepted", found
    assert f"Authorization: Bearer {TOKEN}\r\n" in hook.heads[0]


async def test_redirects_are_not_followed_and_do_not_show_their_query() -> None:
    hook = Webhook(says=answer("302 Found", b"", f"Location: https://evil.test/?t={TOKEN}"))
    found = await posted(hook, "/{secret}", secret=Secret(env="HOOK"))
    assert found.outcome == "refused"
    assert found.detail == "HTTP 302: redirects to https://evil.test/, which is not followed"


@pytest.mark.parametrize(
    ("status", "body", "outcome", "is_temporary"),
    [
        (200, b"ok", "accepted", False),
        (202, b"", "accepted", False),
        (204, b"", "accepted", False),
        (200, b"<!DOCTYPE html><title>Log in", "unknown", False),
        (400, b"invalid_payload", "refused", False),
        (403, b"<html>", "refused", False),
        (429, b"slow down", "refused", True),
        (500, b"oops", "refused", False),
        (503, b"", "refused", True),
        (504, b"", "unknown", False),
    ],
)
def test_what_an_answer_means(status: int, body: bytes, outcome: str, is_temporary: bool) -> None:
    fate = judge(status, body, {})
    assert (fate.outcome, fate.is_temporary) == (outcome, is_temporary)


async def test_who_hears_it_and_does_not_answer_may_have_it_and_is_not_asked_again() -> None:
    hook = Webhook(says=HANG)
    found = await posted(hook, deadline=0.5)
    assert (found.outcome, len(hook.bodies)) == ("unknown", 1)


async def test_who_is_busy_is_asked_three_times() -> None:
    hook = Webhook(says=answer("429 Too Many Requests"))
    found = await posted(hook)
    assert (found.outcome, found.tries, len(hook.bodies)) == ("refused", 3, 3)


HOSTILE: list[Peer] = [
    tcp.silent, tcp.closes, tcp.resets, tcp.trickles, tcp.endless_line, tcp.half_closes,
    tcp.endless_lines(b"HTTP/1.1 200 OK\r\n"), tcp.says(tcp.SSH), tcp.says(tcp.JUNK),
    Webhook(says=b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\nok"),
    Webhook(says=answer("200 OK", tcp.HOSTILE)),
    Webhook(says=answer("500 x", b"x" * 100_000)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
async def test_a_hostile_server_costs_its_deadline_and_shows_nothing_strange(number: int) -> None:
    found = await posted(HOSTILE[number], deadline=0.4)
    assert found.outcome in ("accepted", "refused", "unknown")
    assert found.detail.isprintable()
    assert len(found.detail) <= 300


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("https://u:hunter2@chat.test/x", {}, "without user and password"),
    ("https://chat.test/{secret}", {}, "needs secret"),
    ("http://chat.test/x", {"secret": Secret(env="HOOK")}, "goes over https:// alone"),
    ("https://chat.test/x", {"body": "slak"}, '"body" must be one of'),
    ("https://chat.test/x", {"body": "pagerduty"}, "needs secret"),
    ("https://chat.test/x", {"to": ("ana@out.test",)}, 'takes no "to"'),
    ("https://chat.test:hunter2/", {}, "must be https://"),
]


@pytest.mark.parametrize(("url", "more", "said"), WRONG)
def test_a_url_that_is_wrong_is_refused_without_being_repeated(
    url: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as error:
        check(route("webhook", url, **more))
    assert "hunter2" not in str(error.value)
