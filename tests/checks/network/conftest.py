"""Networks of the tests' own, and no memory of the test before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks.network import _minute
from tests.spaces import Row, in_a_row


@pytest.fixture(autouse=True)
def no_earlier_minute() -> None:
    """Hosts of tests have one name."""
    _minute._looks.clear()


@pytest.fixture(scope="module")
def lasting_row() -> Iterator[Row]:
    """Three namespaces for a module."""
    with in_a_row() as row:
        yield row


@pytest.fixture
def row(lasting_row: Row) -> Iterator[Row]:
    """They, without a firewall."""
    yield lasting_row
    for space in (lasting_row.router, lasting_row.there):
        space.firewall()
