"""Who leads, who writes, who speaks: take a role, hand it over, give it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Record
from app.console.act import Act
from app.console.screens.ask import AskScreen
from app.console.screens.pick import PickScreen
from app.incident.kinds import RoleTaken
from app.incident.operator import called, me
from app.incident.situation import ROLES

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.incident.situation import Situation

DUTIES = {
    "lead": "decides, and hands out work",
    "scribe": "writes down what is said",
    "communications": "speaks with users and management",
}

NOBODY, ANOTHER = "nobody", "another"


class Role(Act):
    """``r``: a role."""

    KEYS = ("r",)
    WORD = "Role"
    HELP = "take or hand over a role: lead, scribe, communications"
    PLACE = 20

    async def work(self, hand: Hand, now: Situation) -> None:
        """Which role, and to whom; it is handed over when both are answered."""
        roles = [(role, f"{role:<14} {_held(role, now)}  {DUTIES[role]}") for role in ROLES]
        vacant = next((role for role in ROLES if not now.roles.get(role)), "")
        role = await hand.answer(PickScreen("Role", roles, vacant))
        if role is None:
            return
        was = now.roles.get(role, "")
        question = f"{role} is {was} now; hand it over to" if was else f"{role} is"
        picked = await hand.answer(PickScreen(question, list(_candidates(was, now).items())))
        if picked == ANOTHER:
            picked = await hand.answer(AskScreen(f"Who is {role}?"))
        if picked is not None:
            holder = "" if picked == NOBODY else picked
            await hand.perform(Record(RoleTaken(role=role, holder=holder, was=was)))


def _held(role: str, now: Situation) -> str:
    return now.roles.get(role) or NOBODY


def _candidates(was: str, now: Situation) -> dict[str, str]:
    """Everybody here but who has it, this session first; then anybody else, and nobody."""
    mine = called(me().seat, now.here)
    names = dict.fromkeys([mine, *(called(seat, now.here) for seat in now.here)])
    found = {name: f"{name} (you)" if name == mine else name for name in names if name != was}
    found[ANOTHER] = "somebody who is not here: type the name"
    return found | ({NOBODY: "nobody"} if was else {})
