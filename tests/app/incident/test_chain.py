"""Beyond doubt: whatever is done to a log, `verify` finds it and names the first bad entry."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.incident import chain
from app.incident.chain import GENESIS, seal, verify, write

ENTRIES = 12
EDITS = 10_000

Edit = Callable[[random.Random, list[bytes]], list[bytes]]


def log(number: int = ENTRIES) -> list[bytes]:
    """The lines of a log."""
    head, lines = GENESIS, []
    for n in range(1, number + 1):
        line = seal("entries", n, head, {"id": f"{n:032x}", "text": f"note {n}", "evidence": [n]})
        head = line.hash
        lines.append(write(line))
    return lines


def hashed_anew(lines: Sequence[bytes], first: int, last: int) -> list[bytes]:
    """Entry `first` altered by somebody who knows the trade, all up to `last` hashed to suit."""
    done = list(lines)
    head = chain.parse(lines[first]).prev  # type: ignore[union-attr]
    for place in range(first, last):
        line = chain.parse(lines[place])
        assert line
        changed = {"text": "nothing happened"} if place == first else {}
        new = seal(line.table, line.n, head, line.document | changed)
        done[place], head = write(new), new.hash
    return done


def flip(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    content = bytearray(b"".join(lines))
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content).splitlines(keepends=True)


def swap(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    one, other = chance.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def delete(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    del lines[chance.randrange(len(lines))]
    return lines


def cut_off(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    return lines[: chance.randrange(len(lines))]


def copy(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    line, place = chance.choice(lines), chance.randrange(len(lines) + 1)
    return [*lines[:place], line, *lines[place:]]


def rubbish(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    place = chance.randrange(len(lines) + 1)
    return [
        *lines[:place],
        chance.choice([b"\n", b"{}\n", b"\xff\n", b'{"entries":{}}\n']),
        *lines[place:],
    ]


def forge(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    place = chance.randrange(len(lines))
    before = chain.parse(lines[place - 1]).hash if place else GENESIS  # type: ignore[union-attr]
    return [
        *lines[:place],
        write(seal("entries", place + 1, before, {"text": "forged"})),
        *lines[place:],
    ]


def rehash_one(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    place = chance.randrange(len(lines))
    return hashed_anew(lines, place, place + 1)


def rehash_tail(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    return hashed_anew(lines, chance.randrange(len(lines)), len(lines))


def rehash_some(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    first = chance.randrange(len(lines))
    return hashed_anew(lines, first, chance.randint(first + 1, len(lines)))


EASY = (flip, swap, delete, cut_off, copy, rubbish, forge, rehash_one)
ALL = (*EASY, rehash_tail, rehash_some)


def first_bad(lines: Sequence[bytes], edited: Sequence[bytes]) -> int:
    """The number of the first line that is not the one it was."""
    pairs = zip(lines, edited, strict=False)
    same = next((place for place, (one, other) in enumerate(pairs) if one != other), None)
    return (min(len(lines), len(edited)) if same is None else same) + 1


def named(broken: str) -> int:
    """The number that is named."""
    found = re.search(r"(?:entry|line) (\d+)", broken)
    assert found, broken
    return int(found[1])


def heads(lines: Sequence[bytes]) -> list[str]:
    parsed = filter(None, map(chain.parse, lines))
    return [f"{line.n}:{line.hash}" for line in parsed]


@pytest.mark.parametrize("seed", range(2))
def test_ten_thousand_edits_are_found_and_the_first_bad_entry_is_named(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "_unaltered", cache(chain._unaltered))  # most lines are as before
    lines, chance = log(), random.Random(seed)
    witnessed = heads(lines)
    for number in range(EDITS // 2):
        edit = ALL[number % len(ALL)]
        edited = edit(chance, list(lines))
        if edited == lines:
            continue
        content = b"".join(edited)
        every = verify(content, witnessed)
        assert every.broken, edit
        assert named(every.broken) == first_bad(lines, edited), (edit, every.broken)
        last = verify(content, witnessed[-1:])
        assert last.broken, edit
        if edit in EASY:
            assert named(last.broken) == first_bad(lines, edited), (edit, last.broken)


def test_an_untouched_log_is_intact_also_against_its_heads() -> None:
    lines = log()
    found = verify(b"".join(lines), heads(lines))
    assert not found.broken
    assert (found.entries, f"{ENTRIES}:{found.head}") == (ENTRIES, heads(lines)[-1])
    assert not verify(b"").broken


def test_a_hash_can_be_checked_without_this_program() -> None:
    """As the document says it: the SHA-256 of the line without the hash itself."""
    for line in log(3):
        value = json.loads(line)
        ((_, entry),) = value["entries"].items()
        claimed = entry.pop("hash")
        bare = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        assert hashlib.sha256(bare).hexdigest() == claimed


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (lambda lines: lines[:4] + lines[5:], "entry 5 was removed: entry 6 follows entry 4"),
        (lambda lines: lines[1:], "entry 1 was removed: entry 2 stands first"),
        (lambda lines: lines[:-1], "entry 12 was removed: the witnessed head is that of entry 12"),
        (
            lambda lines: [*lines[:4], lines[6], lines[5], lines[4], *lines[7:]],
            "entry 5 was reordered: entry 7 stands before it",
        ),
        (
            lambda lines: [*lines[:4], lines[1], *lines[4:]],
            "line 5 was inserted: entry 5 stands after it",
        ),
        (
            lambda lines: [*lines[:4], lines[4].replace(b"note", b"Note"), *lines[5:]],
            "entry 5 was altered: it is not what its hash says",
        ),
        (
            lambda lines: hashed_anew(lines, 4, 5),
            "entry 5, or one before it, was altered: entry 6 has another hash before it",
        ),
        (
            lambda lines: hashed_anew(lines, 4, len(lines)),
            "entry 12, or one after entry 4, was altered: its hash is not the witnessed one",
        ),
    ],
)
def test_what_happened_is_said(edit: Callable[[list[bytes]], list[bytes]], text: str) -> None:
    lines = log()
    witnessed = [heads(lines)[3], heads(lines)[-1]]
    assert verify(b"".join(edit(list(lines))), witnessed).broken == text


def test_a_head_is_found_by_its_beginning_as_it_is_typed_from_paper() -> None:
    content, head = b"".join(log()), heads(log())[6]
    number, _, digest = head.partition(":")
    for witness in (head, head.upper(), f" {digest} ", digest[:12], f"{number}:{digest[:20]}"):
        assert not verify(content, [witness]).broken
    assert verify(content, ["0" * 12]).broken == "no entry has the witnessed head 000000000000…"


@pytest.mark.parametrize("witness", ["", "12", "7:", "abc", "x" * 64, "0" * 65, "one:" + "0" * 64])
def test_what_is_no_head_is_refused(witness: str) -> None:
    with pytest.raises(ValueError, match="is not a hash"):
        verify(b"".join(log()), [witness])


def test_the_rest_of_a_killed_writer_is_told_apart_from_an_edit() -> None:
    found = verify(b"".join(log()) + b'{"entries":')
    assert (found.broken, found.unfinished) == ("", 11)


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_whatever_is_written_is_one_line_and_read_as_it_was(document: dict[str, Any]) -> None:
    line = seal("entries", 1, GENESIS, document)
    written = write(line)
    assert written.count(b"\n") == 1
    assert chain.parse(written) == line
    assert not verify(written).broken


@given(st.binary())
def test_no_bytes_upset_it(content: bytes) -> None:
    verify(content)
    verify(b"".join(log(2)) + content)
