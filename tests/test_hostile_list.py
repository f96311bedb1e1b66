from __future__ import annotations

import tomllib
from pathlib import Path

HERE = Path(__file__).parent

LAST = 58
"""How many behaviours the design's list has."""


def met() -> dict[int, list[str]]:
    """The tests that meet each behaviour."""
    tables = tomllib.loads((HERE / "hostile.toml").read_text())
    return {int(number): tests for table in tables.values() for number, tests in table.items()}


def test_every_behaviour_of_the_list_is_met_by_a_test() -> None:
    assert sorted(met()) == list(range(1, LAST + 1))
    assert all(met().values())


def test_every_test_that_is_named_is_there() -> None:
    gone = []
    for number, tests in met().items():
        for test in tests:
            file, _, name = test.partition("::")
            path = HERE / "checks" / file
            if not path.exists() or f"def {name}(" not in path.read_text():
                gone.append(f"{number}: {test}")
    assert not gone
