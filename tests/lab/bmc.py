"""BMCs: sushy-tools' Redfish emulator, and OpenIPMI's `ipmi_sim`, on an address of their own.

with redfish() as bmc:
    bmc.system_url, bmc.fingerprint, bmc.switch("Off")
"""

from __future__ import annotations

import hashlib
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bcrypt

from tests.lab.daemon import (
    Daemon,
    free_ports,
    need,
    own_address,
    short_folder,
    write_certificate,
)

USER, PASSWORD = "admin", "bmc-correct"

_REDFISH = """
SUSHY_EMULATOR_LISTEN_IP = "{address}"
SUSHY_EMULATOR_LISTEN_PORT = {port}
SUSHY_EMULATOR_SSL_CERT = "{folder}/cert.pem"
SUSHY_EMULATOR_SSL_KEY = "{folder}/key.pem"
SUSHY_EMULATOR_AUTH_FILE = "{folder}/htpasswd"
SUSHY_EMULATOR_STATE_DIR = "{folder}/state"
SUSHY_EMULATOR_FAKE_DRIVER = True
SUSHY_EMULATOR_FAKE_SYSTEMS = [
    {{"uuid": "1", "name": "mail1", "power_state": "{power}", "nics": []}}
]
"""

_LAN = """
name "bmc1"
set_working_mc 0x20
  startlan 1
    addr {address} {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  user 1 true "" "test" user 10 none md2 md5 straight
  user 2 true "{user}" "{password}" admin 10 none md2 md5 straight
  chassis_control "{folder}/chassis"
"""

_EMU = """
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""

_CHASSIS = """#!/bin/sh
case "$1 $2" in
"get power") echo "power:$(cat {folder}/power)" ;;
"set power") echo "$3" > {folder}/power ;;
"get boot") echo "boot:default" ;;
esac
"""


class Redfish(Daemon):
    """A Redfish service that knows one system, with a certificate that nobody signed for us."""

    @property
    def system_url(self) -> str:
        """What the config would say."""
        return f"https://{self.address}:{self.ports['https']}/redfish/v1/Systems/1"

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of its certificate."""
        pem = (self.folder / "cert.pem").read_text()
        pem = pem[: pem.index("-----END CERTIFICATE-----") + 26]
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


@contextmanager
def redfish(power: str = "On") -> Iterator[Redfish]:
    """A running emulator of a machine that is On or Off."""
    address = own_address()
    ports = free_ports(address, "https")
    with short_folder("mm-bmc") as folder:
        write_certificate(folder, address, "bmc1.lab.test")
        (folder / "state").mkdir()
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        (folder / "htpasswd").write_text(f"{USER}:{hashed}\n")
        config = folder / "redfish.conf"
        config.write_text(
            _REDFISH.format(address=address, port=ports["https"], folder=folder, power=power)
        )
        emulator = Path(sys.executable).with_name("sushy-emulator")
        server = Redfish([str(emulator), "--config", str(config)], folder, address, ports)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Ipmi(Daemon):
    """An IPMI simulator; UDP, so nothing tells when it is ready."""

    @property
    def place(self) -> str:
        """What the config would say."""
        return f"{self.address}:{self.ports['udp']}"

    def switch(self, *, on: bool) -> None:
        """What the power button does."""
        (self.folder / "power").write_text("1" if on else "0")


@contextmanager
def ipmi() -> Iterator[Ipmi]:
    """A running simulator of a machine that is on."""
    need("openipmi", "ipmi_sim")
    need("ipmitool", "ipmitool")
    address = own_address()
    port = free_ports(address, "udp")["udp"]
    with short_folder("mm-ipmi") as folder:
        said = {"address": address, "port": port, "folder": folder}
        (folder / "lan.conf").write_text(_LAN.format(user=USER, password=PASSWORD, **said))
        (folder / "bmc.emu").write_text(_EMU)
        chassis = folder / "chassis"
        chassis.write_text(_CHASSIS.format(folder=folder))
        chassis.chmod(0o755)
        argv = ["ipmi_sim", "-n", "-c", f"{folder}/lan.conf", "-f", f"{folder}/bmc.emu"]
        server = Ipmi([*argv, "-s", str(folder)], folder, address, {})
        server.start()
        server.ports = {"udp": port}
        server.switch(on=True)
        time.sleep(0.5)
        try:
            yield server
        finally:
            server.stop()
