"""The drill as a program of its own: killed, among decoys, as a user without rights."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

import app
from app.drill.folder import PREFIX, Folder, remove_stale

PROGRAM = """
import asyncio, sys
from app.drill.drill import Drill

async def main():
    async with Drill() as drill:
        for name in sys.argv[1:]:
            await drill.inject(name)
        print(drill._smtp.pid, drill._imap.pid, drill.folder, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


ROOT = Path(app.__file__).parents[1]
ENVIRONMENT = {
    "PATH": os.defpath,
    "PYTHONPATH": os.pathsep.join([str(ROOT), *(p for p in sys.path if "site-packages" in p)]),
}


def start(
    *argv: str, python: str = sys.executable, cwd: Path | str = ".", uid: int | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-P", "-c", PROGRAM, *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=cwd,
        user=uid,
        group=uid and pwd.getpwuid(uid).pw_gid,
        extra_groups=None if uid is None else [],
        env=os.environ if uid is None else ENVIRONMENT,
    )


def first_words(drill: subprocess.Popen[str]) -> tuple[list[psutil.Process], Path]:
    assert drill.stdout
    smtp, imap, folder = drill.stdout.readline().split()
    return [psutil.Process(int(smtp)), psutil.Process(int(imap))], Path(folder)


@pytest.fixture(autouse=True)
def _temp_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a drill of a test beside us would clean up what we look at."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.mark.parametrize("fault", [(), ("smtp-silent",)])
def test_its_servers_die_with_it_even_frozen(fault: tuple[str, ...]) -> None:
    with start(*fault) as drill:
        servers, folder = first_words(drill)
        drill.send_signal(signal.SIGKILL)
        drill.wait()
        assert gone(servers, within=2.0)
        assert folder.exists()
    remove_stale()
    assert not folder.exists()


def test_it_cleans_up_when_it_ends() -> None:
    with start() as drill:
        servers, folder = first_words(drill)
        drill.communicate()
        assert drill.returncode == 0
        assert gone(servers, within=2.0)
        assert not folder.exists()


def test_a_running_drill_is_not_taken_for_a_stale_one() -> None:
    folder = Folder()
    try:
        remove_stale()
        assert folder.path.is_dir()
    finally:
        folder.remove()
    assert not folder.path.exists()


def test_a_link_planted_under_its_name_is_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.touch()
    folder = Folder()
    link = folder.path.with_name(f"{PREFIX}planted-{os.getpid()}")
    link.symlink_to(tmp_path)
    try:
        remove_stale()
        assert kept.exists()
    finally:
        link.unlink()
        folder.remove()


def test_a_folder_called_app_where_we_stand_is_not_taken_for_ours(tmp_path: Path) -> None:
    for decoy in ("app", "checks", "pymap", "aiosmtpd"):
        (tmp_path / decoy).mkdir()
        (tmp_path / decoy / "__init__.py").write_text("raise SystemExit('the decoy ran')")
    with start(cwd=tmp_path) as drill:
        servers, _ = first_words(drill)
        assert all(server.is_running() for server in servers)
        drill.communicate()
        assert drill.returncode == 0


def test_it_needs_no_rights() -> None:
    if os.getuid() != 0:
        pytest.skip("not root: every other test here has shown it")
    nobody = pwd.getpwnam("nobody")
    python = python_for(nobody.pw_uid)
    if python is None:
        pytest.skip("there is no Python here that nobody may run")
    with start(python=python, cwd="/", uid=nobody.pw_uid) as drill:
        servers, folder = first_words(drill)
        assert {server.uids().effective for server in servers} == {nobody.pw_uid}
        assert folder.stat().st_uid == nobody.pw_uid
        drill.communicate()
        assert drill.returncode == 0
        assert not folder.exists()


def python_for(uid: int) -> str | None:
    """A Python that may be run by user `uid`, whose like we are: ours may lie in root's home."""
    for python in (sys.executable, "/usr/bin/python3"):
        argv = [python, "-P", "-c", "import app.drill.drill, app.drill.smtp, app.drill.imap"]
        try:
            subprocess.run(
                argv, user=uid, cwd="/", env=ENVIRONMENT, capture_output=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    return None


def gone(processes: list[psutil.Process], within: float) -> bool:
    until = time.monotonic() + within
    while any(alive(process) for process in processes):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
