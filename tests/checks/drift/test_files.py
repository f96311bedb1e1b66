"""Files of every kind and name: links, hostile names, secrets, large ones, too many."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

from checks.drift import _watch
from checks.hosts import Login
from tests.checks.drift.watching import Watching, changes, facts

pytestmark = pytest.mark.usefixtures("forgetful")


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
    return zlib.decompress(store.read_bytes()).decode()


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
