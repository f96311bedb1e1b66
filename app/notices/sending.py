"""A notice as an action: claimed in the log, handed to its routes, told how it fared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.incident.entry import Entry
from app.incident.kinds import NoticeBegun, NoticeSent
from app.notices.route import Route

DEADLINE = 60.0
"""Seconds for all routes together; they are asked at the same time."""


class Sending:
    """Implements `app.actions.Deed`, once, for `Desk.perform`.

    `told` is what the log will say, without `deliveries`; its subject and body go to each of
    `routes`. Sent again, only those recipients get it who refused it before, and with `in_doubt`
    those of whom it is unknown. `entries` are the log's, read anew at each call.
    """

    def __init__(
        self,
        told: NoticeSent,
        routes: Sequence[Route],
        entries: Callable[[], Sequence[Entry]],
        *,
        in_doubt: bool = False,
        deadline: float = DEADLINE,
    ) -> None:
        self.told = told
        self.routes = tuple(routes)
        self.deadline = deadline
        self._entries = entries
        self._in_doubt = in_doubt

    @property
    def begun(self) -> NoticeBegun:
        """See `Deed.begun`."""
        return NoticeBegun(
            notice=self.told.notice,
            audience=self.told.audience,
            subject=self.told.subject,
            routes=tuple(route.name for route in self.routes),
            deadline=self.deadline,
        )

    async def act(self, begun: Entry) -> NoticeSent:
        """See `Deed.act`."""
        raise NotImplementedError
