"""A command on a host, typed by hand: shown, asked for, run, written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command
from app.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.command.deed import Command as Deed
    from app.console.hand import Hand
    from app.console.screens.main import MainScreen
    from checks.model import Host


class RunCommand(Command):
    """``!``: a command."""

    KEYS = ("exclamation_mark",)
    SHOWN = "!"
    WORD = "Command"
    HELP = "run a command on a host: shown first, and written into the incident's log"
    PLACE = 55

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Go back to the one that runs, else ask for one."""
        from app.console.screens.running import RunningScreen

        hand = screen.hand
        if hand.running is not None:
            await screen.app.push_screen(RunningScreen(hand.running, screen))
        elif hand.situation is None:
            screen.say("no incident is open, and what is done has to be written: i opens one")
        elif not hand.is_unlocked:
            screen.say("this session is read-only: w unlocks actions")
        else:
            hand.start(self._ask(screen))

    async def _ask(self, screen: MainScreen) -> None:
        from app.command.line import is_restart
        from app.console.bundling import offer
        from app.console.hosts import pick_host

        hand = screen.hand
        host = await pick_host(hand, "Command on which host")
        words = await self._words(hand, host) if host else None
        if host is None or words is None or (is_restart(words) and not await offer(screen, host)):
            return
        deed = await _confirmed(hand, host, words)
        if deed is not None:
            await _run(screen, deed)

    async def _words(self, hand: Hand, host: Host) -> tuple[str, ...] | None:
        """What is typed, once it is a command line."""
        from app.command.line import NO_SHELL, parse
        from app.console.hosts import place
        from app.console.screens.ask import AskScreen

        told = (f"The next screen shows it before it runs; {NO_SHELL}.",)
        while True:
            title = f"Command on {place(host)}"
            line = await hand.answer(AskScreen(title, self._last.get(host.name, ""), told=told))
            if line is None:
                return None
            self._last[host.name] = line
            try:
                return parse(line)
            except ValueError as error:
                told = (f"That is no command line: {error}.",)


async def _confirmed(hand: Hand, host: Host, words: Sequence[str]) -> Deed | None:
    """The command once it has been agreed to, with the deadline that it gets."""
    from app.command.deed import DEADLINE, Command, seconds
    from app.command.line import is_grave, remarks
    from app.command.repeat import just_begun
    from app.console.screens.ask import AskScreen
    from app.console.screens.confirm import OTHERWISE, ConfirmScreen
    from checks.model import now

    deadline = DEADLINE
    while True:
        deed = Command(host, words, deadline)
        entries = hand.situation.entries if hand.situation else ()
        before = just_begun(entries, host.name, words, now())
        asked = await hand.answer(
            ConfirmScreen(
                f"Run on {deed.target}",
                deed.shown,
                [
                    *([f"AGAIN: {before}."] if before else []),
                    f"It is ended there after {deadline:g} s, and both its ends are written down.",
                    *remarks(words),
                ],
                typed=host.name if is_grave(words) or before else "",
                otherwise="another deadline",
            )
        )
        if asked != OTHERWISE:
            return deed if asked else None
        typed = await hand.answer(AskScreen("Seconds until it is ended there", f"{deadline:g}"))
        if typed is not None:
            try:
                deadline = seconds(typed)
            except ValueError as error:
                hand.say(str(error))


async def _run(screen: MainScreen, deed: Deed) -> None:
    from app.console.screens.running import RunningScreen

    hand = screen.hand
    if hand.running is not None or not hand.is_unlocked:
        raise Problem("not run: another command runs, or actions have been locked meanwhile")
    hand.running = deed
    shown = RunningScreen(deed, screen)
    await screen.app.push_screen(shown)
    try:
        entry = await hand.perform(deed)
        if not shown.is_current:
            hand.say(entry.lines()[0])
    except Problem:
        shown.dismiss()
        raise
    finally:
        hand.running = None
