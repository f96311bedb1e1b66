from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Host
from checks.outside._ours import bare, names, wants_addresses, whose
from checks.outside._told import Told

HOSTS = (
    Host(name="mail1", address="10.77.0.11"),
    Host(name="mail2", address="mx2.lab.test"),
    Host(name="store", address="mx2.dept.test"),
    Host(name="edge", address="gw.lab.test"),
    Host(name="box", address="127.0.0.1"),
)
KNOWN = names(HOSTS, ("lab.test",), {"10.77.0.12": "mail2", "fd00::12": "mail2"})


def told(*places: str) -> Told:
    return Told(name="Down", places=places)


@pytest.mark.parametrize(
    ("place", "ours"),
    [
        ("mail1", "mail1"),
        ("MAIL1.lab.test.:25", "mail1"),
        ("10.77.0.11:9100", "mail1"),
        ("https://mx2.lab.test:443/owa", "mail2"),
        ("[fd00:0::12]:9100", "mail2"),
        ("10.77.0.12", "mail2"),
        ("gw", "edge"),
        ("lab.test", "lab.test"),
        ("mx2", ""),  # two hosts are called so
        ("mail1.example.org", ""),
        ("mail10", ""),
        ("xmail1", ""),
        ("127.0.0.1:9090", ""),
        ("localhost:9090", ""),
        ("10.77.0.110", ""),
        ("", ""),
    ],
)
def test_an_alert_is_ours_by_name_or_address_and_never_by_likeness(place: str, ours: str) -> None:
    assert whose(told(place), KNOWN) == ours


def test_any_of_its_labels_may_say_what_an_alert_is_about() -> None:
    assert whose(told("blackbox:9115", "mail1"), KNOWN) == "mail1"


def test_addresses_are_looked_up_only_for_an_alert_that_names_one_and_matches_nothing() -> None:
    known = names(HOSTS, ("lab.test",), {})
    assert wants_addresses([told("10.77.0.12:9100")], known)
    assert not wants_addresses([told("10.77.0.11:9100"), told("db7:9100"), told("::1")], known)


@given(st.text(max_size=40))
def test_any_label_is_taken_apart(place: str) -> None:
    assert whose(told(place), KNOWN) in {"", "lab.test", *(host.name for host in HOSTS)}
    assert bare(bare(place)) == bare(bare(bare(place)))
