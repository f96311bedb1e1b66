"""What one console works on: the system, the engine behind it, and the drill if there is one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import Engine, Scene
from app.sop import best

if TYPE_CHECKING:
    from app.config import Config
    from app.console.farewell import Farewell
    from app.drill.drill import Drill


class Session:
    """One run of the console, on what `config` yields in the engine's loop.

    `sop` is the house's own procedure; with mistakes in it, it is ours that is shown.
    """

    def __init__(
        self,
        name: str,
        config: AbstractAsyncContextManager[Config],
        *,
        sop: Path | None = None,
        drill: Drill | None = None,
        watches_over_ssh: bool = False,
    ) -> None:
        self.name = name
        self.procedure, self.sop_mistakes = best(sop)
        self.drill = drill
        self.watches_over_ssh = watches_over_ssh
        self._config = config
        self._engine: Engine | None = None
        self.farewell: Farewell | None = None
        """What is printed when the screen is gone."""
        self.parting = "closed"
        """Why it ends, as the incident's log says it."""

    def begin(self, show: Callable[[Scene], None]) -> None:
        """Start to watch; each scene goes to `show`, in the engine's thread."""
        self._engine = Engine(self._config, show, self.procedure)
        self._engine.start()

    def end(self) -> None:
        """Stop what was started. Safe to call twice."""
        if self._engine is not None:
            self._engine.stop(self.parting)

    @property
    def error(self) -> BaseException | None:
        """What ended the engine before its time."""
        return self._engine.error if self._engine else None

    @property
    def engine(self) -> Engine:
        """The engine; there is one as soon as the screen has been painted once."""
        if self._engine is None:
            raise RuntimeError("the session has not begun")
        return self._engine
