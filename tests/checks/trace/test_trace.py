"""A message's way through two hosts, by lines that the lab's servers have written."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import tracing
from checks.hosts.local import LocalLogin
from checks.log_line import Line
from checks.model import Host, System
from checks.resolver import Resolver
from checks.trace import search
from checks.trace.ask_queue import told
from checks.trace.fate import fates
from checks.trace.follow import ways
from checks.trace.search import Hit
from checks.trace.steps import step

MAIL1 = """\
postfix/submission/smtpd[749]: DDA734D: client=unknown[fd77::10], sasl_method=PLAIN, sasl_username=ana@lab.test
postfix/cleanup[754]: DDA734D: message-id=<lab-247@jump.lab.test>
opendkim[260]: DDA734D: DKIM-Signature field added (s=lab, d=lab.test)
postfix/qmgr[5]: DDA734D: from=<ana@lab.test>, size=467, nrcpt=1 (queue active)
postfix/filtered/smtpd[756]: 0C6FD50: client=localhost[127.0.0.1], orig_queue_id=DDA734D, orig_client=unknown[fd77::10]
postfix/cleanup[754]: 0C6FD50: message-id=<lab-247@jump.lab.test>
postfix/smtp[755]: DDA734D: to=<fay@dept.test>, relay=127.0.0.1[127.0.0.1]:10024, delay=0.16, delays=0.1/0.02/0.03/0.01, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 0C6FD50)
postfix/qmgr[5]: DDA734D: removed
"""  # noqa: E501  # as they were
SENT_ON = "postfix/smtp[1310]: 0C6FD50: to=<fay@dept.test>, relay=mail2.lab.test[fd77::12]:25, delay=0.09, delays=0.01/0.02/0.05/0, dsn=2.0.0, status=sent (250 OK id=1xVvng-00006p-2s)\n"  # noqa: E501
DEFERRED = "postfix/smtp[1310]: 0C6FD50: to=<fay@dept.test>, relay=none, delay=3, delays=0.02/0.02/3/0, dsn=4.4.1, status=deferred (connect to mail2.lab.test[fd77::12]:25: Connection timed out)\n"  # noqa: E501
MAIL2 = """\
1xVvng-00006p-2s <= ana@lab.test H=(mail1.lab.test) [fd77::11] P=esmtps X=TLS1.3:ECDHE_X25519 CV=no S=1375 DKIM=lab.test id=lab-247@jump.lab.test
1xVvng-00006p-2s => fay <fay@dept.test> R=mailboxes T=dovecot_lmtp C="250 2.0.0 <fay@dept.test> FXo7N4TfBWusAQAAhU5ppA Saved"
1xVvng-00006p-2s Completed
"""  # noqa: E501
BOUNCED = "1xVvng-00006p-2s ** fay@dept.test: Unrouteable address\n"
OTHER = "postfix/smtp[9]: AAAAAAA: to=<fay@dept.test>, relay=none, delay=3, status=deferred (x)\n"


class Logs:
    """Postfix' syslog and Exim's mainlog of a host without a journal."""

    def __init__(self, folder: Path) -> None:
        self.syslog, self.mainlog = folder / "mail.log", folder / "exim4" / "mainlog"
        self.mainlog.parent.mkdir()
        login = LocalLogin({"PATH": f"{folder / 'tools'}:/usr/bin:/bin"})
        host = Host(name="mail1", address="::1", login=login)
        self.system = System(name="x", resolver=Resolver(), hosts=(host,))

    def write(self, mail1: str, mail2: str = "") -> None:
        at = datetime.now(UTC) - timedelta(minutes=5)
        self.syslog.write_text(
            "".join(f"{at.isoformat()} mail1 {line}\n" for line in mail1.splitlines())
        )
        local = (at.astimezone() + timedelta(seconds=2)).strftime("%Y-%m-%d %H:%M:%S")
        self.mainlog.write_text("".join(f"{local} {line}\n" for line in mail2.splitlines()))

    async def trace(self, term: str) -> tracing.Report:
        return await tracing.trace(self.system, term, hours=24, deadline=60)


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Logs:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("journalctl", "postqueue", "exim4"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    made = Logs(tmp_path)
    monkeypatch.setattr(search, "SYSLOG_FILES", (str(made.syslog),))
    monkeypatch.setattr(search, "OWN_FILES", (str(made.mainlog),))
    return made


@pytest.mark.parametrize("term", ["DDA734D", "<lab-247@jump.lab.test>", "1xVvng-00006p-2s"])
async def test_any_of_its_names_leads_to_the_whole_way(logs: Logs, term: str) -> None:
    logs.write(MAIL1 + SENT_ON + OTHER, MAIL2)
    report = await logs.trace(term)
    (message,) = report.messages
    kinds = [(one.queue_id, one.kind) for one in message.way.steps]
    assert kinds[0] == ("DDA734D", "in")
    assert kinds[-1] == ("1xVvng-00006p-2s", "done")
    assert ("0C6FD50", "sent") in kinds
    assert [one.end for one in message.fates] == ["delivered"]
    assert tracing.exit_status(report) == 0


async def test_what_waits_is_told_with_its_reason(logs: Logs) -> None:
    logs.write(MAIL1 + DEFERRED)
    (logs.syslog.parent / "tools" / "postqueue").write_text(
        "#!/bin/sh\necho '"
        '{"queue_name": "deferred", "queue_id": "0C6FD50", "recipients": '
        '[{"address": "fay@dept.test", "delay_reason": "connect to mail2: timed out"}]}'
        "'\n"
    )
    report = await logs.trace("DDA734D")
    (one,) = report.messages[0].fates
    assert one.end == "queued"
    assert "now in Postfix' deferred queue: connect to mail2: timed out" in one.text
    assert tracing.exit_status(report) == 1
    assert any("Connection timed out" in line for line in tracing.text(report))


async def test_mail_that_left_the_queue_unseen_is_not_called_waiting(logs: Logs) -> None:
    logs.write(MAIL1 + DEFERRED)
    report = await logs.trace("DDA734D")
    assert "no longer in the queue" in report.messages[0].fates[0].text
    assert tracing.exit_status(report) == 3


async def test_returned_mail_says_why(logs: Logs) -> None:
    logs.write(MAIL1 + SENT_ON, MAIL2.splitlines()[0] + "\n" + BOUNCED)
    report = await logs.trace("DDA734D")
    assert report.messages[0].fates[0].end == "returned"
    assert tracing.exit_status(report) == 2


async def test_an_address_finds_its_messages_and_no_part_of_another(logs: Logs) -> None:
    logs.write(MAIL1 + SENT_ON, MAIL2)
    assert len((await logs.trace("fay@dept.test")).messages) == 1
    assert (await logs.trace("ay@dept.test")).messages == ()


async def test_packed_logs_are_searched(logs: Logs) -> None:
    logs.write(MAIL1 + SENT_ON, MAIL2)
    old = logs.syslog.with_name("mail.log.2.gz")
    old.write_bytes(gzip.compress(logs.syslog.read_bytes()))
    logs.syslog.write_text("")
    assert (await logs.trace("DDA734D")).messages[0].way.steps[0].kind == "in"


async def test_the_document_has_every_step(logs: Logs) -> None:
    logs.write(MAIL1 + SENT_ON, MAIL2)
    document = json.loads(tracing.json(await logs.trace("DDA734D")))
    assert document["schema"] == "mailmedic.trace/1"
    assert len(document["messages"][0]["steps"]) == 12
    assert document["messages"][0]["now"][0]["end"] == "delivered"


async def test_a_log_that_may_not_be_read_is_told(logs: Logs) -> None:
    report = tracing.Report(term="x", messages=(), troubles=("mail1: may not read journal",))
    assert tracing.text(report) == ["no log names x", "not seen: mail1: may not read journal"]
    assert tracing.exit_status(report) == 3


PROGRAMS = st.sampled_from(["postfix/smtp", "exim", "dovecot", "opendkim", "rspamd", "other"])
REAL = (MAIL1 + SENT_ON + DEFERRED + MAIL2 + BOUNCED).splitlines()


@given(st.lists(st.tuples(PROGRAMS, st.text(max_size=200) | st.sampled_from(REAL)), max_size=20))
def test_any_lines_make_ways_that_can_be_shown(lines: list[tuple[str, str]]) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    steps = [step(Hit("mail1", Line(at, program, text))) for program, text in lines]
    for way in ways(steps, "DDA734D"):
        report = tracing.Report(term="DDA734D", messages=(tracing.Told(way, tuple(fates(way))),))
        assert all(line.isprintable() for line in tracing.text(report))
        json.loads(tracing.json(report))


@given(st.text(max_size=300))
def test_any_answer_of_a_queue_is_taken(answer: str) -> None:
    assert told(answer + '\n{"queue_id": 3}\n[]', "DDA734D").isprintable()
