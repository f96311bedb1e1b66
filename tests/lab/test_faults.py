"""The faults as data: enough of each kind, and none that could not be injected or judged."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tests.lab import act, score, table
from tests.lab.fault import Fault, chosen, faults
from tests.lab.host import hosts

SMOKE = 8

every = pytest.mark.parametrize("fault", faults().values(), ids=list(faults()))


def test_there_are_fifty_faults_six_doubles_and_eight_controls() -> None:
    areas = Counter(fault.area for fault in faults().values())
    assert (areas.pop("double"), areas.pop("control")) == (6, 8)
    assert areas.total() >= 50
    assert sum(fault.is_smoke for fault in faults().values()) == SMOKE


@every
def test_a_fault_can_be_injected_healed_and_felt(fault: Fault) -> None:
    for line in (*fault.inject, *fault.heal, *(symptom.ask for symptom in fault.symptom)):
        where, _, command = line.partition(": ")
        assert where in {*hosts(), "lab"}, line
        assert where != "lab" or command.split()[0] in act._VERBS, line
    assert fault.inject
    assert fault.heal
    assert fault.symptom
    for symptom in fault.symptom:
        assert re.compile(symptom.felt).pattern != re.compile(symptom.well).pattern


@every
def test_the_truth_about_a_fault_is_told_whole(fault: Fault) -> None:
    assert fault.verdict
    assert ("healthy" in fault.verdict) == ("" in fault.severity)
    assert not set(fault.must) & set(fault.must_not)
    codes = [code for codes in fault.must for code in codes.split("|")]
    assert all(re.fullmatch(r"[a-z0-9]+(\.[a-z0-9-]+)+", code) for code in codes)
    if fault.area == "control":
        assert "outage" not in fault.verdict
        assert (fault.must, fault.cause) == ((), "")
        assert "SEV1" not in fault.severity
    else:
        assert fault.cause
        assert fault.must
        assert fault.words
        assert fault.severity


def test_faults_are_chosen_by_name_and_by_area_and_a_typo_is_named() -> None:
    assert [one.name for one in chosen(["mta-stopped"])] == ["mta-stopped"]
    assert {one.area for one in chosen(["control", "dns"])} == {"control", "dns"}
    with pytest.raises(ValueError, match="no fault or area is called mta-stoped"):
        chosen(["mta-stoped"])


EXPECTED = faults()["mta-stopped"]


def said(verdict: str = "outage", **more: object) -> score.Status:
    document = {"verdict": verdict, "severity": "SEV1", "scope": {"kind": "one-host"}, **more}
    return msgspec.convert(document, score.Status)


def test_what_was_said_is_held_to_the_truth() -> None:
    refused = {"id": "smtp/mail1:25", "findings": ["smtp.connect.refused", "ping.no-answer"]}
    row = score.judge(EXPECTED, said(checks=[refused]), 4.2)
    assert (row.is_verdict_right, row.is_scope_right, row.is_severity_right) == (True, True, True)
    assert row.missing == ("process.postfix.missing",)
    assert row.false_alarms == ("ping.no-answer",)
    assert table.cells(row)[1:7] == ("+ outage", "1/2", "+ one-host", "+ SEV1", "4.2", "1")
    wrong = score.judge(EXPECTED, said("healthy", severity=None, scope={"kind": "none"}), None)
    assert table.cells(wrong)[1:7] == ("- healthy", "0/2", "- none", "- none", "", "")


@pytest.mark.parametrize(
    ("named", "rank"),
    [
        ([], ""),
        ([EXPECTED.cause, "a"], "first"),
        (["a", "b", EXPECTED.cause], "top three"),
        (["a", "b", "c", EXPECTED.cause], "missed"),
    ],
)
def test_the_cause_has_its_place(named: list[str], rank: str) -> None:
    status = said(causes=[{"cause": one} for one in named])
    assert score.judge(EXPECTED, status, 1.0).cause == rank


def test_a_control_that_raises_an_outage_is_a_false_alarm() -> None:
    control = faults()["planned-reload"]
    assert score.judge(control, said("outage"), None).false_alarms == ("outage",)
    assert score.judge(control, said("healthy"), 1.0).false_alarms == ()


def test_an_ended_run_goes_on_behind_its_last_whole_row(tmp_path: Path) -> None:
    rows = [score.judge(fault, said(), 1.0) for fault in chosen(["process"])]
    lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    path = tmp_path / "kept"
    assert score.kept(path) == []
    path.write_bytes(lines[:-9])
    assert score.kept(path) == rows[:-1]


def test_the_record_names_what_fell_short() -> None:
    rows = [
        score.judge(EXPECTED, said(), 2.0),
        score.judge(faults()["planned-reload"], said(), None),
        score.Row(fault="gone", area="dns", error="ns1 is off"),
    ]
    text = table.markdown(rows, datetime(2026, 11, 24, 3, 10, tzinfo=UTC))
    assert "2 of 3 faults judged" in text
    assert "`smtp.connect.refused`" in text
    assert "- `planned-reload`: outage" in text
    assert "- `gone`: ns1 is off" in text
