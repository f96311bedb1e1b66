"""Times the steps of a check, and knows which one was under way when it ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from checks.facts import Facts
from checks.model import Finding, Phase, Result, State, now
from checks.text import visible

if TYPE_CHECKING:
    from checks.hosts import LoginError


class Phases:
    """The stopwatch of one run of one check.

    `current` is the step under way, or the one that failed: a timeout or an error caught outside
    the ``with`` still finds its name there.
    """

    def __init__(self) -> None:
        self.current = ""
        self._began = time.monotonic()
        self._at = now()
        self._phases: list[Phase] = []

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time what is done inside, under `name`."""
        self.current = name
        began = time.monotonic()
        try:
            yield
        finally:
            self._phases.append(Phase(name, time.monotonic() - began))

    def lasted(self) -> dict[str, float]:
        """How long each step took; of one that was repeated, the last time."""
        return {phase.name: phase.duration for phase in self._phases}

    def result(
        self,
        state: State,
        summary: str,
        *findings: Finding,
        metrics: dict[str, float] | None = None,
        evidence: tuple[str, ...] = (),
        facts: Facts | None = None,
        mend: str = "",
    ) -> Result:
        """A result with the times measured so far."""
        return Result(
            state=state,
            summary=summary,
            phases=tuple(self._phases),
            metrics=metrics or {},
            findings=findings,
            evidence=evidence,
            facts=facts,
            mend=mend,
            at=self._at,
            duration=time.monotonic() - self._began,
        )

    def not_asked(self, error: LoginError) -> Result:
        """The answer where the host could not be asked."""
        text = visible(str(error))
        return self.result(State.UNKNOWN, text, Finding(error.code, text))
