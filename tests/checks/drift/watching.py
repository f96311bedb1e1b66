"""Looking at the watched files of one host."""

from __future__ import annotations

from pathlib import Path

from checks.drift import config
from checks.drift.config import Options
from checks.facts import DriftFacts, FileChange
from checks.hosts import Login
from checks.model import Host, Result, Target
from checks.resolver import Resolver


class Watching:
    """One host whose config is watched; `state` is where its baseline is kept."""

    def __init__(self, login: Login, state: Path, *watched: Path | str) -> None:
        host = Host(name="mail1", address="mail1", login=login, watch=tuple(map(str, watched)))
        self.target = Target(name="mail1", about="config", host=host, resolver=Resolver())
        self.options = Options(folder=str(state))

    async def look(self) -> Result:
        return await config.check(self.target, self.options, deadline=20)

    async def take(self) -> Result:
        return await config.take(self.target, self.options, deadline=20)


def facts(result: Result) -> DriftFacts:
    assert isinstance(result.facts, DriftFacts), result
    return result.facts


def changes(result: Result) -> dict[str, FileChange]:
    return {change.path.rpartition("/")[2]: change for change in facts(result).changes}
