from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from checks.model import Result, State, now
from checks.secret import Secret
from tests.checks.outside.asking import ask, facts
from tests.lab import icinga as lab_icinga
from tests.lab import prometheus as lab_prometheus

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("monitors")]

RULES = """
groups:
- name: mail
  rules:
  - alert: SmtpProbeFailed
    expr: label_replace(vector(1), "instance", "mail1.lab.test:25", "", "")
    labels: {severity: critical}
    annotations: {summary: "SMTP probe of {{ $labels.instance }} fails"}
  - alert: NotYet
    expr: label_replace(vector(1), "instance", "https://mx2.lab.test/", "", "")
    for: 1h
  - alert: Elsewhere
    expr: label_replace(vector(1), "instance", "mail1.example.org:25", "", "")
"""


async def until(state: State, **asked: Any) -> Result:
    """What it says as soon as it stands so: a monitor needs a moment for its first round."""
    for _ in range(200):
        found = await ask(**asked)
        if found.state == state:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(found)


@pytest.fixture(scope="module")
def alertmanager() -> Iterator[lab_prometheus.Alertmanager]:
    with lab_prometheus.alertmanager() as server:
        yield server


@pytest.fixture(scope="module")
def prometheus() -> Iterator[lab_prometheus.Web]:
    with lab_prometheus.prometheus(RULES) as server:
        yield server


@pytest.fixture(scope="module")
def icinga() -> Iterator[lab_icinga.Icinga]:
    with lab_icinga.icinga() as server:
        yield server


async def test_alertmanager_tells_what_fires_on_our_hosts_and_since_when(
    alertmanager: lab_prometheus.Alertmanager,
) -> None:
    since = (now() - timedelta(minutes=6)).replace(microsecond=0)
    assert (await ask(kind="alertmanager", url=alertmanager.url)).summary == "no alert on our hosts"
    down = {"alertname": "SmtpDown", "severity": "page"}
    alertmanager.raise_alerts({**down, "instance": "mail1.lab.test:25"}, since, "it is \x1b[2Jdown")
    alertmanager.raise_alerts({**down, "instance": "db7.lab.test:9100"}, since)
    alertmanager.raise_alerts({"alertname": "Planned", "host": "mx2.lab.test"}, since)
    alertmanager.silence("Planned", now(), now() + timedelta(hours=1))
    found = await until(State.CRITICAL, kind="alertmanager", url=alertmanager.url + "/")
    assert found.codes == ("monitor.alert.firing",)
    seen, planned = facts(found).alerts
    assert (seen.name, seen.about, seen.severity) == ("SmtpDown", "mail1", "critical")
    assert (seen.since, seen.fired, seen.summary) == (since, since, "it is ^[[2Jdown")
    assert (planned.about, planned.note) == ("mail2", "silenced")
    assert [one.about for one in facts(found).others] == ["db7.lab.test:9100"]
    assert found.summary.endswith("; 1 silenced or not confirmed; 1 not matched")


async def test_prometheus_tells_what_its_rules_say(prometheus: lab_prometheus.Web) -> None:
    found = await until(State.CRITICAL, kind="prometheus", url=prometheus.url)
    seen, pending = facts(found).alerts
    assert (seen.name, seen.about) == ("SmtpProbeFailed", "mail1")
    assert seen.summary == "SMTP probe of mail1.lab.test:25 fails"
    assert seen.since is not None
    assert now() - seen.since < timedelta(minutes=5)
    assert (pending.name, pending.about, pending.note) == ("NotYet", "mail2", "not confirmed")
    assert facts(found).not_matched == 1


async def test_a_query_of_ours_answers_what_is_wrong(prometheus: lab_prometheus.Web) -> None:
    query = 'label_replace(vector(1), "host", "mail2", "", "") == 1'
    found = await ask(kind="prometheus", url=prometheus.url, queries=(query,))
    assert (query, "mail2", None) in [
        (one.name, one.about, one.since) for one in facts(found).alerts
    ]


@pytest.mark.parametrize(
    ("query", "code"), [("((", "monitor.refuses"), ("scalar(vector(1))", "monitor.garbled")]
)
async def test_a_query_that_makes_no_sense_is_unknown_and_says_so(
    prometheus: lab_prometheus.Web, query: str, code: str
) -> None:
    found = await ask(kind="prometheus", url=prometheus.url, queries=(query,))
    assert (found.state, found.codes) == (State.UNKNOWN, (code,)), found
    assert query in found.summary or "parse error" in found.summary


def login(
    server: lab_icinga.Icinga, monkeypatch: pytest.MonkeyPatch, **more: Any
) -> dict[str, Any]:
    monkeypatch.setenv("ICINGA", str(more.pop("word", lab_icinga.PASSWORD)))
    asked = {"kind": "icinga2", "url": server.url, "ca_file": str(server.ca_file)}
    return {**asked, "user": lab_icinga.USER, "password": Secret(env="ICINGA"), **more}


async def test_icinga_tells_hosts_and_services_that_are_not_well(
    icinga: lab_icinga.Icinga, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await until(State.CRITICAL, **login(icinga, monkeypatch))
    while len(facts(found).alerts) + facts(found).not_matched < 3:
        found = await until(State.CRITICAL, **login(icinga, monkeypatch))
    alerts = {one.name: one for one in facts(found).alerts}
    assert set(alerts) == {"host down", "smtp"}
    assert {one.about for one in alerts.values()} == {"mail1"}
    assert alerts["smtp"].summary.endswith("Connection refused")
    assert alerts["smtp"].since is not None
    assert [(one.name, one.about) for one in facts(found).others] == [("disk", "db7")]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"word": "wrong"}, "monitor.denied"),
        ({"user": "blind"}, "monitor.denied"),
        ({"user": "stranger"}, "monitor.refuses"),
        ({"fingerprint": "ab" * 32}, "monitor.untrusted"),
        ({"ca_file": ""}, "monitor.untrusted"),
    ],
)
async def test_icinga_that_does_not_let_us_look_is_unknown(
    icinga: lab_icinga.Icinga,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, Any],
    code: str,
) -> None:
    found = await ask(**login(icinga, monkeypatch, **more))
    assert (found.state, found.codes) == (State.UNKNOWN, (code,)), found
    assert lab_icinga.PASSWORD not in repr(found)
