"""A host's power, from outside: on, off, frozen, short of memory; and commands run inside it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from tests.lab import network
from tests.lab.host import Host
from tests.lab.place import REPOSITORY, Place
from tests.lab.run import CommandError, attempt, run

BOOT = 60.0
"""Seconds that eight hosts at once may take on two slow cores; alone it is three."""

_WAIT = 'read go && exec "$@" </dev/null'
"""Waits until it is told to go: by then it is in the host's cgroups, where `down` finds it."""


class Machine:
    """One host of one lab."""

    def __init__(self, place: Place, host: Host) -> None:
        self.place = place
        self.host = host
        self.name = host.name
        self.folder = place.folder / host.name
        self._cgroups = place.cgroups(host.name)
        self._boot: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its systemd, as this machine counts; None when the host is off."""
        try:
            listed = (self._cgroups[0] / "init.scope" / "cgroup.procs").read_text().split()
        except FileNotFoundError:
            return None
        return min(map(int, listed), default=None)

    def switch_on(self) -> None:
        """Start to boot; `await_boot` waits for the end of it."""
        for group in self._cgroups:
            group.mkdir(exist_ok=True)
        network.connect(self.place, self.host)
        disks = [f"{path}={image_of(self.folder, path)}" for path in self.host.disks]
        names = [f"--net=/run/netns/{self.place.namespace(self.name)}"]
        spaces = ["--mount", "--uts", "--ipc", "--pid", "--cgroup", "--fork", "--kill-child"]
        # Its uptime begins now: a kernel's clocks since boot can be set back in a time namespace.
        age = int(time.clock_gettime(time.CLOCK_BOOTTIME))
        spaces += ["--time", f"--boottime=-{age}", f"--monotonic=-{age}"]
        boot = [str(Path(__file__).with_name("boot.sh")), self.name, str(self.folder)]
        argv = ["nsenter", *names, "unshare", *spaces, "sh", *boot, str(REPOSITORY), *disks]
        with (self.folder / "console").open("ab") as console:
            self._boot = subprocess.Popen(
                ["sh", "-c", _WAIT, "boot", *argv],
                stdin=subprocess.PIPE,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        for group in self._cgroups:
            (group / "cgroup.procs").write_text(str(self._boot.pid))
        assert self._boot.stdin is not None
        self._boot.stdin.write(b"go\n")
        self._boot.stdin.close()

    def await_boot(self, *, without: str = "") -> None:
        """Wait until systemd has started all that was asked of it, and the host's own units."""
        end = time.monotonic() + BOOT
        while (state := self._state()) not in ("running", "degraded"):
            has_ended = self._boot is not None and self._boot.poll() is not None
            if has_ended or time.monotonic() > end:
                console = (self.folder / "console").read_text(errors="replace")
                raise CommandError(f"{self.name} did not boot ({state or 'off'}): {console}")
            time.sleep(0.1)
        units = [unit for unit in self.host.units if unit != without]
        active = self.attempt(f"systemctl is-active ssh {' '.join(units)}")[1].split()
        if state == "degraded" or set(active) != {"active"}:
            failed = self.run("systemctl --failed --plain --no-legend; journalctl -n 40 --no-pager")
            raise CommandError(f"{self.name} came up with failed units:\n{failed}")

    def _state(self) -> str:
        if self.pid is None:
            return ""
        return attempt([*self.enter(), "systemctl", "is-system-running"])[1].strip()

    def switch_off(self) -> None:
        """Pull the plug."""
        if (pid := self.pid) is not None:
            os.kill(pid, 9)
        wait_for(lambda: not processes(self._cgroups), f"the end of {self.name}")
        network.disconnect(self.place, self.host)

    def freeze(self, *, is_frozen: bool = True) -> None:
        """Stop every process where it is; the kernel goes on answering for the host."""
        group = self._cgroups[0]
        (group / "cgroup.freeze").write_text("1" if is_frozen else "0")
        wanted = f"frozen {int(is_frozen)}"
        wait_for(lambda: wanted in (group / "cgroup.events").read_text(), wanted)

    def limit_memory(self, limit: str) -> None:
        """Let the host have no more than that (bytes, or ``max``); its own kernel kills then.

        From outside, since a unit's MemoryMax= does nothing where memory is a v1 hierarchy.
        """
        group = self._cgroups[-1]
        v1 = group / "memory.limit_in_bytes"
        path, value = (
            (v1, limit.replace("max", "-1")) if v1.exists() else (group / "memory.max", limit)
        )
        path.write_text(value)

    def enter(self) -> list[str]:
        """The words before a command that make it run inside."""
        if (pid := self.pid) is None:
            raise CommandError(f"{self.name} is off")
        environment = [
            "env",
            "-i",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG=C.UTF-8",
        ]
        return ["nsenter", "--target", str(pid), "--all", "--wdns=/root", *environment]

    def run(self, shell: str, *, deadline: float = 60.0) -> str:
        """Run a line of shell inside, as root. Raises CommandError when it fails."""
        return run([*self.enter(), "sh", "-c", shell], deadline=deadline)

    def attempt(self, shell: str, *, deadline: float = 60.0) -> tuple[int, str]:
        """Run a line of shell inside; its exit status and what it wrote."""
        return attempt([*self.enter(), "sh", "-c", shell], deadline=deadline)


def processes(cgroups: Iterable[Path]) -> set[int]:
    """The processes of cgroups and of all below, which come and go while we look."""
    found: set[int] = set()
    for group in cgroups:
        for folder, _, _ in os.walk(group):
            with suppress(OSError):
                found.update(map(int, Path(folder, "cgroup.procs").read_text().split()))
    return found


def image_of(folder: Path, mounted_on: str) -> Path:
    """The file that holds the disk of that path."""
    return folder / f"disk{mounted_on.replace('/', '-')}"


def wait_for(is_so: Callable[[], bool], what: str, patience: float = 20.0) -> None:
    """Wait for it. Raises CommandError."""
    end = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > end:
            raise CommandError(f"waited {patience:.0f} s in vain: {what}")
        time.sleep(0.05)
