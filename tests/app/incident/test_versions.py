"""An older and a newer version write one incident: what is not known is kept, and shown."""

from __future__ import annotations

from typing import Any

import pytest

from app.incident import entry as make
from app.incident.chain import verify
from app.incident.kinds import Note, Unknown
from app.incident.log import IncidentLog
from tests.app.incident.conftest import OpenLog


def of_version_2(**changes: Any) -> dict[str, Any]:
    """What a later version may write."""
    return make.new(Note(), "of version 2") | changes


NEWER = {
    "an unknown kind": {
        "kind": "weather",
        "data": {"wind": {"force": 8}, "places": ["Heligoland"]},
    },
    "an unknown field": {"mood": "calm"},
    "an unknown field in the data": {"data": {"colour": "red"}},
    "an operator with more": {"operator": {"login": "ana", "badge": 7}},
    "a text with parts": {"text": {"en": "hello"}},
    "data of another shape": {"kind": "clock", "data": {"by": "an hour"}},
}


@pytest.mark.parametrize("changes", NEWER.values(), ids=NEWER.keys())
def test_what_a_newer_version_wrote_is_kept_shown_and_followed(
    changes: dict[str, Any], log: IncidentLog, again: OpenLog
) -> None:
    document = of_version_2(**changes)
    log._table.insert(document)
    older = again()
    assert older.append(Note(), "of version 1").n == 3
    found = older.entries[1]
    assert found.id == document["id"]
    kept = found.document
    assert {name: kept[name] for name in document} == document
    shown = "\n".join(found.lines())
    words = {"weather": "Heligoland", "clock": "an hour"}
    assert words.get(document["kind"], "") in shown
    assert ("calm" in shown) == ("mood" in changes)
    assert ("red" in shown) == ("colour" in changes.get("data", {}))
    assert not verify(older.content()).broken


def test_a_kind_that_is_not_known_is_said_to_be_of_another_version(
    log: IncidentLog, again: OpenLog
) -> None:
    log._table.insert(of_version_2(kind="weather", data={"force": 8}))
    found = again().entries[-1]
    assert isinstance(found.data, Unknown)
    assert found.lines()[:2] == ["weather", "(written by another version of mailmedic)"]


@pytest.mark.parametrize(
    "gone", ["at", "mono", "boot", "operator", "host", "text", "data", "evidence", "id"]
)
def test_a_field_that_a_version_does_not_write_is_not_missed(
    gone: str, log: IncidentLog, again: OpenLog
) -> None:
    document = of_version_2()
    del document[gone]
    log._table.insert(document)
    found = again()
    assert found.entries[-1].kind == "note"
    assert found.append(Note(), "on").n == 3


def test_another_table_of_the_file_is_left_alone(log: IncidentLog, again: OpenLog) -> None:
    review = log._db.table("review")
    assert review.insert({"question": "where did we get lucky?"}) == 2
    older = again()
    assert older.append(Note(), "on").n == 3
    assert [entry.kind for entry in older.entries] == ["opened", "note"]
    assert [document["question"] for document in review.all()] == ["where did we get lucky?"]
    assert not verify(older.content()).broken
