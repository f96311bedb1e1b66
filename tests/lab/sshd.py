"""Debian's real sshd on an address of its own, with a host key, a user key and an ssh config.

    with sshd() as server:                               # started; ended and removed afterwards
        login = SshLogin(server.alias, config=str(server.config))

`bin` holds an ``ssh`` that uses that config: first on PATH, a whole program finds ``ssh:mail1``.
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.lab.daemon import Daemon, free_ports, need, own_address, short_folder, until

_SSHD = "/usr/sbin/sshd"

_SERVER = """\
ListenAddress {address}:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
UseDNS no
PasswordAuthentication {has_password}
KbdInteractiveAuthentication no
PermitRootLogin {root}
AcceptEnv LC_*
MaxStartups 100
{extra}
"""

_CLIENT = """\
Host {alias}
    HostName {address}
    Port {port}
    User {user}
    IdentityFile {folder}/user
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking ask
"""


class Sshd(Daemon):
    """One sshd. `config` is for ``ssh -F``; `alias` is the host's name in it.

    `user_key`, `known_hosts` and `authorized_keys` can be changed while it runs.
    """

    alias = "mail1"

    def __init__(self, folder: Path, *, extra: str = "", has_password: bool = False) -> None:
        address = own_address()
        ports = free_ports(address, "ssh")
        super().__init__(
            (_SSHD, "-D", "-e", "-f", str(folder / "sshd_config")), folder, address, ports
        )
        self.config = folder / "ssh_config"
        self.known_hosts = folder / "known_hosts"
        self.authorized_keys = folder / "authorized_keys"
        self.user_key = folder / "user"
        self.bin = folder / "bin"
        self.make_key("user")
        shutil.copy(folder / "user.pub", self.authorized_keys)
        self.make_key("host")
        self.make_known()
        places = {"address": address, "port": ports["ssh"], "folder": folder}
        (folder / "sshd_config").write_text(
            _SERVER.format(
                **places,
                extra=extra,
                has_password="yes" if has_password else "no",
                root="yes" if has_password else "prohibit-password",
            )
        )
        self.config.write_text(_CLIENT.format(**places, alias=self.alias, user=getpass.getuser()))
        self._write_client()

    def make_key(self, name: str, passphrase: str = "") -> None:
        """Draw the key pair of that name anew."""
        key = self.folder / name
        key.unlink(missing_ok=True)
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(key)]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)

    def make_known(self) -> None:
        """Write the present host key down as the known one."""
        key = (self.folder / "host.pub").read_text()
        self.known_hosts.write_text(f"[{self.address}]:{self.ports['ssh']} {key}")

    def _write_client(self) -> None:
        self.bin.mkdir()
        ssh = self.bin / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {self.config} "$@"\n')
        ssh.chmod(0o755)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # sshd wants its empty folder at each connection; Debian's unit makes it at boot.
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        super().start()
        # `Daemon.start` connected to see whether it answers.
        until(lambda: not self.connections(), "the end of the first connection")

    def connections(self) -> list[psutil.Process]:
        """The process of each connection that is open now."""
        return psutil.Process(self.pid).children()

    def processes(self) -> list[psutil.Process]:
        """All that runs for the connections: sshd's own, and the commands below them."""
        return psutil.Process(self.pid).children(recursive=True)

    def commands(self) -> list[list[str]]:
        """The words of each of those, but for what ended while we looked."""
        words = []
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                words.append(process.cmdline())
        return words

    def drop(self) -> None:
        """Kill every connection, and the commands below it."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def freeze(self) -> None:
        """Stop sshd and its connections, as a host that swaps itself to death."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in [psutil.Process(self.pid), *self.processes()]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _end(self, how: signal.Signals) -> None:
        # Each connection leads a session of its own, out of reach of the group's signal.
        if self.is_running:
            self.drop()
        super()._end(how)


def client(folder: Path, **hosts: Sshd) -> Path:
    """A folder with an ``ssh`` that knows several of them, by those names."""
    config = folder / "ssh_config"
    config.write_text(
        "".join(
            one.config.read_text().replace(f"Host {one.alias}", f"Host {name}")
            for name, one in hosts.items()
        )
    )
    ssh = folder / "bin" / "ssh"
    ssh.parent.mkdir(exist_ok=True)
    ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {config} "$@"\n')
    ssh.chmod(0o755)
    return ssh.parent


@contextmanager
def sshd(*, extra: str = "", has_password: bool = False) -> Iterator[Sshd]:
    """A running sshd, with `extra` lines for its config; skips where there is none."""
    need("openssh-server", "sshd", "setpriv", "ssh", "ssh-keygen")
    with short_folder("mm-sshd") as folder:
        server = Sshd(folder, extra=extra, has_password=has_password)
        try:
            server.start()
            yield server
        finally:
            server.kill()
