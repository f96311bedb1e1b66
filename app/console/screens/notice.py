"""Where a notice is written: to whom, by which routes, in which words for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.console.acts.eta import Eta
from app.console.screens.ask import AskScreen
from app.console.screens.last_look import LastLook
from app.console.screens.pick import PickScreen
from app.console.screens.sending import SendingScreen
from app.notices.depends import examine
from app.notices.eta import FORMS, parse
from app.notices.notice import AUDIENCES, STAGES
from app.notices.phases import PHASES, suggested
from app.problem import Problem
from checks.model import now
from checks.when import clock, from_iso
from widgets.key_bar import KeyBar
from widgets.notice_head import NoticeHead
from widgets.page import Page
from widgets.text import Row, Span, content
from widgets.verdict_bar import VerdictBar

if TYPE_CHECKING:
    from app.console.keeper import Keeper
    from app.console.screens.main import MainScreen
    from app.console.writing import Writing

KEYS = (
    ("s", "send…"),
    ("Enter", "edit"),
    ("u", "no news"),
    ("t", "stage"),
    ("p", "phase"),
    ("e", "ETA"),
    ("w", "next"),
    ("Space", "tick"),
    ("↑↓", "whom"),
    ("r", "fill anew"),
)
"""Letters are commands here, and letters in the text, which Esc leaves."""


class NoticeScreen(Screen[None]):
    """Nothing leaves it but through the last look."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "send"),
        Binding("ctrl+s", "send"),
        Binding("enter", "edit"),
        Binding("up,k", "choose(-1)"),
        Binding("down,j", "choose(1)"),
        Binding("space", "tick"),
        Binding("u", "nothing_new"),
        Binding("t", "stage"),
        Binding("p", "phase"),
        Binding("e", "eta"),
        Binding("w", "when"),
        Binding("r", "fill_anew"),
        Binding("escape", "leave"),
    ]
    DEFAULT_CSS = """
    NoticeScreen TextArea, NoticeScreen TextArea:focus {
        height: 1fr; border: round $primary; padding: 0 1; background: $background;
    }
    """

    def __init__(self, main: MainScreen, writing: Writing, keeper: Keeper) -> None:
        super().__init__()
        self._main = main
        self._writing = writing
        self._keeper = keeper
        self._chosen = 0

    def compose(self) -> ComposeResult:
        """The bar, what and to whom, the text for one of them, the keys."""
        yield VerdictBar()
        yield NoticeHead()
        yield Page("", highlight_cursor_line=False)
        yield KeyBar(KEYS, ("Esc", "back"))

    def on_mount(self) -> None:
        """Begin at the first audience."""
        self._keeper.tell = self._tell
        self.set_focus(self.query_one(NoticeHead))
        self.set_interval(1.0, lambda: self._main.tell(self.query_one(VerdictBar)))
        self._show()
        self._main.hand.start(self._look_up())

    async def _look_up(self) -> None:
        """See by which routes whom; what is waited for is the resolver, and not for long."""
        config = self._writing.config
        names = await self._main.hand.submit(examine(config.routes, config.system))
        self._writing.take_names(names)
        self._show()

    @property
    def _audience(self) -> str:
        """Whose text is shown."""
        names = self._writing.audiences
        return names[min(self._chosen, len(names) - 1)]

    def _show(self) -> None:
        """Show everything anew, the text too."""
        area, text = self.query_one(Page), self._writing.text(self._audience)
        if area.text != text:
            area.load_text(text)
        area.border_title = content(f"Text for {AUDIENCES[self._audience]}").markup
        self._main.tell(self.query_one(VerdictBar))
        self._tell()

    def _tell(self) -> None:
        """Show what stands round the text."""
        if not self.is_attached:
            return
        writing, composition = self._writing, self._writing.composition
        draft = writing.draft(self._audience)
        remark: Row = (Span("the template has a mistake", "bad"),) if draft.mistakes else ()
        if self._keeper.trouble:
            remark = (Span(f"drafts can't be kept: {self._keeper.trouble}", "bad"),)
        lines = writing.lines()
        chosen = writing.audiences.index(self._audience)
        head = f"{composition.stage.capitalize()} notice, incident {writing.now.id}"
        self.query_one(NoticeHead).show(head, self._facts(), lines, chosen, remark)
        unknown = [name for name in draft.unknown if name != "news"]
        known = f"nothing is known for: {', '.join(unknown)}" if unknown else ""
        area = self.query_one(Page)
        area.border_subtitle = content("edited" if lines[chosen].is_edited else known).markup

    def _facts(self) -> Row:
        """What was decided, in a line."""
        composition, now = self._writing.composition, self._writing.now
        next_at = clock(composition.next_at)[:5] + "Z" if composition.next_at else "none"
        back = from_iso(now.eta.high) if now.eta else None
        eta = f"{clock(back)[:5]}Z" if back else "not known"
        proposed = suggested(now)
        is_other = composition.phase != proposed
        hint = f" (the log says {proposed})" if is_other else ""
        return (
            Span("phase ", "dim"),
            Span(f"{composition.phase}{hint}", "strong"),
            Span("  next ", "dim"),
            Span(next_at, "strong"),
            Span("  ETA ", "dim"),
            Span(eta, "strong"),
            Span("  severity ", "dim"),
            Span(now.severity or "not set", "strong"),
        )

    def on_text_area_changed(self) -> None:
        """Take what is typed, and keep it."""
        self._writing.edit(self._audience, self.query_one(Page).text)
        self._keeper.keep(self._writing.dumped())
        self._tell()

    def action_choose(self, by: int) -> None:
        """Another audience's text."""
        number = len(self._writing.audiences)
        self._chosen = max(0, min(self._chosen + by, number - 1))
        self._show()

    def action_tick(self) -> None:
        """Send it to them, or not."""
        self._writing.tick(self._audience)
        self._tell()

    def action_edit(self) -> None:
        """Go into the text."""
        self.set_focus(self.query_one(Page))

    def action_leave(self) -> None:
        """Out of the text; from the head, out of here."""
        head = self.query_one(NoticeHead)
        if self.focused is not head:
            self.set_focus(head)
        else:
            self.dismiss()
            self._main.hand.start(self._let_go())

    async def _let_go(self) -> None:
        await self._keeper.let_go()
        self._main.hand.look_for_drafts()

    async def on_unmount(self) -> None:
        """However it ends, the last letter is kept."""
        await self._keeper.let_go()

    def action_stage(self) -> None:
        """Another stage: what was written for this one goes."""
        self._main.hand.start(self._stage())

    async def _stage(self) -> None:
        choices = [(name, f"{name:<10} {what}") for name, what in STAGES.items()]
        picked = await self._pick("What is it about?", choices, self._writing.composition.stage)
        if picked is not None:
            self._writing.take_stage(picked)
            self._show()

    def action_phase(self) -> None:
        """How far it is, as readers are told."""
        self._main.hand.start(self._phase())

    async def _phase(self) -> None:
        proposed = suggested(self._writing.now)
        choices = [
            (name, f"{name:<14} {what}" + ("  ← the log says so" if name == proposed else ""))
            for name, what in PHASES.items()
        ]
        picked = await self._pick("How far is it?", choices, self._writing.composition.phase)
        if picked is not None:
            self._writing.take(phase=picked)
            self._show()

    async def _pick(self, question: str, choices: list[tuple[str, str]], now: str) -> str | None:
        return await self._main.hand.answer(PickScreen(question, choices, now))

    def action_eta(self) -> None:
        """The estimate, as on the incident's screen."""
        self._main.hand.start(self._eta())

    async def _eta(self) -> None:
        await Eta().work(self._main.hand, self._writing.now)
        self._writing.fill()
        self._show()

    def action_when(self) -> None:
        """When the next notice is promised."""
        self._main.hand.start(self._when())

    async def _when(self) -> None:
        line = await self._main.hand.answer(AskScreen("The next notice comes", told=[FORMS]))
        if line is not None:
            try:
                found = from_iso(parse(line, now(), self._writing.zone).high)
            except ValueError as error:
                raise Problem(str(error)) from error
            self._writing.take(next_at=found)
            self._show()

    def action_fill_anew(self) -> None:
        """Throw away what was written for this audience, and fill all with what is known now."""
        self._writing.fill_anew(self._audience)
        self._show()

    def action_nothing_new(self) -> None:
        """An update that says that there is none: on to the last look."""
        self._writing.say_nothing_new()
        self._show()
        self.action_send()

    def action_send(self) -> None:
        """The last look, and then out it goes."""
        self._main.hand.start(self._send())

    async def _send(self) -> None:
        writing = self._writing
        writing.fill()
        self._show()
        outgoing = writing.outgoing()
        if not await self._main.hand.answer(LastLook(outgoing, writing.warnings())):
            return
        self._keeper.keep("")
        self.dismiss()
        await self._let_go()
        await self.app.push_screen(SendingScreen.begin(self._main, outgoing))
