from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import complaint
from checks.complaint import Complaint, Said

V4 = "71000000 02{:02x}{:02x}00 00000000 00000000 0200 0000 0a4d0001"
V6 = (
    "71000000 03{:02x}{:02x}00 00000000 00000000 "
    "0a00 0000 00000000 fd77000000000000 0000000000000001"
)


@pytest.mark.parametrize(
    ("message", "kind", "code", "by", "said"),
    [
        (V4, 11, 0, "10.77.0.1", Said.EXPIRED),
        (V4, 3, 1, "10.77.0.1", Said.NO_WAY),
        (V4, 3, 3, "10.77.0.1", Said.CLOSED),
        (V4, 3, 13, "10.77.0.1", Said.FILTERED),
        (V6, 3, 0, "fd77::1", Said.EXPIRED),
        (V6, 1, 0, "fd77::1", Said.NO_WAY),
        (V6, 1, 1, "fd77::1", Said.FILTERED),
        (V6, 1, 4, "fd77::1", Said.CLOSED),
    ],
)
def test_what_is_said_has_names(message: str, kind: int, code: int, by: str, said: Said) -> None:
    assert complaint.parse(bytes.fromhex(message.format(kind, code))) == Complaint(by, said)


def test_an_error_of_our_own_is_nobodys_complaint() -> None:
    ours = "71000000 01000000 00000000 00000000 0000 0000 00000000"
    assert complaint.parse(bytes.fromhex(ours)) is None


@given(st.binary(max_size=80))
def test_whatever_stands_there_is_read_or_not(data: bytes) -> None:
    found = complaint.parse(data)
    assert found is None or found.by
