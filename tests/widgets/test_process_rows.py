from __future__ import annotations

from datetime import UTC, datetime, timedelta

from checks.facts import Process, ProcessFacts
from widgets.process_rows import process_rows
from widgets.text import width_of

AT = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
LONG_UP = AT - timedelta(days=5)
POSTFIX = Process("postfix", 812, since=LONG_UP, memory=48_000_000, children=12, cpu=1.004)
DOVECOT = Process("dovecot", 4194303, "stopped", LONG_UP, 3 << 30, 1024)
LONGEST = Process("spamass-milter", 4194303, "stopped", LONG_UP, 3 << 30, 1024, cpu=12.5)


def plain(*running: Process) -> list[str]:
    rows = process_rows(ProcessFacts(running), AT)
    assert all(width_of(one) <= 76 for one in rows), "fits below a row of a terminal of 80"
    return ["".join(span.text for span in one) for one in rows]


def test_each_program_has_its_processor_and_memory_and_trouble_stands_first() -> None:
    head, first, second = plain(POSTFIX, DOVECOT)
    assert head.split() == ["PROGRAM", "PID", "CPU", "MEM", "CHILDREN", "UP"]
    assert first.split() == ["dovecot", "stopped", "✗", "4194303", "3.0G", "1024", "5d"]
    assert second.split() == ["postfix", "✓", "812", "100%", "45.8M", "12", "5d"]
    assert head.index("CPU") + 3 == second.index("100%") + 4
    assert head.index("MEM") + 3 == first.index("3.0G") + 4


def test_what_is_longest_fits_with_all_its_figures() -> None:
    _, row = plain(LONGEST)
    assert " ".join(row.split()) == "spamass-milter stopped ✗ 4194303 1250% 3.0G 1024 5d"


def test_where_nothing_runs_there_is_no_head() -> None:
    assert plain() == []
