"""A notice on its way from what is known to what is sent: the matter of the screen of `c`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from app.config import Config
from app.incident.kinds import NoticeSent
from app.notices import composing
from app.notices.composing import Composition
from app.notices.depends import Known, Reach, reach
from app.notices.fill import fill, folder_of
from app.notices.notice import AUDIENCES, RESOLVED, Draft, audiences_of
from app.notices.placeholders import Known as Facts
from app.notices.route import Route
from app.notices.zone import time, zone_of
from app.problem import Problem
from checks.board import Board
from checks.model import now
from checks.when import clock
from widgets.notice_head import AudienceLine

if TYPE_CHECKING:
    from app.engine import Scene
    from app.incident.situation import Situation

SOON = timedelta(minutes=1)
"""How far ahead the next notice has to be promised at least."""


class Writing:
    """One notice, in a text for each audience; `scene` answers what is seen now."""

    def __init__(self, scene: Callable[[], Scene | None], config: Config, kept: str = "") -> None:
        """`kept` is what `dumped` wrote before."""
        self._scene = scene
        self.config = config
        self._names: Known | None = None
        self._reaches: tuple[Reach, ...] = ()
        self._drafts: dict[str, Draft] = {}
        self.composition = composing.begin(self.now, now(), config.notices)
        if kept:
            self._restore(kept)

    def _restore(self, kept: str) -> None:
        try:
            found = msgspec.json.decode(kept, type=Composition)
        except msgspec.MsgspecError:
            return
        fresh = composing.of_stage(found.stage, self.now, now(), self.config.notices)
        is_past = found.next_at is not None and found.next_at < now() + SOON
        self.composition = replace(found, next_at=fresh.next_at) if is_past else found

    def dumped(self) -> str:
        """What has to outlive the console: nothing, unless a person has written something."""
        if not self.composition.edited:
            return ""
        return msgspec.json.format(msgspec.json.encode(self.composition)).decode()

    @property
    def now(self) -> Situation:
        """The incident that it is about. Raises Problem when none is open."""
        scene = self._scene()
        if scene is None or scene.situation is None or not scene.situation.is_open:
            raise Problem("no incident is open; i opens one")
        return scene.situation

    @property
    def zone(self) -> tzinfo | None:
        """Whose times readers get."""
        return zone_of(self.config.notices.zone)

    @property
    def audiences(self) -> tuple[str, ...]:
        """Who can get a notice of this stage."""
        return audiences_of(self.composition.stage)

    def take_stage(self, stage: str) -> None:
        """A notice of another stage: what was written for this one goes."""
        self.composition = composing.of_stage(stage, self.now, now(), self.config.notices)
        self.fill()

    def say_nothing_new(self) -> None:
        """An update that says that there is none."""
        self.composition = composing.nothing_new(self.now, now(), self.config.notices)
        self.fill()

    def take(self, **changes: object) -> None:
        """Change the phase, or the time of the next notice."""
        self.composition = replace(self.composition, **changes)
        self.fill()

    def tick(self, audience: str) -> None:
        """Send it to that audience, or not."""
        ticked = set(self.composition.audiences) ^ {audience}
        self.composition = replace(
            self.composition, audiences=tuple(one for one in self.audiences if one in ticked)
        )

    def take_names(self, names: Known) -> None:
        """Take what the resolver said of the routes; before that, nothing is sent."""
        self._names = names
        self.fill()

    def fill(self) -> None:
        """Fill the texts that nobody has edited with what is known now; see who is reached."""
        self._drafts = {}
        scene = self._scene()
        if self._names is not None and scene is not None:
            seen = (scene.board, scene.verdict)
            self._reaches = reach(self.config.routes, self.config.system, self._names, *seen)

    def _reach(self, audience: str) -> list[Reach]:
        """How each of its routes stands."""
        return [one for one in self._reaches if audience in one.route.audience]

    def draft(self, audience: str) -> Draft:
        """What would be sent, had nobody edited it."""
        if audience not in self._drafts:
            self._drafts[audience] = fill(
                self.composition.stage, audience, self._known(), folder_of(self.config.path)
            )
        return self._drafts[audience]

    def text(self, audience: str) -> str:
        """What is sent, its subject first."""
        edited = self.composition.edited.get(audience)
        return edited if edited is not None else composing.written(self.draft(audience))

    def edit(self, audience: str, text: str) -> None:
        """Take what a person wrote; what is as it was filled is filled anew later."""
        edited = {name: one for name, one in self.composition.edited.items() if name != audience}
        if text.strip() and text != composing.written(self.draft(audience)):
            edited[audience] = text
        self.composition = replace(self.composition, edited=edited)

    def fill_anew(self, audience: str) -> None:
        """Throw away what a person wrote for that audience."""
        edited = {name: one for name, one in self.composition.edited.items() if name != audience}
        self.composition = replace(self.composition, edited=edited)
        self.fill()

    def _known(self) -> Facts:
        scene, composition = self._scene(), self.composition
        if scene is None:
            raise Problem("nothing has been seen yet; a moment")
        return Facts(
            now=self.now,
            board=scene.board,
            verdict=scene.verdict,
            at=now(),
            phase=composition.phase,
            next_at=composition.next_at,
            zone=self.zone,
            contact=self.config.notices.contact,
            news=composition.news,
        )

    def lines(self) -> tuple[AudienceLine, ...]:
        """The audiences, as they are drawn."""
        return tuple(
            AudienceLine(
                name=AUDIENCES[name],
                told=_told(self.now, name),
                is_ticked=name in self.composition.audiences,
                is_edited=name in self.composition.edited,
                is_known=self._names is not None,
                ways=tuple(map(_way, filter(_is_usable, self._reach(name)))),
                refused=tuple(why for one in self._reach(name) for why in _refused(one)),
                doubts=tuple(why for one in self._reach(name) for why in _doubts(one)),
            )
            for name in self.audiences
        )

    def outgoing(self) -> list[tuple[NoticeSent, list[Route]]]:
        """What goes out, and by which routes. Raises Problem with what stands in its way."""
        if self._names is None:
            raise Problem("the routes are looked up; a moment")
        scene = self._scene()
        found = []
        for name in self.composition.audiences:
            routes = self._routes(name)
            if routes and scene is not None:
                found.append((self._told(name, scene.board), routes))
        if not found:
            raise Problem("nobody is ticked whom a route reaches now")
        return found

    def _told(self, audience: str, board: Board) -> NoticeSent:
        try:
            return composing.told(self.composition, audience, self.text(audience), self.now, board)
        except ValueError as error:
            raise Problem(f"the text for {AUDIENCES[audience]}: {error}") from error

    def _routes(self, audience: str) -> list[Route]:
        """The routes that it goes by, to those whom they reach."""
        usable = filter(_is_usable, self._reach(audience))
        return [replace(one.route, to=one.recipients) for one in usable]

    def warnings(self) -> list[str]:
        """What to know before it is sent."""
        composition, found = self.composition, []
        for name in composition.audiences:
            if not self._routes(name):
                found.append(f"NOT SENT to {AUDIENCES[name]}: no route reaches them now")
            found += self._missing(name, composition.next_at)
        if composition.stage == RESOLVED:
            forgotten = {name for name, told in self.now.told.items() if not told.is_over}
            found += [
                f"LEFT OUT: {AUDIENCES.get(name, name)}, who were told that it began"
                for name in sorted(forgotten - {*composition.audiences})
            ]
        return found

    def _missing(self, audience: str, next_at: datetime | None) -> list[str]:
        """What an edited text no longer says, and what a filled one does not know."""
        to = AUDIENCES[audience]
        found = [f"template, ours is taken: {one}" for one in self.draft(audience).mistakes]
        if next_at is not None:
            promised = time(next_at, self.zone, now())
            if promised not in self.text(audience):
                found.append(f"the text for {to} does not name the next notice: {promised}")
        return found


def _told(now: Situation, audience: str) -> str:
    """When they were told last."""
    told = now.told.get(audience)
    if told is None:
        return "not told"
    return f"{'over' if told.is_over else 'told'} {clock(told.at)[:5]}Z"


def _is_usable(one: Reach) -> bool:
    return one.is_usable


def _way(one: Reach) -> str:
    number = len(one.recipients)
    return f"{one.route.name} ({number:,})" if number else one.route.name


def _refused(one: Reach) -> list[str]:
    """Why it is not used, or not for all."""
    return [f"{one.route.name}: {why}" for why in one.refused]


def _doubts(one: Reach) -> list[str]:
    return [f"{one.route.name}: {why}" for why in one.doubts if one.is_usable]
