from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from checks.server._recent import Recent

AT = datetime(2026, 11, 30, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("over_gaps", "befores"),
    [(False, [None, 1, 1, 1, 2, 9, 9, 9, 10]), (True, [None, 1, 1, 1, 1, 3, 3, 3, 9])],
)
def test_growth_is_seen_against_the_looks_of_late(
    over_gaps: bool, befores: list[int | None]
) -> None:
    """After six minutes the host lets nobody look for half an hour."""
    recent: Recent[int] = Recent(over_gaps=over_gaps)
    looks = {0: 1, 2: 2, 4: 3, 5: 3, 6: 3, 36: 9, 38: 10, 41: 11, 42: 12}
    assert [
        recent.before("x", counted, AT + timedelta(minutes=minute))
        for minute, counted in looks.items()
    ] == befores
