from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from textual.app import App, ComposeResult

from checks.facts import LogShape
from checks.log_line import Line
from tests.app.console.test_open_panel import until
from widgets.log_list import LogList

AT = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)


def line(number: int) -> Line:
    kind = "odd" if number % 2 else "even"
    return Line(AT + timedelta(seconds=number), "postfix/smtpd", f"{kind} number {number}")


def shape(text: str, count: int, first: datetime) -> LogShape:
    return LogShape(
        program="postfix/smtp",
        text=text,
        count=count,
        first=first,
        last=AT,
        example=f"{text} and all that was said besides",
    )


class Console(App[int]):
    def compose(self) -> ComposeResult:
        yield LogList()

    @property
    def rows(self) -> LogList:
        return self.query_one(LogList)

    @property
    def drawn(self) -> str:
        return "\n".join(self.rows.plain())


async def test_what_is_new_since_the_onset_is_marked_and_the_latest_line_is_whole() -> None:
    console = Console()
    async with console.run_test(size=(80, 24)):
        rows = [shape("timeout", 3, AT), shape("refused", 12000, AT - timedelta(days=1))]
        console.rows.show("Log of mail1", rows, "", onset=AT, today=AT)
        first, second = console.drawn.splitlines()[2:4]
        assert ("new" in first, "new" in second) == (True, False)
        assert "12,000" in second
        assert "Nov 23 03:10:00Z" in second
        assert "timeout and all that was said besides" in console.drawn


async def test_the_end_stays_in_sight_while_lines_are_added_and_what_is_cut_is_exact() -> None:
    console = Console()
    async with console.run_test(size=(80, 24)) as pilot:
        console.rows.show("Log", [line(n) for n in range(10)], "", place=9)
        console.rows.add([line(n) for n in range(10, 15)], 8, lost=2)
        assert "9 older lines were cut" in console.drawn
        assert console.rows.chosen == line(14)
        assert "8 of 8" in console.drawn
        await pilot.press("home")
        assert console.rows.chosen == line(7)
        console.rows.add([line(15), line(16)], 10)
        assert console.rows.chosen == line(7)
        await pilot.press("down", "down")
        console.rows.add([line(17)], 10)
        assert console.rows.chosen == line(9)


@pytest.mark.parametrize(("text", "left"), [("odd", [9, 11, 13, 15]), ("!odd", [8, 10, 12, 14])])
async def test_a_filter_holds_for_what_is_added(text: str, left: list[int]) -> None:
    console = Console()
    async with console.run_test(size=(80, 24)) as pilot:
        console.rows.show("Log", [line(n) for n in range(12)], "")
        console.rows.search(text)
        console.rows.add([line(n) for n in range(12, 16)], 8)
        await until(pilot, lambda: f"of {len(left)}" in console.drawn)
        assert list(console.rows._kept) == [line(n) for n in left]


async def test_a_secret_in_a_line_is_not_shown() -> None:
    console = Console()
    async with console.run_test(size=(80, 24)):
        console.rows.show("Log", [Line(AT, "app", "password=hunter2 was wrong")], "")
        assert "hunter2" not in console.drawn
        assert "was wrong" in console.drawn


async def test_where_nothing_is_it_says_why() -> None:
    console = Console()
    async with console.run_test(size=(80, 24)):
        console.rows.show("Log", [], "may not read the journal; mend: usermod")
        assert "mend: usermod" in console.drawn
