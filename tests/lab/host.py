"""What a host is made of: ``hosts/NAME/``, a table, a script and the files that differ.

``host.toml`` has its addresses, units and disks; ``root/`` is laid over this machine's own files;
``prepare.sh`` runs inside once, before the first boot. ``hosts/common`` is laid under all of them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

FOLDER = Path(__file__).parent / "hosts"
COMMON = FOLDER / "common"


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """A network card: which net it is plugged into, and its addresses with their prefix."""

    net: str
    addresses: tuple[str, ...]


class Host(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One host. `disks` have a size in MiB; `gateway` is where its other packets go."""

    about: str
    link: tuple[Link, ...]
    gateway: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    disks: dict[str, int] = {}
    names: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    is_router: bool = False
    name: str = ""

    @property
    def folder(self) -> Path:
        """Where its files are declared."""
        return FOLDER / self.name

    @property
    def address(self) -> str:
        """Its first address."""
        return self.link[0].addresses[0].partition("/")[0]


@cache
def hosts() -> dict[str, Host]:
    """All hosts, by name."""
    found = {}
    for path in sorted(FOLDER.glob("*/host.toml")):
        host = msgspec.toml.decode(path.read_bytes(), type=Host)
        found[path.parent.name] = msgspec.structs.replace(host, name=path.parent.name)
    return found
