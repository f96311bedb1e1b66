"""Debian's real CUPS in a folder and on an address of its own; the machine's printers stay alone.

    with cups() as server:               # started; ended and removed afterwards
        server.paper("laser", "A4")      # a printer that turns text into pages of a PDF
        with server.listener("net") as printer:     # one on the network, that keeps what it gets
            …

``CUPS_SERVER`` is what lp(1) and lpstat(1) have to have in their environment.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.daemon import PATIENCE, Daemon, free_ports, need, own_address, short_folder, until

PPD = Path("/usr/share/ppd/cupsfilters/Generic-PDF_Printer-PDF.ppd")

_FILES = """
ServerRoot {folder}/root
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/tmp
AccessLog {folder}/access.txt
ErrorLog {folder}/errors.txt
PageLog {folder}/pages.txt
FileDevice Yes
User lp
Group lp
SystemGroup root
"""

_CONFIG = """
Listen {address}:{ipp}
ServerAlias *
Browsing Off
WebInterface No
DefaultAuthType None
PreserveJobHistory Yes
<Location />
  Order allow,deny
  Allow from 127.0.0.0/8
</Location>
<Policy default>
  JobPrivateAccess all
  JobPrivateValues none
  SubscriptionPrivateAccess all
  SubscriptionPrivateValues none
  <Limit All>
    Order allow,deny
    Allow from 127.0.0.0/8
  </Limit>
</Policy>
"""


class Cups(Daemon):
    """One instance."""

    @property
    def server(self) -> str:
        """What ``CUPS_SERVER`` has to be."""
        return f"{self.address}:{self.ports['ipp']}"

    def run(self, *argv: str) -> str:
        """Run one of CUPS' programs on it; what it said."""
        environment = {**os.environ, "CUPS_SERVER": self.server, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            argv, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE
        )
        return done.stdout

    def paper(self, name: str, size: str) -> Path:
        """Add a printer with paper of that size; the PDF that holds what it printed last."""
        pdf = self.folder / "tmp" / f"{name}.pdf"
        device = f"file:{pdf}"
        self.run(
            "lpadmin", "-p", name, "-E", "-v", device, "-P", str(PPD), "-o", f"PageSize={size}"
        )
        return pdf

    @contextmanager
    def listener(self, name: str) -> Iterator[Listener]:
        """Add a printer on the network, as most are (AppSocket); it keeps each job's bytes."""
        with contextlib.closing(Listener(self.address)) as printer:
            self.run("lpadmin", "-p", name, "-E", "-v", f"socket://{self.address}:{printer.port}")
            yield printer

    def wait(self, job: str) -> None:
        """Until that job is done."""
        until(lambda: job in self.run("lpstat", "-W", "completed", "-o"), f"job {job}")


class Listener:
    """A printer's port 9100."""

    def __init__(self, address: str) -> None:
        self.jobs: list[bytes] = []
        self._socket = socket.create_server((address, 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, connection.makefile("rb") as file:
                    self.jobs.append(file.read())

    def close(self) -> None:
        """No more jobs."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def cups() -> Iterator[Cups]:
    """A running CUPS without any printer."""
    need("cups", "cupsd", "lp", "lpadmin")
    address = own_address()
    ports = free_ports(address, "ipp")
    with short_folder("mm-cups") as folder:
        for name in ("root", "spool", "cache", "state", "tmp"):
            (folder / name).mkdir(mode=0o755)
            (folder / name).chmod(0o777)
        config, files = folder / "cupsd.conf", folder / "cups-files.conf"
        config.write_text(_CONFIG.format(address=address, **ports))
        files.write_text(_FILES.format(folder=folder))
        argv = ["/usr/sbin/cupsd", "-f", "-c", str(config), "-s", str(files)]
        server = Cups(argv, folder, address, ports)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def jobs_of(said: str) -> list[str]:
    """The ids of the jobs in a line of ours."""
    return re.findall(r"job (\S+-\d+)", said)
