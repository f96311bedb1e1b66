"""What the log of an incident is printed with, and where it should go."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from app.console.farewell import Farewell, Outputs
from app.console.screens.ask import AskScreen
from app.console.screens.choose import ChooseScreen
from app.incident.targets import TARGETS

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.incident.situation import Situation

ON = "printer "
"""Begins the name of a choice that is a printer."""


def farewell(hand: Hand, now: Situation) -> Farewell:
    """What the incident's log is printed with."""
    engine = hand.session.engine
    config = engine.config
    return Farewell(
        folder=engine.desk.folder,
        incident=now.id,
        steps=hand.session.procedure,
        targets=config.targets if config else TARGETS,
    )


async def where_to(hand: Hand, question: str) -> Outputs | None:
    """Printers and formats of files, then the folder of the files; None when it was left."""
    from app.incident import printing, reports

    there = await asyncio.to_thread(printing.printers)
    choices = [(f"{ON}{name}", f"on paper: {name}") for name in there]
    choices += [(name, f"a file: {name}") for name in reports.names()]
    chosen = await hand.answer(ChooseScreen(question, choices))
    if chosen is None:
        return None
    printers = tuple(name.removeprefix(ON) for name in chosen if name.startswith(ON))
    formats = tuple(name for name in chosen if not name.startswith(ON))
    if not formats:
        return Outputs(printers=printers)
    folder = await hand.answer(AskScreen("Into which folder?", str(Path.cwd())))
    if folder is None:
        return None
    return Outputs(printers=printers, formats=formats, folder=Path(folder))
