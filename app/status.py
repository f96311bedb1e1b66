"""A scene in words and figures: text for people, JSON for scripts, a line for monitoring.

The JSON is a contract (``mailmedic.status/1``): it is extended, never broken.
"""

from __future__ import annotations

import msgspec

from app.engine import Scene
from checks.board import Standing
from checks.model import State
from checks.when import clock, iso, span

SCHEMA = "mailmedic.status/1"


def document(scene: Scene) -> dict[str, object]:
    """The scene as ``status --json`` has it."""
    board, verdict = scene.board, scene.verdict
    return {
        "schema": SCHEMA,
        "at": iso(board.at),
        "system": board.system,
        "verdict": verdict.verdict,
        "summary": verdict.summary,
        "severity": verdict.severity,
        "since": iso(verdict.since) if verdict.since else None,
        "scope": msgspec.to_builtins(verdict.scope),
        "causes": msgspec.to_builtins(verdict.causes),
        "checks": [_check(standing) for standing in board.standings.values()],
    }


def _check(standing: Standing) -> dict[str, object]:
    result = standing.result
    known: dict[str, object] = {"id": standing.id, "target": standing.target.name}
    if result is None:
        return {**known, "state": State.UNKNOWN.name, "summary": "not asked yet"}
    return {
        **known,
        "state": result.state.name,
        "summary": result.summary,
        "findings": list(result.codes),
        "phases": {phase.name: round(phase.duration, 6) for phase in result.phases},
        "metrics": result.metrics,
        "at": iso(result.at),
        "duration": round(result.duration, 6),
    }


def json(scene: Scene) -> str:
    """One JSON document, indented for reading."""
    return msgspec.json.format(json_line(scene), indent=2)


def json_line(scene: Scene) -> str:
    """One JSON document on one line."""
    return msgspec.json.encode(document(scene)).decode()


def text(scene: Scene) -> str:
    """The verdict, then whatever is not OK, the worst first."""
    board, verdict = scene.board, scene.verdict
    head = [verdict.verdict.upper(), board.system, verdict.severity or "", verdict.summary]
    if verdict.since and verdict.verdict != "healthy":
        ago = span((board.at - verdict.since).total_seconds())
        head.append(f"since {clock(verdict.since)} ({ago})")
    lines = ["  ".join(filter(None, head))]
    standings = sorted(board.standings.values(), key=_badness, reverse=True)
    wrong = [(one.id, one.result) for one in standings if one.result and one.result.state]
    width = max((len(name) for name, _ in wrong), default=0)
    for name, result in wrong:
        codes = " ".join(result.codes)
        lines.append(f"  {result.state.name:<8}  {name:<{width}}  {result.summary}  [{codes}]")
        if result.mend:
            lines.append(f"  {'':<8}  {'':<{width}}  mend: {result.mend}")
    lines.append(f"  {len(standings) - len(wrong)} of {len(standings)} checks OK")
    return "\n".join(lines)


def _badness(standing: Standing) -> int:
    return standing.result.state.badness if standing.result else 0


def plugin(scene: Scene) -> str:
    """As the monitoring-plugins guidelines have it: summary, perfdata after ``|``, long text."""
    words = text(scene).replace("|", "¦")
    summary, _, rest = words.partition("\n")
    perfdata = [
        f"'{one.id}'={one.result.duration:.4f}s"
        for one in scene.board.standings.values()
        if one.result
    ]
    return f"MAILMEDIC {summary} | {' '.join(perfdata)}\n{rest}"
