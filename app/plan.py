"""From a system to the jobs that watch it: each kind of check says what it has to ask."""

from __future__ import annotations

from app.config import Config
from app.monitor import Job
from checks import registry
from checks.model import Target


def plan(config: Config) -> list[Job]:
    """A job for each target of each kind of check, in the order of the rooms."""
    jobs: dict[str, Job] = {}
    for kind, module in registry.kinds().items():
        check = registry.load(kind)
        options = config.options(kind)
        for target in check.targets(config.system) if options.is_wanted else ():
            job = Job(
                kind=kind,
                check=check,
                target=target,
                options=options,
                group=_group(module, target),
            )
            jobs.setdefault(target.id, job)
    return list(jobs.values())


def _group(module: str, target: Target) -> str:
    """What is asked of a host over its login starts together, and so is one round trip there."""
    login = target.host.login if target.host else None
    is_of_server = module.startswith("checks.server.")
    return login.name if is_of_server and login is not None and not login.is_local else ""
