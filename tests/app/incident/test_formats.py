"""What programs and spreadsheets get, and what no format ever holds."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from app.incident.kinds import (
    CommandEnded,
    Delivery,
    Hypothesis,
    Measured,
    Note,
    NoticeSent,
    QueueSize,
)
from app.incident.log import IncidentLog
from app.incident.reports import load, names
from app.incident.story import tell
from tests.app.incident.outage import OUTAGE
from tests.app.incident.stories import story

SECRET = "hunter2-and-more"
SAYS = (
    f"sasl_password = {SECRET}",
    f"postgres://mail:{SECRET}@db/mail",
    f"AUTH PLAIN {SECRET}",
    f"api_key={SECRET}",
)
HOSTILE = "\x1b]0;pwned\x07\x9b2J\u202e<script>alert(1)</script>\r\n\f&"


def test_json_has_every_field_and_the_figures() -> None:
    document = json.loads(load("json").render(story(OUTAGE)))
    assert document["schema"] == "mailmedic.incident/1"
    assert (document["phase"], document["severity"]) == ("closed", "SEV1")
    assert document["entries"] == [entry.document for entry in story(OUTAGE).entries]
    detect = document["measures"][0]
    assert (detect["name"], detect["seconds"], detect["target"], detect["met"]) == (
        "TTD", 9.0, 300.0, True
    )  # fmt: skip
    assert detect["at"] == "2026-11-23T02:11:02.000Z"


def test_csv_has_a_row_for_each_entry_that_no_spreadsheet_runs() -> None:
    told = story([*OUTAGE, (9, "=cmd()", Note())], ["=1+1"] * (len(OUTAGE) + 1))
    rows = list(csv.reader(io.StringIO(load("csv").render(told))))
    assert len(rows) == len(told.entries) + 1
    assert [row[0] for row in rows[1:]] == [str(entry.n) for entry in told.entries]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.fixture
def planted(log: IncidentLog) -> IncidentLog:
    """A log into which secrets were written wherever an entry takes text."""
    for line in SAYS:
        log.append(Note(), f"{line}\n{line}", evidence=[line])
        log.append(
            CommandEnded(begun="x", host="m", argv=("sh", "-c", line), outcome="done", output=line)
        )
        log.append(Hypothesis(hypothesis="h", title=line), evidence=[line])
        delivery = Delivery(route="chat", outcome="refused", detail=line)
        log.append(NoticeSent(audience=("it",), subject=line, body=line, deliveries=(delivery,)))
    return log


@pytest.mark.parametrize("name", names())
def test_no_format_holds_a_secret(planted: IncidentLog, name: str) -> None:
    written = load(name).render(tell(planted))
    assert SECRET not in written
    assert "********" in written.replace("\\*", "*")


@pytest.mark.parametrize("name", names())
def test_no_format_holds_what_a_terminal_or_a_browser_obeys(
    log: IncidentLog, folder: Path, name: str
) -> None:
    log.append(Note(), HOSTILE, evidence=[HOSTILE])
    log.append(Measured(queues=(QueueSize(host=HOSTILE, active=1),)))
    written = load(name).render(tell(log))
    bare = written.replace("\n", "").replace("\f", "").replace("\r", "")
    assert bare.isprintable()
    if name in ("html", "markdown"):
        assert not re.search(r"(?<!\\)<script", written)


def test_a_measured_queue_reads_as_a_line() -> None:
    size = QueueSize(host="mail1", active=12, deferred=8333, oldest=7800)
    assert Measured(queues=(size,)).lines() == [
        "queue of mail1: 8,345 (active 12, deferred 8,333, oldest 2h 10m)"
    ]
    assert Measured(queues=(QueueSize(host="mx"),)).lines() == ["queue of mx: 0"]
