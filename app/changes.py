"""What changed on the hosts, and new baselines of them: without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from app.problem import Problem
from checks import changed
from checks.facts import ChangeFacts, DriftFacts
from checks.model import Result, State, now
from checks.when import iso, span

if TYPE_CHECKING:
    from app.config import Config
    from app.monitor import Job
    from checks.board import Board, Standing

SCHEMA = "mailmedic.diff/1"

PACKAGES_SHOWN = 10
"""Packages of one upgrade that are printed; mail's are the first, and the JSON document has all."""

ASK_FOR_RECORDS = ("dns", "spf", "dmarc", "mta_sts")
"""The checks that ask nothing but DNS."""


def jobs(config: Config, host: str) -> list[Job]:
    """What is to be asked of that host, else of all. Raises Problem where there is no login."""
    from app.choose import with_login
    from app.plan import plan

    if host:
        with_login(config.system.hosts, host)
    found = [job for job in plan(config) if job.kind in changed.KINDS]
    if not found:
        raise Problem("no host has a login, so nothing is known of what changed")
    return [job for job in found if host in ("", job.target.name)]


async def _asked_for_records(config: Config, wanted: list[Job]) -> list[Job]:
    """Those of `wanted` that compare records, when the checks of DNS have asked for these once."""
    from app.monitor import run_job
    from app.plan import plan

    comparing = [job for job in wanted if job.kind == "records"]
    if comparing:
        asking = [job for job in plan(config) if job.kind in ASK_FOR_RECORDS]
        await asyncio.gather(*map(run_job, asking))
    return comparing


async def look(config: Config, host: str) -> Board:
    """Ask once; the board of that. A name server that is dead costs no more than its deadline."""
    from app.engine import close_logins
    from app.monitor import Monitor

    name, wanted = config.system.name, jobs(config, host)
    others = [job for job in wanted if job.kind != "records"]
    try:
        comparing, board = await asyncio.gather(
            _asked_for_records(config, wanted), Monitor(name, others).sweep()
        )
        records = await Monitor(name, comparing).sweep()
        return replace(board, standings={**board.standings, **records.standings})
    finally:
        await close_logins(config.system)


async def take(config: Config, host: str) -> list[tuple[Job, Result]]:
    """Take new baselines; what each look said."""
    from app.engine import close_logins

    async def one(job: Job) -> tuple[Job, Result]:
        check: Any = job.check
        result: Result = await check.take(job.target, job.options, deadline=job.options.deadline)
        return job, result

    wanted = jobs(config, host)
    others = [job for job in wanted if job.kind != "records"]
    try:
        comparing, taken = await asyncio.gather(
            _asked_for_records(config, wanted), asyncio.gather(*map(one, others))
        )
        return [*taken, *await asyncio.gather(*map(one, comparing))]
    finally:
        await close_logins(config.system)


def text(board: Board) -> Iterator[str]:
    """The list as a person reads it: the latest first, each with its diff."""
    at = now()
    found = changed.listed(board.standings.values(), None)
    if not found:
        yield _nothing(board)
    for one in found:
        kind = "" if one.kind == "file" else f"{one.kind} "
        stamp = f"{'≤' if one.after else ''}{iso(one.at)[:-5]}Z" if one.at else "unknown"
        age = f"{span((at - one.at).total_seconds())} ago" if one.at else ""
        yield "  ".join(filter(None, (stamp, age, one.host, f"{kind}{one.what}", one.more)))
        yield from (f"    {line}" for line in (*one.notes, *_lines(one)))
    for standing in board.standings.values():
        result = standing.result
        yield from (f"{standing.target.name}  not seen: {gap}" for gap in _unseen(standing))
        yield from (f"{standing.target.name}  {line}" for line in _baseline(standing))
        if result is not None and (result.facts is None or result.mend):
            yield f"{standing.id}  {result.state.name}  {result.summary}"
            yield from [f"    mend: {result.mend}"] if result.mend else []


def _nothing(board: Board) -> str:
    """Of what nothing is listed: what was not seen may have changed."""
    results = [one.result for one in board.standings.values() if one.result]
    if all(one.facts is None for one in results):
        return "nothing is known of what changed"
    is_blind = any(one.state == State.UNKNOWN for one in results) or any(
        _unseen(one) for one in board.standings.values()
    )
    return "nothing has changed" + (" in what could be seen" if is_blind else "")


def _lines(one: changed.Changed) -> tuple[str, ...]:
    """Its diff; of a long list of packages the first."""
    rest = len(one.diff) - PACKAGES_SHOWN
    if one.kind != "package" or rest <= 1:
        return one.diff
    return *one.diff[:PACKAGES_SHOWN], f"… {rest} more; --json lists all"


def _unseen(standing: Standing) -> tuple[str, ...]:
    """What of a host could not be compared, and so may have changed."""
    match standing.result.facts if standing.result else None:
        case ChangeFacts(unseen=unseen):
            return unseen
        case DriftFacts(unreadable=paths):
            return tuple(f"{path}: it may not be read" for path in paths)
        case _:
            return ()


def _baseline(standing: Standing) -> Iterator[str]:
    """What the host is compared with."""
    facts = standing.result.facts if standing.result else None
    if isinstance(facts, DriftFacts | ChangeFacts) and facts.good:
        what = {"config": "files", "changes": "settings"}.get(standing.kind, standing.kind)
        begin = f"{iso(facts.baseline_at)[:-5]}Z"
        yield f"{what}: {changed.baseline_words(facts.good)}; changes since {begin} are listed"


def document(board: Board) -> dict[str, object]:
    """The same as one JSON document."""
    return {
        "schema": SCHEMA,
        "at": iso(now()),
        "changes": [
            {
                "host": one.host,
                "kind": one.kind,
                "what": one.what,
                "at": iso(one.at) if one.at else None,
                "after": iso(one.after) if one.after else None,
                "more": one.more,
                "notes": list(one.notes),
                "diff": list(one.diff),
            }
            for one in changed.listed(board.standings.values(), None)
        ],
        "checks": [
            {
                "id": one.id,
                "state": one.result.state.name,
                "summary": one.result.summary,
                "unseen": list(_unseen(one)),
                "baseline": next(_baseline(one), ""),
            }
            for one in board.standings.values()
            if one.result is not None
        ],
    }
