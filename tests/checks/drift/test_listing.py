"""What a host prints is not trusted: neither its listing nor its archive."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.drift import _local, _remote
from checks.drift._copy import Copy
from checks.drift._listing import LIST, Listed, parse
from checks.drift._remote import _unpack
from checks.drift._watch import StillLooking, Watch
from checks.hosts import LoginError, Output, TimedOut
from checks.hosts.local import LocalLogin
from checks.model import Host


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_no_listing_raises_anything_but_a_login_error(stdout: bytes, stderr: bytes) -> None:
    try:
        listing = parse(Output(0, stdout, stderr))
    except LoginError:
        return
    assert all(gap.isprintable() for gap in (*listing.absent, *listing.unreadable))


@given(st.lists(st.binary(max_size=30), max_size=8), st.sampled_from([b" ", b"\t", b"\0"]))
def test_no_record_raises_anything_but_a_login_error(parts: list[bytes], between: bytes) -> None:
    record = b"1 2.0 3.0 4 644 0:0 f\t/etc/x\0\0" + between.join(parts)
    try:
        parse(Output(0, b"seal\n" + record))
    except LoginError:
        return


def test_a_host_without_find_is_said_to_have_none() -> None:
    with pytest.raises(LoginError, match="find: not found"):
        parse(Output(127, b"", b"sh: 1: find: not found"))


EMPTY = Copy(stamp="s", mtime=0, access="")
ASKED = [("/etc/x", Listed(b"/etc/x", 3, EMPTY))]


def archive(*members: tarfile.TarInfo, content: bytes = b"") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def member(name: str, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def test_only_what_was_asked_for_is_taken_from_an_archive() -> None:
    packed = archive(
        member("etc/other", size=3),
        member("etc/x", type=tarfile.SYMTYPE, linkname="etc/other"),
        member("../etc/x", size=3),
        content=b"abc",
    )
    assert _unpack(packed, ASKED) == {}
    assert _unpack(archive(member("etc/x", size=3), content=b"abc"), ASKED)["/etc/x"].text == "abc"


def test_a_link_to_a_file_that_was_packed_already_is_that_file() -> None:
    both = [*ASKED, ("/etc/y", Listed(b"/etc/y", 3, EMPTY))]
    packed = archive(
        member("etc/x", size=3),
        member("etc/y", type=tarfile.LNKTYPE, linkname="etc/x"),
        content=b"abc",
    )
    assert _unpack(packed, both)["/etc/y"].text == "abc"


@given(st.binary(max_size=600), st.integers(0, 511))
def test_no_archive_raises(garbage: bytes, at: int) -> None:
    packed = bytearray(archive(member("etc/x", size=3), content=b"abc"))
    packed[at : at + len(garbage)] = garbage
    _unpack(bytes(packed), ASKED)
    _unpack(garbage, ASKED)


def listed(folder: Path, path: str) -> set[bytes]:
    argv = ["sh", "-c", LIST, "sh", "", str(folder), "/no/such*"]
    done = subprocess.run(argv, capture_output=True, check=True, env={"PATH": path})
    listing = parse(Output(0, done.stdout, done.stderr))
    assert listing.absent == ("/no/such*",)
    return {file.path.rpartition(b"/")[2] for file in listing.files.values()}


def test_without_gnus_find_only_names_with_a_line_end_are_left_out(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    for name in ("plain", "a b", "tab\there", "it's", "a\nb"):
        (etc / name).write_text("x")
    assert listed(etc, os.defpath) == {b"plain", b"a b", b"tab\there", b"it's", b"a\nb"}
    find = tmp_path / "bin/find"
    find.parent.mkdir()
    find.write_text('#!/bin/sh\ncase "$*" in *printf*) exit 1;; esac\nexec /usr/bin/find "$@"\n')
    find.chmod(0o755)
    busybox = listed(etc, f"{find.parent}:{os.defpath}")
    assert busybox == {b"plain", b"a b", b"tab\there", b"it's"}


class Slow(LocalLogin):
    """Breaks down at the second archive that is asked for."""

    is_local = False
    archives = 0

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        self.archives += argv[0] == "tar"
        if self.archives == 2:
            self.archives = 10
            raise TimedOut("the line is slow")
        return await super().run(argv, deadline=deadline, limit=limit)


async def test_what_was_read_before_the_line_broke_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        (tmp_path / f"f{number}").write_text("x" * 100)
    monkeypatch.setattr(_remote, "BATCH_BYTES", 250)
    known: dict[str, Copy] = {}
    login = Slow()
    until = time.monotonic() + 20
    with pytest.raises(TimedOut):
        await _remote.look(login, [str(tmp_path)], known, None, until)
    assert sum(bool(copy.digest) for copy in known.values()) == 2
    view = await _remote.look(login, [str(tmp_path)], known, None, until)
    assert login.archives == 12
    assert all(copy.text == "x" * 100 for copy in view.files.values())


async def test_an_unchanged_host_costs_one_command_and_no_listing(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    login = Slow()
    known: dict[str, Copy] = {}
    until = time.monotonic() + 20
    first = await _remote.look(login, [str(tmp_path)], known, None, until)
    again = await _remote.look(login, [str(tmp_path)], known, first, until)
    assert again is first
    assert login.archives == 1


def test_a_walk_ends_when_its_time_is_over(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(TimeoutError):
        _local.look([str(tmp_path)], {}, time.monotonic() - 1)


async def test_a_look_that_hangs_is_not_joined_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = LocalLogin()
    watch = Watch(Host(name="a", address="a", watch=("/etc",)), login, str(tmp_path))
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(*_: object) -> None:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
        raise TimeoutError

    monkeypatch.setattr(_local, "look", hang)
    first = asyncio.create_task(watch.look(1))
    await asyncio.sleep(0.05)
    with pytest.raises(StillLooking):
        await watch.look(1)
    release.set()
    with pytest.raises(TimeoutError):
        await first
