"""A signature that Debian's OpenDKIM has made: another program than the one that verifies it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from checks.protocol import _dkim, _testmail
from checks.protocol._dkim import Outcome
from tests.checks.protocol.test_dkim import KEY, good, key
from tests.lab.daemon import need
from tests.peers.dns import dns_server

pytestmark = pytest.mark.real

CONF = """
Mode s
Canonicalization relaxed/simple
Domain lab.test
Selector lab
KeyFile {folder}/key
Socket inet:0@127.0.0.1
RequireSafeKeys no
MinimumKeyBits 1024
InternalHosts 127.0.0.1
"""

MESSAGE = _testmail.compose("1-0123456789abcdef", "ana@lab.test", "ana@lab.test")


@pytest.fixture
def signed(tmp_path: Path) -> tuple[bytes, bytes]:
    """Header and body, as they would be fetched."""
    need("opendkim", "opendkim")
    pem = key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    (tmp_path / "key").write_bytes(pem)
    (tmp_path / "conf").write_text(CONF.format(folder=tmp_path))
    message = MESSAGE.replace(b"\n", b"\r\n")
    (tmp_path / "mail").write_bytes(message)
    argv = ["/usr/sbin/opendkim", "-x", "conf", "-v", "-v", "-t", "mail"]
    told = subprocess.run(argv, cwd=tmp_path, check=True, capture_output=True, timeout=30).stdout
    found = re.search(rb"hname='DKIM-Signature' hvalue='([^']*)'", told)
    assert found is not None, told
    field = b"DKIM-Signature: " + found[1].replace(b"\n", b"\r\n") + b"\r\n"
    header, _, body = message.partition(b"\r\n\r\n")
    return field + header + b"\r\n\r\n", body


async def test_what_opendkim_signs_is_valid_as_long_as_nobody_changes_it(
    signed: tuple[bytes, bytes],
) -> None:
    header, body = signed
    async with dns_server(good()) as peer:
        (fine,) = await _dkim.verify(header, body, peer.resolver, deadline=5)
        (changed,) = await _dkim.verify(header, body + b"x\r\n", peer.resolver, deadline=5)
        other = header.replace(b"ana@lab.test", b"eva@lab.test")
        (faked,) = await _dkim.verify(other, body, peer.resolver, deadline=5)
    assert (fine.key, fine.outcome) == (KEY, Outcome.VALID)
    assert "body hash mismatch" in changed.why
    assert (changed.outcome, faked.outcome) == (Outcome.INVALID, Outcome.INVALID)
