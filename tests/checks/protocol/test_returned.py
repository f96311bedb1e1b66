"""Reports on test mail that came back. Postfix' are read for real in test_roundtrip_real."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from checks.protocol._returned import Report, read

TOKEN = "1732950000-0123456789abcdef"

HEADER = b"""\
X-Failed-Recipients: x@nohost.lab.test\r
Auto-Submitted: auto-replied\r
Content-Type: multipart/report; report-type=delivery-status; boundary=eximdsn\r
MIME-Version: 1.0\r
\r
"""

# Recorded from Exim 4.96 in the outage lab.
EXIM = b"""\
--eximdsn\r
Content-type: text/plain; charset=us-ascii\r
\r
This message was created automatically by mail delivery software.\r
\r
A message that you sent could not be delivered to one or more of its\r
recipients. This is a permanent error. The following address(es) failed:\r
\r
  x@nohost.lab.test\r
    Unrouteable address\r
\r
--eximdsn\r
Content-type: message/delivery-status\r
\r
Reporting-MTA: dns; mail2.lab.test\r
\r
Action: failed\r
Final-Recipient: rfc822;x@nohost.lab.test\r
Status: 5.0.0\r
\r
--eximdsn\r
Content-type: message/rfc822\r
\r
Return-path: <canary1@dept.test>\r
From: <canary1@dept.test>\r
To: <x@nohost.lab.test>\r
Message-ID: <1732950000-0123456789abcdef@mailmedic.invalid>\r
\r
hello\r
--eximdsn--\r
"""


def test_what_exim_says_below_the_address_is_the_reason() -> None:
    assert read(HEADER, EXIM) == Report(TOKEN, "failed", "5.0.0 Unrouteable address")


def test_the_reason_for_machines_comes_first_and_is_unfolded() -> None:
    body = EXIM.replace(
        b"Status: 5.0.0\r\n",
        b"Status: 5.4.4\r\nDiagnostic-Code: X-Postfix; Host or domain\r\n    not found\r\n",
    )
    assert read(HEADER, body) == Report(TOKEN, "failed", "5.4.4 Host or domain not found")
    body = body.replace(b"X-Postfix; Host", b"smtp; 550 5.4.4 Host")
    assert read(HEADER, body) == Report(TOKEN, "failed", "550 5.4.4 Host or domain not found")


def test_one_that_tells_of_a_delay_says_so() -> None:
    report = read(HEADER, EXIM.replace(b"Action: failed", b"Action: delayed"))
    assert report is not None
    assert report.action == "delayed"


def test_a_person_who_answers_or_quotes_it_makes_no_report() -> None:
    assert read(HEADER.replace(b"report", b"mixed", 1), EXIM) is None
    assert read(HEADER, EXIM.replace(b"mailmedic.invalid", b"example.org")) is None


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_hostile_bytes_in_it_come_out_visible(before: bytes, after: bytes) -> None:
    body = EXIM.replace(b"    Unroute", b"    " + before).replace(b"5.0.0", b"5.0.0" + after)
    report = read(HEADER, body)
    if report is not None:
        assert report.why.isprintable()
        assert len(report.why) <= 300
