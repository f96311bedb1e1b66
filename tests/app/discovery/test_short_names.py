from hypothesis import given
from hypothesis import strategies as st

from app.config import rules
from app.discovery.short_names import short_names


def test_a_host_is_called_by_its_first_label() -> None:
    assert short_names(["mail1.lab.test", "mx.dept.test"]) == {
        "mail1.lab.test": "mail1",
        "mx.dept.test": "mx",
    }


def test_two_of_one_first_label_get_as_many_as_tell_them_apart() -> None:
    names = short_names(["mail.lab.test", "mail.dept.test", "mail.dept.other"])
    assert names == {
        "mail.lab.test": "mail.lab",
        "mail.dept.test": "mail.dept.test",
        "mail.dept.other": "mail.dept.other",
    }


def test_an_address_becomes_a_name() -> None:
    assert short_names(["10.0.0.1", "::1"]) == {"10.0.0.1": "ip-10.0.0.1", "::1": "ip---1"}


_LABEL = st.from_regex(r"[a-z0-9_]([a-z0-9-]{0,70}[a-z0-9])?", fullmatch=True)


@given(st.lists(st.lists(_LABEL, min_size=1, max_size=4).map(".".join), unique=True, max_size=8))
def test_names_are_unique_and_the_config_takes_them(full: list[str]) -> None:
    names = short_names(full)
    assert list(names) == full
    assert len(set(names.values())) == len(full)
    for name in names.values():
        rules.name(name)
