"""The sidebar: what it shows at which size, what its keys say, and whom its cursor follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.geometry import Region
from textual.widgets import Input

from tests.screens import assert_screen
from tests.widgets.scene import AT
from widgets.checklist import Checklist, ChecklistFoot, ChecklistItem, ChecklistStep

FOOT = ChecklistFoot(
    next_notice=AT + timedelta(minutes=24, seconds=20),
    lead="ana",
    here=("ana@jump1", "raj@jump1"),
)


def item(name: str, state: str = "open", who: str = "", **more: Any) -> ChecklistItem:
    at = AT - timedelta(minutes=4) if state != "open" else None
    ident = name.lower().replace(" ", "-")
    return ChecklistItem(id=ident, title=name, state=state, who=who, at=at, **more)


def procedure() -> tuple[ChecklistStep, ...]:
    """As in the picture: two steps through, the third at work."""
    return (
        ChecklistStep("Initial assessment", tuple(item(f"A{n}", "done", "ana") for n in range(4))),
        ChecklistStep("Notify stakeholders", (item("IT team told", "done", "raj"),)),
        ChecklistStep(
            "Troubleshoot",
            (
                item("Power", "done", "auto"),
                item("Hardware", "not applicable", "ana"),
                item("Config reviewed", "failed", "a.very.long.name"),
                item("Recent updates", is_next=True),
                item("Names and certificates", is_offered=True),
                item("Root cause named"),
            ),
        ),
        ChecklistStep("Fix", (item("Fix applied"),)),
        ChecklistStep("Verify", (item("Two testers signed", signed=1, signoffs=2), item("All"))),
    )


def changed(
    steps: Sequence[ChecklistStep], step: int, place: int, **values: Any
) -> tuple[ChecklistStep, ...]:
    """`steps` with one item changed."""
    items = list(steps[step].items)
    items[place] = replace(items[place], **values)
    return (*steps[:step], replace(steps[step], items=tuple(items)), *steps[step + 1 :])


def ticked(steps: tuple[ChecklistStep, ...]) -> tuple[ChecklistStep, ...]:
    """The next item is done, and the one behind it is the next."""
    done = changed(steps, 2, 3, state="done", who="ana", at=AT, is_next=False)
    return changed(done, 2, 4, is_next=True)


class Sidebar(App[None]):
    """The checklist, something else that can have the focus, and a command on a digit."""

    CSS = "Input { dock: bottom; } Checklist { width: 1fr; }"
    BINDINGS = [Binding("3", "panel")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[tuple[str, str]] = []
        self.panels = 0

    def compose(self) -> ComposeResult:
        yield Checklist()
        yield Input()

    @property
    def checklist(self) -> Checklist:
        return self.query_one(Checklist)

    def action_panel(self) -> None:
        self.panels += 1

    def _note(self, message: Checklist.Wanted) -> None:
        self.wanted.append((type(message).__name__, message.item))

    on_checklist_ticked = on_checklist_failed = on_checklist_ruled_out = _note
    on_checklist_taken_back = on_checklist_started = on_checklist_opened = _note


def under_cursor(checklist: Checklist) -> str:
    line = checklist.cursor_line()
    assert line is not None
    return checklist.plain()[line].strip("│ ")


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [("checklist", 34, 26), ("checklist-medium", 28, 26), ("checklist-narrow", 80, 19)],
)
async def test_it_shows_where_the_procedure_stands_at_each_size(
    name: str, width: int, height: int
) -> None:
    app = Sidebar()
    async with app.run_test(size=(width, height + 3)) as pilot:
        app.checklist.show(procedure(), FOOT)
        app.checklist.tick(AT)
        await pilot.pause()
        assert_screen(name, app.checklist.plain())


async def test_without_an_incident_and_without_a_procedure_it_says_so() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 20)) as pilot:
        app.checklist.show(())
        await pilot.press("j", "space", "pagedown")
        assert "no procedure" in app.checklist.plain()[1]
        app.checklist.show(procedure())
        assert "Lead" not in "\n".join(app.checklist.plain())


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (24 * 60 + 20, "03:35 (in 24m)"),
        (59, "03:11 (now)"),
        (-59, "03:09 (late)"),
        (-6 * 60, "03:04 (6m late)"),
    ],
)
async def test_the_next_notice_counts_down_and_then_says_how_late_it_is(
    left: float, shown: str
) -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)):
        foot = ChecklistFoot(next_notice=AT + timedelta(seconds=left))
        app.checklist.show(procedure(), foot)
        app.checklist.tick(AT)
        lines = "\n".join(app.checklist.plain())
        assert f"Next notice  {shown}" in lines
        assert "Lead         nobody" in lines


async def test_of_many_people_the_rest_is_counted() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)):
        here = tuple(f"op{n}@jump1" for n in range(9))
        app.checklist.show(procedure(), ChecklistFoot(here=here))
        lines = [line.strip("│ ") for line in app.checklist.plain()]
        assert lines[lines.index("Here         op0@jump1") :][:4] == [
            "Here         op0@jump1",
            "op1@jump1",
            "op2@jump1",
            "and 6 more",
        ]


async def test_each_key_says_what_is_wanted_of_the_item_under_the_cursor() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)) as pilot:
        app.checklist.show(procedure(), FOOT)
        app.checklist.focus()
        await pilot.press("space", "x", "minus", "u", "a", "enter", "down", "space")
        await pilot.pause()
        assert app.wanted == [
            ("Ticked", "recent-updates"),
            ("Failed", "recent-updates"),
            ("RuledOut", "recent-updates"),
            ("TakenBack", "recent-updates"),
            ("Started", "recent-updates"),
            ("Opened", "recent-updates"),
            ("Ticked", "names-and-certificates"),
        ]


async def test_enter_and_space_fold_and_unfold_a_step() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)) as pilot:
        app.checklist.show(procedure())
        app.checklist.focus()
        await pilot.press("up", "up", "up", "up", "enter")
        assert under_cursor(app.checklist).startswith("3 Troubleshoot")
        assert "Recent updates" not in "\n".join(app.checklist.plain())
        await pilot.press("down", "space")
        assert "Fix applied" in "\n".join(app.checklist.plain())
        assert app.wanted == []


async def test_g_and_a_digit_go_to_what_is_open_in_that_step() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)) as pilot:
        app.checklist.show(procedure())
        app.checklist.focus()
        await pilot.press("g")
        assert "step 1–5?" in app.checklist.plain()[0]
        await pilot.press("5")
        assert "Two testers signed" in under_cursor(app.checklist)
        await pilot.press("g", "3")
        assert "Recent updates" in under_cursor(app.checklist)
        assert "step" not in app.checklist.plain()[0]
        assert app.panels == 0
        await pilot.press("3", "g", "x", "3")
        assert app.panels == 2
        await pilot.press("g", "9")
        assert "Two testers signed" in under_cursor(app.checklist)


async def test_pages_go_by_steps_and_a_step_that_is_through_is_stood_on() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)) as pilot:
        app.checklist.show(procedure())
        app.checklist.focus()
        await pilot.press("pagedown")
        assert "Fix applied" in under_cursor(app.checklist)
        await pilot.press("pageup", "pageup")
        assert under_cursor(app.checklist).startswith("2 Notify stakeholders")


async def test_after_their_own_tick_the_operator_is_at_the_next_item() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)) as pilot:
        app.checklist.show(procedure())
        app.checklist.focus()
        await pilot.press("space")
        assert "Recent updates" in under_cursor(app.checklist)
        app.checklist.show(ticked(procedure()))
        assert "Names and certificates" in under_cursor(app.checklist)


async def test_somebody_elses_tick_takes_nothing_from_under_the_cursor() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)) as pilot:
        app.checklist.show(procedure())
        app.checklist.focus()
        await pilot.pause()
        app.checklist.show(ticked(procedure()))
        assert "Recent updates" in under_cursor(app.checklist)
        await pilot.press("space")
        await pilot.pause()
        assert app.wanted == [("Ticked", "recent-updates")]


async def test_while_nobody_works_in_it_its_cursor_waits_at_the_next_item() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)) as pilot:
        app.checklist.show(procedure())
        app.query_one(Input).focus()
        await pilot.pause()
        app.checklist.show(ticked(procedure()))
        app.checklist.focus()
        await pilot.pause()
        assert "Names and certificates" in under_cursor(app.checklist)


async def test_when_it_goes_on_in_another_step_that_unfolds_and_the_one_before_folds() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)) as pilot:
        steps = procedure()
        app.checklist.show(steps)
        app.query_one(Input).focus()
        await pilot.pause()
        through = replace(
            steps[2],
            items=tuple(replace(one, state="done", is_next=False) for one in steps[2].items),
        )
        steps = changed((*steps[:2], through, *steps[3:]), 3, 0, is_next=True)
        app.checklist.show(steps)
        lines = "\n".join(app.checklist.plain())
        assert "▸ ○ Fix applied" in lines
        assert "Recent updates" not in lines


async def test_the_line_under_the_cursor_is_always_in_sight() -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 12)) as pilot:
        app.checklist.show(procedure(), FOOT)
        app.checklist.focus()
        await pilot.press(*["k"] * 20)
        for _ in range(12):
            line = app.checklist.cursor_line()
            assert line is not None
            assert 0 < line < 8
            await pilot.press("j")


async def test_only_lines_that_changed_are_repainted(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Sidebar()
    async with app.run_test(size=(34, 30)) as pilot:
        app.checklist.show(procedure(), FOOT)
        app.checklist.tick(AT)
        await pilot.pause()
        painted: list[Region] = []
        refresh = app.checklist.refresh

        def noted(*regions: Region, **kwargs: Any) -> Checklist:
            painted.extend(regions)
            return refresh(*regions, **kwargs)

        monkeypatch.setattr(app.checklist, "refresh", noted)
        app.checklist.tick(AT + timedelta(seconds=5))
        assert painted == []
        app.checklist.tick(AT + timedelta(seconds=60))
        assert [region.y for region in painted] == [13]
        painted.clear()
        app.checklist.show(ticked(procedure()), FOOT)
        assert sorted(region.y for region in painted) == [3, 7, 8]
