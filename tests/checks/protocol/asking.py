"""Asks a peer one question with a check, and sees that nothing is left behind."""

from __future__ import annotations

import asyncio
import functools
import ssl
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from checks.model import Host, Result, Target
from checks.resolver import Resolver
from tests.peers import HOST, Peer, serve

DEADLINE = 0.6
GRACE = 1.0
"""How much later an answer may come on a busy machine."""


def target(about: str, port: int, *, ca_file: str = "", address: str = HOST, **more: Any) -> Target:
    """A service of ours on loopback."""
    host = Host(name="mx", address=address, ca_file=ca_file)
    resolver: Resolver = more.get("resolver") or Resolver()
    return Target(
        name=f"mx:{port}", about=about, address=address, port=port, host=host, resolver=resolver
    )


async def ask(
    kind: ModuleType,
    about: str,
    peer: Peer,
    *,
    tls: ssl.SSLContext | None = None,
    deadline: float = DEADLINE,
    **more: Any,
) -> Result:
    """The answer of check `kind` about `peer`, which has to be honest and clean.

    It is given by the deadline, with declared findings only, harmless text, and neither a task
    nor a file descriptor left.
    """
    before = left_open()
    async with serve(peer, tls=tls) as port:
        began = time.monotonic()
        result: Result = await kind.check(
            target(about, port, **more), kind.Options(), deadline=deadline
        )
        took = time.monotonic() - began
    assert took < deadline + GRACE
    assert set(result.codes) <= set(kind.FINDINGS)
    assert all(text.isprintable() for text in (result.summary, *result.evidence))
    assert all(finding.text.isprintable() for finding in result.findings)
    assert left_open() == before
    return result


def left_open() -> tuple[int, int]:
    """How many tasks and sockets there are. (A thread that builds a TLS context is no leak.)"""
    sockets = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            sockets += str(entry.readlink()).startswith("socket:")
        except FileNotFoundError:
            continue
    return len(asyncio.all_tasks()), sockets


@functools.cache
def ca_file() -> str:
    """The file of the CA that the tests trust; it ends with the run."""
    from tempfile import NamedTemporaryFile

    from tests.peers import tls

    file = NamedTemporaryFile(suffix=".pem")  # noqa: SIM115  closed and removed at the very end
    file.write(tls.authority().cert_pem.bytes())
    file.flush()
    _kept.append(file)
    return file.name


_kept: list[Any] = []
