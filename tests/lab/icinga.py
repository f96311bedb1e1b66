"""Debian's Icinga 2 with its API, on an address of its own, as the user that it drops to.

Its hosts are mail1, which is down, and db7, whose disk is nearly full; both are invented by the
built-in check command `dummy`, so nothing is asked anywhere.
"""

from __future__ import annotations

import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from tests.lab.daemon import Daemon, free_ports, need, own_address, short_folder

USER, PASSWORD = "mailmedic", "icinga-correct"

_CONFIG = """
include <itl>
const NodeName = "{address}"
object CheckerComponent "checker" {{ }}
object Endpoint NodeName {{ }}
object Zone NodeName {{ endpoints = [ NodeName ] }}
object ApiListener "api" {{ bind_host = "{address}"; bind_port = {port} }}
object ApiUser "{user}" {{
  password = "{password}"
  permissions = [ "objects/query/Host", "objects/query/Service" ]
}}
object ApiUser "blind" {{
  password = "{password}"
  permissions = [
    {{ permission = "objects/query/Host"; filter = {{{{ host.name == "nothing" }}}} }},
    {{ permission = "objects/query/Service"; filter = {{{{ host.name == "nothing" }}}} }}
  ]
}}
object ApiUser "stranger" {{ password = "{password}"; permissions = [ "status/query" ] }}
template Host "fast" {{
  check_command = "dummy"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}}
template Service "fast" {{
  check_command = "dummy"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}}
object Host "mail1" {{
  import "fast"
  address = "10.77.0.11"
  vars.dummy_state = 2
  vars.dummy_text = "PING CRITICAL - Packet loss = 100%"
}}
object Host "db7" {{ import "fast"; address = "10.9.9.9" }}
object Service "smtp" {{
  import "fast"
  host_name = "mail1"
  vars.dummy_state = 2
  vars.dummy_text = "connect to address 10.77.0.11 and port 25: Connection refused"
}}
object Service "disk" {{ import "fast"; host_name = "db7"; vars.dummy_state = 1 }}
"""


class Icinga(Daemon):
    """A running Icinga 2."""

    @property
    def url(self) -> str:
        """What the config would say."""
        return f"https://{self.address}:{self.ports['https']}"


@contextmanager
def icinga() -> Iterator[Icinga]:
    """One that listens; its first checks take a second more."""
    need("icinga2-bin", "icinga2")
    address = own_address()
    ports = free_ports(address, "https")
    with short_folder("mm-icinga") as folder:
        said = {"address": address, "port": ports["https"]}
        config = folder / "icinga2.conf"
        config.write_text(_CONFIG.format(user=USER, password=PASSWORD, **said))
        _certificate(folder, address)
        for name in ("cache", "run", "log", "spool"):
            (folder / name).mkdir()
        own = pwd.getpwnam("nagios")
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, own.pw_uid, own.pw_gid)
        places = {"Data": "lib", "Cache": "cache", "InitRun": "run", "Log": "log", "Spool": "spool"}
        defined = [f"-D{name}Dir={folder}/{place}" for name, place in places.items()]
        argv = ["icinga2", "daemon", "-c", str(config), f"-DConfigDir={folder}", *defined]
        server = Icinga(argv, folder, address, ports)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _certificate(folder: Path, name: str) -> None:
    """A certificate where Icinga looks for it; it wants a common name as well."""
    certs = folder / "lib" / "certs"
    certs.mkdir(parents=True)
    authority = trustme.CA()
    made = authority.issue_cert(name, common_name=name)
    for path in (certs / "ca.crt", folder / "ca.pem"):
        authority.cert_pem.write_to_path(path)
    made.private_key_pem.write_to_path(certs / f"{name}.key")
    made.cert_chain_pems[0].write_to_path(certs / f"{name}.crt")
