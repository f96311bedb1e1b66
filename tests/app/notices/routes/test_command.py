"""A pager script gets the text on standard input, and is ended when it does not end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.incident.kinds import Delivery
from app.notices.deliver import deliver
from app.notices.routes import check
from tests.app.notices.routing import MESSAGE, route


async def run(script: str, tmp_path: Path, deadline: float = 20.0, text: str = "") -> Delivery:
    path = tmp_path / "page"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    way = route("command", f"command:{path} --team 'mail ops'")
    check(way)
    message = replace(MESSAGE, text=text) if text else MESSAGE
    (found,) = await deliver(message, way, deadline=deadline)
    return found


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.notices.deliver.PAUSES", (0.01, 0.01))


async def test_it_gets_the_text_on_stdin_and_not_as_an_argument(tmp_path: Path) -> None:
    script = 'cd "${0%/*}"; cat > in; tr "\\0" "\\n" < /proc/$$/cmdline > argv; env > env'
    found = await run(script, tmp_path)
    assert (found.outcome, found.proof) == ("accepted", "exit status 0")
    said = (tmp_path / "in").read_text()
    assert said == "Mail is down\n\nNobody can send.\nNothing is lost.\n"
    argv = (tmp_path / "argv").read_text()
    assert argv.endswith("--team\nmail ops\n")
    assert "down" not in argv
    environment = (tmp_path / "env").read_text()
    assert "MAILMEDIC_SEVERITY=SEV1\n" in environment
    assert "Nobody can send" not in environment


async def test_one_that_fails_is_refused_with_the_last_line_it_printed(tmp_path: Path) -> None:
    found = await run("echo dialling; echo 'no modem \x1b[31m' >&2; exit 3", tmp_path)
    assert (found.outcome, found.detail, found.tries) == (
        "refused",
        "exit status 3: no modem ^[[31m",
        1,
    )


async def test_one_that_asks_for_another_try_gets_it(tmp_path: Path) -> None:
    script = f"echo x >> {tmp_path}/tries; [ $(wc -l < {tmp_path}/tries) = 2 ] || exit 75"
    found = await run(script, tmp_path)
    assert (found.outcome, found.tries) == ("accepted", 2)


async def test_one_that_hangs_is_killed_with_its_children_and_is_in_doubt(tmp_path: Path) -> None:
    script = f"sleep 3600 & echo $! > {tmp_path}/child; wait"
    found = await run(script, tmp_path, deadline=1.0)
    assert (found.outcome, found.tries) == ("unknown", 1)
    assert found.detail.endswith("did not end in 1 s, and was killed")
    child = int((tmp_path / "child").read_text())
    for _ in range(500):
        if _is_alive(child):
            await asyncio.sleep(0.02)
    assert not _is_alive(child)


async def test_one_that_writes_much_and_reads_nothing_ends_all_the_same(tmp_path: Path) -> None:
    script = "head -c 20000000 /dev/zero; echo done"
    found = await run(script, tmp_path, text="x" * 1_000_000)
    assert found.outcome == "accepted"
    assert len(found.detail) <= 300


async def test_one_that_leaves_a_daemon_behind_is_not_waited_for(tmp_path: Path) -> None:
    found = await run("sleep 4 & exit 0", tmp_path, deadline=3.5)
    assert found.outcome == "accepted"


async def test_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (found,) = await deliver(MESSAGE, route("command", "command:/no/such/pager"), deadline=5)
    assert (found.outcome, found.tries) == ("refused", 1)
    assert "No such file or directory" in found.detail


@pytest.mark.parametrize("url", ["command:", "command:page 'x", "wall:a b", "wall:-n"])
def test_a_line_that_is_wrong_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match='"url"'):
        check(route(url.partition(":")[0], url))


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
