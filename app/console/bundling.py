"""Collects the evidence bundle of a host; it is kept beside the log of the open incident."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.problem import Problem

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen
    from app.incident.situation import Situation
    from checks.model import Host

DESTROYED = "A restart destroys it."
WHAT = "Processes, sockets, queue, who is logged in, last log lines and settings, in one file."


async def offer(main: MainScreen, host: Host) -> bool:
    """Offer it before something on `host` is restarted; whether to go on with that."""
    from app.console.screens.confirm import NO, YES, ConfirmScreen

    hand = main.hand
    title = f"Collect evidence of {host.name} first?"
    told = [WHAT, *_kept_last(hand.situation, host)]
    asked = await hand.answer(ConfirmScreen(title, DESTROYED, told, refusal="no, go on"))
    if asked == YES:
        await collect(main, host)
    return asked in {YES, NO}


def _kept_last(now: Situation | None, host: Host) -> list[str]:
    """When that was done last in this incident."""
    from app.incident.kinds import Bundled
    from checks.when import clock

    for entry in reversed(now.entries if now else ()):
        if isinstance(entry.data, Bundled) and entry.data.host == host.name:
            return [f"Last kept at {clock(entry.at)} by {entry.who}: {entry.data.file}"]
    return []


async def collect(main: MainScreen, host: Host) -> None:
    """Gather it, keep it, write it into the log. Raises Problem."""
    from app.actions import Record
    from app.bundle.gathering import Gathering
    from app.bundle.pack import keep, pack
    from app.console.screens.collecting import CollectingScreen
    from checks import model

    hand = main.hand
    scene, now = hand.scene, hand.situation
    if scene is None or now is None or host.login is None:
        raise Problem("no incident is open to keep it in; `mailmedic evidence` needs none")
    gathering = Gathering(host.login)
    shown = CollectingScreen(gathering, main, host.name)
    await main.app.push_screen(shown)
    try:
        await hand.submit(gathering.run())
        results = scene.board.standings.values()
        bundle = await asyncio.to_thread(pack, host, gathering.done, results, model.now(), now.id)
        await asyncio.to_thread(keep, bundle, hand.session.engine.desk.folder)
        entry = await hand.perform(Record(bundle.told))
        hand.say(entry.lines()[0])
    finally:
        shown.end()
    await shown.gone.wait()
