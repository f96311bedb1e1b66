"""How an operator writes and sends notices on a console: what is typed, and what is waited for."""

from __future__ import annotations

from tests.desktop import MAIN, settle
from tests.terminal import Terminal

LAST = "Last look"


def compose(console: Terminal, reaches: str) -> None:
    """Begin a notice; `reaches` is a route that is shown to reach people."""
    console.press("c")
    console.wait_for("notice, incident")
    console.wait_for(reaches)


def send(console: Terminal, told: str) -> None:
    """Read to the end of the last look, and send it."""
    console.wait_for(LAST)
    settle(console)
    console.press("G")
    settle(console)
    console.press("y")
    console.wait_for(told)


def leave(console: Terminal) -> None:
    """Back to the main screen."""
    settle(console)
    console.press("\x1b")
    console.wait_for(MAIN)
    settle(console)


def tell_from_first_to_last(console: Terminal, reaches: str, told: str) -> None:
    """The first notice, one without news, one with an estimate, and that it is over."""
    compose(console, reaches)
    console.press("s")
    send(console, told)
    leave(console)

    compose(console, reaches)
    console.press("u")
    console.wait_for("There is no news since our last notice")
    send(console, told)
    leave(console)

    compose(console, reaches)
    console.press("e")
    console.wait_for("Expected back")
    console.press("30m-1h\r")
    console.wait_for("because")
    console.press("a disk is on its way\r")
    console.wait_for("(a disk is on its way)")
    console.press("s")
    send(console, told)
    leave(console)

    console.press("i")
    console.wait_for("HYPOTHESES")
    console.press("m")
    console.wait_for("what was verified?")
    console.press("test mail both ways\r")
    console.wait_for("phase           resolved")
    leave(console)
    compose(console, reaches)
    console.wait_for("phase resolved")
    console.press("s")
    send(console, told)
    leave(console)
