"""A notice to 500 mailboxes, through a relay that is 20 ms away."""

from __future__ import annotations

import asyncio
import logging
import os
import time

from app.notices.deliver import deliver
from checks.secret import Secret
from tests.app.notices.routing import MESSAGE, route
from tests.bench._table import show, spread
from tests.checks.protocol.asking import ca_file
from tests.peers import serve as serve_peer
from tests.peers import tls
from tests.peers.delay import delayed
from tests.peers.relay import PASSWORD, USER, Relay, serve

RUNS = 5
ROUND_TRIP = 0.02
USERS = tuple(f"user{number}@out.test" for number in range(500))


def main() -> None:
    """Print the table."""
    os.environ["BENCH_RELAY"] = PASSWORD
    logging.disable()  # aiosmtpd announces what it will remove, at each login
    rows = []
    for pipelining in (True, False):
        took = [asyncio.run(_send(pipelining=pipelining)) for _ in range(RUNS)]
        rows.append(("PIPELINING" if pipelining else "without PIPELINING", spread(took, 1)))
    show(
        f"A notice to {len(USERS)} mailboxes, round trip {ROUND_TRIP * 1000:.0f} ms, n={RUNS}",
        ("", "wall s"),
        rows,
        "STARTTLS and AUTH on each connection, the relay in the same process; goal: under 5 s",
    )


async def _send(*, pipelining: bool) -> float:
    relay = Relay(pipelining=pipelining, tls=tls.good(), has_auth=True)
    async with serve(relay) as port, serve_peer(delayed(port, ROUND_TRIP)) as far:
        way = route(
            "smtp",
            f"smtp://{USER}@127.0.0.1:{far}",
            secret=Secret(env="BENCH_RELAY"),
            sender="it@out.test",
            to=USERS,
            ca_file=ca_file(),
        )
        begin = time.monotonic()
        found = await deliver(MESSAGE, way, deadline=60)
        took = time.monotonic() - begin
    if sorted(relay.recipients) != sorted(USERS) or len(found) != len(USERS):
        raise AssertionError("not everybody got it once")
    return took
