from __future__ import annotations

import time
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from checks.facts import Waiting
from widgets.message_list import COLUMNS, KEYS, STEP, MessageList, kept
from widgets.text import bare

AT = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)


def waiting(number: int = 0, **fields: object) -> Waiting:
    usual = {
        "queue_id": f"4Z{number:06X}",
        "queue": "deferred",
        "arrived": int(AT.timestamp()) - 60 * number,
        "size": 300 + number,
        "sender": f"user{number % 7}@lab.test",
        "recipient": f"bob{number}@ext{number % 3}.test",
        "others": 0,
        "reason": "Connection refused",
    }
    return Waiting(**(usual | fields))  # type: ignore[arg-type]


class Console(App[None]):
    def compose(self) -> ComposeResult:
        yield MessageList("Messages on mail1", "reading")


async def shown(console: Console, *, first: str) -> list[str]:
    """What the list draws once its first row holds `first`."""
    rows = console.query_one(MessageList)
    end = time.monotonic() + 20
    while not (len(rows.plain()) > 2 and first in rows.plain()[2]):
        assert time.monotonic() < end, rows.plain()
        await console.workers.wait_for_complete()
    return rows.plain()


numbers = st.lists(st.integers(0, 10**6), max_size=50)


@given(numbers, st.integers(0, len(COLUMNS) - 1), st.sampled_from(["", "EXT1", "!ext1", "user3"]))
def test_every_message_is_in_the_filter_or_in_its_opposite_and_in_order(
    places: list[int], column: int, text: str
) -> None:
    rows = [waiting(place) for place in places]
    found = kept(rows, text, column)
    keys = [KEYS[column](one) for one in found]
    assert keys == sorted(keys)
    opposite = text.removeprefix("!") if text.startswith("!") else f"!{text}"
    assert len(found) + len(kept(rows, opposite, column) if text else []) == len(rows)


def test_more_than_is_sorted_at_once_is_one_order() -> None:
    rows = [waiting(number * 7919 % 10_007) for number in range(2 * STEP + 5)]
    found = kept(rows, "", 0)
    assert [one.arrived for one in found] == sorted(one.arrived for one in rows)


async def test_a_hundred_thousand_messages_are_walked_filtered_and_sorted() -> None:
    console = Console()
    async with console.run_test(size=(120, 20)) as pilot:
        rows = console.query_one(MessageList)
        rows.focus()
        assert "reading" in rows.plain()[1]
        rows.show([waiting(number) for number in range(100_000)], AT, "")
        drawn = await shown(console, first="bob99999@")
        assert "1 of 100,000" in drawn[0]
        await pilot.press("end")
        assert rows.chosen == waiting(0)
        await pilot.press("o", "o")
        drawn = await shown(console, first="97.9K")
        rows.search("ext1.test")
        drawn = await shown(console, first="bob99997@ext1")
        assert "1 of 33,333 (of 100,000)" in drawn[0]
        rows.search("nobody")
        await console.workers.wait_for_complete()
        assert rows.plain()[1].strip("│ ") == "no message is left by the filter"
        assert rows.chosen is None


async def test_hostile_texts_and_times_are_drawn_harmless_and_a_bounce_has_a_sender() -> None:
    console = Console()
    async with console.run_test(size=(120, 20)):
        rows = console.query_one(MessageList)
        hostile = waiting(1, sender="", recipient="[/]\x1b[2J@x", reason="[@click=app.quit]x[/]")
        rows.show([hostile, waiting(0, arrived=0, others=1200)], AT, "")
        drawn = await shown(console, first=" ? ")
        assert "+1,200" in drawn[2]
        assert "<>" in drawn[3]
        assert "[@click=app.quit]x[/]" in drawn[3]
        assert all(bare(line) == line for line in drawn)
