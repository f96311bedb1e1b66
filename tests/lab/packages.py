"""The Debian packages that the lab needs: ``packages.txt``, and apart those of single hosts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from tests.lab.host import hosts
from tests.lab.run import run

LIST = Path(__file__).with_name("packages.txt")
CACHE = Path("/var/cache/mailmedic-lab")
"""Packages that this machine itself can't hold beside its own, such as a second MTA."""

PROGRAMS = {
    "bind9": "/usr/sbin/named",
    "nftables": "/usr/sbin/nft",
    "opendkim": "/usr/sbin/opendkim",
    "openipmi": "/usr/bin/ipmi_sim",
    "postfix": "/usr/sbin/postfix",
    "dovecot-lmtpd": "/usr/lib/dovecot/lmtp",
    "swaks": "/usr/bin/swaks",
    "systemd-sysv": "/lib/systemd/systemd",
    "rsyslog": "/usr/sbin/rsyslogd",
    "sudo": "/usr/bin/sudo",
}
"""A program by which each of those is known to be there."""


def missing() -> list[str]:
    """What has to be installed before the lab can come up."""
    absent = [name for name, program in PROGRAMS.items() if not Path(program).exists()]
    return absent + [name for name in _apart() if not cached(name)]


def _apart() -> list[str]:
    return sorted({name for host in hosts().values() for name in host.packages})


def cached(package: str) -> list[Path]:
    """The file of a package that only some host has; empty when it was not fetched."""
    return sorted(CACHE.glob(f"{package}_*.deb"))[-1:]


def install() -> None:
    """Install what this machine lacks, without starting any of it, and fetch the rest."""
    _apt("update")
    with _nothing_starts():
        names = LIST.read_text().split()
        _apt("install", "--yes", "--no-install-recommends", "--no-upgrade", *names)
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True)
    with chdir(CACHE):
        _apt("download", *_apart())


def _apt(*words: str) -> None:
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    quiet = ["-qq", "-o", "DPkg::Lock::Timeout=300"]
    run([*environment, "apt-get", *quiet, *words], deadline=900)


@contextmanager
def _nothing_starts() -> Iterator[None]:
    """Debian's own way to install a service without starting it: a policy that says no."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()
