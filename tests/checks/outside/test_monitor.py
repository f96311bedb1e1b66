from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import State
from checks.outside._alertmanager import _Alert
from checks.outside._service import Babbles, decoded
from checks.secret import Secret
from tests.checks.outside.asking import ask, facts, target
from tests.peers import HOST, Peer, http, serve, tcp

KINDS = ("alertmanager", "prometheus", "icinga2", "nagios")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (http.tells(b"<html>Log in</html>"), "monitor.garbled"),
        (http.tells(b"[" * 5000), "monitor.garbled"),
        (http.tells(b"[[1]]"), "monitor.garbled"),
        (http.tells(b"", "401 Unauthorized"), "monitor.denied"),
        (http.tells(b"", "403 Forbidden"), "monitor.denied"),
        (http.tells(b"", "404 Not Found"), "monitor.refuses"),
        (http.tells(b"", "503 Service Unavailable"), "monitor.unreachable"),
        (http.tells(b"", "500 Oops"), "monitor.garbled"),
        (http.REDIRECT, "monitor.garbled"),
        (http.ENDLESS_BODY, "monitor.garbled"),
        (tcp.closes, "monitor.garbled"),
        (tcp.silent, "monitor.unreachable"),
    ],
)
async def test_each_misbehaving_monitor_is_unknown_with_a_finding(
    kind: str, peer: Peer, code: str
) -> None:
    async with serve(peer) as port:
        found = await ask(kind=kind, url=f"http://{HOST}:{port}", deadline=1.0)
    assert (found.state, found.codes) == (State.UNKNOWN, (code,)), found
    assert found.facts is None


async def test_a_monitor_that_is_not_there_is_unknown() -> None:
    found = await ask(kind="alertmanager", url=f"http://{HOST}:1")
    assert (found.state, found.codes) == (State.UNKNOWN, ("monitor.unreachable",)), found
    assert found.summary.startswith("not seen: ")


def alert(name: str, host: str, severity: str, since: str = "2026-11-23T03:04:12Z") -> Any:
    labels = {"alertname": name, "instance": host, "severity": severity}
    return {"labels": labels, "startsAt": since}


async def read(*alerts: Any) -> Any:
    body = json.dumps(alerts).encode()
    async with serve(http.tells(body)) as port:
        return await ask(kind="alertmanager", url=f"http://{HOST}:{port}")


async def test_the_worst_and_then_the_oldest_alert_leads_and_the_rest_is_counted() -> None:
    found = await read(
        alert("Info", "mail1", "info"),
        alert("Old", "mail1", "critical", "2026-11-20T03:04:12Z"),
        alert("Slow", "mail2", "warning"),
        alert("New", "mail2", "critical"),
        *(alert(f"Far{number}", f"db{number}", "critical") for number in range(1000)),
    )
    assert [one.name for one in facts(found).alerts] == ["Old", "New", "Slow", "Info"]
    assert found.state == State.CRITICAL
    assert found.summary.startswith("mail1: Old since 2026-11-20, mail2: New since ")
    assert found.summary.endswith(" and 1 more; 1000 not matched")
    assert len(facts(found).others) < 50
    assert found.metrics == {"alerts": 4.0, "not_matched": 1000.0}


async def test_what_only_informs_is_no_warning_and_no_finding() -> None:
    found = await read(alert("Info", "mail1", "info"), alert("Far", "db1", "critical"))
    assert (found.state, found.codes) == (State.OK, ()), found


async def test_hostile_alerts_are_made_harmless() -> None:
    found = await read(
        {
            "labels": {"alertname": tcp.HOSTILE.decode("latin-1"), "instance": "mail1"},
            "annotations": {"summary": "password=hunter2 \x1b[2J"},
            "startsAt": "soon",
        },
        {"labels": {"instance": "\x1b]0;pwned\x07"}},
    )
    (seen,) = facts(found).alerts
    said = repr((found.summary, found.findings, facts(found)))
    assert said.isprintable()
    assert "\\x1b" not in said
    assert seen.summary == "password=******** ^[[2J"
    assert seen.since is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["labels", "startsAt", "status", "state"]), inner)
        ),
    )
)
def test_any_json_is_alerts_or_refused(document: Any) -> None:
    with suppress(Babbles):
        assert isinstance(decoded(json.dumps(document).encode(), list[_Alert]), list)


# Secrets


async def test_a_token_or_password_is_sent_and_stands_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heads: list[bytes] = []

    async def peer(reader: Any, writer: Any) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        said = heads[-1].replace(b"\r\n", b" ")
        writer.write(b"HTTP/1.1 400 x\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
        await writer.drain()

    monkeypatch.setenv("WORD", "hunter2")
    async with serve(peer) as port:
        url = f"http://{HOST}:{port}"
        for more in ({"token": Secret(env="WORD")}, {"password": Secret(env="WORD"), "user": "u"}):
            found = await ask(kind="prometheus", url=url, **more)
            assert found.codes == ("monitor.refuses",), found
            assert "hunter2" not in repr(found)
            assert "dTpodW50ZXIy" not in repr(found)  # u:hunter2
            assert "hunter2" not in repr(target(kind="prometheus", url=url, **more))
    assert b"Bearer hunter2\r\n" in heads[0]
    assert b"Basic dTpodW50ZXIy\r\n" in heads[1]


async def test_a_secret_that_cannot_be_had_is_unknown_and_nobody_is_asked() -> None:
    found = await ask(kind="prometheus", url=f"http://{HOST}:1", token=Secret(env="NOT_SET"))
    assert (found.state, found.codes) == (State.UNKNOWN, ("monitor.denied",)), found
    assert found.summary == "not seen: $NOT_SET holds no password"
