from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.facts import PowerFacts
from checks.model import Host, Power, Result, State, System, Target
from checks.resolver import Resolver
from checks.secret import Secret
from checks.server import power
from tests.lab import bmc
from tests.peers import HOST, Peer, serve, tcp

DEADLINE = 6.0


@pytest.fixture
def secret(tmp_path: Path) -> Secret:
    path = tmp_path / "bmc.secret"
    path.write_text(bmc.PASSWORD + "\n")
    path.chmod(0o600)
    return Secret(file=str(path))


def target(asked: Power, ca_file: str = "") -> Target:
    host = Host(name="mail1", address=HOST, power=asked, ca_file=ca_file)
    (found,) = power.targets(System(name="lab", resolver=Resolver(), hosts=(host,)))
    return found


async def ask(asked: Power, *, ca_file: str = "", deadline: float = DEADLINE) -> Result:
    return await power.check(target(asked, ca_file), power.Options(), deadline=deadline)


# A real Redfish service


@pytest.fixture(scope="module")
def redfish() -> Iterator[bmc.Redfish]:
    with bmc.redfish() as server:
        yield server


def login(server: bmc.Redfish, secret: Secret, **more: str) -> Power:
    given = {"kind": "redfish", "where": server.system_url, "user": bmc.USER, **more}
    return Power(password=secret, **given)  # type: ignore[arg-type]


async def test_redfish_tells_power_health_and_sensors(redfish: bmc.Redfish, secret: Secret) -> None:
    found = await ask(login(redfish, secret, fingerprint=redfish.fingerprint))
    assert (found.state, found.codes) == (State.OK, ()), found
    assert isinstance(found.facts, PowerFacts)
    assert (found.facts.state, found.facts.health) == ("on", "ok")
    assert {"fan", "temperature"} <= {sensor.kind for sensor in found.facts.sensors}
    assert found.summary.startswith("power on, hardware ok")


async def test_a_machine_that_is_switched_off_is_critical(secret: Secret) -> None:
    with bmc.redfish("Off") as server:
        found = await ask(login(server, secret, fingerprint=server.fingerprint))
    assert (found.state, found.codes) == (State.CRITICAL, ("power.off",)), found
    assert found.summary == "switched off"


async def test_a_ca_file_will_do_instead_of_a_fingerprint(
    redfish: bmc.Redfish, secret: Secret
) -> None:
    found = await ask(login(redfish, secret), ca_file=str(redfish.ca_file))
    assert found.state == State.OK, found


async def test_another_certificate_gets_no_password(redfish: bmc.Redfish, secret: Secret) -> None:
    for more in ({}, {"fingerprint": "ab" * 32}):
        found = await ask(login(redfish, secret, **more))
        assert (found.state, found.codes) == (State.UNKNOWN, ("bmc.untrusted",)), found
        assert not any(phase.name == "ask" for phase in found.phases)


async def test_a_wrong_password_and_a_wrong_system_are_two_findings(
    redfish: bmc.Redfish, secret: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "not it")
    wrong = login(redfish, Secret(env="WRONG"), fingerprint=redfish.fingerprint)
    assert (await ask(wrong)).codes == ("bmc.denied",)
    elsewhere = login(redfish, secret, fingerprint=redfish.fingerprint)
    elsewhere = Power(
        kind="redfish",
        where=redfish.system_url + "7",
        user=bmc.USER,
        password=secret,
        fingerprint=elsewhere.fingerprint,
    )
    assert (await ask(elsewhere)).codes == ("bmc.not-found",)


# BMCs that misbehave


def answers(head: str, body: bytes = b"", *, endless: bytes = b"") -> Peer:
    """Answers every request so."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.replace("\n", "\r\n").encode() + body)
        while endless:
            writer.write(endless)
            await writer.drain()
        await writer.drain()
        await asyncio.sleep(0.05)

    return peer


def tells(body: object, status: str = "200 OK") -> Peer:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\nContent-Length: {len(text)}\nConnection: close\n\n"
    return answers(head, text)


SYSTEM = {"PowerState": "On", "Status": {"Health": "OK"}}
ENDLESS = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"


@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (tells(b"<html>Log in</html>"), "bmc.garbled"),
        (tells(b"[" * 5000), "bmc.garbled"),
        (tells([]), "bmc.garbled"),
        (tells({"PowerState": None}), "bmc.garbled"),
        (tells(b"", "401 Unauthorized"), "bmc.denied"),
        (tells(b"", "404 Not Found"), "bmc.not-found"),
        (tells(b"", "503 Service Unavailable"), "bmc.garbled"),
        (answers("HTTP/1.1 302 Found\nLocation: http://192.0.2.1/\n\n"), "bmc.garbled"),
        (answers(ENDLESS, endless=b"1000\r\n" + b"[" * 4096 + b"\r\n"), "bmc.garbled"),
        (answers("HTTP/1.1 200 OK\n", endless=b"X-Long: " + b"x" * 4096), "bmc.garbled"),
        (answers("220 mail ESMTP\n"), "bmc.garbled"),
        (tcp.closes, "bmc.garbled"),
        (tcp.silent, "bmc.silent"),
    ],
)
async def test_each_misbehaving_bmc_has_a_finding_and_is_unknown(peer: Peer, code: str) -> None:
    async with serve(peer) as port:
        asked = Power(kind="redfish", where=f"http://{HOST}:{port}/redfish/v1/Systems/1")
        found = await ask(asked, deadline=1.0)
    assert (found.state, found.codes) == (State.UNKNOWN, (code,)), found


@pytest.mark.parametrize(
    ("system", "state", "code"),
    [
        ({"PowerState": "PoweringOn"}, State.WARNING, "power.changing"),
        ({"PowerState": "\x1b[31mPaused"}, State.UNKNOWN, "power.unknown"),
        (
            {"PowerState": "On", "Status": {"HealthRollup": "Critical"}},
            State.CRITICAL,
            "hardware.critical",
        ),
        (
            {"PowerState": "On", "Status": {"Health": "Warning"}},
            State.WARNING,
            "hardware.warning",
        ),
    ],
)
async def test_what_a_bmc_says_is_judged(system: object, state: State, code: str) -> None:
    async with serve(tells(system)) as port:
        found = await ask(Power(kind="redfish", where=f"http://{HOST}:{port}/redfish/v1/Systems/1"))
    assert (found.state, found.codes) == (state, (code,)), found
    assert found.summary.isprintable()


async def test_links_to_elsewhere_are_not_followed() -> None:
    asked: list[bytes] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        chassis = {"@odata.id": "http://192.0.2.1/redfish/v1/Chassis/1"}
        body = json.dumps({**SYSTEM, "Links": {"Chassis": [chassis]}}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        await reader.read()

    async with serve(peer) as port:
        found = await ask(Power(kind="redfish", where=f"http://{HOST}:{port}/redfish/v1/Systems/1"))
    assert found.state == State.OK, found
    assert len(asked) == 1


# A real IPMI BMC


@pytest.fixture(scope="module")
def ipmi() -> Iterator[bmc.Ipmi]:
    with bmc.ipmi() as server:
        yield server


def by_ipmi(place: str, password: str, monkeypatch: pytest.MonkeyPatch) -> Power:
    monkeypatch.setenv("BMC", password)
    return Power(kind="ipmi", where=place, user=bmc.USER, password=Secret(env="BMC"))


@pytest.mark.real
async def test_ipmi_tells_on_from_off(ipmi: bmc.Ipmi, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = by_ipmi(ipmi.place, bmc.PASSWORD, monkeypatch)
    found = await ask(asked)
    assert (found.state, found.codes) == (State.OK, ()), found
    ipmi.switch(on=False)
    found = await ask(asked)
    ipmi.switch(on=True)
    assert (found.state, found.codes) == (State.CRITICAL, ("power.off",)), found


@pytest.mark.real
async def test_a_silent_ipmi_bmc_and_a_wrong_password_leave_it_unknown(
    ipmi: bmc.Ipmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, password in ((ipmi.place, "wrong"), ("127.0.0.1:9", bmc.PASSWORD)):
        found = await ask(by_ipmi(place, password, monkeypatch))
        assert (found.state, found.codes) == (State.UNKNOWN, ("bmc.silent",)), found


async def test_without_ipmitool_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    found = await ask(Power(kind="ipmi", where="127.0.0.1"))
    assert (found.codes, found.mend) == (("bmc.no-tool",), "apt install ipmitool")


async def test_the_password_is_in_no_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "ipmitool"
    tool.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/argv\necho "System Power : on"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = await ask(by_ipmi("127.0.0.1", "bmc hunter2", monkeypatch))
    assert found.state == State.OK, found
    assert "hunter2" not in (tmp_path / "argv").read_text()
    assert "hunter2" not in repr(found)


# A command of the house's own


@pytest.mark.parametrize(
    ("command", "state", "codes"),
    [
        ("echo domain is Running", State.OK, ()),
        ("echo shut off", State.CRITICAL, ("power.off",)),
        ("echo no idea", State.UNKNOWN, ("power.unknown",)),
        ("false", State.UNKNOWN, ("bmc.garbled",)),
        ("mm-no-such-command", State.UNKNOWN, ("bmc.no-tool",)),
        ("sleep 60", State.UNKNOWN, ("bmc.silent",)),
    ],
)
async def test_a_command_of_the_house_is_read_by_its_words(
    command: str, state: State, codes: tuple[str, ...]
) -> None:
    asked = Power(kind="command", where=command, on=("running",), off=("off",))
    found = await ask(asked, deadline=1.0)
    assert (found.state, found.codes) == (state, codes), found
