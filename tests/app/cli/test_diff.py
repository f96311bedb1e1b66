"""`mailmedic diff` and `mailmedic baseline`, on files of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import changes
from app.config import Config
from app.config.tables import Log
from checks.board import Board, Standing
from checks.facts import Change, ChangeFacts
from checks.model import Result, State, System, Target, now
from checks.resolver import Resolver
from tests import desktop as desktops
from tests.app.cli.test_run import HOST
from tests.desktop import Desktop
from tests.peers.dns import dns_server, parsed


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "main.cf").write_text("relayhost =\n")
    return folder


@pytest.fixture
def desktop(tmp_path: Path, watched: Path) -> Iterator[Desktop]:
    config = tmp_path / "config.toml"
    host = HOST.format(name="mx", login="local") + f'watch = ["{watched}"]\n'
    config.write_text('[system]\nname = "Lab"\n[check.changes]\nwindow = 1\n' + host)
    with desktops.desktop(config, tmp_path / "state") as found:
        yield found


def test_a_change_is_told_until_it_is_the_baseline(desktop: Desktop, watched: Path) -> None:
    taken = desktop.shell("baseline")
    assert taken.returncode == 0
    assert "mx  config  baseline taken, 1 file watched\n" in taken.stdout
    assert "mx  changes  baseline taken of " in taken.stdout
    unchanged = desktop.shell("diff").stdout
    assert "main.cf" not in unchanged
    assert "mx  files: baseline of " in unchanged
    assert "Z, taken by `mailmedic baseline`; changes since " in unchanged
    (watched / "main.cf").write_text("relayhost = [old.test]\n")
    told = desktop.shell("diff", "mx").stdout
    assert f"mx  {watched}/main.cf  +1 −1\n" in told
    assert "\n    +relayhost = [old.test]" in told
    document = json.loads(desktop.shell("diff", "--json").stdout)
    (file,) = [one for one in document["changes"] if one["kind"] == "file"]
    assert (file["host"], file["what"]) == ("mx", f"{watched}/main.cf")
    desktop.shell("baseline", "mx")
    assert "main.cf" not in desktop.shell("diff").stdout


def test_a_host_that_is_none_is_told_with_those_that_are(desktop: Desktop) -> None:
    done = desktop.shell("baseline", "mail9")
    assert (done.returncode, done.stdout) == (3, "")
    assert "those with a login: mx" in done.stderr


async def test_records_of_dns_are_asked_for_before_they_are_compared(tmp_path: Path) -> None:
    async with dns_server("lab.test. MX 10 mx.lab.test.\nmx.lab.test. A 11.0.0.1") as peer:
        resolver = Resolver(peer.host, port=peer.port)
        system = System(name="Lab", resolver=resolver, domains=("lab.test",))
        config = Config(system=system, log=Log(folder=str(tmp_path)))
        ((job, taken),) = await changes.take(config, "")
        assert (job.target.id, taken.state) == ("records/dns", State.OK)
        peer.zone = parsed("lab.test. MX 10 other.test.")
        lines = list(changes.text(await changes.look(config, "")))
        assert any("  dns  dns MX lab.test 10 mx.lab.test → 10 other.test" in one for one in lines)
        assert any(one.startswith("dns  records: baseline of ") for one in lines)


def test_of_an_upgrade_of_all_the_first_packages_are_printed_and_how_many_more() -> None:
    names = tuple(f"package{n} 1 → 2" for n in range(125))
    upgrade = Change("package", "postfix and 124 more packages", now(), diff=names)
    printed = [line.strip() for line in told(ChangeFacts(now(), (upgrade,))) if line[:1] == " "]
    assert printed == [*names[:10], "… 115 more; --json lists all"]


def told(*facts: ChangeFacts | None) -> list[str]:
    """What is printed of hosts with these facts; None of one that could not be asked."""
    standings = [
        Standing(
            kind="changes",
            target=Target(name=f"mx{number}", about="changes", resolver=Resolver()),
            interval=60.0,
            result=Result(
                state=State.OK if one else State.UNKNOWN,
                summary="it was asked",
                facts=one,
                at=now(),
                duration=0.0,
            ),
        )
        for number, one in enumerate(facts)
    ]
    board = Board(system="Lab", at=now(), standings={one.id: one for one in standings})
    return list(changes.text(board))


def test_that_nothing_has_changed_is_said_of_what_was_seen_alone() -> None:
    whole = ChangeFacts(now())
    assert told(whole)[0] == "nothing has changed"
    for blind in (None, ChangeFacts(now(), unseen=("firewall: it is for root",))):
        assert told(whole, blind)[0] == "nothing has changed in what could be seen"
    assert told(None)[0] == "nothing is known of what changed"
