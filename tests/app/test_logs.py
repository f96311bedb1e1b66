from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app import logs
from app.logs import Tail, moment, queue_id
from app.problem import Problem
from checks.log_line import Line

NOW = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("30m", "2026-11-24T02:40:00Z"),
        ("-2h", "2026-11-24T01:10:00Z"),
        ("03:05", "2026-11-24T03:05:00Z"),
        ("3:05:30Z", "2026-11-24T03:05:30Z"),
        ("23:50", "2026-11-23T23:50:00Z"),
        ("2026-11-20T01:00+02:00", "2026-11-19T23:00:00Z"),
        ("2026-11-20T01:00", "2026-11-20T01:00:00Z"),
    ],
)
def test_a_time_is_understood_as_it_is_said(text: str, meant: str) -> None:
    assert moment(text, NOW) == datetime.fromisoformat(meant)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "3:99", "\x1b[2J", "2026-13-01"])
def test_what_is_no_time_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Problem, match="is no time") as raised:
        moment(text, NOW)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("613AC53: to=<eva@lab.test>, status=sent", "613AC53"),
        ("4Zr0xK3w1Bz9rTk: removed", "4Zr0xK3w1Bz9rTk"),
        ("1xVwTo-0000Ep-0S Frozen", "1xVwTo-0000Ep-0S"),
        ("2rU8mN-000000001bC-3xYz == ana@lab.test", "2rU8mN-000000001bC-3xYz"),
        ("id: <1@lab.test>; queue-id: <613AC53>; done", "613AC53"),
        ("NOQUEUE: reject: RCPT from a[192.0.2.1]", ""),
        ("warning: hostname a.test does not resolve", ""),
        ("connect from unknown[192.0.2.1]", ""),
        ("imap-login: Login: user=<ana>", ""),
    ],
)
def test_the_queue_id_of_a_line_is_found(text: str, named: str) -> None:
    assert queue_id(text) == named


def test_a_screen_that_is_stuck_is_told_how_many_lines_it_has_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "UNSEEN", 3)
    tail = Tail(is_all=True)
    tail._take([Line(NOW + timedelta(seconds=n), "postfix/smtpd", f"{n}") for n in range(5)])
    lines, lost = tail.drain()
    assert ([one.text for one in lines], lost) == (["2", "3", "4"], 2)
    assert tail.drain() == ([], 0)


def test_of_trouble_alone_nothing_else_is_followed() -> None:
    tail = Tail(is_all=False)
    tail._take([Line(NOW, "postfix/smtpd", "connect from unknown[192.0.2.1]")])
    tail._take([Line(NOW, "postfix/smtpd", "fatal: no SASL authentication mechanisms")])
    (line,) = tail.drain()[0]
    assert line.text.startswith("fatal")
