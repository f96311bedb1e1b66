"""How far an incident is, in the words of status pages: the log suggests, the operator decides."""

from __future__ import annotations

from app.incident.situation import Situation

INVESTIGATING, IDENTIFIED, MONITORING, RESOLVED = (
    "investigating",
    "identified",
    "monitoring",
    "resolved",
)

PHASES = {
    INVESTIGATING: "We are looking for the cause.",
    IDENTIFIED: "The cause is known, and we are mending it.",
    MONITORING: "It is mended; we are watching whether it stays so.",
    RESOLVED: "Mail works again.",
}
"""Each with what it means to somebody who waits."""

SURE = 0.8
"""How probable a cause has to be before diagnosis alone makes it one that readers are told of."""


def suggested(now: Situation) -> str:
    """The phase that the log speaks for."""
    if now.phase != "open":
        return RESOLVED
    if _has_recovered(now):
        return MONITORING
    is_confirmed = any(one.state == "confirmed" for one in now.hypotheses.values())
    is_named = now.cause is not None and (not now.cause.is_auto or now.cause.confidence >= SURE)
    return IDENTIFIED if is_confirmed or is_named else INVESTIGATING


def _has_recovered(now: Situation) -> bool:
    """Whether it was out, and is well now."""
    return now.verdict is not None and now.verdict.verdict == "healthy" and now.onset is not None
