from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.hosts.local import LocalLogin
from checks.server import _mounts
from checks.server._look import Garbled
from checks.server._mounts import here, mount_of, parse, parse_mounts, script

# Debian 12, with a mail store on NFS whose server is gone, and a spool after an ext4 error.
DEBIAN = r"""
/dev/vda / ext4 rw,relatime,discard 0 0
/dev/vdb /var/spool ext4 rw,relatime,emergency_ro,errors=remount-ro 0 0
nas:/vmail /var/vmail nfs4 rw,vers=4.2,hard,proto=tcp 0 0
/dev/vdc /srv/my\040mail xfs ro,relatime 0 0
queue /var/spool/postfix
link /var/mail
real /srv/my mail/box
space 4096 66053021 60174312 20877601 16777216 16362742 /var/spool/postfix
space 4096 66053021 60174312 20877601 16777216 16362742 /var/mail
stuck /var/vmail
"""


def test_what_debian_prints_is_read() -> None:
    seen = parse(DEBIAN)
    assert [one.point for one in seen.mounts] == ["/", "/var/spool", "/var/vmail", "/srv/my mail"]
    assert "emergency_ro" in seen.mounts[1].options
    spool, mail = seen.spaces
    assert (spool.path, spool.real) == ("/var/spool/postfix", "/var/spool/postfix")
    assert (spool.used, spool.free) == (5878709 * 4096, 20877601 * 4096)
    assert (spool.inodes, spool.inodes_free) == (16777216, 16362742)
    assert mail.real == "/srv/my mail/box"
    assert (seen.stuck, seen.queue) == (("/var/vmail",), "/var/spool/postfix")


@pytest.mark.parametrize(
    ("path", "point"),
    [
        ("/", "/"),
        ("/var", "/"),
        ("/var/spool", "/var/spool"),
        ("/var/spool/postfix", "/var/spool"),
        ("/var/spooler", "/"),
        ("/srv/my mail/box", "/srv/my mail"),
    ],
)
def test_a_path_lies_on_the_deepest_mount_above_it(path: str, point: str) -> None:
    found = mount_of(path, parse(DEBIAN).mounts)
    assert found is not None
    assert found.point == point


def test_of_two_mounts_at_one_point_the_last_is_seen() -> None:
    mounts = parse_mounts(["/dev/a /m ext4 rw 0 0", "/dev/b /m xfs rw 0 0", "/dev/c /x xfs rw 0 0"])
    found = mount_of("/m/x", mounts)
    assert found is not None
    assert found.device == "/dev/b"
    assert mount_of("/elsewhere", mounts) is None


@given(st.text(alphabet="0123456789/ \n\\spacelinkruqtd:,", max_size=300), st.integers(0))
def test_the_parser_raises_nothing_but_its_own(text: str, cut: int) -> None:
    for given_text in (text, text + DEBIAN, DEBIAN[:cut] + text + DEBIAN[cut:]):
        try:
            parse(given_text)
        except Garbled:
            continue


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
async def test_the_script_is_posix(shell: str) -> None:
    words = [shell, "sh"] if shell == "busybox" else [shell]
    output = await LocalLogin().run([*words, "-c", script(("/", "/none"))], deadline=10)
    if output.exit_status == 127:
        pytest.skip(f"{shell} is not installed")
    assert "/" in [one.path for one in parse(output.stdout.decode(errors="replace")).spaces]
    assert not output.stderr


@pytest.mark.parametrize(
    ("lines", "queue"),
    [
        ("queue_directory = /data/q", "/data/q"),
        ("queue_directory=/data/q \nqueue_directory = /data/last", "/data/last"),
        ("#queue_directory = /data/q", ""),
        ("queue_directory = $other/q", ""),
        ("queue_directory = /data/q; touch /tmp/pwned", ""),
    ],
)
async def test_postfix_own_queue_is_looked_at(
    lines: str, queue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main_cf = tmp_path / "main.cf"
    main_cf.write_text(f"myhostname = mail1\n{lines}\nmynetworks = 127.0.0.0/8\n")
    monkeypatch.setattr(_mounts, "MAIN_CF", str(main_cf))
    output = await LocalLogin().run(["sh", "-c", script(("/",))], deadline=10)
    assert parse(output.stdout.decode()).queue == queue
    assert here(("/",)).queue == queue
