"""That what tests share is made once: pytest-xdist 3.8 loses its groups with pytest 9.2."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("of-one")
def test_tests_of_a_group_run_in_one_worker(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@of-one")
