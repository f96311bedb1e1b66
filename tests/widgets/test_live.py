"""Widgets in an app without a terminal (Textual's Pilot)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from checks.model import Scope, Severity, State, Verdict
from tests.boards import ONSET
from tests.screens import assert_screen
from tests.widgets.scene import AT, OK, answer, outage
from widgets.cause_strip import CauseStrip, failing
from widgets.lines import Lines
from widgets.log_strip import LogLine, LogStrip
from widgets.panel import Panel
from widgets.panel_table import PanelTable
from widgets.panels.reachability import Reachability
from widgets.panels.servers import Servers
from widgets.text import row
from widgets.verdict_bar import VerdictBar

OUTAGE = Verdict(
    verdict="outage",
    summary="nobody can send",
    severity=Severity.SEV1,
    since=ONSET,
    scope=Scope("all-users", "nobody can send"),
)


class One(App[None]):
    """An app with one widget."""

    def __init__(self, widget: Lines) -> None:
        super().__init__()
        self.widget = widget
        self.opened: list[Panel] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_panel_opened(self, message: Panel.Opened) -> None:
        self.opened.append(message.panel)


async def test_only_rows_that_changed_are_repainted(monkeypatch: pytest.MonkeyPatch) -> None:
    panel, on = Servers(), outage()
    async with One(panel).run_test(size=(80, 12)) as pilot:
        panel.board = on
        await pilot.pause()
        painted: list[Region] = []
        refresh = panel.refresh

        def noted(*regions: Region, **kwargs: Any) -> Servers:
            painted.extend(regions)
            return refresh(*regions, **kwargs)

        monkeypatch.setattr(panel, "refresh", noted)
        panel.board = on.take("ping:ping/mail1", answer(OK), AT)
        assert painted == []
        full = answer(OK, facts=None)
        panel.board = on.take("load:load/mail2", full, AT)
        assert [region.y for region in painted] == [4]


async def test_enter_and_a_click_ask_to_open_the_panel() -> None:
    panel = Servers()
    app = One(panel)
    async with app.run_test() as pilot:
        panel.focus()
        await pilot.press("enter")
        await pilot.click(panel)
        await pilot.pause()
        assert app.opened == [panel, panel]


def reachability() -> PanelTable:
    panel = Reachability()
    panel.set_reactive(Panel.board, outage())
    panel.at = AT
    return PanelTable(panel)


def hosts(table: PanelTable) -> list[str]:
    return [entry.key for entry in table.kept()]


async def test_the_full_table_filters_sorts_and_shows_faults_only() -> None:
    table = reachability()
    async with One(table).run_test(size=(90, 24)) as pilot:
        table.focus()
        table.search("REFUSED")
        assert hosts(table) == ["mail1"]
        table.search("!refused")
        assert hosts(table) == ["mail2", "lab.test", "dept.test"]
        table.search("")
        await pilot.press("exclamation_mark")
        assert hosts(table) == ["mail1", "mail2", "dept.test"]
        await pilot.press("exclamation_mark", "o")
        assert hosts(table) == ["dept.test", "lab.test", "mail1", "mail2"]
        table.search("no such row")
        assert "no row is left by the filter" in "\n".join(table.plain())


async def test_the_cursor_stays_on_its_row_and_shows_its_details() -> None:
    table = reachability()
    async with One(table).run_test(size=(90, 24)) as pilot:
        table.focus()
        await pilot.press("end")
        assert table.chosen is not None
        assert table.chosen.key == "dept.test"
        await pilot.press("o")
        table.show(outage(), AT + timedelta(seconds=1))
        assert table.chosen.key == "dept.test"
        assert "dns.timeout  no server answers" in table.plain_details()
        assert_screen("panel-table", table.plain())


async def test_the_verdict_bar_says_what_for_whom_since_when() -> None:
    bar = VerdictBar()
    async with One(bar).run_test(size=(100, 3)):
        bar.show(OUTAGE, AT, system="lab.test", frozen=True)
        line = bar.plain()[0]
        assert line.startswith(
            " ✗ OUTAGE  lab.test  SEV1 · nobody can send · since 03:04:12 (6m 41s)"
        )
        assert line.endswith("FROZEN  03:10:53Z")
        bar.show(Verdict(verdict="healthy", summary="every service answers"), AT)
        assert bar.plain()[0].split() == ["✓", "healthy", "every", "service", "answers", "03:10Z"]


async def test_in_a_narrow_bar_the_scope_gives_way_and_the_duration_and_the_note_stay() -> None:
    bar = VerdictBar()
    async with One(bar).run_test(size=(73, 3)):
        bar.show(OUTAGE, AT, system="lab.test", note=row("next notice 4m"))
        assert bar.plain()[0] == (
            " ✗ OUTAGE  lab.test  SEV1 · nob… · for 6m 41s  next notice 4m  03:10:53Z"
        )


async def test_before_name_or_scope_are_cut_the_note_goes() -> None:
    bar, name = VerdictBar(), "mail.example.org (Berlin)"
    async with One(bar).run_test(size=(75, 3)):
        bar.show(OUTAGE, AT, system=name, note=row("i opens an incident"))
        assert f"✗ OUTAGE  {name}  SEV1 · nobo" in bar.plain()[0]
        assert "i opens" not in bar.plain()[0]
        bar.show(OUTAGE, AT, system="Lab", note=row("i opens an incident"))
        assert "i opens an incident" in bar.plain()[0]


async def test_failing_checks_stand_worst_first_and_say_how_many_are_hidden() -> None:
    strip = CauseStrip()
    async with One(strip).run_test(size=(100, 6)):
        strip.show(failing(outage(), AT))
        lines = strip.plain()
        assert "✗ smtp/mail1:25" in lines[1]
        assert "and 9 more" in lines[-2]
        strip.show(())
        assert "nothing fails" in strip.plain()[1]


async def test_the_log_strip_shows_the_newest_lines() -> None:
    strip = LogStrip()
    async with One(strip).run_test(size=(60, 6)):
        strip.show(tuple(LogLine(AT, "ana", f"line {n}", State.OK) for n in range(9)))
        assert "03:10:53 ana  ✓ line 8" in strip.plain()[-2]
        assert "line 4" not in "\n".join(strip.plain())
