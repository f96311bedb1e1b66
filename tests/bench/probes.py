"""CPU of one probe, and probes a second: ours beside monitoring-plugins, blackbox_exporter, fping.

All take turns in each round, so that what else the machine does hits them alike: the ratios count.
"""

from __future__ import annotations

import asyncio
import importlib
import resource
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from checks.model import Host, State, Target
from checks.registry import Check
from checks.resolver import Resolver
from tests.bench import _process
from tests.bench._peer import answering
from tests.bench._table import show, spread
from tests.lab.daemon import free_ports, until

RUNS = 5
PROBES = 100
AT_ONCE = 50
PLUGINS = Path("/usr/lib/nagios/plugins")

KINDS = {"smtp": "smtp", "smtp+STARTTLS": "smtp+tls", "imap": "imap", "imaps": "imaps"}
"""What a probe is called here, and the peer's service."""

PING = "ping"
GOALS = {"smtp": 0.7, "smtp+STARTTLS": 0.95, "imap": 0.7, "imaps": 1.15}
"""Of what blackbox_exporter takes, at most."""

Figure = tuple[float, float]
"""CPU milliseconds of a probe, and probes a second."""

Probe = Callable[[str, int], Figure]

PLUGIN = {
    "smtp": ("check_smtp",),
    "smtp+STARTTLS": ("check_smtp", "-S"),
    "imap": ("check_imap",),
    "imaps": ("check_imap", "-S"),
    PING: ("check_ping", "-p", "1", "-w", "1000,50%", "-c", "2000,90%"),
}

BLACKBOX = """
modules:
  ping: {prober: icmp}
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


def ours(name: str, port: int, folder: Path) -> Figure:
    """Our check, after one that builds its TLS context."""
    about = KINDS.get(name, name).removesuffix("+tls")
    room = "network" if name == PING else "protocol"
    check: Check = importlib.import_module(f"checks.{room}.{about.removesuffix('s')}")
    host = Host(name="peer", address="127.0.0.1", ca_file=str(folder / "ca.pem"))
    target = Target(
        name="peer", about=about, resolver=Resolver(), address="127.0.0.1", port=port, host=host
    )

    async def run() -> Figure:
        slots = asyncio.Semaphore(AT_ONCE)

        async def probe() -> None:
            async with slots:
                result = await check.check(target, check.Options(), deadline=10)
            assert result.state is not State.CRITICAL, result.summary

        await probe()
        cpu, began = time.process_time() + _children(), time.monotonic()
        await asyncio.gather(*(probe() for _ in range(PROBES)))
        return _figure(time.process_time() + _children() - cpu, began)

    return asyncio.run(run())


def _figure(cpu: float, began: float, probes: int = PROBES) -> Figure:
    return cpu / probes * 1000, probes / (time.monotonic() - began)


def plugin(name: str, port: int) -> Figure:
    """One run of the plugin after the other, each with its fork and exec."""
    program, *options = PLUGIN[name]
    argv = [str(PLUGINS / program), "-H", "127.0.0.1", *options]
    argv += [] if name == PING else ["-p", str(port)]
    before, began = _children(), time.monotonic()
    for _ in range(PROBES):
        ended = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout
    return _figure(_children() - before, began)


def fping(_name: str, _port: int) -> Figure:
    """One process for all."""
    before, began = _children(), time.monotonic()
    hosts = [f"127.0.1.{number + 1}" for number in range(PROBES)]
    subprocess.run(["fping", "-q", "-c", "1", "-i", "1", *hosts], capture_output=True, check=True)
    return _figure(_children() - before, began)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def blackbox(folder: Path) -> Iterator[Probe]:
    """A running blackbox_exporter, as a probe that is asked for as many at once as ours."""
    config = folder / "blackbox.yml"
    config.write_text(BLACKBOX)
    own = free_ports("127.0.0.1", "http")["http"]
    argv = ["prometheus-blackbox-exporter", f"--config.file={config}"]
    argv.append(f"--web.listen-address=127.0.0.1:{own}")
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:

        def probe(name: str, port: int) -> Figure:
            module = name.replace("+", "%2B")
            asked = "127.0.0.1" if name == PING else f"127.0.0.1:{port}"
            url = f"http://127.0.0.1:{own}/probe?module={module}&target={asked}"

            def ask(_number: int) -> None:
                with urllib.request.urlopen(url, timeout=30) as answer:
                    assert b"probe_success 1" in answer.read(), name

            before, began = _total(process.pid), time.monotonic()
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(ask, range(PROBES)))
            return _figure(_total(process.pid) - before, began)

        try:
            until(lambda: _listens(own), "blackbox_exporter listens")
            yield probe
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _total(pid: int) -> float:
    return sum(_process.cpu(pid).values())


def main() -> None:
    """Print the tables."""
    with TemporaryDirectory(prefix="mm-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        ports = stack.enter_context(answering(folder, tuple(KINDS.values())))
        named = {**dict(zip(KINDS, ports, strict=True)), PING: 0}
        probes: dict[str, Probe] = {"mailmedic": lambda kind, port: ours(kind, port, folder)}
        if (PLUGINS / "check_imap").exists():
            probes["monitoring-plugins"] = plugin
        if shutil.which("prometheus-blackbox-exporter"):
            probes["blackbox_exporter"] = stack.enter_context(blackbox(folder))
        if shutil.which("fping"):
            probes["fping"] = fping
        missing = {"monitoring-plugins", "blackbox_exporter", "fping"} - set(probes)
        if missing:
            print(f"not installed, left out: {', '.join(sorted(missing))}")
        _show(_rounds(probes, named), [*named])


def _rounds(probes: dict[str, Probe], ports: dict[str, int]) -> dict[tuple[str, str], list[Figure]]:
    """What each of them took, by name and kind, a figure for each round."""
    taken: dict[tuple[str, str], list[Figure]] = {}
    for _ in range(RUNS):
        for kind, port in ports.items():
            for name, probe in probes.items():
                if name != "fping" or kind == PING:
                    taken.setdefault((name, kind), []).append(probe(kind, port))
    return taken


def _show(taken: dict[tuple[str, str], list[Figure]], kinds: Sequence[str]) -> None:
    names = list(dict.fromkeys(name for name, _ in taken))
    for place, title, digits in ((0, "CPU milliseconds of a probe", 2), (1, "Probes a second", 0)):
        rows = []
        for name in names:
            figures = [[one[place] for one in taken.get((name, kind), ())] for kind in kinds]
            rows.append([name, *(spread(one, digits) if one else "-" for one in figures)])
        if "blackbox_exporter" in names:
            rows.append(["ours / blackbox", *(_ratio(taken, kind, place) for kind in kinds)])
        show(f"{title}, {RUNS} x {PROBES}, {AT_ONCE} at once", ("", *kinds), rows, *NOTES[place])


def _ratio(taken: dict[tuple[str, str], list[Figure]], kind: str, place: int) -> str:
    """The median of the rounds' ratios, with the goal where there is one."""
    pairs = zip(taken["mailmedic", kind], taken["blackbox_exporter", kind], strict=True)
    ratio = median(one[place] / other[place] for one, other in pairs)
    goal = f" (goal {GOALS[kind]})" if kind in GOALS and not place else ""
    return f"{ratio:.2f}{goal}"


NOTES = (
    (
        "ours: without the start of Python, certificates verified; blackbox: not verified",
        "plugins: one after the other; fping: one process for all",
    ),
    ("the peer is a Python process on the same cores: it is part of these",),
)
