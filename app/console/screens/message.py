"""One message of a queue: why it waits, its envelope, headers and attempts.

Its body is somebody's mail: it is shown to who asks for it, once that is written into the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from checks.facts import Waiting
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.text import Row, Span, broken, row

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen
    from app.queues import Queue
    from checks.queue._opened import Opened


class MessageScreen(Screen[None]):
    """What the MTA shows of it; or why it does not, and the mend."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss"),
        Binding("B", "body"),
    ]

    def __init__(self, chosen: Waiting, opened: Opened, queue: Queue, main: MainScreen) -> None:
        super().__init__()
        self._chosen = chosen
        self._opened = opened
        self._queue = queue
        self._main = main
        self._body: Opened | None = None

    def compose(self) -> ComposeResult:
        """One text, and how to leave."""
        yield Reader(self._title, self._rows(self.app.size.width - 4))
        yield KeyBar([("↑↓", "move"), ("B", "body"), ("n", "note")], ("Esc", "back"))

    @property
    def _title(self) -> str:
        return f"Message {self._chosen.queue_id}"

    def _rows(self, width: int) -> list[Row]:
        one = self._chosen
        others = f" and {one.others:,} more" if one.others else ""
        said = f"{one.queue}: {one.sender or '<>'} to {one.recipient}{others}"
        rows = [row(Span(part, "strong")) for part in broken(said, width)]
        rows += [row(part) for part in broken(one.reason, width)]
        rows += [row(), *_shown(self._opened, width)]
        if self._body is not None:
            rows += [row(), row(Span("BODY", "head")), *_shown(self._body, width)]
        return rows

    def action_body(self) -> None:
        """Ask whether the body is to be shown, and that being written down."""
        hand = self._main.hand
        if hand.situation is None:
            self._main.say("no incident is open, and who reads mail is written down: i opens one")
        else:
            hand.start(self._read())

    async def _read(self) -> None:
        from app.actions import Record
        from app.console.screens.confirm import YES, ConfirmScreen
        from app.incident.kinds import BodyRead
        from app.queues import body

        hand, one, host = self._main.hand, self._chosen, self._queue.target.name
        config = hand.session.engine.config
        remarks = [
            "It is somebody's mail. That you read it is written into the incident's log first.",
            f"From {one.sender or '<>'} to {one.recipient}.",
        ]
        question = ConfirmScreen("Show a body", f"the body of {one.queue_id} on {host}", remarks)
        if config is None or await hand.answer(question) != YES:
            return
        data = BodyRead(host=host, queue_id=one.queue_id, sender=one.sender)
        if not (await hand.perform(Record(data))).is_written:
            self._main.say("not shown: that it is read can't be written down yet")
            return
        self._main.say("asking for the body…")
        self._body = await hand.submit(body(config, self._queue, one.queue_id))
        if not self.is_attached:
            return
        reader = self.query_one(Reader)
        reader.show(self._title, self._rows(self.size.width - 4))


def _shown(opened: Opened, width: int) -> list[Row]:
    """What was opened, or why it was not."""
    rows: list[Row] = []
    if opened.problem:
        rows += [row(Span(part, "odd")) for part in broken(opened.problem, width)]
    if opened.mend:
        rows.append(row(Span("mend: ", "dim"), Span(opened.mend, "key")))
    return rows + [row(Span(part)) for line in opened.lines for part in broken(line, width)]
