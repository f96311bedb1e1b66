"""Where a lab lives: its folder, namespaces and cgroups, all found by its name alone.

Two labs never meet: a checkout has its own, and ``MAILMEDIC_LAB`` names another. Whatever is made
carries the name, so `down` finds it without a list that a crash could have left half written.
"""

from __future__ import annotations

import os
import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    """The names of one lab, such as ``mm-lab-3fa2``."""

    name: str

    @property
    def folder(self) -> Path:
        """A tmpfs: what the hosts have changed, and what we note about them."""
        return Path("/run", self.name)

    @property
    def lock(self) -> Path:
        """Held by whoever builds or breaks, and by each command that they started."""
        return Path("/run/lock", self.name)

    def namespace(self, host: str) -> str:
        """The network namespace of a host."""
        return f"{self.name}-{host}"

    @cached_property
    def hierarchies(self) -> tuple[Path, ...]:
        """cgroup2, and the memory controller where it is a hierarchy of its own (cgroup v1)."""
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        unified = [Path(mount[1]) for mount in mounts if mount[2] == "cgroup2"]
        memory = [
            Path(mount[1])
            for mount in mounts
            if mount[2] == "cgroup" and "memory" in mount[3].split(",")
        ]
        return tuple(unified[:1] + memory[:1])

    def cgroups(self, host: str) -> list[Path]:
        """The cgroups of a host; the first is the one that its systemd sees."""
        return [hierarchy / self.namespace(host) for hierarchy in self.hierarchies]

    def all_cgroups(self) -> list[Path]:
        """Those of every host that has some, also half-made ones."""
        return [path for one in self.hierarchies for path in one.glob(f"{self.name}-*")]

    def all_namespaces(self) -> list[str]:
        """The network namespaces there are."""
        return sorted(path.name for path in Path("/run/netns").glob(f"{self.name}-*"))


def here() -> Place:
    """The lab of this checkout, or the one that ``MAILMEDIC_LAB`` names."""
    name = os.environ.get("MAILMEDIC_LAB") or f"{zlib.crc32(bytes(REPOSITORY)):08x}"
    if not re.fullmatch("[a-z0-9]{1,12}", name):
        raise ValueError("MAILMEDIC_LAB: one to twelve of a-z and 0-9")
    return Place(f"mm-lab-{name}")
