"""Debian's real Postfix in folders and on ports of its own; nothing of the machine is touched.

    with postfix() as server:            # started; ended and removed afterwards
        server.inject(3)                 # three deferred messages
        server.clone(100_000)            # as many copies of them, under queue ids of their own
        server.stop(); server.start()

`master` is started without postfix-script, which would look after shared files as well.
"""

from __future__ import annotations

import os
import re
import shutil
import smtplib
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.daemon import (
    Daemon,
    free_ports,
    need,
    own_address,
    short_folder,
    until,
    write_certificate,
)

QUEUES = ("incoming", "active", "deferred", "hold")

# As in postfix-files: folder, mode, group.
_FOLDERS = (
    *((name, 0o700, "root") for name in (*QUEUES, "defer", "bounce", "corrupt", "flush")),
    *((name, 0o700, "root") for name in ("saved", "trace", "private")),
    ("maildrop", 0o1730, "postdrop"),
    ("public", 0o2710, "postdrop"),
)

_MASTER = """
{address}:{smtp} inet n - n - - smtpd
{address}:{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt -o syslog_name=postfix/submission
pickup    unix  n  -  n  60    1  pickup
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
tlsmgr    unix  -  -  n  1000? 1  tlsmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
verify    unix  -  -  n  -     1  verify
flush     unix  n  -  n  1000? 0  flush
proxymap  unix  -  -  n  -     -  proxymap
proxywrite unix -  -  n  -     1  proxymap
smtp      unix  -  -  n  -     -  smtp
relay     unix  -  -  n  -     -  smtp
showq     unix  n  -  n  -     -  showq
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
discard   unix  -  -  n  -     -  discard
local     unix  -  n  n  -     -  local
virtual   unix  -  n  n  -     -  virtual
lmtp      unix  -  -  n  -     -  lmtp
anvil     unix  -  -  n  -     1  anvil
scache    unix  -  -  n  -     1  scache
postlog   unix-dgram n - n -   1  postlogd
"""


class Postfix(Daemon):
    """One instance. Mail to `domain` is delivered under ``mail``; all other mail is deferred.

    ``postqueue -c CONFIG`` and its kin work on it, with `config` as CONFIG.
    """

    domain = "lab.test"

    def __init__(self, folder: Path, **settings: str) -> None:
        self.config = folder / "etc"
        self.queue = folder / "q"
        self.log = folder / "log" / "mail.log"
        self.mail = folder / "mail"
        address = own_address()
        ports = free_ports(address, "smtp", "submission")
        daemons = _postconf("daemon_directory")
        super().__init__(
            (f"{daemons}/master", "-c", str(self.config), "-d"), folder, address, ports
        )
        write_certificate(folder, address, f"mail1.{self.domain}", "localhost")
        self._make_folders()
        settings = self._settings() | settings
        lines = (f"{name} = {value}\n" for name, value in settings.items())
        main = self.config / "main.cf"
        main.write_text("".join(lines))
        # Postfix reads a file again and again while it is younger than 2 s: it may be changing.
        os.utime(main, (0, 0))
        (self.config / "master.cf").write_text(_MASTER.format(address=address, **ports))

    def _make_folders(self) -> None:
        for folder in (self.config, self.queue, self.queue / "pid", self.log.parent):
            folder.mkdir()
        for folder, owner in ((self.folder / "data", "postfix"), (self.mail, "nobody")):
            folder.mkdir()
            shutil.chown(folder, owner)
        for name, mode, group in _FOLDERS:
            folder = self.queue / name
            folder.mkdir()
            shutil.chown(folder, "postfix", group)
            folder.chmod(mode)

    def _settings(self) -> dict[str, str]:
        return {
            "compatibility_level": "3.6",
            "queue_directory": str(self.queue),
            "data_directory": str(self.folder / "data"),
            "maillog_file": str(self.log),
            "maillog_file_prefixes": str(self.folder),
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "myhostname": f"mail1.{self.domain}",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            # Postfix knows configured addresses only; master.cf names the one that it listens on.
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "alias_maps": "",
            "alias_database": "",
            "local_recipient_maps": "",
            "virtual_mailbox_domains": self.domain,
            "virtual_mailbox_maps": "static:all/",
            "virtual_mailbox_base": str(self.mail),
            "virtual_uid_maps": "static:65534",
            "virtual_gid_maps": "static:65534",
            # Nobody listens there: what is not for `domain` is deferred by the real smtp client.
            "relayhost": f"[{self.address}]:1",
            "smtp_tls_security_level": "none",
            "smtpd_tls_cert_file": str(self.folder / "cert.pem"),
            "smtpd_tls_key_file": str(self.folder / "key.pem"),
            "smtpd_tls_security_level": "may",
            "disable_dns_lookups": "yes",
        }

    def told(self) -> str:
        log = self.log.read_text(errors="replace") if self.log.exists() else ""
        return super().told() + log[-2000:]

    def command(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run ``postqueue``, ``postsuper``, ``postconf``… on this instance."""
        argv = [f"/usr/sbin/{program}", "-c", str(self.config), *arguments]
        return subprocess.run(argv, capture_output=True, check=False)

    def inject(
        self, n: int = 1, *, to: str = "user@refused.example", sender: str = "ana@lab.test"
    ) -> None:
        """Send `n` messages, and wait until each is deferred (or delivered: `to` in `domain`)."""
        expected = self._settled() + n
        with smtplib.SMTP(self.address, self.ports["smtp"], timeout=10) as client:
            for number in range(n):
                client.sendmail(sender, [to], f"Subject: test {number}\r\n\r\nHello.\r\n")
        until(lambda: self._settled() >= expected, f"{n} messages in {self.queue}")

    def _settled(self) -> int:
        delivered = len(list(self.mail.glob("all/new/*")))
        return delivered + self.count("deferred") + self.count("hold")

    def count(self, queue: str) -> int:
        """Messages in the queue of that name, by the files."""
        return len(self._files(queue))

    def _files(self, queue: str) -> list[Path]:
        return [path for path in (self.queue / queue).rglob("*") if path.is_file()]

    def clone(self, n: int, *, spread: float = 0.0) -> None:
        """Copy the deferred messages until there are `n` more, each whole and well named.

        Their arrivals lie evenly over the last `spread` seconds; with 0 they stay as they are.
        Much cheaper than sending them: a file and its defer log are written, nothing else.
        """
        models = [_Model(path, self.queue) for path in self._files("deferred")]
        assert models, "nothing to clone: inject first"
        now = time.time()
        for number in range(n):
            arrived = now - spread * (number + 1) / n if spread else None
            models[number % len(models)].copy(arrived)


class _Model:
    """A deferred message and its defer log, ready to be copied."""

    # The arrival time record of a queue file: type T, length, "seconds microseconds".
    _ARRIVAL = re.compile(rb"(?<=T.)[0-9]{10}(?= [0-9])", re.DOTALL)

    def __init__(self, path: Path, queue: Path) -> None:
        self._queue = queue
        self._status = path.stat()
        self._message = path.read_bytes()
        self._reasons = (queue / "defer" / path.name[0] / path.name).read_bytes()

    def copy(self, arrived: float | None) -> None:
        message = self._message
        if arrived is not None:
            message, found = self._ARRIVAL.subn(b"%010d" % int(arrived), message, count=1)
            assert found, "no time of arrival in the queue file"
        written = self._write("clone", message, 0o700)
        # mail_queue_enter(3): a short queue id is five digits of microseconds, then the inode.
        # A file of any other name would be renamed by postsuper at the next start.
        name = f"{time.time_ns() // 1000 % 1_000_000:05X}{written.stat().st_ino:X}"
        self._place(self._write("reasons", self._reasons, 0o600), "defer", name)
        # The time of a deferred file is the time of its next try.
        os.utime(written, (self._status.st_atime, self._status.st_mtime))
        self._place(written, "deferred", name)

    def _write(self, name: str, content: bytes, mode: int) -> Path:
        path = self._queue / name  # where no daemon looks
        path.write_bytes(content)
        path.chmod(mode)
        os.chown(path, self._status.st_uid, self._status.st_gid)
        return path

    def _place(self, path: Path, queue: str, name: str) -> None:
        folder = self._queue / queue / name[0]
        if not folder.exists():
            folder.mkdir(mode=0o700)
            os.chown(folder, self._status.st_uid, -1)
        path.rename(folder / name)


def _postconf(name: str) -> str:
    argv = ["/usr/sbin/postconf", "-d", "-h", name]
    return subprocess.run(argv, capture_output=True, check=True, text=True).stdout.strip()


@contextmanager
def postfix(**settings: str) -> Iterator[Postfix]:
    """A running Postfix with `settings` for its main.cf; skips where there is none."""
    need("postfix", "postfix")
    with short_folder("mm-postfix") as folder:
        server = Postfix(folder, **settings)
        try:
            server.start()
            yield server
        finally:
            server.kill()
