"""The messages of one host's queue: found, sorted, and each opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from app.console.filtered import Filtered
from checks.facts import QueueFacts, Waiting
from checks.model import now
from checks.when import span
from widgets.key_bar import KeyBar
from widgets.message_list import MessageList
from widgets.verdict_bar import VerdictBar

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen
    from app.queues import Queue

KEYS = (
    ("↑↓", "message"),
    ("Enter", "open"),
    ("/", "filter"),
    ("o", "sort"),
    ("R", "read again"),
    ("y", "copy id"),
    ("n", "note"),
)


class MessagesScreen(Filtered):
    """Reads the queue when it is opened and when it is asked to; in between it stands still."""

    LIST = MessageList
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open"),
        Binding("R", "read"),
        Binding("y", "copy"),
    ]

    def __init__(self, host: str, main: MainScreen) -> None:
        super().__init__()
        self._host = host
        self._main = main
        self._queues: list[Queue] = []
        self._since = now()
        self._is_reading = False

    def compose(self) -> ComposeResult:
        """The list, its filter, the keys."""
        yield VerdictBar()
        yield MessageList(f"Messages on {self._host}", "")
        yield self.filter_line()
        yield KeyBar(KEYS, ("Esc", "back"))

    def on_mount(self) -> None:
        """Begin to read."""
        self.set_focus(self.query_one(MessageList))
        self.set_interval(1.0, self._second)
        self._second()
        self.action_read()

    def _second(self) -> None:
        self._main.tell(self.query_one(VerdictBar))
        if self._is_reading and not self._queues:
            lasted = span((now() - self._since).total_seconds())
            self.query_one(MessageList).say(f"reading the queue: {lasted}; Esc cancels")

    def action_read(self) -> None:
        """Read the queue, anew."""
        if not self._is_reading:
            self.run_worker(self._read(), group="read")

    async def _read(self) -> None:
        from app.queues import queues

        config = self._main.session.engine.config
        if config is None:
            return
        self._is_reading, self._since = True, now()
        try:
            work = queues(config, self._host, with_rows=True)
            self._queues = await self._main.hand.submit(work)
        finally:
            self._is_reading = False
        rows = [one for queue in self._queues for one in queue.rows]
        self.query_one(MessageList).show(rows, now(), self._says())
        self._tell_sample(len(rows))

    def _says(self) -> str:
        """What stands where there are no messages: that it is empty, or why it can't be seen."""
        said = [queue.result.summary for queue in self._queues]
        mends = [f"mend: {queue.result.mend}" for queue in self._queues if queue.result.mend]
        return "; ".join([*said, *mends]) or "this host has no queue that we can read"

    def _tell_sample(self, count: int) -> None:
        facts = [queue.result.facts for queue in self._queues]
        total = sum(one.total for one in facts if isinstance(one, QueueFacts))
        if total > count and not count:
            self._main.say("its messages are not listed: a command counts them")
        elif total > count:
            self._main.say(f"a fair sample: {count:,} of {total:,} messages; sums are of all")

    def action_open(self) -> None:
        """Show the envelope and headers of the chosen message."""
        chosen = self.query_one(MessageList).chosen
        if chosen is not None and not self.is_typing:
            self.run_worker(self._open(chosen), group="open", exclusive=True)

    async def _open(self, chosen: Waiting) -> None:
        from app.console.screens.message import MessageScreen
        from app.queues import message

        config = self._main.session.engine.config
        if config is None:
            return
        is_one = len(self._queues) == 1
        queue = next(one for one in self._queues if is_one or chosen in one.rows)
        self._main.say(f"asking {self._host} for {chosen.queue_id}")
        opened = await self._main.hand.submit(message(config, queue, chosen.queue_id))
        self.app.push_screen(MessageScreen(chosen, opened, queue, self._main))

    def action_copy(self) -> None:
        """Copy the id by OSC 52, as far as the terminal allows it."""
        chosen = self.query_one(MessageList).chosen
        if chosen is not None:
            self.app.copy_to_clipboard(chosen.queue_id)
            self._main.say(f"{chosen.queue_id} sent to the terminal's clipboard")
