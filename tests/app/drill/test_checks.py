"""What the protocol checks find out about a broken drill."""

from __future__ import annotations

import asyncio

import pytest

from app.drill.drill import Drill
from checks.model import Result, State
from checks.protocol import imap, smtp
from tests.app.drill.clients import running

DEADLINE = 1.0

EXPECTED = {
    "smtp-stopped": {
        "smtp": (State.CRITICAL, "smtp.connect.refused"),
        "submission": (State.CRITICAL, "smtp.connect.refused"),
    },
    "smtp-silent": {
        "smtp": (State.CRITICAL, "smtp.banner.timeout"),
        "submission": (State.CRITICAL, "smtp.banner.timeout"),
    },
    "certificate-expired": {
        "smtp": (State.WARNING, "tls.expired"),  # senders to port 25 do not verify (RFC 7435)
        "submission": (State.CRITICAL, "tls.expired"),
        "imap": (State.CRITICAL, "tls.expired"),
        "imaps": (State.CRITICAL, "tls.expired"),
    },
    "imap-stopped": {
        "imap": (State.CRITICAL, "imap.connect.refused"),
        "imaps": (State.CRITICAL, "imap.connect.refused"),
    },
}


async def sweep(drill: Drill) -> dict[str, Result]:
    """One result for each service of the drill."""
    system = drill.system()
    asked = {
        **{t.about: smtp.check(t, smtp.Options(), deadline=DEADLINE) for t in smtp.targets(system)},
        **{t.about: imap.check(t, imap.Options(), deadline=DEADLINE) for t in imap.targets(system)},
    }
    return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))


def complaints(results: dict[str, Result]) -> dict[str, tuple[State, str]]:
    return {
        service: (result.state, " ".join(result.codes))
        for service, result in results.items()
        if result.state != State.OK
    }


@pytest.mark.parametrize("name", EXPECTED)
async def test_the_checks_name_the_fault_and_see_it_mended(name: str) -> None:
    async with running() as drill:
        results = await sweep(drill)
        assert len(results) == 4
        assert not complaints(results)
        await drill.inject(name)
        assert complaints(await sweep(drill)) == EXPECTED[name]
        await drill.heal()
        assert not complaints(await sweep(drill))
