"""The mail queues: how much waits, since when, why, for whom, and what becomes of it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from app.problem import Problem

if TYPE_CHECKING:
    from app.config import Config
    from app.queues import Queue
    from checks.facts import QueueFacts, Reason

SCHEMA = "mailmedic.queue/1"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.add_argument("host", nargs="?", default="", metavar="HOST", help="one host; else all")
    parser.add_argument("--json", action="store_true", help=f"one JSON document ({SCHEMA})")


def run(arguments: Namespace) -> int:
    """Print them; 0, 1 or 2 as the worst of them is OK, WARNING or CRITICAL, 3 unknown."""
    import asyncio

    from app.choose import choose, with_login
    from checks.model import worst

    config = choose(arguments.config, [])
    if arguments.host:
        with_login(config.system.hosts, arguments.host)
    found = asyncio.run(_look(config, arguments.host))
    if not found and not arguments.json:
        raise Problem("no host has an MTA whose queue can be read")
    print(as_json(found) if arguments.json else "\n".join(map(as_text, found)))
    return int(worst(one.result.state for one in found))


async def _look(config: Config, name: str) -> list[Queue]:
    from app.engine import close_logins
    from app.queues import queues

    try:
        return await queues(config, name)
    finally:
        await close_logins(config.system)


def as_text(queue: Queue) -> str:
    """A queue as a person reads it."""
    from checks.facts import QueueFacts
    from checks.model import now
    from checks.outlook import by_age, outlook

    result = queue.result
    lines = [f"{queue.target.name}  {queue.mta}  {result.state.name}  {result.summary}"]
    if result.mend:
        lines.append(f"  mend: {result.mend}")
    facts = result.facts
    if isinstance(facts, QueueFacts) and facts.total:
        lines += [f"  {said}" for said in outlook(facts, now())]
        ages = [
            f"{'' if name.endswith('+') else '<'}{name} {count:,}"
            for name, count in by_age(facts)
            if count
        ]
        lines += [f"  by age: {'  '.join(ages)}"] if ages else []
        lines += [line for title, counts in _groups(facts) for line in _table(title, counts)]
    return "\n".join(lines)


def _groups(facts: QueueFacts) -> list[tuple[str, tuple[Reason, ...]]]:
    return [("reason", facts.reasons), ("domain", facts.domains), ("sender", facts.senders)]


def _table(title: str, counts: tuple[Reason, ...]) -> list[str]:
    if not counts:
        return []
    rows = [f"  {one.count:>9,}  {f'{one.family} {one.text}'.strip()}" for one in counts]
    return [f"  by {title}", *rows]


def as_json(found: list[Queue]) -> str:
    """All of them as one document."""
    import json

    from checks.model import now
    from checks.when import iso

    document = {"schema": SCHEMA, "at": iso(now()), "queues": [_document(one) for one in found]}
    return json.dumps(document, ensure_ascii=False)


def _document(queue: Queue) -> dict[str, object]:
    from checks.facts import QueueFacts

    result, facts = queue.result, queue.result.facts
    said: dict[str, object] = {
        "host": queue.target.name,
        "mta": queue.mta,
        "state": result.state.name,
        "summary": result.summary,
        "findings": list(result.codes),
        "mend": result.mend,
    }
    return said | (_sums(facts) if isinstance(facts, QueueFacts) else {})


def _sums(facts: QueueFacts) -> dict[str, object]:
    import msgspec

    from checks.outlook import by_age
    from checks.when import iso

    return {
        "active": facts.active,
        "deferred": facts.deferred,
        "hold": facts.hold,
        "frozen": facts.frozen,
        "incoming": facts.incoming,
        "oldest": iso(facts.oldest) if facts.oldest else None,
        "ages": dict(by_age(facts)),
        **{
            f"by_{title}": [
                {"text": one.text, "family": one.family, "count": one.count} for one in counts
            ]
            for title, counts in _groups(facts)
        },
        "patience": msgspec.to_builtins(facts.patience),
    }
