"""Lays out a host's upper layer, before its first boot: the files in which it differs from `/`."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from tests.lab import packages
from tests.lab.host import COMMON, Host
from tests.lab.machine import image_of
from tests.lab.place import Place
from tests.lab.run import run

OPAQUE = (
    "etc/systemd/system",
    "etc/rc2.d",
    "etc/rc3.d",
    "etc/rc4.d",
    "etc/rc5.d",
    "etc/ssh",
    "etc/cron.d",
    "home",
    "var/log",
    "var/mail",
    "var/spool/postfix",
    "var/lib/postfix",
)
"""Folders of which a host sees nothing of this machine's: its services, keys, mail and logs."""

MASKED = (
    "systemd-udevd.service",
    "systemd-udev-trigger.service",
    "systemd-udev-settle.service",
    "systemd-udevd-control.socket",
    "systemd-udevd-kernel.socket",
    "systemd-logind.service",
    "systemd-timesyncd.service",
    "systemd-resolved.service",
    "systemd-networkd.service",
    "systemd-sysctl.service",
    "systemd-modules-load.service",
    "systemd-random-seed.service",
    "systemd-journald-audit.socket",
    "kmod-static-nodes.service",
    "systemd-ask-password-console.path",
    "systemd-ask-password-wall.path",
    "getty.target",
    "console-getty.service",
    "timers.target",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "tmp.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "sys-kernel-config.mount",
    "sys-fs-fuse-connections.mount",
    "proc-sys-fs-binfmt_misc.automount",
    "proc-sys-fs-binfmt_misc.mount",
)
"""Units of the hardware, the clock and the seat, none of which a host has. Those that watch paths
would also use up the machine's inotify instances (128) before a third lab is up."""


def lay(place: Place, host: Host) -> None:
    """Make the folder of the host, with all that it needs to boot."""
    folder = place.folder / host.name
    upper = folder / "upper"
    for name in ("upper", "work", "root"):
        (folder / name).mkdir(parents=True)
    _veil(upper)
    for source in (COMMON, host.folder):
        if (source / "root").exists():
            shutil.copytree(source / "root", upper, dirs_exist_ok=True, symlinks=True)
    (upper / "etc/hostname").write_text(f"{host.name}\n")
    (upper / "etc/machine-id").write_text(f"{secrets.token_hex(16)}\n")
    _mask(upper)
    _prepare(upper / "lab", host)
    for path, size in host.disks.items():
        _format(image_of(folder, path), size)


def _veil(upper: Path) -> None:
    for name in OPAQUE:
        folder = upper / name
        folder.mkdir(parents=True)
        os.setxattr(folder, "trusted.overlay.opaque", b"y")


def _mask(upper: Path) -> None:
    units = upper / "etc/systemd/system"
    for name in MASKED:
        (units / name).symlink_to("/dev/null")


def _prepare(folder: Path, host: Host) -> None:
    folder.mkdir(exist_ok=True)
    scripts = (source / "prepare.sh" for source in (COMMON, host.folder))
    lines = [path.read_text() for path in scripts if path.exists()]
    # This machine's word that nothing may be started holds for this machine alone.
    lines.append("rm -f /usr/sbin/policy-rc.d\n")
    enable = f"SYSTEMCTL_SKIP_SYSV=1 systemctl --quiet enable ssh.service {' '.join(host.units)}\n"
    (folder / "prepare.sh").write_text("".join([*lines, enable]))
    for name in host.packages:
        for package in packages.cached(name):
            (folder / "packages").mkdir(exist_ok=True)
            shutil.copy(package, folder / "packages")


def _format(image: Path, size: int) -> None:
    with image.open("wb") as file:
        file.truncate(size << 20)
    run(["mkfs.ext4", "-q", "-m", "0", "-N", "4096", "-O", "^has_journal", str(image)])
