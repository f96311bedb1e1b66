from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from checks.facts import Disk, DiskFacts
from checks.hosts import Login
from checks.hosts.local import LocalLogin
from checks.model import State
from checks.server import _mounts
from checks.server._mounts import Mount, Seen, Space
from checks.server.disks import Options, find, find_stuck, judge
from tests.checks.server.asking import Far, ask, need_namespaces, own_host
from tests.lab.daemon import short_folder

GB, MB = 10**9, 10**6
WAYS = pytest.mark.parametrize("login", [LocalLogin(), Far()], ids=["psutil", "script"])


def disk(
    *,
    used: int = 0,
    free: int = 0,
    inodes: tuple[int, int] = (0, 0),
    role: str = "queue",
    is_read_only: bool = False,
) -> Disk:
    return Disk(
        role=role,
        path="/var/spool",
        mount="/",
        filesystem="ext4",
        used=used,
        free=free,
        inodes=inodes[0],
        inodes_free=inodes[1],
        is_read_only=is_read_only,
    )


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        (disk(used=10 * GB, free=10 * GB), []),
        (disk(used=18 * GB, free=7 * GB), [("disk.low", State.WARNING)]),
        (disk(used=9 * GB, free=1 * GB), [("disk.low", State.CRITICAL)]),
        # 85 % of 10 TB is no news, 20 % of a small disk is not either for what is no mail.
        (disk(used=9000 * GB, free=1000 * GB), []),
        (disk(used=18 * GB, free=7 * GB, role="system"), []),
        (disk(used=97 * GB, free=3 * GB, role="log"), [("disk.low", State.WARNING)]),
        (disk(used=60 * GB, free=1 * GB, role="log"), [("disk.low", State.CRITICAL)]),
        # Postfix refuses mail here, whatever the share.
        (disk(used=10 * MB, free=15 * MB), [("disk.full", State.CRITICAL)]),
        (disk(used=100 * GB, free=0, role="log"), [("disk.full", State.CRITICAL)]),
        (disk(free=90 * GB, inodes=(1_000_000, 99)), [("inodes.full", State.CRITICAL)]),
        (disk(free=90 * GB, inodes=(1_000_000, 9_000)), [("inodes.low", State.CRITICAL)]),
        (disk(free=90 * GB, inodes=(1_000_000, 90_000)), [("inodes.low", State.WARNING)]),
        (disk(free=90 * GB, inodes=(900_000_000, 20_000_000)), []),
        (disk(free=90 * GB, inodes=(0, 0)), []),
        (disk(free=90 * GB, is_read_only=True), [("disk.read-only", State.CRITICAL)]),
        (disk(free=90 * GB, is_read_only=True, role="system"), []),
        (
            disk(used=100 * GB, is_read_only=True),
            [("disk.read-only", State.CRITICAL), ("disk.full", State.CRITICAL)],
        ),
    ],
)
def test_judging(given: Disk, codes: list[object]) -> None:
    assert [(one.code, one.state) for one in judge(given, Options())] == codes


def mount(point: str, *options: str, device: str = "/dev/sda1", kind: str = "ext4") -> Mount:
    return Mount(device, point, kind, frozenset(options or ("rw", "relatime")))


def space(path: str, real: str = "") -> Space:
    return Space(path=path, real=real or path, used=GB, free=GB, inodes=10, inodes_free=5)


def test_each_disk_is_shown_once_under_its_most_important_path() -> None:
    seen = Seen(
        mounts=(mount("/"), mount("/srv", device="/dev/sdb1"), mount("/boot", device="/dev/sdc1")),
        spaces=(
            space("/"),
            space("/var/log"),
            space("/var/mail", "/srv/mail"),
            space("/var/spool"),
        ),
    )
    shown = [(one.role, one.path, one.mount) for one in find(seen)]
    assert shown == [("queue", "/var/spool", "/"), ("mail", "/var/mail", "/srv")]


def test_folders_of_the_config_and_of_postfix_count_as_mail() -> None:
    seen = Seen(
        mounts=(mount("/"), mount("/data", device="/dev/sdb1"), mount("/q", device="/dev/sdc1")),
        spaces=(space("/"), space("/data/vmail"), space("/q/postfix")),
        queue="/q/postfix",
    )
    shown = [(one.role, one.path) for one in find(seen, ("/data/vmail",))]
    assert shown == [("queue", "/q/postfix"), ("mail", "/data/vmail"), ("system", "/")]


@pytest.mark.parametrize("option", ["ro", "emergency_ro"])
def test_an_ext4_error_leaves_a_disk_read_only(option: str) -> None:
    seen = Seen(mounts=(mount("/", "rw", "relatime", option),), spaces=(space("/var/spool"),))
    assert find(seen)[0].is_read_only


def test_a_mount_that_gives_only_errors_is_stuck_and_a_folder_that_is_not_there_is_not() -> None:
    seen = Seen(
        mounts=(mount("/"), mount("/var/vmail", device="nas:/vmail", kind="nfs4")),
        spaces=(space("/"), space("/var/spool")),
        stuck=("/home",),
    )
    assert find_stuck(seen, ("/var/vmail", "/var/spool", "/srv/vmail")) == ["/home", "/var/vmail"]


# Real file systems.


@contextmanager
def mounted(*options: str) -> Iterator[Path]:
    """A small real file system of its own."""
    need_namespaces()
    with short_folder("mm-disk") as folder:
        subprocess.run(["mount", "-t", "tmpfs", *options, "mm-disk", folder], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", folder], check=True)


async def told(login: Login, folder: Path) -> tuple[State, tuple[str, ...], Disk]:
    result = await ask("disks", login, options=Options(paths=(str(folder),)))
    assert isinstance(result.facts, DiskFacts)
    (own,) = (one for one in result.facts.disks if one.path == str(folder))
    codes = tuple(one.code for one in result.findings if str(folder) in one.text)
    return result.state, codes, own


@WAYS
async def test_a_disk_that_fills_up_is_low_and_then_full(login: Login) -> None:
    with mounted("-o", "size=100m") as folder:
        assert (await told(login, folder))[1] == ()
        with (folder / "mail").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, 75 << 20)
            assert (await told(login, folder))[:2] == (State.WARNING, ("disk.low",))
            os.posix_fallocate(file.fileno(), 0, 100 << 20)
            state, codes, own = await told(login, folder)
    assert (state, codes) == (State.CRITICAL, ("disk.full",))
    assert (own.free, own.used_share, own.filesystem) == (0, 1.0, "tmpfs")


@WAYS
async def test_a_disk_without_inodes_is_told(login: Login) -> None:
    with mounted("-o", "size=100m,nr_inodes=200") as folder:
        for number in range(150):
            (folder / str(number)).touch()
        state, codes, own = await told(login, folder)
    assert (state, codes) == (State.CRITICAL, ("inodes.full",))
    assert own.inodes == 200


@WAYS
async def test_a_read_only_disk_is_told(login: Login) -> None:
    with mounted("-o", "size=100m,ro") as folder:
        assert (await told(login, folder))[:2] == (State.CRITICAL, ("disk.read-only",))


@WAYS
async def test_a_link_leads_to_the_disk_that_it_points_to(login: Login) -> None:
    with mounted("-o", "size=100m") as folder, short_folder("mm-link") as other:
        link = other / "vmail"
        link.symlink_to(folder)
        own = (await told(login, link))[2]
    assert own.mount == str(folder)


@WAYS
async def test_a_dead_network_file_system_is_told_and_the_other_disks_are_still_seen(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_mounts, "PATIENCE", 0.5)
    with hung() as folder:
        for _ in range(2):
            result = await ask("disks", login, options=Options(paths=(str(folder),)))
            assert result.state == State.CRITICAL
            assert f"{folder} does not answer (fuse on {folder})" in result.summary
            assert isinstance(result.facts, DiskFacts)
            assert result.facts.stuck == (str(folder),)
            assert result.facts.disks
            assert result.duration < 5
        hanging = [one for one in threading.enumerate() if one.name == f"statfs {folder}"]
        assert len(hanging) == login.is_local


@contextmanager
def hung() -> Iterator[Path]:
    """A file system whose server never answers: FUSE, and we are the server."""
    need_namespaces()
    if not os.access("/dev/fuse", os.W_OK):
        pytest.skip("no /dev/fuse here")
    libc = ctypes.CDLL(None)
    with short_folder("mm-hung") as folder, open("/dev/fuse", "r+b", buffering=0) as server:  # noqa: PTH123
        options = f"fd={server.fileno()},rootmode=40000,user_id=0,group_id=0".encode()
        if libc.mount(b"nobody", os.fsencode(folder), b"fuse", 0, options):
            pytest.skip("FUSE can't be mounted here")
        try:
            yield folder
        finally:
            server.close()  # all who wait are told that nobody is there
            libc.umount2(os.fsencode(folder), 2)


async def test_both_ways_see_the_same_disks() -> None:
    answers = [await ask("disks", login) for login in (LocalLogin(), Far())]
    there, ours = (answer.facts for answer in answers)
    assert isinstance(there, DiskFacts)
    assert isinstance(ours, DiskFacts)
    assert there.disks
    for one, other in zip(there.disks, ours.disks, strict=True):
        shown = ("role", "path", "mount", "filesystem", "inodes", "is_read_only")
        assert [getattr(one, name) for name in shown] == [getattr(other, name) for name in shown]
        assert one.used == pytest.approx(other.used, rel=0.02, abs=200 * MB)
        assert one.free == pytest.approx(other.free, rel=0.02, abs=200 * MB)


async def test_a_host_without_timeout_is_still_seen() -> None:
    hide = 'mount --bind /dev/null "$(command -v timeout)"'
    result = await ask("disks", own_host(hide))
    assert isinstance(result.facts, DiskFacts)
    assert result.facts.disks


async def test_names_that_would_harm_are_data() -> None:
    with mounted("-o", "size=100m") as folder:
        odd = folder / "a b'$(reboot)\x1b[31m"
        odd.mkdir()
        for login in (LocalLogin(), Far()):
            result = await ask("disks", login, options=Options(paths=(str(odd),)))
            assert f"{folder}/a b'$(reboot)^[[31m" in result.summary
            assert result.summary.isprintable()
