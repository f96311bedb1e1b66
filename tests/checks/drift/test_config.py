"""What changed in watched files, on a real tree: in a thread, by commands and over ssh."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.drift import config
from checks.hosts.local import LocalLogin
from checks.model import Host, State, System
from checks.resolver import Resolver
from tests.checks.drift.watching import Watching, changes, facts

pytestmark = pytest.mark.usefixtures("forgetful")


async def test_the_first_look_takes_the_baseline_and_the_next_finds_it_unchanged(
    watching: Watching,
) -> None:
    first = await watching.look()
    assert (first.state, first.summary) == (State.OK, "baseline taken, 4 files watched")
    again = await watching.look()
    assert again.state == State.OK
    assert again.summary.startswith("unchanged since ")
    assert again.codes == ()
    assert facts(again).watched == 4
    assert again.metrics == {"watched": 4, "changed": 0}


async def test_a_changed_file_is_shown_with_time_counts_and_unified_diff(
    watching: Watching, etc: Path
) -> None:
    await watching.look()
    main = etc / "postfix/main.cf"
    main.write_text(main.read_text().replace("setting10 = 10\n", "setting10 = ten\nnew = 1\n"))
    os.utime(main, (1_700_000_000, 1_700_000_000))
    result = await watching.look()
    assert (result.state, result.codes) == (State.OK, ("config.changed",))
    assert result.summary.endswith(f": {main}")
    assert result.summary.startswith("1 file changed since ")
    (change,) = facts(result).changes
    assert (change.path, change.kind, change.added, change.removed) == (str(main), "changed", 2, 1)
    assert change.at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert change.diff == (
        "@@ -8,7 +8,8 @@",
        " setting7 = 7",
        " setting8 = 8",
        " setting9 = 9",
        "-setting10 = 10",
        "+setting10 = ten",
        "+new = 1",
        " setting11 = 11",
        " setting12 = 12",
        " setting13 = 13",
    )


async def test_a_change_that_keeps_size_and_time_is_seen(watching: Watching, etc: Path) -> None:
    await watching.look()
    main = etc / "postfix/main.cf"
    before = main.stat()
    main.write_text(main.read_text().replace("setting7 = 7", "setting7 = 8"))
    os.utime(main, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert list(changes(await watching.look())) == ["main.cf"]


async def test_files_that_come_and_go_are_shown_and_what_is_undone_is_not(
    watching: Watching, etc: Path
) -> None:
    await watching.look()
    (etc / "postfix/new.cf").write_text("a\nb\n")
    (etc / "aliases").unlink()
    found = changes(await watching.look())
    assert (found["new.cf"].kind, found["new.cf"].added) == ("added", 2)
    assert (found["aliases"].kind, found["aliases"].removed) == ("removed", 1)
    assert found["aliases"].at is None
    (etc / "postfix/new.cf").unlink()
    (etc / "aliases").write_text("root: admin\n")
    assert changes(await watching.look()) == {}


async def test_a_change_of_access_is_shown(watching: Watching, etc: Path) -> None:
    await watching.look()
    (etc / "aliases").chmod(0o600)
    change = changes(await watching.look())["aliases"]
    owner = f"{os.getuid()}:{os.getgid()}"
    assert change.diff == (f"access 0644 {owner} -> 0600 {owner}",)


def test_only_hosts_that_let_us_in_are_watched() -> None:
    system = System(
        name="x",
        resolver=Resolver(),
        hosts=(
            Host(name="a", address="a"),
            Host(name="b", address="b", login=LocalLogin()),
        ),
    )
    assert [target.id for target in config.targets(system)] == ["config/b"]
