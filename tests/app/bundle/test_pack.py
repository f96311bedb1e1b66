"""A bundle as a file: what is in it, who may read it, and that the log's digest is that of it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.bundle.pack import Bundle, keep, pack
from app.bundle.piece import Gathered, Piece, judge
from app.incident.error import LogError
from checks.model import Host, State
from tests.boards import ONSET, board

MX = Host(name="mx", address="127.0.0.1")
STEM = "evidence-mx-20261123T030412Z"

GATHERED = (
    judge(Piece(name="ps", argv=("ps",)), b"dovecot --password=hunter2\n\x1b]0;pwned\x07\n", 0),
    judge(Piece(name="who", argv=("doveadm", "who"), sudo=True), b"may not\n", 77),
    judge(Piece(name="exim", argv=("exim",)), b"", 127),
    Gathered(piece=Piece(name="df", argv=("df",)), outcome="not asked", reason="not asked: gone"),
)


def packed(host: Host = MX, incident: str = "") -> Bundle:
    seen = board({"smtp/mx": State.CRITICAL, "smtp/other": State.OK}).standings.values()
    return pack(host, GATHERED, seen, ONSET, incident)


def texts(bundle: Bundle) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(bundle.content), mode="r:gz") as tar:
        members = tar.getmembers()
        assert {(one.mode, one.uid, one.isreg()) for one in members} == {(0o600, 0, True)}
        files = {one.name.removeprefix(f"{STEM}/"): tar.extractfile(one) for one in members}
        return {name: file.read().decode() for name, file in files.items() if file}


def test_it_holds_what_was_printed_the_results_of_this_host_and_an_index() -> None:
    found = texts(packed())
    assert list(found) == ["index.txt", "ps.txt", "results.json", "who.txt"]
    assert found["who.txt"] == "may not\n"
    assert [one["id"] for one in json.loads(found["results.json"])] == ["smtp/mx"]
    index = found["index.txt"]
    assert index.startswith("evidence of mx (127.0.0.1, by none) at 2026-11-23T03:04:12")
    assert "(sudo) doveadm who  [exit status 77: may not]" in index
    assert "exim is not there" in index
    assert "not asked: gone" in index


def test_secrets_are_masked_and_escapes_are_made_visible() -> None:
    ps = texts(packed())["ps.txt"]
    assert "hunter2" not in ps
    assert ps.endswith("^[]0;pwned^G\n")


def test_the_same_content_makes_the_same_bytes_under_the_same_name() -> None:
    one, other = packed(incident="2026-11-23-01"), packed(incident="2026-11-23-01")
    assert one == other
    assert one.name == f"2026-11-23-01.{STEM}.tar.gz"


def test_the_log_is_told_digest_size_content_and_what_is_missing() -> None:
    bundle = packed()
    told = bundle.told
    assert told.sha256 == hashlib.sha256(bundle.content).hexdigest()
    assert (told.host, told.file, told.size) == ("mx", bundle.name, len(bundle.content))
    assert told.holds == ("ps",)
    assert told.missing == (
        "who: exit status 77: may not", "exim: exim is not there", "df: not asked: gone",
    )  # fmt: skip


def test_only_its_owner_may_read_it_and_none_is_overwritten(tmp_path: Path) -> None:
    path = keep(packed(), tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    with pytest.raises(LogError, match="can't be kept: File exists"):
        keep(packed(), tmp_path)


def test_a_host_named_like_a_path_leads_nowhere_else(tmp_path: Path) -> None:
    path = keep(packed(replace(MX, name="../etc/mx é")), tmp_path)
    assert path.parent == tmp_path
    assert path.name.startswith("evidence-.._etc_mx__-2026")
