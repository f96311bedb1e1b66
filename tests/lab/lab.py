"""The lab as a whole: up, and down to the last trace."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.lab import keys, layer, network
from tests.lab.authority import Authority
from tests.lab.host import Host, hosts
from tests.lab.machine import Machine, processes, wait_for
from tests.lab.place import Place
from tests.lab.run import CommandError, attempt, run

Thing = TypeVar("Thing")


class Lab:
    """The hosts of one lab, or those of them that are named."""

    def __init__(self, place: Place, names: Iterable[str] = ()) -> None:
        self.place = place
        chosen = tuple(names) or tuple(hosts())
        self.machines = {name: Machine(place, hosts()[name]) for name in chosen}

    @property
    def is_up(self) -> bool:
        """Whether anything of it is there."""
        return self.place.folder.exists()

    def up(self) -> None:
        """Build it and boot it. What fails half-way is taken down again."""
        if self.is_up:
            raise CommandError(f"{self.place.name} is up already, or was left half-way: run down")
        try:
            self._build()
            _all(Machine.switch_on, self.machines.values())
            _all(Machine.await_boot, self.machines.values())
        except BaseException:
            self.down()
            raise

    def _build(self) -> None:
        place = self.place
        place.folder.mkdir()
        run(["mount", "-t", "tmpfs", "-o", "mode=755", place.name, str(place.folder)])
        chosen = [machine.host for machine in self.machines.values()]
        network.lay(place, chosen)
        _all(lambda host: layer.lay(place, host), chosen)
        keys.give_ssh_keys(place, chosen)
        keys.give_dkim_keys(place, set(self.machines))
        self._certify(chosen)

    def _certify(self, chosen: list[Host]) -> None:
        authority = Authority()
        for host in chosen:
            names = (f"{host.name}.lab.test", *host.names)
            authority.issue(keys.upper(self.place, host.name) / "etc/ssl/lab", *names)

    def down(self) -> None:
        """Remove every process, namespace, mount, cgroup and file of it, in whatever state."""
        place = self.place
        wait_for(lambda: not _kill(place), f"the end of the processes of {place.name}")
        for name in place.all_namespaces():
            run(["ip", "netns", "del", name])
        while attempt(["mountpoint", "-q", str(place.folder)])[0] == 0:
            wait_for(lambda: attempt(["umount", str(place.folder)])[0] == 0, "the unmounting")
        for group in place.all_cgroups():
            wait_for(partial(_is_removed, group), f"the end of {group}")
        with suppress(FileNotFoundError):
            place.folder.rmdir()

    def left(self) -> list[str]:
        """All that is there of it now, in words; nothing after `down`."""
        place = self.place
        mounts = Path("/proc/self/mounts").read_text().splitlines()
        loops = run(["losetup", "--noheadings", "--output", "BACK-FILE"]).splitlines()
        return [
            *(f"process {pid}" for pid in _processes(place)),
            *(f"namespace {name}" for name in place.all_namespaces()),
            *(f"cgroup {path}" for path in place.all_cgroups()),
            *(f"mount {line}" for line in mounts if place.name in line),
            *(f"loop device {line}" for line in loops if place.name in line),
            *([f"folder {place.folder}"] if place.folder.exists() else []),
        ]


def _is_removed(group: Path) -> bool:
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()
    return not group.exists()


def _processes(place: Place) -> set[int]:
    found = processes(place.all_cgroups())
    for name in place.all_namespaces():
        status, listed = attempt(["ip", "netns", "pids", name])
        found.update(map(int, listed.split()) if status == 0 else ())
    return found - {os.getpid()}


def _kill(place: Place) -> set[int]:
    """Kill what is left of the hosts' processes; those that were there."""
    found = _processes(place)
    for group in place.all_cgroups():
        with suppress(OSError):
            (group / "cgroup.freeze").write_text("0")
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
    return found


def _all(do: Callable[[Thing], None], things: Iterable[Thing]) -> None:
    """Do it to all of them at the same time; the first failure is raised."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(do, things))
