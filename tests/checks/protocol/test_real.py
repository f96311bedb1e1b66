"""smtp, imap and pop3 against Debian's Postfix and Dovecot."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

from checks.model import State
from checks.protocol import imap, pop3, smtp
from tests.checks.protocol.asking import target
from tests.lab.dovecot import Dovecot, dovecot
from tests.lab.postfix import Postfix, postfix

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("protocol-real")]

PATIENT = 5.0


@pytest.fixture(scope="module")
def real_dovecot() -> Iterator[Dovecot]:
    with dovecot(plaintext=False) as server:
        yield server


@pytest.fixture(scope="module")
def real_postfix() -> Iterator[Postfix]:
    with postfix() as server:
        yield server


@pytest.mark.parametrize(
    ("kind", "service"), [(imap, "imap"), (imap, "imaps"), (pop3, "pop3"), (pop3, "pop3s")]
)
async def test_a_real_dovecot_is_fine(
    real_dovecot: Dovecot, kind: ModuleType, service: str
) -> None:
    server = real_dovecot
    where = target(
        service, server.ports[service], ca_file=str(server.ca_file), address=server.address
    )
    result = await kind.check(where, kind.Options(), deadline=PATIENT)
    assert (result.state, result.findings) == (State.OK, ()), result
    assert result.summary.startswith("Dovecot ready; TLSv1.3, certificate good for ")
    assert "tls_days_left" in result.metrics


@pytest.mark.parametrize("service", ["smtp", "submission"])
async def test_a_real_postfix_is_fine(real_postfix: Postfix, service: str) -> None:
    server = real_postfix
    where = target(
        service, server.ports[service], ca_file=str(server.ca_file), address=server.address
    )
    result = await smtp.check(where, smtp.Options(), deadline=PATIENT)
    assert (result.state, result.findings) == (State.OK, ()), result
    assert "ESMTP" in result.summary
    assert "tls_days_left" in result.metrics


async def test_a_real_postfix_that_was_stopped_refuses_connections() -> None:
    with postfix() as server:
        server.stop()
        where = target("smtp", server.ports["smtp"], address=server.address)
        result = await smtp.check(where, smtp.Options(), deadline=PATIENT)
    assert result.codes == ("smtp.connect.refused",)
    assert result.summary == "connection refused"
