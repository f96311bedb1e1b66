"""Where a note is typed; each word of it is on disk within the blink of an eye."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import TextArea

from app.actions import Record
from app.console.keeper import Keeper
from app.drafts import NO_INCIDENT
from app.incident.kinds import Note
from widgets.key_bar import KeyBar
from widgets.page import Page
from widgets.text import content

if TYPE_CHECKING:
    from app.console.hand import Hand

LONGEST = 100_000
"""Characters of a note; a log file belongs beside the incident, not into it."""

KEYS = (("^s", "write it into the log"),)


class NoteScreen(Screen[None]):
    """Writes into the incident that is open when ``^s`` is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "write"),
        Binding("escape", "leave"),
    ]
    DEFAULT_CSS = """
    NoteScreen TextArea, NoteScreen TextArea:focus {
        height: 1fr; border: round $primary; padding: 0 1; background: $background;
    }
    """

    def __init__(self, hand: Hand, keeper: Keeper) -> None:
        super().__init__()
        self._hand = hand
        self._keeper = keeper
        self._is_writing = False

    def compose(self) -> ComposeResult:
        """What is typed, and the keys."""
        yield Page(self._keeper.text, highlight_cursor_line=False)
        yield KeyBar(KEYS, ("Esc", "leave, the draft is kept"))

    def on_mount(self) -> None:
        """Go on at the end of the draft."""
        area = self.query_one(TextArea)
        now = self._hand.situation
        title = f"Note for incident {now.id}" if now else "Note; no incident is open, i opens one"
        area.border_title = content(title).markup
        area.move_cursor(area.document.end)
        self.set_focus(area)
        self._keeper.tell = self._kept
        draft = self._keeper.draft
        if self._keeper.trouble:
            self._tell("")
        elif draft is not None and self._keeper.text:
            others = {draft.incident} - {NO_INCIDENT, now.id if now else NO_INCIDENT}
            self._tell(" of incident ".join(("draft, not written yet", *others)))

    def _kept(self) -> None:
        if self.is_attached:
            self._tell("draft kept")

    def _tell(self, text: str) -> None:
        """Say at the lower edge whether what is typed is safe."""
        trouble = self._keeper.trouble
        shown = f"this draft can't be kept: {trouble}" if trouble else text
        self.query_one(TextArea).border_subtitle = content(shown).markup

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep what is typed."""
        self._keeper.keep(event.text_area.text)

    def action_write(self) -> None:
        """Write it into the log, and leave."""
        text = self._keeper.text
        length = len(text)
        if length > LONGEST:
            self._hand.say(f"a note has at most {LONGEST:,} characters, this one has {length:,}")
        elif text.strip() and not self._is_writing:
            self._is_writing = True
            self._hand.start(self._write(Record(Note(), text.strip("\n"))))

    async def _write(self, note: Record) -> None:
        """Where there is no incident, or the log refuses, we stay, and what was typed stays."""
        try:
            entry = await self._hand.perform(note)
        finally:
            self._is_writing = False
        if entry.is_written:
            self._keeper.keep("")
            self._hand.say("the note is written")
        else:
            self._hand.say("the log can't be written now: the note waits for it, and stays a draft")
        await self.action_leave()

    async def action_leave(self) -> None:
        """Back to where the operator came from, but not while the note is being written."""
        if not self._is_writing and self.is_current:
            await self._keeper.let_go()
            self.dismiss()
            self._hand.look_for_drafts()

    async def on_unmount(self) -> None:
        """However it ends, the last letter is kept."""
        await self._keeper.let_go()
