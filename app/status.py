"""A scene in words and figures: text for people, JSON for scripts, a line for monitoring.

The JSON is a contract (``mailmedic.status/1``): it is extended, never broken.
"""

from __future__ import annotations

import msgspec

from app.engine import Scene
from app.explained import explained
from checks.board import Standing
from checks.facts import Alert, MonitorFacts
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
        "severity_reason": verdict.reason,
        "rests_on": list(verdict.rests_on),
        "since": iso(verdict.since) if verdict.since else None,
        "scope": msgspec.to_builtins(verdict.scope),
        "causes": msgspec.to_builtins(verdict.causes),
        "checks": [check(standing) for standing in board.standings.values()],
    }


def check(standing: Standing) -> dict[str, object]:
    """A check as ``status --json`` has it."""
    result = standing.result
    known: dict[str, object] = {"id": standing.id, "target": standing.target.name}
    if result is None:
        return {**known, "state": State.UNKNOWN.name, "summary": "not asked yet"}
    if isinstance(result.facts, MonitorFacts):
        known["alerts"] = [_alert(one) for one in result.facts.alerts]
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


def _alert(alert: Alert) -> dict[str, object]:
    """An alert of the site's own monitoring that touches our hosts."""
    since = iso(alert.since) if alert.since else None
    return {
        "name": alert.name,
        "host": alert.about,
        "severity": alert.severity,
        "since": since,
        "summary": alert.summary,
        "note": alert.note,
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
    lines += [f"  {label:<8}  {said}" for label, said in explained(verdict)]
    lines.append(f"  {len(standings) - len(wrong)} of {len(standings)} checks OK")
    return "\n".join(lines)


def _badness(standing: Standing) -> int:
    return standing.result.state.badness if standing.result else 0


def plugin(scene: Scene) -> str:
    """As the monitoring-plugins guidelines have it: summary, perfdata after ``|``, long text."""
    words = text(scene).replace("|", "¦")
    summary, _, rest = words.partition("\n")
    perfdata = [one for standing in scene.board.standings.values() for one in _perfdata(standing)]
    return f"MAILMEDIC {summary} | {' '.join(perfdata)}\n{rest}"


def _perfdata(standing: Standing) -> list[str]:
    """How long the check took, then its metrics: ``'queue/mail1'=0.0480s``, ``… deferred'=16``."""
    if standing.result is None:
        return []
    label = standing.id.translate(_NO_LABEL)
    metrics = standing.result.metrics.items()
    return [
        f"'{label}'={standing.result.duration:.4f}s",
        *(f"'{label} {name.translate(_NO_LABEL)}'={_plain(value)}" for name, value in metrics),
    ]


def _plain(value: float) -> str:
    """A number without an exponent, which perfdata does not know."""
    return f"{value:f}".rstrip("0").rstrip(".")


_NO_LABEL = str.maketrans("'=|", "___")
"""What a label may not hold."""
