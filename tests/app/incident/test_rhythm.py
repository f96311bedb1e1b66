from __future__ import annotations

from datetime import timedelta

import pytest

from app.incident.rhythm import RHYTHM, Rhythm


@pytest.mark.parametrize(
    ("severity", "hours", "minutes"),
    [
        ("SEV1", 0, 20),
        ("SEV1", 1.99, 20),
        ("SEV1", 2, 30),
        ("SEV2", 0, 60),
        ("SEV3", 0, 120),
        ("SEV4", 0, 240),
        ("", 0, 60),
    ],
)
def test_how_often_people_hear_is_a_matter_of_severity(
    severity: str, hours: float, minutes: float
) -> None:
    assert RHYTHM.pause(severity, timedelta(hours=hours)) == timedelta(minutes=minutes)


def test_what_the_config_leaves_out_stays_as_it_is() -> None:
    own = Rhythm(every={"SEV2": 600.0})
    assert own.pause("SEV2", timedelta()) == timedelta(minutes=10)
    assert own.pause("SEV3", timedelta()) == timedelta(hours=2)
