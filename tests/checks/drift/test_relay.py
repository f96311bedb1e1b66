"""When Postfix' settings make an open relay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.drift._relay import open_relays

SAFE = "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination"


@pytest.mark.parametrize(
    ("settings", "is_open"),
    [
        ({}, False),
        ({"mynetworks": "127.0.0.0/8 [::1]/128 10.0.0.0/8"}, False),
        ({"mynetworks": "127.0.0.0/8, 0.0.0.0/0"}, True),
        ({"mynetworks": "[::]/0"}, True),
        ({"mynetworks": "127.0.0.1 [fe80::]/10 [fc00::]/7 [fd00::]/8"}, False),
        ({"mynetworks": "0.0.0.0/0", "smtpd_relay_restrictions": "reject"}, False),
        ({"mynetworks": "hash:/etc/postfix/network_table"}, False),
        ({"mynetworks": "!0.0.0.0/0 127.0.0.1"}, False),
        ({"smtpd_relay_restrictions": SAFE}, False),
        ({"smtpd_relay_restrictions": "permit_mynetworks, permit"}, True),
        ({"smtpd_relay_restrictions": f"{SAFE}, permit"}, False),
        ({"smtpd_relay_restrictions": "", "smtpd_recipient_restrictions": "permit"}, True),
        ({"smtpd_recipient_restrictions": "permit"}, False),  # the relay's are judged first
        ({"smtpd_relay_restrictions": "", "smtpd_recipient_restrictions": SAFE}, False),
    ],
)
def test_what_lets_strangers_relay(settings: dict[str, str], is_open: bool) -> None:
    assert bool(list(open_relays(settings, {}))) == is_open


def test_an_option_of_a_service_opens_it_too() -> None:
    master = {
        "smtp/inet": "n - y - - smtpd",
        "smtp/inet -o smtpd_relay_restrictions": "permit",
        "smtp/unix -o mynetworks": "0.0.0.0/0",
        "127.0.0.1:10025/inet -o mynetworks": "0.0.0.0/0",
        "[::1]:10026/inet -o smtpd_relay_restrictions": "permit",
    }
    assert list(open_relays({"smtpd_relay_restrictions": SAFE}, master)) == [
        "smtp/inet of master.cf: smtpd_relay_restrictions permits before it rejects:"
        " everybody may relay"
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_setting_is_borne(networks: str, restrictions: str) -> None:
    list(open_relays({"mynetworks": networks, "smtpd_relay_restrictions": restrictions}, {}))
