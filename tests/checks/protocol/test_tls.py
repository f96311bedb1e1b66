from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from checks.model import Result, State
from checks.protocol import _tls, smtp
from checks.protocol._dialogue import Dialogue
from checks.protocol._layer import Layer
from tests.checks.protocol.asking import DEADLINE, ask, ca_file, target
from tests.peers import HOST, Peer, names, tcp, tls
from tests.peers import smtp as peers


async def asked(context: ssl.SSLContext, **more: Any) -> Result:
    return await ask(smtp, "smtps", peers.speaks(), tls=context, ca_file=ca_file(), **more)


@pytest.mark.parametrize(
    ("context", "code"),
    [
        (tls.expired, "tls.expired"),
        (tls.not_yet_valid, "tls.not-yet-valid"),
        (tls.wrong_name, "tls.wrong-name"),
        (tls.unknown_ca, "tls.unknown-ca"),
        (tls.no_intermediate, "tls.unknown-ca"),
        (tls.self_signed, "tls.self-signed"),
        (tls.sha_1, "tls.weak"),
        (tls.short_key, "tls.weak"),
        (tls.huge, "tls.too-large"),
    ],
)
async def test_each_bad_certificate_has_a_finding_of_its_own(
    context: Callable[[], ssl.SSLContext], code: str
) -> None:
    result = await asked(context())
    assert (result.codes, result.state) == ((code,), State.CRITICAL), result


async def test_the_summary_of_an_expired_certificate_leads_to_the_problem() -> None:
    assert (await asked(tls.expired())).summary == "certificate refused: certificate has expired"


async def test_a_name_is_verified_where_the_target_has_one() -> None:
    known = names.Names(mx_lab_test="127.0.0.1", elsewhere_test="127.0.0.1")
    right = await asked(tls.good(), address="mx.lab.test", resolver=known)
    assert right.state == State.OK, right
    wrong = await asked(tls.good(), address="elsewhere.test", resolver=known)
    assert wrong.codes == ("tls.wrong-name",)


@pytest.mark.parametrize(
    ("peer", "code"),
    [
        (tcp.silent, "tls.timeout"),
        (tls.stalls, "tls.timeout"),
        (tls.only_tls_1_0, "tls.too-old"),
        (tls.hangs_up, "tls.closed"),
        (tcp.closes, "tls.closed"),
        (tcp.says(b"\x15\x03\x03\x00\x02\x01\x00"), "tls.closed"),  # close_notify (RFC 8446 6.1)
        (tcp.says(b"220 mx.lab.test ESMTP\r\n"), "tls.plaintext"),
        (tcp.endless_line, "tls.plaintext"),
        (tcp.says(tcp.TLS_ALERT), "tls.handshake-failed"),
    ],
)
async def test_each_broken_handshake_has_a_finding_of_its_own(peer: Peer, code: str) -> None:
    result = await ask(smtp, "smtps", peer, ca_file=ca_file())
    assert (result.codes, result.state) == ((code,), State.CRITICAL), result
    assert result.phases[-1].name == "tls"


async def test_tls_on_a_plain_port_is_a_server_that_never_greets() -> None:
    result = await ask(smtp, "smtp", peers.speaks(), tls=tls.good(), ca_file=ca_file())
    assert result.codes == ("smtp.banner.timeout",)


async def test_a_server_that_demands_a_certificate_of_ours_is_a_failed_handshake() -> None:
    def serve_one(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        context = tls.wants_client_certificate()
        with connection, pytest.raises(ssl.SSLError):
            context.wrap_socket(connection, server_side=True)

    with socket.create_server((HOST, 0)) as listener:
        serving = asyncio.create_task(asyncio.to_thread(serve_one, listener))
        where = target("smtps", listener.getsockname()[1], ca_file=ca_file())
        async with nothing_kept():
            result = await smtp.check(where, smtp.Options(), deadline=2)
        await serving
    assert result.codes == ("tls.handshake-failed",)
    assert "certificate required" in result.summary


async def test_control_characters_in_a_certificate_are_made_harmless() -> None:
    result = await asked(tls.hostile_names())
    assert "a^[[2Jb.test" in result.evidence[-1]


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
async def test_a_ca_file_that_is_of_no_use_leaves_the_question_open(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    result = await ask(smtp, "smtps", peers.speaks(), tls=tls.good(), ca_file=str(path))
    assert (result.codes, result.state) == (("tls.ca-file",), State.UNKNOWN)
    assert str(path) in result.summary


@asynccontextmanager
async def nothing_kept() -> AsyncIterator[None]:
    """Without the collector: what is done inside leaves no dialogue behind, whatever ended it."""
    gc.collect()
    gc.disable()
    try:
        yield
        await asyncio.sleep(0)  # the loop closes what was given up
        held = [one for one in gc.get_objects() if isinstance(one, Dialogue | Layer)]
    finally:
        gc.enable()
    assert held == []


async def test_nothing_of_a_handshake_outlives_its_check() -> None:
    async with nothing_kept():
        for context in (tls.good(), tls.expired()):
            await asked(context)
        await ask(smtp, "smtps", tls.stalls, ca_file=ca_file())


async def test_what_a_certificate_says_is_kept_by_its_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_tls, "TOLD_LIMIT", 1)
    certificates = [tls.lasting(90), tls.lasting(60), tls.lasting(60)]
    told = [(await asked(one)).metrics["tls_days_left"] for one in [certificates[0], *certificates]]
    assert [round(days) for days in told] == [90, 90, 60, 60]
    assert len(_tls._known) == 1


@pytest.mark.parametrize(
    ("days", "codes"),
    [(-1.0, ["tls.expires-soon"]), (6.9, ["tls.expires-soon"]), (20.0, ["tls.expiring"]), (22, [])],
)
def test_days_are_judged_by_the_options(days: float, codes: list[str]) -> None:
    certificate = _tls.Certificate("mx", "CA", "some day", days, "TLSv1.3", "AES")
    judged = _tls.judge_certificate(certificate, _tls.TlsOptions())
    assert [one.code for one in judged] == codes


def test_every_finding_about_trust_is_declared() -> None:
    assert set(_tls.FINDINGS) >= _tls.DISTRUST
    assert set(_tls.FINDINGS) >= {*_tls._VERIFY_CODES.values(), *_tls._REASONS.values()}


async def test_a_stalled_handshake_costs_its_deadline() -> None:
    result = await ask(smtp, "smtps", tls.stalls, ca_file=ca_file())
    assert result.duration > DEADLINE * 0.9
