"""No test of the queue sees a trend that another began."""

from __future__ import annotations

import pytest

from checks.queue import _trend


@pytest.fixture(autouse=True)
def no_looks_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_trend, "_looks", {})
    monkeypatch.setattr(_trend, "_seen_at", {})
