"""It stays a TinyDB to those who use it: queries, tables, documents; but it is only added to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB, where
from tinydb.table import Document

from app.incident.chain import verify
from app.incident.error import LogError
from app.incident.storage import LogDB

PEOPLE = [{"name": "ana", "age": 41}, {"name": "bo", "age": 23}, {"name": "cy", "age": 41}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "log.jsonl"
    made.touch()
    return made


@pytest.fixture
def db(path: Path) -> LogDB:
    """Three people in the table that is there by default."""
    made = LogDB(path)
    assert made.insert_multiple(PEOPLE) == [1, 2, 3]
    return made


def test_it_is_a_tinydb_with_the_same_answers(db: LogDB, tmp_path: Path) -> None:
    plain = TinyDB(tmp_path / "plain.json")
    plain.insert_multiple(PEOPLE)
    for query in (
        where("name") == "ana",
        where("age") > 30,
        (where("age") == 41) & (where("name") != "ana"),
        where("name").matches("[ab].*"),
        where("nothing").exists(),
        where("name").test(lambda name: len(name) == 2),
    ):
        names = [one["name"] for one in plain.search(query)]
        assert [one["name"] for one in db.search(query)] == names
        assert db.count(query) == plain.count(query)
        assert db.contains(query) == plain.contains(query)
        first, same = db.get(query), plain.get(query)
        assert (first and first["name"]) == (same and same["name"])
    assert len(db) == len(plain) == 3
    assert [one["name"] for one in db] == [one["name"] for one in plain]
    assert db.tables() == {"entries"}


def test_documents_have_their_ids_and_a_copy_each(db: LogDB) -> None:
    [ana] = db.search(where("name") == "ana")
    assert isinstance(ana, Document)
    assert ana.doc_id == 1
    ana["name"] = "changed in memory"
    second: Any = db.get(doc_id=2)
    assert second["name"] == "bo"
    assert db.contains(doc_id=3)
    assert [one.doc_id for one in db.get(doc_ids=[1, 3]) or []] == [1, 3]
    assert db.search(where("name") == "ana")
    assert db.insert(Document({"name": "di"}, doc_id=1)) == 4, "numbers come from the file"


def test_tables_share_the_file_and_its_row_of_numbers(db: LogDB, path: Path) -> None:
    review = db.table("review")
    assert review.insert({"name": "dee"}) == 4
    assert db.insert({"name": "eve"}) == 5
    assert db.tables() == {"entries", "review"}
    assert [one["name"] for one in review.all()] == ["dee"]
    assert len(db) == 4
    assert not verify(path.read_bytes()).broken


def test_what_another_process_adds_is_found_by_the_next_query(db: LogDB, path: Path) -> None:
    query = where("name") == "zoe"
    assert not db.search(query)
    other = LogDB(path)
    other.insert({"name": "zoe"})
    other.close()
    assert len(db.search(query)) == 1
    assert len(db) == 4


@pytest.mark.parametrize(
    "change",
    [
        lambda db: db.update({"age": 1}, where("name") == "ana"),
        lambda db: db.update_multiple([({"age": 1}, where("name") == "ana")]),
        lambda db: db.upsert({"age": 1}, where("name") == "ana"),
        lambda db: db.remove(where("name") == "ana"),
        lambda db: db.remove(doc_ids=[1]),
        lambda db: db.truncate(),
        lambda db: db.drop_table("entries"),
        lambda db: db.drop_tables(),
        lambda db: db.storage.write({}),
    ],
)
def test_nothing_that_was_written_can_be_changed(change: Any, db: LogDB, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(LogError, match="entries are only added; correct one by another"):
        change(db)
    assert path.read_bytes() == before
    assert len(db) == 3


@pytest.mark.parametrize(
    "document",
    [
        {"number": float("nan")},
        {"text": "half a pair \ud800"},
        {"bytes": b"x"},
        {"deep": eval("[" * 150 + "]" * 150)},
        ["no mapping"],
    ],
    ids=["nan", "surrogate", "bytes", "deep", "list"],
)
def test_what_could_not_be_read_again_is_refused_before_it_is_written(
    document: Any, db: LogDB, path: Path
) -> None:
    before = path.read_bytes()
    try:
        db.insert_multiple([{"name": "first"}, document])
    except (ValueError, TypeError):
        assert path.read_bytes() == before
    else:
        assert len(LogDB(path)) == 5
    assert db.insert({"name": "next"})
    assert not verify(path.read_bytes()).broken


def test_an_unfinished_line_is_no_document(db: LogDB, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
    assert len(LogDB(path)) == 2


def test_an_empty_one_has_no_tables(path: Path) -> None:
    db = LogDB(path)
    assert (db.tables(), db.all(), len(db)) == (set(), [], 0)


def test_it_ends_as_a_context_and_can_be_opened_again(path: Path) -> None:
    with LogDB(path) as db:
        db.insert({"name": "ana"})
    assert len(LogDB(path)) == 1
