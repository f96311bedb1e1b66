"""A mail is what it says, whatever stands in subject and text, and carries nobody's headers."""

from __future__ import annotations

from email import message_from_string
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.notices.mail import compose
from app.notices.mailbox import domain_of, envelope
from app.notices.route import harmless
from tests.app.notices.routing import MESSAGE, route

WAY = route("smtp", "smtps://r.test", sender="it@out.test", to=("ana@out.test", "ben@out.test"))
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"),
    *("X-Auto-Response-Suppress", "Content-Type", "Content-Transfer-Encoding"),
}


@settings(max_examples=100, deadline=None)
@given(subject=st.text(max_size=300), text=st.text(max_size=2000))
def test_no_subject_and_no_text_becomes_a_header_or_a_long_line(subject: str, text: str) -> None:
    mail = compose(harmless(replace(MESSAGE, subject=subject, text=text)), WAY, WAY.to)
    read = message_from_string(mail.content, policy=default)
    assert set(read.keys()) == HEADERS
    assert mail.content.isascii()
    assert all(len(line) <= 998 for line in mail.content.split("\r\n"))
    assert "\n" not in mail.content.replace("\r\n", "")


def test_a_line_break_in_the_subject_injects_nothing() -> None:
    injecting = replace(MESSAGE, subject="a\r\nBcc: eve@evil.test\r\n\r\nhi")
    mail = compose(harmless(injecting), WAY, WAY.to)
    assert "\r\nBcc:" not in mail.content


def test_umlauts_arrive_in_subject_and_text() -> None:
    mail = compose(replace(MESSAGE, subject="Störung", text="Größe: 5 €"), WAY, WAY.to)
    read = message_from_string(mail.content, policy=default)
    assert (read["Subject"], read.get_content().strip()) == ("Störung", "Größe: 5 €")


def test_a_team_sees_each_other_and_users_do_not() -> None:
    users = tuple(f"u{number}@out.test" for number in range(11))
    many = replace(WAY, to=users)
    assert "To: ana@out.test, ben@out.test\r\n" in compose(MESSAGE, WAY, WAY.to).content
    assert "@out.test" not in compose(MESSAGE, many, users[:2]).content.partition("To: ")[2][:40]


def test_sent_again_it_has_the_same_id_and_on_another_route_another() -> None:
    ids = [
        message_from_string(compose(MESSAGE, way, way.to).content)["Message-ID"]
        for way in (WAY, replace(WAY, to=("ana@out.test",)), replace(WAY, name="other"))
    ]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    "address",
    [
        "", "ben", "@out.test", "ana@", "a na@out.test", "ana@out.test\r\nRCPT TO:<eve@evil.test>",
        "ana@out.test>", "<ana@out.test>", '"a"@out.test', "a@b@out.test", "ana@-out.test",
        "ana@out..test", "x" * 65 + "@out.test", "ana@" + "x" * 64 + ".test", "ana@out.test\0",
        "a\u202eb@out.test", "ana@" + "ü" * 70 + ".test",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(ValueError, match=r"^(is not|has)") as error:
        envelope(address)
    assert not address or address not in str(error.value)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40).map(lambda text: f"{text}@out.test") | st.text(max_size=60))
def test_an_address_that_passes_ends_no_command(address: str) -> None:
    try:
        found = envelope(address)
    except ValueError:
        return
    assert found.isprintable()
    assert not set(found) & set(" <>\r\n\0")
    assert found.partition("@")[2].isascii()
    assert envelope(found) == found


def test_domains_are_compared_as_the_dns_has_them() -> None:
    assert domain_of("Ana@BÜCHER.example.") == "xn--bcher-kva.example"
