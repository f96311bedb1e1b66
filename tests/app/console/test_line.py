"""A slow ssh line is known by what the kernel cannot get rid of, said, and spared."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.console import feed as feeding
from app.console.feed import Feed
from app.console.line import BEHIND, CALM, LOOKS, Line
from app.engine import Scene
from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.model import State
from tests.boards import board, result
from tests.desktop import wait_until_gone
from tests.terminal import Terminal


class Link:
    """A connection as sshd has one: what `ours` writes arrives when `theirs` reads it."""

    def __init__(self, stack: ExitStack, listening: socket.socket, client: str) -> None:
        self.theirs = stack.enter_context(closing(socket.socket(family_of(client))))
        # Before it connects: the window that it offers depends on it.
        self.theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.theirs.connect((client, listening.getsockname()[1]))
        self.ours = stack.enter_context(closing(listening.accept()[0]))
        self.ours.setblocking(False)
        far, near = self.theirs.getsockname(), self.theirs.getpeername()
        self.name = f"{far[0]} {far[1]} {near[0]} {near[1]}"

    def write(self, count: int) -> None:
        assert self.ours.send(b"x" * count) == count

    def read_all(self) -> None:
        self.theirs.settimeout(0.3)
        try:
            while self.theirs.recv(1 << 16):
                pass
        except TimeoutError:
            pass


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


# Where sshd listens, and where the client connects to: also IPv4 at a socket of both families.
@pytest.fixture(params=[("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "127.0.0.1")])
def link(request: pytest.FixtureRequest) -> Iterator[Link]:
    at, client = request.param
    if ":" in at and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    with (
        ExitStack() as stack,
        socket.create_server((at, 0), family=family_of(at), dualstack_ipv6=at == "::") as listening,
    ):
        yield Link(stack, listening, client)


def looks(line: Line, count: int) -> list[bool]:
    return [line.look() for _ in range(count)]


def test_a_line_is_slow_when_much_is_under_way_and_well_when_it_has_arrived(link: Link) -> None:
    line = Line({"SSH_CONNECTION": link.name})
    assert looks(line, LOOKS + 1) == [False] * (LOOKS + 1)
    link.write(40_000)
    assert looks(line, LOOKS) == [False] * (LOOKS - 1) + [True]
    link.read_all()
    assert looks(line, CALM) == [True] * (CALM - 1) + [False]


def test_what_a_picture_takes_is_no_slow_line(link: Link) -> None:
    line = Line({"SSH_CONNECTION": link.name})
    link.write(BEHIND // 2)
    assert not any(looks(line, 10))


@pytest.mark.parametrize("said", ["", "what", "1 2 3 4", "127.0.0.1 x 127.0.0.1 22", "::1 1 ::1 2"])
def test_a_line_that_is_not_there_is_not_slow(said: str) -> None:
    assert not any(looks(Line({"SSH_CONNECTION": said}), 5))


def test_where_nothing_can_be_read_it_is_not_slow(tmp_path: Path) -> None:
    assert not any(looks(Line({"SSH_CONNECTION": "::1 1 ::1 2"}, tmp_path), 5))


def scene(on: Board) -> Scene:
    return Scene(on, judge(on))


async def test_a_spared_line_gets_few_scenes_and_at_once_what_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeding, "PAUSE", 0.01)
    shown: list[Scene] = []
    feed = Feed(shown.append)
    feed.is_slow = True
    on = board({"smtp/mail1:25": State.OK})

    async def feed_and_wait(one: Scene) -> None:
        feed(one)
        await asyncio.sleep(0.1)

    await feed_and_wait(scene(on))
    assert len(shown) == 1
    for second in range(5):
        await feed_and_wait(scene(on.take("smtp/mail1:25", result(State.OK, at=second), on.at)))
    assert len(shown) == 1
    failed = on
    for second in range(3):
        failed = failed.take("smtp/mail1:25", result(State.CRITICAL, at=second), on.at)
    await feed_and_wait(scene(failed))
    assert shown[-1].verdict.verdict == "outage"
    newest = scene(replace(failed, at=failed.at))
    monkeypatch.setattr(feeding, "SLOW_PAUSE", 0.2)
    await feed_and_wait(newest)
    await asyncio.sleep(0.3)
    assert shown[-1] is newest, "nothing is held back for ever"


def test_the_bar_says_so_by_itself_and_by_hand(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[[host]]\nname = "mx"\naddress = "127.0.0.1"\nservices = ["smtp:1"]\n')
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        link = Link(stack, listening, "127.0.0.1")
        argv = [sys.executable, "-m", "app", "--config", str(config)]
        terminal = Terminal(argv, 120, 36, SSH_CONNECTION=link.name, XDG_STATE_HOME=str(tmp_path))
        stack.callback(terminal.close)
        terminal.wait_for("OUTAGE")
        assert "SLOW LINE" not in terminal.text()
        link.write(40_000)
        terminal.wait_for("SLOW LINE")
        terminal.press("l")
        wait_until_gone(terminal, "SLOW LINE")
        terminal.press("l")
        terminal.wait_for("SLOW LINE")
        # What is asked for is shown, though not each frame of it.
        for _ in range(20):
            terminal.press("2")
            terminal.press("1")
        terminal.press("?")
        terminal.wait_for("KEYS")
