"""Whatever servers, queues, files and hosts say: it is shown, and the terminal never obeys it.

One system in which everything that can speak is hostile, seen by one console and by `status`.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from unicodedata import normalize

import pytest
from msgspec import Struct

from tests.lab import sshd
from tests.lab.daemon import own_address, short_folder, until
from tests.lab.postfix import Postfix, postfix
from tests.peers import HOST, imap, serve, smtp, tls
from tests.peers.background import background
from tests.peers.dns import dns_server
from tests.strict import CLIPBOARD, foreign
from tests.terminal import Terminal
from widgets.text import UNSAFE

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("hostile")]

MAILMEDIC = (sys.executable, "-m", "app")

EVIL = "\x1b]0;pwn\x07[/][@click=app.quit]\x9b2J\u202e漢e\u0301[bold]\x1b]52;c;cHdu\x07\x1b[2J\x00["
SEEN = "^[]0;pwn^G[/][@click=app.quit]<U+009B>2J<U+202E>漢e\u0301[bold]^["
"""How the head of it is shown."""
SHORT, SHORT_SEEN = "\x1b]0;pwn\x07[/]", "^[]0;pwn^G[/]"
LINE = EVIL.encode() + b"\xff\xfe " + b"w" * 900 + b"\r\n"

ZONE = r"""
lab.test. MX 10 mx\027]0\059pwn\007[/].lab.test.
lab.test. MX 20 gone\155\091bold\093.lab.test.
mx\027]0\059pwn\007[/].lab.test. A 127.0.0.1
"""

QUEUED = {
    "queue_name": "deferred",
    "queue_id": "86E3522315C",
    "arrival_time": 1700000000,
    "message_size": 325,
    "forced_expire": False,
    "sender": f"{SHORT}@lab.test",
    "recipients": [{"address": f"u@{SHORT}.test", "delay_reason": f"said: 450 {EVIL}"}],
}


class Visit(Struct):
    """Every byte that the terminal got, the text of each screen, and the exit status."""

    raw: bytes
    shown: dict[str, str]
    status: int


class Lab(Struct):
    """What was started, and the environment and config that lead to it."""

    config: Path
    watched: Path
    env: dict[str, str]


def ports(stack: ExitStack, nameserver: str) -> dict[str, int]:
    """Ports of servers that answer, and of servers that refuse; all of them with `EVIL`."""
    evil_ehlo = b"250-" + EVIL.encode() + b"\r\n250-AUTH " + EVIL.encode() + b"\r\n250 SIZE\r\n"
    peers = {
        "smtp": smtp.speaks(banner=b"220 " + LINE, EHLO=evil_ehlo),
        "submission": smtp.greets(b"554 " + LINE.strip()),
        "imap": imap.speaks(greeting=b"* BYE " + LINE),
        "relay": smtp.speaks(
            EHLO=b"250-mx\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            MAIL=b"250 ok\r\n",
            RCPT=b"450 4.2.0 " + EVIL.encode() + b"\r\n",
        ),
    }

    async def start(within: AsyncExitStack) -> dict[str, int]:
        zone = dns_server(ZONE, host=nameserver, port=53)
        await within.enter_async_context(zone)
        found = {
            name: await within.enter_async_context(serve(peer)) for name, peer in peers.items()
        }
        secure = serve(imap.speaks(), tls=tls.hostile_names())
        return {**found, "imaps": await within.enter_async_context(secure)}

    return stack.enter_context(background(start))


def defer(server: Postfix) -> None:
    """Two messages whose senders Postfix takes as they are."""
    with smtplib.SMTP(server.address, server.ports["smtp"], timeout=10) as client:
        client.ehlo()
        for sender in ('"[/] [bold]x"@lab.test', '"a\u202eb"@lab.test'):
            client.sock.sendall(f"MAIL FROM:<{sender}> SMTPUTF8\r\n".encode())  # type: ignore[union-attr]
            client.getreply()
            client.docmd("RCPT TO:<user@refused.example>")
            client.data("Subject: x\r\n\r\nx\r\n")
    until(lambda: server.count("deferred") == 2, "two deferred messages")


def postqueue(folder: Path, server: Postfix) -> None:
    """A postqueue that adds a line to the real one's: Postfix itself masks control characters."""
    line = folder / "queued.json"
    line.write_text(json.dumps(QUEUED) + "\n")
    script = folder / "bin" / "postqueue"
    script.write_text(f'#!/bin/sh\n/usr/sbin/postqueue -c {server.config} "$@"; cat {line}\n')
    script.chmod(0o755)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "noise").write_text(EVIL + "\n")
    (folder / "noise").chmod(0o644)
    shouts = f"cat {folder}/noise >&2;"
    with ExitStack() as stack:
        nameserver = own_address()
        port = ports(stack, nameserver)
        # It passes C1 and bidi characters and markup on, and masks other control characters.
        relay = f"[{HOST}]:{port['relay']}"
        server = stack.enter_context(postfix(relayhost=relay, smtputf8_enable="yes"))
        defer(server)
        banner = f"Banner {folder}/noise\n"
        fails = f"ForceCommand {shouts} exit 255"
        works = f'ForceCommand cat {folder}/noise; {shouts} exec sh -c "$SSH_ORIGINAL_COMMAND"'
        shut, noisy = (
            stack.enter_context(sshd.sshd(extra=banner + force)) for force in (fails, works)
        )
        programs = sshd.client(folder, shut=shut, noisy=noisy)
        postqueue(folder, server)
        stack.enter_context(evil_process(folder))
        (folder / "rsa.pem").write_bytes(tls.authority().cert_pem.bytes())
        watched = folder / "etc"
        watched.mkdir()
        names = ["smtp", "submission", "imap", "imaps"]
        config = folder / "config.toml"
        config.write_text(f"""
[system]
name = {json.dumps("Lab " + SHORT)}
domains = ["lab.test"]
resolver = "{nameserver}"
[check.dns]
interval = 1
[check.config]
interval = 1
[[host]]
name = "here"
address = "{HOST}"
login = "local"
mta = "postfix"
services = {[f"{name}:{port[name]}" for name in names]}
watch = ["{watched}"]
ca_file = "rsa.pem"
[[host]]
name = "shut"
address = "{HOST}"
login = "ssh:shut"
[[host]]
name = "noisy"
address = "{HOST}"
login = "ssh:noisy"
""")
        path = f"{programs}:{os.environ['PATH']}"
        runtime = stack.enter_context(short_folder("mm-run"))
        env = {"PATH": path, "XDG_RUNTIME_DIR": str(runtime), "XDG_STATE_HOME": str(folder)}
        yield Lab(config, watched, env)


@contextmanager
def evil_process(folder: Path) -> Iterator[None]:
    """A process that the kernel calls by a mail program's name and an escape sequence."""
    path = folder / f"opendkim {SHORT[:5]}"
    shutil.copy("/bin/sleep", path)
    with subprocess.Popen([path, "600"]) as process:
        yield
        process.kill()


@pytest.fixture(scope="module")
def asked(lab: Lab) -> dict[str, subprocess.Popen[bytes]]:
    """``status`` in each of its shapes, at work while the console is looked at."""
    return {
        shape: subprocess.Popen(
            [*MAILMEDIC, "status", *shape.split(), "--config", str(lab.config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **lab.env},
        )
        for shape in ("", "--json", "--plugin")
    }


@pytest.fixture(scope="module")
def visited(lab: Lab, asked: object) -> Iterator[Visit]:
    """A console that was led through every screen, and what each showed."""
    changed = lab.watched / f"main{SHORT.replace('/', '.')}.cf"
    changed.write_text("x = 1\n")
    terminal = Terminal([*MAILMEDIC, "--config", str(lab.config)], 160, 42, **lab.env)
    try:
        terminal.wait_for("files watched", 20)
        changed.write_bytes(b"y = " + EVIL.replace("\0", "").encode() + b"\xff\n")
        Path(os.fsdecode(os.fsencode(lab.watched) + b"/\xff\xfe\x1b[2Jnew")).write_text("z = 1\n")
        terminal.wait_for("y = ", 20)
        for text in ("✗ OUTAGE", f"? shut  {SHORT_SEEN}", "│ noisy", "BY REASON"):
            terminal.wait_for(text, 20)
        shown = dict(tour(terminal))
        terminal.press("q")
        while terminal.read(1):
            pass
        yield Visit(terminal.raw, shown, terminal.process.wait(5))
    finally:
        terminal.close()


STOPS = (
    # Screen, how to get there, where to go in it, how to leave it.
    ("main", "", "", ""),
    ("servers", "1\r", "jKJ", "\x1b"),
    ("reachability", "2\r", "jj", "\x1b"),
    ("queue", "3\r", "y", "\x1b"),
    ("config", "4\r", "jy", "\x1b"),
    ("evidence", "e", " " * 9, "\x1b"),
    ("differences", "d", "", "\x1b"),
    ("filtered", "4/[2j", "", "\x1b\x1b"),
    ("help", "?", "", "\x1b"),
    ("palette", "\x10diff", "", "\x1b"),
    ("notice", "r", "", ""),
    ("wide", "ss", "", "s"),
)


def tour(terminal: Terminal) -> Iterator[tuple[str, str]]:
    """Each stop's name, and all that was shown there."""
    for name, there, about, back in STOPS:
        type_slowly(terminal, there)
        shown = [terminal.text()]
        for key in about:
            type_slowly(terminal, key)
            shown.append(terminal.text())
        yield name, "\n".join(shown)
        type_slowly(terminal, back)
    for columns, lines in ((80, 24), (60, 15), (300, 80)):
        terminal.resize(columns, lines)
        terminal.wait_for(f"Lab {SHORT_SEEN}")
        settle(terminal)
        yield f"{columns}x{lines}", terminal.text()


def type_slowly(terminal: Terminal, keys: str) -> None:
    """Type, and wait until it has been drawn; Esc stands alone, or it would begin a sequence."""
    for part in re.findall("\x1b|[^\x1b]+", keys):
        terminal.press(part)
        settle(terminal)


def settle(terminal: Terminal) -> None:
    """Read until nothing comes for a moment."""
    end = time.monotonic() + 1.5
    while terminal.read(0.2) and time.monotonic() < end:
        pass


def harmless(text: str) -> bool:
    return UNSAFE.search(text.replace("\n", "")) is None


def test_the_parser_finds_what_is_not_ours() -> None:
    assert foreign(b"\x1b[?1049h\x1b[1;1H\x1b[0;31mlab\xe2\x9c\x93\x1b[?2026l\x1b[1;") == []
    for bad in (
        EVIL,
        "\x1b]22;default\x07",
        "\x1b[2J",
        "\x1bc",
        "\x9b1m",
        "\u202e",
        "a\nb",
        "\x07",
    ):
        assert foreign(bad.encode()), bad
    assert foreign(b"\xff")


def test_nothing_reaches_the_terminal_but_text_and_our_own_sequences(visited: Visit) -> None:
    copies = CLIPBOARD.findall(visited.raw)
    assert foreign(CLIPBOARD.sub(b"", visited.raw)) == []
    assert len(copies) == 2, "one for each y"
    for copy in copies:
        text = base64.b64decode(copy).decode()
        assert SHORT_SEEN in text
        assert harmless(text)


def test_it_stays_alive_and_leaves_as_it_was_told(visited: Visit) -> None:
    assert visited.status == 0
    assert list(visited.shown)[-1] == "300x80"


@pytest.mark.parametrize(
    ("screen", "texts"),
    [
        ("main", [f"Lab {SHORT_SEEN}", f"greets with BYE: {SEEN}", f"shut  {SHORT_SEEN}"]),
        ("servers", [SEEN, "opendkim ✓", "noisy"]),
        (
            "reachability",
            [f"S: 220 {SEEN}", f"S: 250-{SEEN}", f"BYE: {SEEN}", f"554 {SEEN}", r"\xff\xfe www",
             "certificate for a^[[2Jb.test", r"gone\155[bold].lab.test"],
        ),
        (
            "queue",
            [f"said: # {SEEN}", '"[/] [bold]x"@lab.test', "a<U+202E>b@lab.test",
             f"{SHORT_SEEN}@lab.test", f"{SHORT_SEEN}.test", "?]0;pwn?[/][@click=app.quit]<U+"],
        ),
        ("config", [f"+y = {SEEN}", "/main^[]0;pwn^G[.].cf", r"/\xff\xfe^[[2Jnew"]),
        ("evidence", [f"554 {SEEN}", f"shut  {SEEN}", r"gone\155[bold].lab.test"]),
        ("differences", ["4 Config", "/main^[]0;pwn^G[.].cf"]),
        ("filtered", ["4 Config  /[2j", r"/\xff\xfe^[[2Jnew"]),
        ("help", ["KEYS"]),
        ("palette", ["what changed in the configuration"]),
        ("notice", ["running all checks"]),
        ("wide", [f"greets with BYE: {SEEN}"]),
        ("80x24", [f"Lab {SHORT_SEEN}"]),
        ("60x15", [f"Lab {SHORT_SEEN}"]),
        ("300x80", [f"greets with BYE: {SEEN}"]),
    ],
)  # fmt: skip
def test_the_text_is_shown_as_it_is(visited: Visit, screen: str, texts: list[str]) -> None:
    for text in texts:
        assert normalize("NFC", text) in visited.shown[screen], visited.shown[screen]


@pytest.fixture(scope="module")
def told(asked: dict[str, subprocess.Popen[bytes]]) -> dict[str, bytes]:
    """What ``status`` writes, in each of its shapes."""
    return {shape: process.communicate(timeout=60)[0] for shape, process in asked.items()}


@pytest.mark.parametrize("shape", ["", "--json", "--plugin"])
def test_status_is_harmless_and_tells_it_too(told: dict[str, bytes], shape: str) -> None:
    text = told[shape].decode()
    assert harmless(text)
    assert f"greets with BYE: {SEEN}" in text
    assert f"Lab {SHORT_SEEN}" in text
    if shape == "--json":
        assert json.loads(text)["verdict"] == "outage"
    if shape == "--plugin":
        assert text.splitlines()[0].count("|") == 1


HOST_TABLE = '[[host]]\nname = "a"\naddress = "127.0.0.1"\n'


@pytest.mark.parametrize(
    ("arguments", "config"),
    [
        ((), f"[[host]]\nname = {json.dumps(SHORT)}\naddress = {json.dumps(EVIL)}\n"),
        ((), f"{HOST_TABLE}services = [{json.dumps(SHORT)}]\n{json.dumps(EVIL)} = 1\n"),
        ((), f"{HOST_TABLE}[{json.dumps(SHORT)}]\n[check.{json.dumps(EVIL)}]\n"),
        ((), f"{HOST_TABLE}ca_file = {json.dumps(SHORT)}\nlogin = {json.dumps('ssh:' + SHORT)}\n"),
        ((), f"[[host]]\nname = {SHORT}\n"),
        (("status", SHORT), HOST_TABLE),
        (("status", f"--{SHORT}"), HOST_TABLE),
        (("--config", f"/{SHORT}\u202e"), ""),
        (("status", f"{SHORT}.\udcff"), HOST_TABLE),
    ],
)
def test_errors_are_harmless_and_name_it(
    tmp_path: Path, arguments: tuple[str, ...], config: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(config)
    done = subprocess.run(
        [*MAILMEDIC, *(arguments or ("status",))],
        capture_output=True,
        env={**os.environ, "MAILMEDIC_CONFIG": str(path)},
        check=False,
        timeout=30,
    )
    text = done.stderr.decode()
    assert (done.returncode, done.stdout) == (3, b"")
    assert harmless(text), text
    assert SHORT_SEEN in text or "line" in text or ":2:" in text, text
