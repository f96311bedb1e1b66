"""The journal as a TinyDB: the same queries, tables and documents, but only ever added to.

A `Storage` alone can't be safe with several writers: TinyDB reads and writes in two steps, and
remembers the next document id between them. So the table appends, under the journal's lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from app.incident import chain
from app.incident.error import LogError
from app.incident.journal import LOCK_WITHIN, Journal


class JournalStorage(Storage):
    """Reads what the file holds at that moment, whoever wrote it."""

    def __init__(self, path: str | Path, lock_within: float = LOCK_WITHIN) -> None:
        self.journal = Journal(Path(path), lock_within)

    def read(self) -> dict[str, dict[str, Any]] | None:
        """All tables; None when there is nothing yet. The caller may change what it gets."""
        self.journal.refresh()
        tables: dict[str, dict[str, Any]] = {}
        whole, _, _unfinished = self.journal.content().rpartition(b"\n")
        for raw in whole.split(b"\n"):
            if line := chain.parse(raw):
                tables.setdefault(line.table, {})[str(line.n)] = line.document
        return tables or None

    def write(self, data: dict[str, dict[str, Any]]) -> NoReturn:  # noqa: ARG002
        """Refused: nothing that was written is changed or taken away."""
        raise LogError(f"{self.journal.path}: entries are only added; correct one by another")

    def close(self) -> None:
        """Let the file go."""
        self.journal.close()


class JournalTable(Table):
    """A table whose documents get their numbers from the file: one row of numbers for all."""

    def __init__(self, storage: JournalStorage, name: str) -> None:
        # No cache of queries: others write too, what was found before is stale.
        super().__init__(storage, name, cache_size=0)
        self._journal = storage.journal

    def insert(self, document: Mapping[str, Any]) -> int:
        """Add a document, on disk when this returns; its id. Raises LogError."""
        return self.insert_multiple([document])[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Add all or none of the documents; their ids, whatever ids they had. Raises LogError."""
        found = list(documents)
        if not all(isinstance(document, Mapping) for document in found):
            raise ValueError("Document is not a Mapping")  # as TinyDB's own
        return self._journal.append(self.name, found)


class LogDB(TinyDB):
    """A TinyDB on a journal. The file has to be there: `folder.make` makes one."""

    table_class: type[Table] = JournalTable
    default_table_name = "entries"

    def __init__(self, path: Path, lock_within: float = LOCK_WITHIN) -> None:
        storage = JournalStorage(path, lock_within)
        self.journal = storage.journal
        super().__init__(storage=lambda: storage)
