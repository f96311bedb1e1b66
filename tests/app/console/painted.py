"""An app for a pty: each key ``n`` makes the next of a row of random changes to the screen.

``python -m tests.app.console.painted SEED on|off|slow`` with or without the differ of cells; *slow*
with it, and most frames left out.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen, Screen

from app.console.paint import DifferingCells
from widgets.lines import Framed
from widgets.text import Row, Span

WORDS = (
    "mail1",
    "connection refused",
    "漢字",
    "✗",
    "e\u0301te\u0301",
    "0.42",
    "😀 up",
    "…",
    "ｗｉｄｅ",
)
ROLES = ("", "bad", "good", "dim", "cursor")


class Box(Framed):
    DEFAULT_CSS = "Box { width: 1fr; }"

    def __init__(self, rng: random.Random, rows: int) -> None:
        super().__init__()
        self.rng = rng
        self.said: list[Row] = [self.words() for _ in range(rows)]

    def words(self) -> Row:
        return tuple(
            Span(self.rng.choice(WORDS) + " " * self.rng.randrange(3), self.rng.choice(ROLES))
            for _ in range(self.rng.randrange(6))
        )

    def change(self) -> None:
        for _ in range(self.rng.randrange(1, 4)):
            self.said[self.rng.randrange(len(self.said))] = self.words()
        self.redraw()

    def inside(self, width: int, height: int) -> Sequence[Row]:
        return self.said[:height]


class Page(Screen[None]):
    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng = rng

    def compose(self) -> ComposeResult:
        for _ in range(2):
            with Horizontal():
                yield Box(self.rng, 12)
                yield Box(self.rng, 12)


class Ask(ModalScreen[None]):
    DEFAULT_CSS = "Ask { align: center middle; } Ask Box { width: 31; height: 9; }"

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng = rng

    def compose(self) -> ComposeResult:
        yield Box(self.rng, 7)


class Changes(App[None]):
    ENABLE_COMMAND_PALETTE = False

    def begin(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.count = 0
        self.add_mode("one", lambda: Page(self.rng))
        self.add_mode("two", lambda: Page(self.rng))

    def add_mode(self, name: str, page: object) -> None:
        self._modes = {**self._modes, name: page}  # type: ignore[dict-item] # a factory, as documented

    async def on_ready(self) -> None:
        await self.switch_mode("one")
        self.tell()

    async def key_n(self) -> None:
        is_asking = isinstance(self.screen, Ask)
        await self.rng.choice(
            [self.change] * 6 + [self.hide, self.leave if is_asking else self.ask]
            + ([] if is_asking else [self.turn])
        )()  # fmt: skip
        self.count += 1
        self.tell()

    async def key_s(self) -> None:
        with self.suspend():
            sys.__stdout__.write("\x1b[2J\x1b[HEnter passphrase: \n" * 3)  # type: ignore[union-attr]
            sys.__stdout__.flush()  # type: ignore[union-attr]
        self.count += 1
        self.tell()

    def tell(self) -> None:
        """Say in a frame how many changes were made."""
        box = self.screen.query(Box).first()
        box.TITLE = f"step {self.count}."
        box.redraw()

    async def change(self) -> None:
        for box in self.screen.query(Box):
            if self.rng.random() < 0.5:
                box.change()

    async def hide(self) -> None:
        for box in list(self.screen.query(Box))[1:2]:
            box.display = not box.display

    async def ask(self) -> None:
        await self.push_screen(Ask(self.rng))

    async def leave(self) -> None:
        await self.pop_screen()

    async def turn(self) -> None:
        await self.switch_mode("two" if self.current_mode == "one" else "one")


class Differing(DifferingCells, Changes):
    pass


if __name__ == "__main__":
    app = Changes() if sys.argv[2] == "off" else Differing()
    if isinstance(app, Differing) and sys.argv[2] == "slow":
        app.pause = 0.2
    app.begin(int(sys.argv[1]))
    app.run()
