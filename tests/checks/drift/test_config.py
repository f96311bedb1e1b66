"""The check of watched files, on a real tree, each test in a thread, by commands and over ssh."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.drift import _watch, config
from checks.drift.config import Options
from checks.facts import DriftFacts, FileChange
from checks.hosts import Login, LoginError, Output
from checks.hosts.local import LocalLogin
from checks.model import Host, Result, State, System, Target
from checks.resolver import Resolver
from tests.checks.drift.conftest import make_etc
from tests.ordinary_user import NOBODY, ordinary_user

pytestmark = pytest.mark.usefixtures("forgetful")


@pytest.fixture
def forgetful() -> None:
    """As a program that has just been started."""
    _watch._watches.clear()


class Watching:
    """One host whose config is watched; `state` is where its baseline is kept."""

    def __init__(self, login: Login, state: Path, *watched: Path | str) -> None:
        host = Host(name="mail1", address="mail1", login=login, watch=tuple(map(str, watched)))
        self.target = Target(name="mail1", about="config", host=host, resolver=Resolver())
        self.options = Options(folder=str(state))

    async def look(self) -> Result:
        return await config.check(self.target, self.options, deadline=20)

    async def take(self) -> Result:
        return await config.take(self.target, self.options, deadline=20)


@pytest.fixture
def watching(login: Login, etc: Path, tmp_path: Path) -> Watching:
    return Watching(login, tmp_path / "state", etc / "postfix", etc / "dovecot", f"{etc}/alias*")


def facts(result: Result) -> DriftFacts:
    assert isinstance(result.facts, DriftFacts), result
    return result.facts


def changes(result: Result) -> dict[str, FileChange]:
    return {change.path.rpartition("/")[2]: change for change in facts(result).changes}


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


async def test_the_baseline_of_an_earlier_start_counts(watching: Watching, etc: Path) -> None:
    taken = facts(await watching.look()).baseline_at
    (etc / "aliases").write_text("root: other\n")
    _watch._watches.clear()
    result = await watching.look()
    assert facts(result).baseline_at == taken
    assert list(changes(result)) == ["aliases"]


async def test_a_baseline_taken_anew_makes_the_present_good(watching: Watching, etc: Path) -> None:
    await watching.look()
    (etc / "aliases").write_text("root: other\n")
    assert "aliases" in changes(await watching.look())
    assert (await watching.take()).summary == "baseline taken, 4 files watched"
    assert changes(await watching.look()) == {}


async def test_a_baseline_that_another_program_took_is_noticed(
    watching: Watching, etc: Path
) -> None:
    await watching.look()
    (etc / "aliases").write_text("root: other\n")
    assert "aliases" in changes(await watching.look())
    ours = dict(_watch._watches)
    _watch._watches.clear()
    await watching.take()
    _watch._watches.clear()
    _watch._watches.update(ours)
    assert changes(await watching.look()) == {}


async def test_links_are_watched_and_not_followed(
    watching: Watching, etc: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("outside\n")
    (etc / "postfix/folder").symlink_to(outside)
    (etc / "postfix/loop").symlink_to("loop")
    os.mkfifo(etc / "postfix/fifo")
    assert facts(await watching.look()).watched == 6
    (outside / "secret.txt").write_text("changed\n")
    assert changes(await watching.look()) == {}
    (etc / "postfix/folder").unlink()
    (etc / "postfix/folder").symlink_to("/elsewhere")
    change = changes(await watching.look())["folder"]
    assert change.diff[1:] == (f"--> {outside}", "+-> /elsewhere")


async def test_a_watched_path_that_is_a_link_is_followed(
    login: Login, etc: Path, tmp_path: Path
) -> None:
    (tmp_path / "dovecot").symlink_to(etc / "dovecot")
    (tmp_path / "aliases").symlink_to(etc / "aliases")
    watching = Watching(login, tmp_path / "state", tmp_path / "dovecot", tmp_path / "aliases")
    assert facts(await watching.look()).watched == 2
    (etc / "aliases").write_text("root: other\n")
    assert changes(await watching.look())["aliases"].diff[1:] == ("-root: admin", "+root: other")


HOSTILE_NAMES = (
    b"a\nb.cf",
    b"a\n-b.cf",
    b"-rf",
    b"it's.cf",
    b'qu"ote.cf',
    b"$(touch pwned).cf",
    b"`id`.cf",
    b"back\\slash.cf",
    b"\x1b]0;pwned\x07.cf",
    b"\xff\xfe.cf",
    "bidi\u202ecf".encode(),
    b"[bold]x.cf",
    b"[@click=app.quit]x.cf",
    b" lead and trail ",
    b"tab\there.cf",
    b"*.cf",
    b"star.cf",
    b"x" * 255,
)


async def test_hostile_file_names_are_watched_each_and_shown_harmless(
    watching: Watching, etc: Path
) -> None:
    folder = os.fsencode(etc / "postfix")
    for name in HOSTILE_NAMES:
        Path(os.fsdecode(folder + b"/" + name)).write_text("one\n")
    first = await watching.look()
    assert facts(first).watched == 4 + len(HOSTILE_NAMES)
    for name in HOSTILE_NAMES:
        Path(os.fsdecode(folder + b"/" + name)).write_text("one\ntwo \x1b[31m\n")
    result = await watching.look()
    found = facts(result).changes
    assert len(found) == len(HOSTILE_NAMES)
    assert {change.diff[1:] for change in found} == {(" one", "+two ^[[31m")}
    assert all(change.path.isprintable() for change in found)
    assert result.summary.isprintable()
    assert all(finding.text.isprintable() for finding in result.findings)
    assert not (etc / "postfix/pwned").exists()


SECRET = "hunter2c0ffee"
SECRETS = {
    "postfix/main.cf": "smtp_sasl_password_maps = hash:{etc}/postfix/relay_auth\nmyhostname = a\n",
    "postfix/relay_auth": f"smtp.isp.test me:{SECRET}\n",
    "postfix/sasl_passwd": f"smtp.isp.test me:{SECRET}\n",
    "postfix/mysql.cf": f"user = mail\npassword = {SECRET} and more {SECRET}\nhosts = a\n",
    "postfix/tls.pem": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n",
    "postfix/dkim.key": f"{SECRET}\n",
    "postfix/it.secret": f"{SECRET}\n",
    "postfix/compiled": f"\0\0{SECRET}\0",
    "dovecot/sql.conf.ext": f"connect = host=db user=mail password={SECRET} dbname=mail\n",
    "dovecot/ldap.conf": f"  dnpass = {SECRET}\n  hosts = ldap\n",
    "dovecot/uri.conf": f"uris = ldap://mail:{SECRET}@ldap.test/\n",
    "dovecot/users": f"bob:{{PLAIN}}{SECRET}:1000:1000\n",
}


async def test_no_secret_is_kept_or_shown_and_its_change_still_is(
    watching: Watching, etc: Path, tmp_path: Path
) -> None:
    for path, text in SECRETS.items():
        (etc / path).write_text(text.replace("{etc}", str(etc)))
    await watching.look()
    for path in SECRETS:
        file = etc / path
        file.write_text(file.read_text().replace("hunter2", "hunter3").replace("= a", "= b"))
    result = await watching.look()
    assert {change.path for change in facts(result).changes} == {
        str(etc / path) for path in SECRETS
    }
    stores = list(map(unpacked, (tmp_path / "state").rglob("*.z")))
    _watch._watches.clear()
    await watching.take()
    for text in (repr(result), *stores, *map(unpacked, (tmp_path / "state").rglob("*.z"))):
        assert "c0ffee" not in text
    (store,) = (tmp_path / "state").rglob("*.z")
    assert "dnpass = ********" in unpacked(store)


def unpacked(store: Path) -> str:
    import zlib

    return zlib.decompress(store.read_bytes()).decode()


async def test_only_others_who_share_the_state_folder_may_read_the_baseline(
    watching: Watching, tmp_path: Path
) -> None:
    await watching.look()
    (store,) = (tmp_path / "state").rglob("*.z")
    assert store.stat().st_mode & 0o777 == 0o600
    assert store.parent.stat().st_mode & 0o777 == 0o700
    store.parent.chmod(0o2770)
    await watching.take()
    assert store.stat().st_mode & 0o777 == 0o640


async def test_a_damaged_baseline_is_unknown_with_the_mend_and_is_not_replaced(
    watching: Watching, tmp_path: Path
) -> None:
    await watching.look()
    (store,) = (tmp_path / "state").rglob("*.z")
    store.write_bytes(b"garbage")
    result = await watching.look()
    assert (result.state, result.codes) == (State.UNKNOWN, ("config.baseline",))
    assert "`mailmedic baseline mail1` takes a new one" in result.summary
    assert store.read_bytes() == b"garbage"
    assert (await watching.take()).state == State.OK
    assert (await watching.look()).state == State.OK


async def test_a_large_file_is_watched_by_its_digest(watching: Watching, etc: Path) -> None:
    large = etc / "postfix/large"
    large.write_bytes(b"line\n" * 300_000)
    await watching.look()
    large.write_bytes(b"line\n" * 299_999 + b"lime\n")
    change = changes(await watching.look())["large"]
    assert (change.kind, change.diff) == ("changed", ("no diff is kept of it",))


async def test_more_files_than_the_limit_are_said_to_be_too_many(
    watching: Watching, etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checks.drift._local.FILES_LIMIT", 3)
    monkeypatch.setattr("checks.drift._listing.FILES_LIMIT", 3)
    result = await watching.look()
    assert "config.too-many" in result.codes
    assert facts(result).watched == 3


async def test_other_watched_paths_do_not_look_like_a_change(
    login: Login, etc: Path, tmp_path: Path
) -> None:
    await Watching(login, tmp_path / "state", etc / "postfix", etc / "aliases").look()
    wider = Watching(login, tmp_path / "state", etc / "postfix", etc / "dovecot")
    assert changes(await wider.look()) == {}
    (etc / "dovecot/conf.d/10-auth.conf").write_text("auth_mechanisms = login\n")
    (etc / "postfix/new").write_text("")
    assert set(changes(await wider.look())) == {"10-auth.conf", "new"}


async def test_paths_that_are_not_there_are_unknown(
    login: Login, etc: Path, tmp_path: Path
) -> None:
    result = await Watching(login, tmp_path / "state", etc / "exim4").look()
    assert (result.state, result.codes) == (State.UNKNOWN, ("config.absent",))
    assert not (tmp_path / "state").exists()


async def test_a_host_without_mail_configuration_is_nothing_to_watch(
    login: Login, etc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_watch, "DEFAULT", (str(etc / "none*"),))
    result = await Watching(login, tmp_path / "state").look()
    assert (result.state, result.codes) == (State.OK, ())
    assert result.summary == "nothing to watch: no mail configuration is there"


class AsNobody(LocalLogin):
    """Commands without root's rights."""

    is_local = False

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        if os.geteuid() == 0:  # dash takes root's rights back where only the effective user differs
            argv = ["setpriv", f"--reuid={NOBODY}", "--clear-groups", *argv]
        return await super().run(argv, deadline=deadline, limit=limit)


async def test_what_may_not_be_listed_or_read_is_said_and_does_not_look_removed(
    public: Path,
) -> None:
    etc = make_etc(public / "etc")
    here = Watching(LocalLogin(), public / "state", etc / "postfix", etc / "dovecot")
    far = Watching(AsNobody(), public / "state", etc / "postfix", etc / "dovecot")
    await here.look()
    for path in public.glob("state/**/*"):
        path.chmod(0o777)
    (etc / "dovecot").chmod(0)
    (etc / "postfix/main.cf").chmod(0)
    with ordinary_user():
        seen_here = await here.look()
    for result in (seen_here, await far.look()):
        assert result.state == State.OK
        assert "config.unreadable" in result.codes
        assert facts(result).unreadable == (str(etc / "dovecot"), str(etc / "postfix/main.cf"))
        assert [change.path for change in facts(result).changes] == [str(etc / "postfix/main.cf")]
    (etc / "dovecot").chmod(0o755)


async def test_when_nothing_may_be_read_the_state_is_unknown(public: Path) -> None:
    etc = make_etc(public / "etc")
    etc.chmod(0)
    with ordinary_user():
        here = await Watching(LocalLogin(), public / "state", etc).look()
    far = await Watching(AsNobody(), public / "state", etc).look()
    etc.chmod(0o755)
    for result in (here, far):
        assert (result.state, result.codes) == (State.UNKNOWN, ("config.unreadable",))
        assert result.summary.startswith("none of the watched files may be read: ")


async def test_a_baseline_that_cannot_be_kept_still_serves_until_the_end(
    login: Login, etc: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    watching = Watching(login, tmp_path / "file/x", etc)
    result = await watching.look()
    assert (result.state, result.codes) == (State.OK, ("config.not-kept",))
    (etc / "aliases").write_text("")
    assert list(changes(await watching.look())) == ["aliases"]


class Dead(LocalLogin):
    """A host that cannot be asked."""

    is_local = False

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        raise LoginError("gone")


class Silent(LocalLogin):
    """A host that never answers."""

    is_local = False

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        await asyncio.sleep(3600)
        raise AssertionError


async def test_a_host_that_cannot_be_asked_is_unknown(etc: Path, tmp_path: Path) -> None:
    result = await Watching(Dead(), tmp_path / "state", etc).look()
    assert (result.state, result.codes, result.summary) == (
        State.UNKNOWN,
        ("login.failed",),
        "gone",
    )


async def test_a_host_that_never_answers_costs_the_deadline(etc: Path, tmp_path: Path) -> None:
    watching = Watching(Silent(), tmp_path / "state", etc)
    result = await config.check(watching.target, watching.options, deadline=0.2)
    assert (result.state, result.codes) == (State.UNKNOWN, ("config.timeout",))
    assert result.duration < 5


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
