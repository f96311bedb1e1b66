"""From a system to the jobs that watch it: each kind of check says what it has to ask."""

from __future__ import annotations

from app.config import Config
from app.monitor import Job
from checks import registry


def plan(config: Config) -> list[Job]:
    """A job for each target of each kind of check, in the order of the rooms."""
    jobs: dict[str, Job] = {}
    for kind in registry.kinds():
        check = registry.load(kind)
        options = config.options(kind)
        for target in check.targets(config.system) if options.is_wanted else ():
            jobs.setdefault(target.id, Job(kind=kind, check=check, target=target, options=options))
    return list(jobs.values())
