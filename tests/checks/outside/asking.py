"""How tests of the outside room ask a monitor about the hosts mail1 and mail2 of lab.test."""

from __future__ import annotations

from typing import Any

from checks.facts import MonitorFacts
from checks.model import Host, Monitor, Result, System, Target
from checks.outside import monitor
from checks.resolver import Resolver

HOSTS = (
    Host(name="mail1", address="10.77.0.11"),
    Host(name="mail2", address="mx2.lab.test"),
)


def target(**asked: Any) -> Target:
    """The target of a monitor whose config says that."""
    made = Monitor(name="site", hosts=HOSTS, domains=("lab.test",), **asked)
    system = System(name="lab", resolver=Resolver("127.0.0.1", port=9), monitors=(made,))
    (found,) = monitor.targets(system)
    return found


async def ask(*, deadline: float = 6.0, **asked: Any) -> Result:
    """What the check says of such a monitor."""
    return await monitor.check(target(**asked), monitor.Options(), deadline=deadline)


def facts(result: Result) -> MonitorFacts:
    """What it has seen."""
    assert isinstance(result.facts, MonitorFacts), result
    return result.facts
