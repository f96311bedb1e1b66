"""One sweep without a screen: verdict, causes, failing checks."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.choose import choose

if TYPE_CHECKING:
    from app.config import Config
    from app.engine import Scene

EXIT_STATUS = {"healthy": 0, "degraded": 1, "outage": 2, "unknown": 3}


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.add_argument("domain", nargs="*", metavar="DOMAIN", help="what to look at; else config")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="one JSON document (mailmedic.status/1)")
    shape.add_argument("--plugin", action="store_true", help="as a monitoring plugin: perfdata")
    parser.add_argument("--watch", action="store_true", help="go on; a new report at each change")


def run(arguments: Namespace) -> int:
    """Do it; the exit status of the (last) verdict."""
    return report(choose(arguments.config, arguments.domain), arguments)


def report(config: Config, arguments: Namespace) -> int:
    """Print what there is to say of `config`'s system; the exit status of the (last) verdict."""
    import asyncio

    from app import status

    write = status.text
    if arguments.json:
        write = status.json_line if arguments.watch else status.json
    elif arguments.plugin:
        write = status.plugin

    def show(scene: Scene) -> None:
        print(write(scene), flush=True)

    if arguments.watch:
        last = asyncio.run(_watch(config, show))
    else:
        last = asyncio.run(sweep(config))
        show(last)
    return EXIT_STATUS[last.verdict.verdict]


async def sweep(config: Config) -> Scene:
    """Every check once, with the retries that confirm what it says."""
    from app.engine import Scene, close_logins
    from app.monitor import Monitor
    from app.plan import plan
    from checks.diagnosis.verdict import judge

    try:
        board = await Monitor(config.system.name, plan(config)).sweep()
    finally:
        await close_logins(config.system)
    return Scene(board, judge(board, config.severities))


async def _watch(config: Config, show: Callable[[Scene], None]) -> Scene:
    """A report whenever a hard state has turned, until a signal ends it."""
    import asyncio
    import signal
    from contextlib import nullcontext

    from app.engine import Engine

    loop = asyncio.get_running_loop()
    scenes: asyncio.Queue[Scene | None] = asyncio.Queue()

    def tell(scene: Scene | None) -> None:
        loop.call_soon_threadsafe(scenes.put_nowait, scene)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, scenes.put_nowait, None)
    engine = Engine(nullcontext(config), tell)
    engine.start()
    last: Scene | None = None
    try:
        while (scene := await scenes.get()) is not None:
            if last is None or _outline(scene) != _outline(last):
                show(scene)
            last = scene
    finally:
        engine.stop()
    if last is None:
        raise KeyboardInterrupt
    return last


def _outline(scene: Scene) -> object:
    """What has to change before it is said again."""
    states = [standing.state for standing in scene.board.standings.values()]
    return scene.verdict.verdict, scene.verdict.summary, states
