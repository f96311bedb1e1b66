"""A TCP connection in place of an echo request, for users who may send no ICMP."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from checks import connect
from checks.model import Target, split_service
from checks.network._echo import Echo


async def by_tcp(target: Target, *, deadline: float) -> Echo:
    """The first of the host's service ports to answer; "refused" is an answer too."""
    services = target.host.services if target.host else ()
    ports = [replace(target, port=split_service(one)[1]) for one in services]
    if not ports:
        return Echo(sent=0, error="no ICMP for this user, and no service port to ask instead")
    outcomes = [asyncio.create_task(_knock(port, deadline)) for port in ports]
    echo = Echo(sent=0)
    try:
        for outcome in asyncio.as_completed(outcomes):
            echo = await outcome
            if echo.received:
                break
    finally:
        for task in outcomes:
            task.cancel()
    return echo


async def _knock(target: Target, deadline: float) -> Echo:
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        await connect.knock(target, deadline=deadline)
    except connect.Refused:
        pass
    except connect.Filtered as error:
        return Echo(sent=1, refusal=str(error), is_filtered=True)
    except (connect.Unreachable, connect.NotTried) as error:
        return Echo(sent=1, refusal=str(error))
    except (connect.NotConnected, TimeoutError):
        return Echo(sent=1)
    return Echo(sent=1, received=1, rtts=(clock() - began,))
