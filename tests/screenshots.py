"""Pictures of the running program: `make screenshots`.

A real Postfix and Dovecot are watched, some mail is deferred, a setting is changed, and Postfix is
stopped; where they can't be started, the drill with its SMTP stopped. The console is the real one
with its real engine; Textual draws it without a terminal and writes what it drew as SVG.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.config import load
from app.console.console import Console
from app.console.session import Session
from app.drill.drill import Drill, watched
from tests.lab.dovecot import dovecot
from tests.lab.postfix import Postfix, postfix
from tests.systems import write_config

FOLDER = Path(__file__).parents[1] / "screenshots"
SIZES = ((160, 42), (120, 36), (80, 24))

Break = Callable[[], Awaitable[None]]


async def picture(name: str, session: Session, size: tuple[int, int], break_it: Break) -> None:
    """Write the console at `size`, some seconds after `break_it`."""
    app = Console(session)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: verdict(app) == "healthy")
        await break_it()
        await until(pilot, lambda: verdict(app) == "outage")
        await asyncio.sleep(12)  # the queue and the config are looked at less often
        await pilot.press("3", "2")
        await pilot.pause()
        (FOLDER / f"{name}-{size[0]}x{size[1]}.svg").write_text(app.export_screenshot())
    session.end()


def verdict(app: Console) -> str:
    """The verdict on the screen."""
    scene = getattr(app.screen, "scene", None)
    return scene.verdict.verdict if scene else ""


async def until(pilot: Pilot[int], is_so: Callable[[], bool]) -> None:
    """Wait for it, not for ever."""
    async with asyncio.timeout(60):
        while not is_so():
            await pilot.pause(0.1)


def on_real_servers(folder: Path) -> None:
    """One picture for each size, each of a server of its own."""
    for size in SIZES:
        with ExitStack() as servers:
            mail = servers.enter_context(postfix())
            store = servers.enter_context(dovecot())
            mail.inject(12)
            mail.inject(4, to="user@greylisted.example", sender="raj@lab.test")
            # A watched file is not looked at again within the same second as its baseline.
            options = "\n[check.config]\ninterval = 3\nfolder = " + repr(str(folder / str(size)))
            path = write_config(folder, mail, store, login="local", extra=options)
            config = load(path)

            async def break_it(mail: Postfix = mail) -> None:
                await asyncio.sleep(6)
                main = mail.config / "main.cf"
                changed = main.read_text().replace("mynetworks = 127.0.0.0/8", "mynetworks =")
                main.write_text(changed + "default_process_limit = 1000\n")
                await asyncio.to_thread(mail.stop)

            session = Session(config.system.name, nullcontext(config))
            asyncio.run(picture("console", session, size, break_it))


def on_the_drill() -> None:
    """The same of the practice system."""
    for size in SIZES:
        drill = Drill()
        session = Session("drill", watched(drill), drill=drill)

        async def break_it(drill: Drill = drill, session: Session = session) -> None:
            await asyncio.wrap_future(session.engine.submit(drill.inject("smtp-stopped")))

        asyncio.run(picture("drill", session, size, break_it))


def main() -> None:
    """Write all pictures, in the colours of a terminal that has them all."""
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    FOLDER.mkdir(exist_ok=True)
    on_the_drill()
    with tempfile.TemporaryDirectory() as folder:
        try:
            on_real_servers(Path(folder))
        except pytest.skip.Exception as reason:
            print(f"the console's pictures are left as they were: {reason}")


if __name__ == "__main__":
    main()
