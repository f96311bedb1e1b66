"""Debian's NUT with its dummy driver (dummy-ups(8)), on an address of its own, never as a service.

with nut({"rack1": "ups.status: OB"}) as server:
    server.place("rack1")
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.lab.daemon import Daemon, free_ports, need, own_address, short_folder, until

_START = 'for ups; do /lib/nut/dummy-ups -a "$ups" -u root -F & done; exec /lib/nut/upsd -F -u root'


class Nut(Daemon):
    """upsd, and a driver for each UPS."""

    def place(self, ups: str) -> str:
        """What upsc takes."""
        return f"{ups}@{self.address}:{self.ports['upsd']}"

    def answers(self, ups: str) -> bool:
        """Whether its driver is connected, and has told something."""
        argv = ["upsc", self.place(ups), "ups.status"]
        output = subprocess.run(argv, capture_output=True, check=False)
        return output.returncode == 0 and b"WAIT" not in output.stdout


@contextmanager
def nut(supplies: Mapping[str, str], *without_driver: str) -> Iterator[Nut]:
    """A running upsd with those UPS, each with what it says; the others are only configured."""
    need("nut-server", "/lib/nut/upsd", "/lib/nut/dummy-ups")
    need("nut-client", "upsc")
    address = own_address()
    with short_folder("mm-nut") as folder:
        ports = free_ports(address, "upsd")
        config = ""
        for name in (*supplies, *without_driver):
            (folder / f"{name}.dev").write_text(supplies.get(name, "") + "\n")
            config += f"[{name}]\n driver = dummy-ups\n port = {folder}/{name}.dev\n"
        (folder / "ups.conf").write_text(config)
        (folder / "upsd.conf").write_text(f"LISTEN {address} {ports['upsd']}\n")
        (folder / "upsd.users").write_text("")
        names = ("NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH")
        places = [f"{name}={folder}" for name in names]
        argv = ["env", *places, "sh", "-c", _START, "sh", *supplies]
        server = Nut(argv, folder, address, ports)
        server.start()
        try:
            for name in supplies:
                until(lambda name=name: server.answers(name), f"the driver of {name}")  # type: ignore[misc]
            yield server
        finally:
            server.stop()
