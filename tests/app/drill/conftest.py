"""What every test of the drill also proves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _nothing_is_said_on_stderr(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """The console owns the terminal: asyncio must have nothing to complain of."""
    yield
    assert not caplog.get_records("call")
