"""One judgement of a check, and the result that the judgements make together."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from checks.facts import Facts
from checks.model import Finding, Result, State
from checks.phases import Phases


class Judged(Struct, frozen=True):
    """A finding with the state that it means; `text` can stand in the summary line."""

    state: State
    code: str
    text: str


def result(
    phases: Phases,
    judged: Sequence[Judged],
    otherwise: str,
    *,
    facts: Facts,
    metrics: dict[str, float] | None = None,
    evidence: tuple[str, ...] = (),
    mend: str = "",
) -> Result:
    """The worst state; its texts lead the summary. `otherwise` is said when all is well."""
    ordered = sorted(judged, key=lambda one: -one.state.badness)
    texts = [one.text for one in ordered]
    if not ordered or ordered[0].state == State.OK:
        texts.append(otherwise)
    return phases.result(
        ordered[0].state if ordered else State.OK,
        "; ".join(texts),
        *(Finding(one.code, one.text) for one in ordered),
        facts=facts,
        metrics=metrics,
        evidence=evidence,
        mend=mend,
    )
