"""CPU of one probe: ours beside monitoring-plugins and blackbox_exporter."""

from __future__ import annotations

import asyncio
import importlib
import resource
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.model import Host, State, Target
from checks.registry import Check
from checks.resolver import Resolver
from tests.bench import _process
from tests.bench._peer import answering
from tests.bench._table import show, spread
from tests.lab.daemon import free_ports

RUNS = 5
PROBES = 100
AT_ONCE = 50
PLUGINS = Path("/usr/lib/nagios/plugins")

KINDS = {"smtp": "smtp", "smtp+STARTTLS": "smtp+tls", "imap": "imap", "imaps": "imaps"}
"""What a probe is called here, and the peer's service."""

PLUGIN = {
    "smtp": ("check_smtp",),
    "smtp+STARTTLS": ("check_smtp", "-S"),
    "imap": ("check_imap",),
    "imaps": ("check_imap", "-S"),
}

BLACKBOX = """
modules:
  smtp: {prober: tcp, tcp: {query_response: [
    {expect: "^220"}, {send: "EHLO probe"}, {expect: "^250 "}, {send: QUIT}]}}
  smtp+STARTTLS: {prober: tcp, tcp: {tls_config: {insecure_skip_verify: true}, query_response: [
    {expect: "^220"}, {send: "EHLO probe"}, {expect: "^250 "}, {send: STARTTLS}, {expect: "^220"},
    {starttls: true}, {send: "EHLO probe"}, {expect: "^250 "}, {send: QUIT}]}}
  imap: {prober: tcp, tcp: {query_response: [
    {expect: "OK"}, {send: "a CAPABILITY"}, {expect: "^a OK"}, {send: "b LOGOUT"}]}}
  imaps: {prober: tcp, tcp: {tls: true, tls_config: {insecure_skip_verify: true}, query_response: [
    {expect: "OK"}, {send: "a CAPABILITY"}, {expect: "^a OK"}, {send: "b LOGOUT"}]}}
"""


def ours(name: str, port: int, folder: Path) -> float:
    """CPU milliseconds of one of our checks, after one that builds its TLS context."""
    about = KINDS[name].removesuffix("+tls")
    check: Check = importlib.import_module(f"checks.protocol.{about.removesuffix('s')}")
    host = Host(name="peer", address="127.0.0.1", ca_file=str(folder / "ca.pem"))
    target = Target(
        name="peer", about=about, resolver=Resolver(), address="127.0.0.1", port=port, host=host
    )

    async def run() -> float:
        slots = asyncio.Semaphore(AT_ONCE)

        async def probe() -> None:
            async with slots:
                result = await check.check(target, check.Options(), deadline=10)
            assert result.state is not State.CRITICAL, result.summary

        await probe()
        before = time.process_time()
        await asyncio.gather(*(probe() for _ in range(PROBES)))
        return (time.process_time() - before) / PROBES * 1000

    return asyncio.run(run())


def plugin(name: str, port: int) -> float:
    """CPU milliseconds of one run of the plugin, with its fork and exec."""
    program, *options = PLUGIN[name]
    argv = [str(PLUGINS / program), "-H", "127.0.0.1", "-p", str(port), *options]
    before = _children()
    for _ in range(PROBES):
        ended = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout
    return (_children() - before) / PROBES * 1000


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def blackbox(folder: Path) -> Iterator[Callable[[str, int], float]]:
    """A running blackbox_exporter, as a probe."""
    config = folder / "blackbox.yml"
    config.write_text(BLACKBOX)
    own = free_ports("127.0.0.1", "http")["http"]
    argv = ["prometheus-blackbox-exporter", f"--config.file={config}"]
    argv.append(f"--web.listen-address=127.0.0.1:{own}")
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:

        def probe(name: str, port: int) -> float:
            module = name.replace("+", "%2B")
            url = f"http://127.0.0.1:{own}/probe?module={module}&target=127.0.0.1:{port}"
            before = _total(process.pid)
            for _ in range(PROBES):
                with urllib.request.urlopen(url, timeout=10) as answer:
                    assert b"probe_success 1" in answer.read(), name
            return (_total(process.pid) - before) / PROBES * 1000

        try:
            time.sleep(1)
            yield probe
        finally:
            process.terminate()


def _total(pid: int) -> float:
    return sum(_process.cpu(pid).values())


def main() -> None:
    """Print the table."""
    with TemporaryDirectory(prefix="mm-bench-") as name:
        folder = Path(name)
        with answering(folder, tuple(KINDS.values())) as ports:
            named = dict(zip(KINDS, ports, strict=True))
            rows = [_row("mailmedic", lambda kind, port: ours(kind, port, folder), named)]
            if (PLUGINS / "check_imap").exists() or (PLUGINS / "check_smtp").exists():
                rows.append(_row("monitoring-plugins", plugin, named))
            else:
                print("monitoring-plugins-basic is not installed: left out")
            if shutil.which("prometheus-blackbox-exporter"):
                with blackbox(folder) as probe:
                    rows.append(_row("blackbox_exporter", probe, named))
            else:
                print("prometheus-blackbox-exporter is not installed: left out")
    show(
        f"CPU milliseconds of a probe, {RUNS} x {PROBES}",
        ("", *KINDS),
        rows,
        "ours: without the start of Python, certificates verified; blackbox: not verified",
    )


def _row(name: str, probe: Callable[[str, int], float], ports: dict[str, int]) -> Sequence[str]:
    figures = [spread([probe(kind, port) for _ in range(RUNS)], 2) for kind, port in ports.items()]
    return [name, *figures]
