"""What a peer that never stops talking costs: a check keeps less than 1 MB, whatever comes."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.checks.protocol.asking import ca_file
from tests.peers import Peer, http, imap, pop3, serve, smtp, tcp, tls

_ASK = """
import asyncio, importlib, pathlib, sys
from checks.model import Monitor, System
from checks.outside import monitor
from checks.resolver import Resolver
from tests.checks.protocol.asking import target
module, about, endless, good, ca_file = sys.argv[1:]
check = importlib.import_module(module)
def asked(port):
    if about != "monitor":
        return target(about, int(port), ca_file=ca_file)
    site = Monitor(name="site", kind="alertmanager", url=f"http://127.0.0.1:{port}")
    return monitor.targets(System(name="lab", resolver=Resolver(), monitors=(site,)))[0]
def peak():  # not ru_maxrss: exec(2) hands that down from the parent
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
async def main():
    for _ in range(2):
        await check.check(asked(good), check.Options(), deadline=5)
    before = peak()
    result = await check.check(asked(endless), check.Options(), deadline=5)
    print(",".join(result.codes) or "none", peak() - before)
asyncio.run(main())
"""

SMTP_MORE = tcp.endless_lines(b"220-more\r\n")

CASES: dict[str, tuple[str, str, Peer, Peer, str]] = {
    "smtp line": ("protocol.smtp", "smtp", tcp.endless_line, smtp.speaks(), "smtp.banner.endless"),
    "smtp lines": ("protocol.smtp", "smtp", SMTP_MORE, smtp.speaks(), "smtp.banner.endless"),
    "smtps line": (
        "protocol.smtp", "smtps", tcp.endless_line, smtp.speaks(), "smtp.banner.endless"
    ),
    "smtps lines": ("protocol.smtp", "smtps", SMTP_MORE, smtp.speaks(), "smtp.banner.endless"),
    "imap": ("protocol.imap", "imap", tcp.endless_line, imap.speaks(), "imap.greeting.endless"),
    "imaps": ("protocol.imap", "imaps", tcp.endless_line, imap.speaks(), "imap.greeting.endless"),
    "pop3": ("protocol.pop3", "pop3", tcp.endless_line, pop3.speaks(), "pop3.greeting.endless"),
    "https head": (
        "protocol.https", "https", http.ENDLESS_HEAD, http.tells(b"ok"), "https.garbled"
    ),
    "https body": ("protocol.https", "https", http.ENDLESS_BODY, http.tells(b"ok"), "none"),
    "monitor head": (
        "outside.monitor", "monitor", http.ENDLESS_HEAD, http.tells(b"[]"), "monitor.garbled"
    ),
    "monitor body": (
        "outside.monitor", "monitor", http.ENDLESS_BODY, http.tells(b"[]"), "monitor.garbled"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_100_mb_cost_less_than_1_mb_of_memory(name: str) -> None:
    module, about, peer, proper, code = CASES[name]
    context = tls.good() if about.endswith("s") else None
    async with serve(peer, tls=context) as endless, serve(proper, tls=context) as good:
        asked = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _ASK, f"checks.{module}", about),
            *(str(endless), str(good), ca_file()),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asked.communicate()
    found, grown = said.decode().split()
    assert found == code
    assert int(grown) < 1024, f"{grown} KiB"
