"""The console beside an empty Textual app, glances and btop: start, idle, keys."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyte
from msgspec import Struct

from tests.bench import _process
from tests.bench._queue import fake
from tests.bench._recorded import Recorded, Seen, is_filled, shows
from tests.bench._scene import PLAIN, TLS, system
from tests.bench._table import percentile, show, spread

SIZE = (160, 42)
STARTS = int(os.environ.get("BENCH_STARTS", "5"))
SETTLES = 14.0
"""Seconds until every check has been asked twice and the screen has come to rest."""
IDLE = float(os.environ.get("BENCH_IDLE", "30"))
KEYS = 100
FRAME = ("1 Servers", "2 Reachability", "3 Queue", "4 ", "SOP", "Log", "palette")
MESSAGES = 100_000


class Subject(Struct, frozen=True, kw_only=True):
    """A program: when it is painted, two keys, and how the screen shows the first of them."""

    name: str
    argv: tuple[str, ...]
    painted: Seen
    keys: tuple[str, str] = ("\x1b[B", "\x1b[A")
    pressed: Seen | None = None
    env: dict[str, str] = {}


class Steady(Struct):
    """What a running program takes."""

    cpu: float
    main_thread: float
    kernel: float
    children: float
    bytes_per_second: float
    pss: float
    keys: list[float]


def is_chosen(title: str) -> Seen:
    """Whether the frame of the panel with that title is drawn in another colour than its peers."""

    def seen(screen: pyte.Screen) -> bool:
        corner = {name: _corner(screen, name) for name in FRAME[:3]}
        others = {colour for name, colour in corner.items() if name != title}
        return "" not in corner.values() and corner[title] not in others

    return seen


def _corner(screen: pyte.Screen, title: str) -> str:
    for y in range(screen.lines):
        row = screen.buffer[y]
        text = "".join(row[x].data or " " for x in range(screen.columns))
        if (place := text.find(title)) > 0:
            return str(row[text.rindex("╭", 0, place)].fg)
    return ""


def ours(name: str, config: Path, **env: str) -> Subject:
    """The console on `config`."""
    argv = (sys.executable, "-m", "app", "--config", str(config))
    pressed = is_chosen(FRAME[1])
    return Subject(
        name=name, argv=argv, painted=shows(*FRAME), keys=("2", "1"), pressed=pressed, env=env
    )


def peers() -> list[Subject]:
    """What it is measured beside, as far as it is installed."""
    empty = (sys.executable, "-m", "tests.bench._empty")
    found = [Subject(name="empty Textual", argv=empty, painted=is_filled, keys=("x", "x"))]
    for name, argv, texts in (
        ("glances", ("glances", "--disable-check-update", "-t", "2"), ("CPU", "MEM", "TASKS")),
        ("btop", ("btop", "--utf-force"), ("cpu", "mem", "net", "proc")),
    ):
        if shutil.which(name):
            found.append(Subject(name=name, argv=argv, painted=shows(*texts)))
        else:
            print(f"{name} is not installed: left out")
    return found


def start(subject: Subject) -> tuple[float, float]:
    """Milliseconds to the full paint, and to the effect of the first key."""
    pressed = subject.pressed
    with Recorded(subject.argv, SIZE[0], SIZE[1], **subject.env) as terminal:
        terminal.watch(0.15)
        end = time.monotonic() + 2
        while time.monotonic() < end:
            terminal.watch(0.02)
            if pressed is not None or subject.keys[0] == "x":
                terminal.press(subject.keys[0])
    painted = terminal.first(subject.painted)
    first = terminal.first(pressed) if pressed else _bell(terminal)
    began = terminal.began
    return tuple((at - began) * 1000 if at else float("nan") for at in (painted, first))  # type: ignore[return-value]


def _bell(terminal: Recorded) -> float | None:
    return next((at for at, got in terminal.events if b"\x07" in got), None)


def steady(subject: Subject, during: Callable[[], None] | None = None) -> Steady:
    """Idle for a while, then keys."""
    with Recorded(subject.argv, SIZE[0], SIZE[1], **subject.env) as terminal:
        terminal.watch(SETTLES)
        pid = terminal.process.pid
        before, reaped = _process.cpu(pid), _process.reaped(pid)
        kernel = _process.kernel(pid)
        began, count = time.monotonic(), terminal.watch(IDLE)
        lasted = time.monotonic() - began
        used = {task: spent - before.get(task, 0.0) for task, spent in _process.cpu(pid).items()}
        children = _process.reaped(pid) - reaped
        kernel = _process.kernel(pid) - kernel
        memory = _process.pss(pid)
        pressed = [press(terminal, subject.keys[n % 2]) for n in range(KEYS)]
        terminal.watch(0.5)
    return Steady(
        cpu=100 * sum(used.values()) / lasted,
        main_thread=100 * used[str(pid)] / lasted,
        kernel=100 * kernel / lasted,
        children=100 * children / lasted,
        bytes_per_second=count / lasted,
        pss=memory,
        keys=answers(subject, terminal, pressed),
    )


def press(terminal: Recorded, key: str) -> float:
    """Type, and watch for a while; when it was typed."""
    terminal.watch(0.11)
    at = time.monotonic()
    terminal.press(key)
    terminal.watch(0.2)
    return at


def answers(subject: Subject, terminal: Recorded, pressed: Sequence[float]) -> list[float]:
    """Milliseconds from each key to the screen that shows it, or to the first bytes after it."""
    if subject.pressed is None:
        times = [at for at, _ in terminal.events]
        firsts = (next((at for at in times if at > key), None) for key in pressed)
        return [(at - key) * 1000 for at, key in zip(firsts, pressed, strict=True) if at]
    took, waiting = [], list(pressed)
    is_first = True
    for at, screen in terminal.replay():
        while waiting and at > waiting[0]:
            if subject.pressed(screen) != is_first:
                break
            took.append((at - waiting.pop(0)) * 1000)
            is_first = not is_first
    return took


def row(subject: Subject, starts: list[tuple[float, float]], seen: Steady) -> list[str]:
    """A line of the table."""
    return [
        subject.name,
        spread([painted for painted, _ in starts]),
        spread([first for _, first in starts]),
        f"{seen.cpu:.2f} ({seen.main_thread:.2f}, {seen.kernel:.1f})",
        f"{seen.children:.1f}",
        f"{seen.bytes_per_second:.0f}",
        f"{seen.pss:.1f}",
        f"{percentile(seen.keys, 50):.1f} / {percentile(seen.keys, 99):.1f} ({len(seen.keys)})",
    ]


HEAD = (
    *("", "full paint ms", "first input ms", "idle CPU % (main thread, kernel)", "children %"),
    *("bytes/s", "PSS MiB", "key to paint ms p50 / p99 (n)"),
)


def main() -> None:
    """Print the table."""
    more = 'login = "local"\nmta = "postfix"\n'
    with (
        TemporaryDirectory(prefix="mm-bench-") as name,
        system(PLAIN) as plain,
        system(TLS) as tls,
        system(PLAIN, more=more) as queue,
    ):
        queue.write_text(queue.read_text() + "[check.postfix]\ninterval = 3\n")
        folder = Path(name)
        path = f"{fake(folder, MESSAGES)}:{os.environ['PATH']}"
        state = {"XDG_STATE_HOME": name}
        subjects = [
            *peers(),
            ours("mailmedic, 10 x 8 plain", plain, **state),
            ours("mailmedic, 10 x 8 TLS", tls, **state),
            ours("mailmedic, 100,000 queued", queue, PATH=path, **state),
        ]
        wanted = os.environ.get("BENCH_ONLY", "")
        subjects = [one for one in subjects if wanted in one.name]
        # Start by start in turn, so that a busy minute hits all alike; the first turn compiles.
        turns = [[start(subject) for subject in subjects] for _ in range(STARTS + 1)][1:]
        rows = [
            row(subject, [turn[place] for turn in turns], steady(subject))
            for place, subject in enumerate(subjects)
        ]
    show(
        f"Console at {SIZE[0]}x{SIZE[1]}; start n={STARTS}, idle {IDLE:.0f} s, {KEYS} keys",
        HEAD,
        rows,
        "goals: paint <= 1.1 x empty; CPU <= 1.0 %; <= 300 bytes/s; PSS <= 45 MiB; 8 / 40 ms",
        "queue: 10 hosts read it with a fake postqueue that prints at full speed, every 3 s",
    )
