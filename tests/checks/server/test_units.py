from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.facts import Unit, UnitFacts
from checks.hosts import Output
from checks.model import Host, State, now
from checks.server import units as module
from checks.server._look import Garbled
from checks.server._recent import Recent
from checks.server._unit_table import parse
from checks.server.units import describe, judge
from tests.checks.server.asking import Answers, ask

# Debian 12 in the outage lab, recorded.
WELL = """\
uptime 191.60 740.23
Result=success\tNRestarts=0\tExecMainCode=1\tExecMainStatus=0\tId=postfix.service\tTriggeredBy=\tLoadState=loaded\tActiveState=active\tSubState=exited\tUnitFileState=enabled\tStateChangeTimestampMonotonic=3747882
Result=success\tNRestarts=0\tExecMainCode=0\tExecMainStatus=0\tId=dovecot.service\tTriggeredBy=\tLoadState=loaded\tActiveState=active\tSubState=running\tUnitFileState=enabled\tStateChangeTimestampMonotonic=80584306
Result=success\tNRestarts=0\tExecMainCode=0\tExecMainStatus=0\tId=postfix@-.service\tTriggeredBy=\tLoadState=loaded\tActiveState=active\tSubState=running\tUnitFileState=enabled-runtime\tStateChangeTimestampMonotonic=85952904
"""
LOOPS = """\
uptime 76.27 583.22
Result=exit-code\tNRestarts=2\tExecMainCode=0\tExecMainStatus=0\tId=dovecot.service\tTriggeredBy=\tLoadState=loaded\tActiveState=activating\tSubState=auto-restart\tUnitFileState=enabled\tStateChangeTimestampMonotonic=76052709
"""
GIVEN_UP = """\
uptime 89.04 583.22
Result=exit-code\tNRestarts=5\tExecMainCode=1\tExecMainStatus=1\tId=redis-server.service\tTriggeredBy=\tLoadState=loaded\tActiveState=failed\tSubState=failed\tUnitFileState=transient\tStateChangeTimestampMonotonic=85998457
"""

LONG_UP = "".join(WELL.replace("uptime 191", "uptime 99191").splitlines(keepends=True)[:3:2])

AT = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=3)
CRITICAL, WARNING, OK = State.CRITICAL, State.WARNING, State.OK


def unit(name: str, active: str = "active", sub: str = "running", **more: object) -> Unit:
    made = Unit(f"{name}.service", name.partition("@")[0], active, sub, "enabled", LONG_AGO)
    return replace(made, **more)


def found(
    *units: Unit,
    services: Sequence[str] = ("smtp", "imap"),
    mta: str = "",
    before: dict[str, int] | None = None,
) -> list[tuple[str, State]]:
    host = Host(name="mail1", address="", services=tuple(services), mta=mta)
    return [(one.code, one.state) for one in judge(units, host, before or {}, AT)]


def test_what_systemd_says_is_read() -> None:
    units = parse(WELL)
    assert units is not None
    assert [(one.name, one.program, one.sub) for one in units] == [
        ("postfix.service", "postfix", "exited"),
        ("dovecot.service", "dovecot", "running"),
        ("postfix@-.service", "postfix", "running"),
    ]
    (loops,) = parse(LOOPS) or ()
    assert (loops.active, loops.sub, loops.restarts) == ("activating", "auto-restart", 2)
    (gone,) = parse(GIVEN_UP) or ()
    assert gone.since is not None
    assert describe(gone).startswith("redis-server.service failed (failed), transient, since ")
    assert describe(gone).endswith(", status 1, exit-code, 5 restarts")


@pytest.mark.parametrize(
    ("told", "since", "lasted"),
    [
        # It runs since 10 s after boot; a reload changed its state after 150 s.
        (("active", 150, 10, 0), 10, 0.0),
        (("reloading", 150, 10, 0), 10, 0.0),
        # It ran for 100 s, died, and waits for its restart.
        (("activating", 111, 10, 110), 111, 100.0),
        # It died after 100 s, and did not come up 71 s later.
        (("activating", 181, 10, 50), 181, 0.0),
        (("failed", 181, 0, 0), 181, 0.0),
    ],
)
def test_since_when_and_for_how_long_it_ran(
    told: tuple[str, int, int, int], since: float, lasted: float
) -> None:
    active, *seconds = told
    changed, began, ended = (one * 1_000_000 for one in seconds)
    said = WELL.splitlines()[2].replace("ActiveState=active", f"ActiveState={active}")
    said = said.replace("Monotonic=80584306", f"Monotonic={changed}")
    said += f"\tActiveEnterTimestampMonotonic={began}\tActiveExitTimestampMonotonic={ended}\n"
    (one,) = parse(f"uptime 191.60 740.23\n{said}") or ()
    assert one.since is not None
    ago = (now() - one.since).total_seconds()
    assert ago == pytest.approx(191.6 - since, abs=1)
    assert one.lasted == lasted


async def test_a_unit_that_is_between_two_starts_is_no_loop_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_seen", Recent())
    said = LOOPS.replace("auto-restart", "start").replace("NRestarts=2", "NRestarts=40")
    for codes in (("unit.crash-loop",), ()):
        result = await ask("units", Answers(Output(0, said.encode())), services=("imap",))
        assert result.codes == codes, "its start was new on the first look alone"


def test_a_signal_has_its_name() -> None:
    killed = GIVEN_UP.replace(
        "ExecMainCode=1\tExecMainStatus=1", "ExecMainCode=2\tExecMainStatus=9"
    )
    (one,) = parse(killed) or ()
    assert one.died == "killed by SIGKILL"


@given(st.text(alphabet="Id=.\t\npostfix@-servcEMaCo0123456789LdStaUnFR", max_size=200))
def test_the_parser_raises_nothing_but_its_own(text: str) -> None:
    for given_text in (text, WELL + text, WELL.replace("0", text or "0", 1)):
        try:
            units = parse(given_text)
        except Garbled:
            continue
        assert all(describe(one).isprintable() for one in units or ())


DEAD = ("inactive", "dead")
WAITS, STARTS = ("activating", "auto-restart"), ("activating", "start")


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([unit("postfix"), unit("dovecot")], []),
        ([unit("dovecot", "failed", result="exit-code")], [("unit.failed", CRITICAL)]),
        ([unit("opendkim", "failed", result="exit-code")], [("unit.failed", WARNING)]),
        # Another program does that work.
        ([unit("postfix"), unit("exim4", "failed", program="exim")], [("unit.failed", WARNING)]),
        ([unit("postfix"), unit("exim4", *DEAD, program="exim", enabled="disabled")], []),
        # A loop, at whatever moment of it one looks.
        ([unit("dovecot", *WAITS, restarts=1)], [("unit.crash-loop", CRITICAL)]),
        ([unit("dovecot", *WAITS, restarts=7, lasted=299)], [("unit.crash-loop", CRITICAL)]),
        ([unit("dovecot", *STARTS, restarts=7, since=AT)], [("unit.crash-loop", CRITICAL)]),
        ([unit("dovecot", restarts=2, since=AT)], [("unit.crash-loop", CRITICAL)]),
        ([unit("redis", "failed", result="exit-code", restarts=5)], [("unit.crash-loop", WARNING)]),
        ([unit("opendkim", "failed", result="start-limit-hit")], [("unit.crash-loop", WARNING)]),
        # History, and a start that takes its time.
        ([unit("dovecot", restarts=40)], []),
        ([unit("dovecot", *WAITS, restarts=40, since=AT, lasted=9e5)], []),
        ([unit("dovecot", *STARTS, restarts=40)], []),
        ([unit("dovecot", "failed", result="signal", restarts=40, lasted=9e5)],
         [("unit.failed", CRITICAL)]),
        ([unit("dovecot", "activating", "start")], []),
        # Stopped.
        ([unit("dovecot", *DEAD)], [("unit.inactive", WARNING)]),
        ([unit("dovecot", *DEAD, enabled="disabled")], [("unit.inactive", WARNING)]),
        ([unit("opendkim", *DEAD, enabled="disabled")], []),
        ([unit("opendkim", *DEAD)], [("unit.inactive", WARNING)]),
        # Debian's postfix.service is done once it has started its instance.
        ([unit("postfix", sub="exited"), unit("postfix@-")], []),
        ([unit("postfix", sub="exited"), unit("postfix@-", *DEAD)], [("unit.inactive", WARNING)]),
        ([unit("postfix@-", "failed"), unit("postfix", *DEAD)], [("unit.failed", CRITICAL)]),
        ([unit("dovecot", *DEAD, is_masked=True, enabled="masked")], [("unit.masked", WARNING)]),
        ([unit("opendkim", *DEAD, is_masked=True, enabled="masked")], []),
        ([unit("dovecot", is_masked=True)], [("unit.masked", OK)]),
        # The next boot.
        ([unit("dovecot", enabled="disabled")], [("unit.disabled-but-needed", OK)]),
        ([unit("dovecot", enabled="disabled", is_triggered=True)], []),
        ([unit("postfix@-", enabled="disabled")], []),
        ([unit("exim4", program="exim", enabled="generated")], []),
    ],
)  # fmt: skip
def test_judging(units: list[Unit], expected: list[tuple[str, State]]) -> None:
    assert found(*units) == expected


def test_what_the_config_calls_the_mta_is_the_one_that_is_missed() -> None:
    both = (unit("postfix", *DEAD), unit("exim4", *DEAD, program="exim"))
    assert found(*both, mta="exim") == [("unit.inactive", WARNING)]
    assert found(*both, services=(), mta="none") == []


def test_one_restart_is_an_accident_and_two_are_a_loop() -> None:
    dovecot = unit("dovecot", restarts=41, result="success")
    for before, codes in (
        (41, []),
        (40, [("unit.restarted", OK)]),
        (39, [("unit.crash-loop", CRITICAL)]),
    ):
        assert found(dovecot, before={"dovecot.service": before}) == codes
    again = unit("dovecot", restarts=41, since=AT)  # of late, and the other forty long ago
    assert found(again, before={"dovecot.service": 40}) == [("unit.restarted", OK)]
    (loop,) = judge([dovecot], Host(name="mail1", address=""), {"dovecot.service": 39}, AT)
    assert loop.text == "dovecot.service dies at each start: 41 restarts"


async def test_restarts_are_counted_from_look_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_seen", Recent())
    for restarts, codes in ((40, ()), (41, ("unit.restarted",)), (42, ("unit.crash-loop",))):
        said = LONG_UP.replace("NRestarts=0", f"NRestarts={restarts}")
        result = await ask("units", Answers(Output(0, said.encode())), services=("imap",))
        assert result.codes == codes, restarts


@pytest.mark.parametrize(
    ("result", "died", "said"),
    [
        ("exit-code", "status 78", "status 78"),
        ("exit-code", "", "exit-code"),
        ("signal", "killed by SIGSEGV", "killed by SIGSEGV"),
        ("oom-kill", "killed by SIGKILL", "oom-kill"),
        ("timeout", "killed by SIGTERM", "timeout"),
    ],
)
def test_of_what_it_ended_is_told_by_whoever_knows_more(result: str, died: str, said: str) -> None:
    dead = unit("dovecot", "failed", "failed", result=result, died=died, since=None)
    first, *more = judge([dead], Host(name="mail1", address="", services=("imap",)), {}, AT)
    assert first.text == f"dovecot.service failed: {said}"
    assert [one.code for one in more] == (["kernel.oom"] if result == "oom-kill" else [])


async def test_the_summary_leads_to_the_problem_and_the_evidence_names_all() -> None:
    result = await ask("units", Answers(Output(0, LOOPS.encode())), services=("imap",))
    assert result.state == State.CRITICAL
    assert result.summary == "dovecot.service dies at each start: exit-code, 2 restarts"
    assert result.evidence[0].startswith("dovecot.service activating (auto-restart), enabled")


async def test_a_host_without_systemd_is_no_trouble() -> None:
    result = await ask("units", Answers(Output(0, b"no systemd\n")))
    assert (result.state, result.summary, result.facts) == (OK, "no systemd here", UnitFacts())
