"""Mail to many: a few connections at once, each recipient once, and the password goes nowhere."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from app.incident.kinds import Delivery
from app.notices.deliver import deliver
from app.notices.route import Route
from app.notices.routes import check
from app.notices.routes.smtp import BATCH
from checks.secret import Secret
from tests.app.notices.routing import MESSAGE, route
from tests.checks.protocol.asking import ca_file
from tests.peers import serve as serve_peer
from tests.peers import tcp, tls
from tests.peers.relay import PASSWORD, USER, Relay, serve

USERS = tuple(f"user{number}@out.test" for number in range(3 * BATCH + 7))


def plain(port: int, *to: str) -> Route:
    url = f"smtp+plain://127.0.0.1:{port}"
    return route("smtp", url, sender="it@out.test", to=to or ("ana@out.test",))


async def delivered(relay: Relay, *to: str, deadline: float = 30) -> list[Delivery]:
    async with serve(relay) as port:
        return [*await deliver(MESSAGE, plain(port, *to), deadline=deadline)]


async def test_everybody_gets_it_once_over_a_few_connections() -> None:
    relay = Relay()
    found = await delivered(relay, *USERS)
    assert sorted(relay.recipients) == sorted(USERS)
    assert {one.outcome for one in found} == {"accepted"}
    assert sorted(one.recipient for one in found) == sorted(USERS)
    assert len({one.proof for one in found}) == relay.connections == 5


async def test_half_of_many_are_refused_and_only_they_are_told_of_as_such() -> None:
    half = set(USERS[::2])
    relay = Relay(refuses=lambda one: "550 5.1.1 gone" if one in half else "")
    found = await delivered(relay, *USERS)
    assert {one.recipient for one in found if one.outcome == "refused"} == half
    assert sorted(relay.recipients) == sorted(set(USERS) - half)


async def test_a_wrong_password_is_tried_once_whatever_the_number_of_recipients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RELAY_PASSWORD", "wrong horse")
    relay = Relay(tls=tls.good(), has_auth=True)
    async with serve(relay) as port:
        way = route(
            "smtp",
            f"smtp://{USER}@127.0.0.1:{port}",
            secret=Secret(env="RELAY_PASSWORD"),
            sender="it@out.test",
            to=USERS,
            ca_file=ca_file(),
        )
        found = await deliver(MESSAGE, way, deadline=30)
    assert relay.logins == [False]
    assert {one.outcome for one in found} == {"refused"}
    assert all("wrong horse" not in repr(one) for one in found)


async def test_a_login_under_tls_sends(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PASSWORD + "\n")
    relay = Relay(tls=tls.good(), has_auth=True)
    async with serve(relay, implicit=True) as port:
        way = route(
            "smtp",
            f"smtps://{USER}@127.0.0.1:{port}",
            secret=Secret(file=str(tmp_path / "secret")),
            sender="it@out.test",
            to=("ana@out.test",),
            ca_file=ca_file(),
        )
        check(way)
        found = await deliver(MESSAGE, way, deadline=30)
    assert [(one.outcome, one.proof) for one in found] == [("accepted", "Q000001")]


async def test_what_is_refused_for_now_is_tried_again_and_then_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.notices.deliver.PAUSES", (0.01, 0.01))
    seen: list[str] = []

    def greylists(address: str) -> str:
        seen.append(address)
        is_first = seen.count(address) == 1 and address == "ben@out.test"
        return "450 4.2.0 greylisted" if is_first or address == "cleo@out.test" else ""

    relay = Relay(refuses=greylists)
    found = await delivered(relay, "ana@out.test", "ben@out.test", "cleo@out.test")
    fates = {one.recipient: (one.outcome, one.tries) for one in found}
    assert fates == {
        "ana@out.test": ("accepted", 1),
        "ben@out.test": ("accepted", 2),
        "cleo@out.test": ("refused", 3),
    }
    assert sorted(relay.recipients) == ["ana@out.test", "ben@out.test"]


async def test_what_is_in_doubt_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.notices.deliver.PAUSES", (0.01, 0.01))
    relay = Relay(hangs="DATA")
    found = await delivered(relay, "ana@out.test", deadline=1)
    assert [(one.outcome, one.tries) for one in found] == [("unknown", 1)]
    assert relay.connections == 1


async def test_a_silent_relay_costs_the_deadline_and_no_more() -> None:
    async with serve_peer(tcp.silent) as port:
        found = await deliver(MESSAGE, plain(port, *USERS), deadline=0.5)
    assert {one.outcome for one in found} == {"refused"}
    assert len(found) == len(USERS)


async def test_addresses_that_need_smtputf8_do_not_hold_up_the_others() -> None:
    relay = Relay(utf8=False)
    found = await delivered(relay, "josé@out.test", "ana@out.test", "eva@bücher.test")
    assert relay.recipients == ["ana@out.test", "eva@xn--bcher-kva.test"]
    outcomes = {one.recipient: one.outcome for one in found}
    assert outcomes == {
        "josé@out.test": "refused",
        "ana@out.test": "accepted",
        "eva@bücher.test": "accepted",
    }


async def test_the_mail_says_that_a_machine_sent_it_and_can_be_read() -> None:
    relay = Relay()
    await delivered(relay, "ana@out.test")
    mail = message_from_bytes(relay.taken[0].original_content or b"", policy=default)
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        "it@out.test",
        "ana@out.test",
        "Mail is down",
    )
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@out.test>")
    assert mail["Date"].datetime
    assert mail.get_content().splitlines() == ["Nobody can send.", "Nothing is lost."]


WRONG = [
    ("smtps://u:hunter2@relay.test", "must hold no password"),
    ("smtps://u@relay.test", "a user needs a secret"),
    ("smtp+plain://relay.test", "is for this machine alone"),
    ("smtp+plain://127.relay.test", "is for this machine alone"),
    ("smtps://relay.test:hunter2", "must be smtps://"),
    ("smtps://relay.test/hunter2", "must be smtps://"),
    ("smtps://", "must be smtps://"),
]


@pytest.mark.parametrize(("url", "said"), WRONG)
def test_a_url_that_is_wrong_is_refused_without_being_repeated(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as error:
        check(route("smtp", url, sender="it@out.test", to=("ana@out.test",)))
    assert "hunter2" not in str(error.value)
