"""Whatever is said goes into the log and comes out of it harmless, without secrets."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.incident import entry as make
from app.incident.chain import verify
from app.incident.kinds import CommandEnded, Note
from app.incident.log import IncidentLog
from tests.app.incident.conftest import OpenLog

HOSTILE = "\x1b]52;c;aGFja2Vk\x07 \x9b31m \u202e \ud800 \x00 [/red] \r\n"


@settings(max_examples=60)
@given(st.lists(st.text(st.characters()), max_size=4), st.text(st.characters()))
def test_any_text_is_written_and_read_again_by_others(evidence: list[str], text: str) -> None:
    with TemporaryDirectory() as name:
        log = IncidentLog.create(Path(name) / "incidents", text, spare=Path(name) / "spare")
        entry = log.append(Note(), text, evidence)
        assert entry.is_written
        assert not log.trouble
        other = IncidentLog(log.path.parent, log.id, spare=Path(name) / "spare")
        assert other.entries == log.entries
        assert not verify(log.content()).broken
        shown = [line for one in other.entries for line in one.lines()]
        assert all(line.isprintable() for line in "\n".join(shown).split("\n"))


def test_hostile_bytes_reach_neither_the_file_nor_the_reader(log: IncidentLog) -> None:
    ended = CommandEnded(begun="1", host=HOSTILE, argv=(HOSTILE,), outcome="done", output=HOSTILE)
    log.append(ended, HOSTILE, [HOSTILE])
    content = log.path.read_bytes()
    assert content.isascii()
    assert not set(content) - set(range(0x20, 0x7F)) - {0x0A}
    line = json.loads(content.splitlines()[-1])["entries"]["2"]
    assert "^[]52;c;aGFja2Vk^G" in line["text"]
    assert all(part.isprintable() for part in line["text"].split("\n"))


def test_what_others_put_into_the_file_is_made_harmless_when_it_is_read(
    log: IncidentLog, again: OpenLog
) -> None:
    bare = HOSTILE.replace("\ud800", "")
    log._table.insert(
        {"kind": bare, "text": bare, bare: bare, "host": {bare: 1}, "evidence": [bare]}
    )
    for line in again().entries[-1].lines():
        assert line.isprintable(), line


def test_secrets_are_masked_before_they_are_written(log: IncidentLog) -> None:
    log.append(Note(), "sasl_password = hunter2", ["AUTH PLAIN hunter2"])
    assert b"hunter2" not in log.path.read_bytes()


def test_any_document_can_be_read(log: IncidentLog) -> None:
    strange: list[dict[str, Any]] = [
        {},
        {"n": "x", "at": [], "operator": 7, "evidence": "x", "data": [], "kind": None},
        {"kind": "opened", "data": {}},
        {"kind": ["note"], "data": {"kind": "note"}},
        {"operator": {"login": 7}, "mono": "now", "boot": {}},
        {"operator": {"login": "ana\n03:10 bo"}, "kind": "note\n03:10 bo", "host": "a\nb"},
    ]
    for document in strange:
        found = make.read(document)
        assert found.lines()
        for word in (found.operator.name, found.kind, found.host, *found.lines()):
            assert word.isprintable()
