"""What a real server needs to run beside the machine's own: folder, address, certificate, end.

Each instance has an address of its own in 127.0.0.0/8, so two test workers never want the same
port, and a short folder of its own, because a socket's path holds 107 bytes (unix(7)).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE = 20.0
"""Seconds that a server may take to start or to end: both take far less on an idle machine."""

GRACE = 1.0
"""Seconds to end by itself, then it is killed: a Dovecot told so while it starts waits for 5 s."""


def need(package: str, *programs: str) -> None:
    """Skip the test, by the package's name, where it can't run here."""
    missing = [name for name in programs if shutil.which(name, path=_PATH) is None]
    if missing:
        pytest.skip(f"{package} is not installed: no {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip(f"{package} starts as root only")


_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def own_address() -> str:
    """An address of this machine that nobody else uses, such as ``127.83.7.201``."""
    first, second, third = (secrets.randbelow(253) + 1 for _ in range(3))
    return f"127.{first}.{second}.{third}"


def free_ports(address: str, *names: str) -> dict[str, int]:
    """A free port of `address` for each name."""
    with contextlib.ExitStack() as stack:
        ports = {}
        for name in names:
            listener = stack.enter_context(socket.socket())
            listener.bind((address, 0))
            ports[name] = listener.getsockname()[1]
        return ports


@contextmanager
def short_folder(name: str) -> Iterator[Path]:
    """A folder that servers may enter, and that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def write_certificate(folder: Path, *names: str) -> None:
    """Write ``cert.pem``, ``key.pem`` and the ``ca.pem`` that signed it, for those names."""
    import trustme

    authority = trustme.CA()
    certificate = authority.issue_cert(*names)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "key.pem").chmod(0o600)
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(folder / "cert.pem", append=number > 0)


def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for it. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE:.0f} s in vain: {what}")
        time.sleep(0.01)


class Daemon:
    """A server in a session of its own, so that all its processes can be found and ended."""

    def __init__(self, argv: Sequence[str], folder: Path, address: str, ports: dict[str, int]):
        self.argv = tuple(argv)
        self.folder = folder
        self.address = address
        self.ports = ports
        self.ca_file = folder / "ca.pem"
        self.output = folder / "output.txt"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether its first process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id of its first process, which leads the group of all of them."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until every port answers."""
        assert not self.is_running, "already started"
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=self.folder,
            )
        self._guard = _guard(self._process.pid, self.folder)
        until(self._answers, f"{self.argv[0]} on {self.address} {self.ports}: {self.told()}")

    def _answers(self) -> bool:
        if not self.is_running:
            raise RuntimeError(f"{self.argv[0]} ended at once: {self.told()}")
        for port in self.ports.values():
            try:
                socket.create_connection((self.address, port), timeout=1).close()
            except OSError:
                return False
        return True

    def told(self) -> str:
        """The last that it wrote."""
        return self.output.read_text(errors="replace")[-2000:] if self.output.exists() else ""

    def stop(self) -> None:
        """End it as its operator would, and wait until all its processes are gone."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill all its processes at once, as a crash would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
        self._process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        until(self._is_gone, f"the end of {self.argv[0]}")
        self._process.wait()
        self._process = None

    def _is_gone(self) -> bool:
        """Whether none of its processes lives; kill those that do."""
        assert self._process is not None
        living = _living(self._process.pid, self.folder)
        for pid in living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not living


def _guard(group: int, folder: Path) -> subprocess.Popen[bytes]:
    """A process that outlives us: when we are killed, it ends the server and removes its folder.

    (A parent death signal would not do: Postfix' master loses it when it changes its user.)
    """
    script = 'cat; kill -s KILL -- -"$1"; sleep 0.2; rm -rf "$2"'
    return subprocess.Popen(
        ["/bin/sh", "-c", script, "guard", str(group), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )


def _living(group: int, folder: Path) -> list[int]:
    """The processes of the group, and those in the folder: a test may have started some by hand.

    Zombies that wait for init do not count.
    """
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, pgrp = (
                (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[:3]
            )
            is_ours = int(pgrp) == group or (process / "cwd").readlink().is_relative_to(folder)
            if is_ours and state != "Z":
                pids.append(int(process.name))
    return pids
