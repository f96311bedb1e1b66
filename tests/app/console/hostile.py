"""One system in which everything that can speak is hostile: servers, queue, files, hosts."""

from __future__ import annotations

import json
import os
import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct

from checks.model import now
from tests.lab import sshd
from tests.lab.daemon import own_address, short_folder, until
from tests.lab.postfix import Postfix, postfix
from tests.peers import HOST, imap, serve, smtp, tls
from tests.peers.background import background
from tests.peers.dns import dns_server

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


@contextmanager
def hostile_lab(folder: Path) -> Iterator[Lab]:
    """Everything that can speak, started, and hostile."""
    (folder / "noise").write_text(EVIL + "\n")
    (folder / "noise").chmod(0o644)
    with ExitStack() as stack:
        nameserver = own_address()
        port = ports(stack, nameserver)
        # It passes C1 and bidi characters and markup on, and masks other control characters.
        relay = f"[{HOST}]:{port['relay']}"
        server = stack.enter_context(postfix(relayhost=relay, smtputf8_enable="yes"))
        defer(server)
        programs = logins(stack, folder)
        postqueue(folder, server)
        stack.enter_context(evil_process(folder))
        (folder / "rsa.pem").write_bytes(tls.authority().cert_pem.bytes())
        (folder / "etc").mkdir()
        config = folder / "config.toml"
        config.write_text(config_of(nameserver, port, folder / "etc"))
        (folder / "etc.log").write_text(f"{now().isoformat()} mx postfix/smtpd[1]: fatal: {EVIL}\n")
        path = f"{programs}:{os.environ['PATH']}"
        runtime = stack.enter_context(short_folder("mm-run"))
        env = {"PATH": path, "XDG_RUNTIME_DIR": str(runtime), "XDG_STATE_HOME": str(folder)}
        yield Lab(config, folder / "etc", env)


def logins(stack: ExitStack, folder: Path) -> Path:
    """Two hosts that shout whatever is asked, one of which lets nobody in; where their ssh is."""
    shouts = f"cat {folder}/noise >&2;"
    banner = f"Banner {folder}/noise\n"
    fails = f"ForceCommand {shouts} exit 255"
    works = f'ForceCommand cat {folder}/noise; {shouts} exec sh -c "$SSH_ORIGINAL_COMMAND"'
    shut, noisy = (stack.enter_context(sshd.sshd(extra=banner + force)) for force in (fails, works))
    return sshd.client(folder, shut=shut, noisy=noisy)


def config_of(nameserver: str, port: dict[str, int], watched: Path) -> str:
    names = ["smtp", "submission", "imap", "imaps"]
    return f"""
[system]
name = {json.dumps("Lab " + SHORT)}
domains = ["lab.test"]
resolver = "{nameserver}"
[check.dns]
interval = 1
[check.changes]
window = 1
[check.config]
interval = 1
[check.logs]
files = ["{watched}.log"]
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
"""


@contextmanager
def evil_process(folder: Path) -> Iterator[None]:
    """A process that the kernel calls by a mail program's name and an escape sequence."""
    path = folder / f"opendkim {SHORT[:5]}"
    shutil.copy("/bin/sleep", path)
    with subprocess.Popen([path, "600"]) as process:
        yield
        process.kill()
