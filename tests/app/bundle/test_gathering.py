"""What is gathered of a host: each piece by itself, whatever becomes of the others."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bundle import gathering
from app.bundle.gathering import Frames, Gathering
from app.bundle.piece import Gathered, Piece, pieces
from checks.hosts import Denied, Login
from checks.hosts.local import LocalLogin
from tests.checks.queue.asking import Canned

(KEEP,) = (one.keep for one in pieces() if one.name == "queue-postfix")
NONCE = "0123456789abcdef" * 2


def piece(name: str, *argv: str, **rest: object) -> Piece:
    return Piece(name=name, argv=argv, **{"seconds": 5, **rest})  # type: ignore[arg-type]


def sh(name: str, script: str, **rest: object) -> Piece:
    return piece(name, "sh", "-c", script, **rest)


async def gathered(login: Login, *wanted: Piece) -> dict[str, Gathered]:
    found = Gathering(login, wanted)
    await found.run()
    assert [one.piece for one in found.done] == list(wanted)
    return {one.piece.name: one for one in found.done}


async def test_one_that_is_missing_refused_late_or_endless_ends_none_of_the_others(
    login: Login,
) -> None:
    found = await gathered(
        login,
        piece("first", "echo", "it's 'first'"),
        piece("gone", "mm-no-such-program"),
        sh("refused", "echo so far; echo 'may not' >&2; exit 13"),
        sh("slow", "echo begun; exec sleep 60", seconds=1),
        sh("endless", "exec yes", bytes=1000),
        piece("kept", "seq", "100000", keep=KEEP),
        piece("short", "seq", "3", keep=KEEP),
        piece("silent", "true"),
        piece("last", "echo", "last"),
    )
    assert {name: one.outcome for name, one in found.items()} == {
        "first": "ok", "gone": "missing", "refused": "failed", "slow": "late", "endless": "cut",
        "kept": "ok", "short": "ok", "silent": "ok", "last": "ok",
    }  # fmt: skip
    assert found["first"].content == b"it's 'first'\n"
    assert found["refused"].content == b"so far\nmay not\n"
    assert found["refused"].line == "refused: exit status 13: may not"
    assert found["slow"].content == b"begun\n"
    assert len(found["endless"].content) == 1000
    assert found["kept"].content.startswith(b"1\n2\n")
    assert found["kept"].content.endswith(b"\n600\n100000\n")
    assert found["short"].content == b"1\n2\n3\n"


async def test_what_nothing_can_end_is_left_and_the_rest_is_asked_for_anew(
    login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a `df` on dead NFS does, its child holds the pipe, and no signal of ours reaches it."""
    monkeypatch.setattr(gathering, "GRACE", 0.2)
    alive = tmp_path / "alive"
    try:
        found = await gathered(
            login,
            sh("stuck", f"setsid sleep 60 & echo $! >{alive}; echo begun", seconds=1),
            piece("last", "echo", "last"),
        )
        assert found["stuck"].line == "stuck: nothing could end it after 1 s"
        assert (found["last"].outcome, found["last"].content) == ("ok", b"last\n")
    finally:
        with suppress(ProcessLookupError):
            os.kill(int(alive.read_text()), signal.SIGKILL)


async def test_a_login_that_is_refused_is_said_of_every_piece() -> None:
    wanted = piece("a", "true"), piece("b", "true")
    found = await gathered(Canned(error=Denied("not you")), *wanted)
    assert found["a"].line == "a: not asked: not you"
    assert found["b"].line == "b: not asked: not you"
    assert not any(one.is_held for one in found.values())


async def test_stopped_what_has_come_is_kept(login: Login) -> None:
    asked = Gathering(login, [piece("a", "echo", "a"), sh("b", "sleep 60", seconds=50)])
    asked.on_gathered = lambda _one: stopping.append(asyncio.ensure_future(asked.stop()))
    stopping: list[asyncio.Future[None]] = []
    await asked.run()
    assert [(one.outcome, one.content) for one in asked.done] == [("ok", b"a\n"), ("late", b"")]
    assert asked.done[1].reason == "stopped by the operator"


FAKE_SUDO = """#!/bin/sh
[ "$1" = -n ] || exit 1
printf '%s\\n' "$*" >>{asked}
[ "$2" = -l ] && exit {lets_in}
{then}
shift; exec "$@"
"""


def with_sudo(folder: Path, lets_in: int = 0, then: str = "echo as root") -> LocalLogin:
    """A login of an ordinary user, with that sudo."""
    programs = {
        "sudo": FAKE_SUDO.format(asked=folder / "asked", lets_in=lets_in, then=then),
        "id": "#!/bin/sh\necho 1000\n",
    }
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return LocalLogin({"PATH": f"{folder}:{os.environ['PATH']}"})


async def test_sudo_is_used_where_it_asks_nothing_and_only_for_what_wants_it(
    tmp_path: Path,
) -> None:
    login = with_sudo(tmp_path)
    found = await gathered(login, piece("a", "echo", "a", sudo=True), piece("b", "echo", "b"))
    assert found["a"].content == b"as root\na\n"
    assert found["b"].content == b"b\n"
    assert found["a"].reason == found["b"].reason == ""
    assert (tmp_path / "asked").read_text() == "-n -l\n-n echo a\n"


async def test_what_sudo_refuses_runs_without_it_and_the_refusal_is_kept(tmp_path: Path) -> None:
    login = with_sudo(tmp_path, then="echo 'sudo: a password is required' >&2; exit 1")
    found = await gathered(login, piece("a", "echo", "a", sudo=True))
    assert found["a"].outcome == "ok"
    assert "as an ordinary user, who may see less" in found["a"].reason
    assert found["a"].content == b"sudo: a password is required\na\n"


async def test_whom_sudo_lets_do_nothing_asks_it_once(tmp_path: Path) -> None:
    login = with_sudo(tmp_path, lets_in=1)
    found = await gathered(login, *(piece(name, "echo", name, sudo=True) for name in "abc"))
    assert [one.content for one in found.values()] == [b"a\n", b"b\n", b"c\n"]
    assert (tmp_path / "asked").read_text() == "-n -l\n"


@given(
    st.lists(
        st.tuples(
            st.binary(max_size=300), st.integers(0, 255), st.sampled_from(["root", "sudo", "user"])
        ),
        max_size=4,
    ),
    st.integers(1, 50),
)
def test_answers_are_found_however_they_come_in_pieces(
    answers: list[tuple[bytes, int, str]], size: int
) -> None:
    ends = [f"\n{NONCE} {n} {who}\n".encode() for _, n, who in answers]
    came = b"".join(one[0] + end for one, end in zip(answers, ends, strict=True)) + b"rest"
    frames = Frames(NONCE)
    found = [one for at in range(0, len(came), size) for one in frames.feed(came[at : at + size])]
    assert found == answers
    assert frames.rest == b"rest"


def test_no_piece_has_the_name_of_another_or_a_shell_where_sudo_runs_it() -> None:
    wanted = pieces()
    assert len({one.name for one in wanted}) == len(wanted)
    assert all(one.argv[0] != "sh" for one in wanted if one.sudo)
