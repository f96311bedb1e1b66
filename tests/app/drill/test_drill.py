"""The practice mail system, felt by independent clients."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app.drill import faults
from app.drill.drill import Drill, DrillError, watched
from checks.facts import Disk, LoadFacts
from checks.server import disks as disks_check
from checks.server import load as load_check
from tests.app.drill.clients import deliver, ports, read, running, symptom

SERVICES = {"smtp", "submission", "imap", "imaps"}


@pytest.mark.parametrize("submit", [False, True])
@pytest.mark.parametrize("implicit", [False, True])
async def test_a_message_is_delivered_and_read_over_verified_tls(
    submit: bool, implicit: bool
) -> None:
    async with running() as drill:
        await asyncio.to_thread(deliver, drill, submit=submit)
        mail = await asyncio.to_thread(read, drill, implicit=implicit)
    assert b"Is anybody there?" in mail
    assert mail.count(b"Received: from") == 1


async def test_it_relays_nothing_to_nobody() -> None:
    async with running() as drill:
        for submit in (False, True):
            with pytest.raises(smtplib.SMTPRecipientsRefused, match="delivers to"):
                await asyncio.to_thread(deliver, drill, "you@elsewhere.test", submit=submit)
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="no such mailbox"):
            await asyncio.to_thread(deliver, drill, "nobody@drill.test")


async def test_submission_wants_the_password() -> None:
    async with running() as drill:
        right, drill.password = drill.password, "wrong"
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await asyncio.to_thread(deliver, drill, submit=True)
        drill.password = right
        await asyncio.to_thread(deliver, drill, submit=True)


async def test_it_starts_quickly_and_stops_without_a_trace() -> None:
    before = time.monotonic()
    async with running() as drill:
        assert time.monotonic() - before < 10
        assert [await symptom(drill, service) for service in ("smtp", "imap")] == ["greets"] * 2
        children = [psutil.Process(pid) for pid in pids(drill)]
        folder = drill.folder
        assert folder.stat().st_mode & 0o077 == 0
    assert not [child for child in children if child.is_running()]
    assert not folder.exists()


async def test_it_listens_on_loopback_alone() -> None:
    async with running() as drill:
        heard = [
            connection.laddr
            for pid in pids(drill)
            for connection in psutil.Process(pid).net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]
        assert {address.ip for address in heard} == {"127.0.0.1"}
        assert {address.port for address in heard} == set(ports(drill).values())


FELT = {
    "smtp-stopped": {"smtp": "refused", "submission": "refused", "imap": "greets"},
    "smtp-silent": {"smtp": "silent", "submission": "silent", "imap": "greets"},
    "imap-stopped": {"smtp": "greets", "submission": "greets", "imap": "refused"},
}


@pytest.mark.parametrize("name", FELT)
async def test_a_fault_is_felt_by_a_client_and_mended_again(name: str) -> None:
    async with running() as drill:
        await drill.inject(name)
        assert drill.broken == name
        assert {service: await symptom(drill, service) for service in FELT[name]} == FELT[name]
        await drill.heal()
        assert drill.broken is None
        await asyncio.to_thread(deliver, drill)
        assert await asyncio.to_thread(read, drill)


@pytest.mark.parametrize("attempt", [deliver, read])
async def test_an_expired_certificate_turns_clients_away_until_it_is_mended(
    attempt: Callable[[Drill], object],
) -> None:
    async with running() as drill:
        await drill.inject("certificate-expired")
        with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
            await asyncio.to_thread(attempt, drill)
        await drill.heal()
        await asyncio.to_thread(attempt, drill)


def test_every_fault_of_the_table_is_proved_by_a_test() -> None:
    assert {fault.name for fault in faults.load()} == {*FELT, "certificate-expired"}


async def test_one_fault_follows_another() -> None:
    async with running() as drill:
        for name in ("smtp-silent", "imap-stopped", "smtp-stopped"):
            await drill.inject(name)
            assert {service: await symptom(drill, service) for service in FELT[name]} == FELT[name]


async def test_mail_and_ports_outlast_a_server_that_was_stopped() -> None:
    async with running() as drill:
        await asyncio.to_thread(deliver, drill)
        before = ports(drill)
        for name in ("smtp-stopped", "imap-stopped"):
            await drill.inject(name)
        await drill.heal()
        assert ports(drill) == before
        assert b"Is anybody there?" in await asyncio.to_thread(read, drill)


async def test_a_server_that_died_by_itself_is_mended_too() -> None:
    async with running() as drill:
        for server in (drill._smtp, drill._imap):
            server.kill()
            assert server._process
            await server._process.wait()
        await drill.heal()
        await asyncio.to_thread(deliver, drill)


async def test_the_certificate_in_use_is_watched_and_its_key_is_not() -> None:
    async with running() as drill:
        watched = [Path(path) for host in drill.system().hosts for path in host.watch]
        files = {file.name: file for folder in watched for file in folder.iterdir()}
        assert set(files) == {"server.pem"}
        before = files["server.pem"].read_bytes()
        await drill.inject("certificate-expired")
        assert files["server.pem"].read_bytes() != before
        assert b"PRIVATE" not in files["server.pem"].read_bytes()


async def test_it_asks_the_network_nothing_and_no_fix_can_touch_this_machine() -> None:
    async with running() as drill:
        system = drill.system()
    assert {host.address for host in system.hosts} == {"127.0.0.1"}
    assert {service for host in system.hosts for service in host.services}
    assert not [host for host in system.hosts if host.login and host.services]
    assert system.domains == ()
    assert system.resolver.server == "127.0.0.1"


async def test_a_server_that_can_not_start_says_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drill = Drill()
    monkeypatch.setattr(drill._imap, "name", "no_such_server")
    with pytest.raises(DrillError, match=r"No module named app\.drill\.no_such_server"):
        await drill.start()
    assert not drill.folder.exists()
    assert not pids(drill)


async def test_stopping_in_the_middle_of_a_fault_is_quick() -> None:
    async with running() as drill:
        await drill.inject("smtp-silent")
        breaking = asyncio.create_task(drill.inject("smtp-stopped"))
        await asyncio.sleep(0)
        before = time.monotonic()
        await drill.stop()
        await asyncio.gather(breaking, return_exceptions=True)
        assert time.monotonic() - before < 3
        assert not pids(drill)


def pids(drill: Drill) -> list[int]:
    return [server.pid for server in (drill._smtp, drill._imap) if server.pid]


async def test_what_is_watched_keeps_its_state_apart() -> None:
    drill = Drill()
    async with watched(drill) as config:
        assert Path(config.log.folder).parent == drill.folder
        assert [host.name for host in config.system.hosts] == ["post", "store", "here"]
        assert await symptom(drill, "smtp") == "greets"
    assert not drill.folder.exists()


async def test_this_machines_own_load_and_disks_are_shown_and_not_judged() -> None:
    async with watched(Drill()) as config:
        load, disks = config.options("load"), config.options("disks")
    assert isinstance(load, load_check.Options)
    assert isinstance(disks, disks_check.Options)
    full = Disk(role="mail", path="/", mount="/", filesystem="x", used=1, free=0,
                inodes=1, inodes_free=0)  # fmt: skip
    busy = LoadFacts(load=(9e9,) * 3, cores=1, memory_total=9, memory_available=0,
                     swap_total=9, swap_free=0, uptime=1)  # fmt: skip
    assert disks_check.judge(full, disks) == []
    assert load_check.judge(busy, load) == []
