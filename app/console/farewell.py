"""What is printed when the screen is gone: the log of the incident that this session closed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from app.incident.targets import Targets
from app.problem import MISUSE, Problem
from app.sop import Step

if TYPE_CHECKING:
    from app.incident.story import Story


class Outputs(Struct, frozen=True, kw_only=True):
    """Where a report goes, beside the terminal: to printers, and into files of these formats."""

    printers: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    folder: Path = Path()


class Farewell(Struct, frozen=True, kw_only=True):
    """The incident to print. `folder` is that of the incidents."""

    folder: Path
    incident: str
    steps: tuple[Step, ...]
    targets: Mapping[str, Targets]
    outputs: Outputs = Outputs()

    def story(self) -> Story:
        """What there is to tell of it now. Raises LogError."""
        from app.incident.log import IncidentLog
        from app.incident.story import tell

        log = IncidentLog(self.folder, self.incident)
        try:
            return tell(log, self.steps, self.targets)
        finally:
            log.close()

    def bid(self) -> int:
        """Print it to the terminal, where it stays, then elsewhere; the exit status."""
        from app.incident import printing

        story = self.story()
        sys.stdout.write(printing.document(story, plain=True))
        sys.stdout.flush()
        outcomes = list(deliver(story, self.outputs))
        review = f"incident {self.incident} is closed; `mailmedic incident review` is next"
        for said in (*outcomes, review):
            print(f"mailmedic: {said}", file=sys.stderr)  # noqa: T201
        return MISUSE if any(isinstance(said, Problem) for said in outcomes) else 0


def deliver(story: Story, outputs: Outputs) -> Iterator[str | Problem]:
    """Hand `story` to the printers and write its files; what became of each."""
    from app.incident import printing

    ways: list[Callable[[], object]] = []
    ways += [partial(printing.to_printer, story, name) for name in outputs.printers]
    into = outputs.folder.expanduser()
    ways += [partial(printing.keep, story, into, name) for name in outputs.formats]
    for way in ways:
        try:
            yield str(way())
        except Problem as problem:
            yield problem
