"""A notice as an action: claimed in the log, handed to its routes, told how it fared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec.structs import replace

from app.incident.entry import Entry
from app.incident.kinds import Delivery, NoticeBegun, NoticeSent, Opened
from app.notices.claims import Share, share
from app.notices.deliver import deliver
from app.notices.route import Message, Route
from checks.model import now
from checks.when import iso

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
        self.so_far: tuple[Delivery, ...] = ()
        """What is known of it while it is under way."""

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
        entries = self._entries()
        shares = [
            share(entries, begun, self.told.notice, route, in_doubt=self._in_doubt)
            for route in self.routes
        ]
        message = self._message(entries)
        work = [
            (route, one.recipients, asyncio.create_task(self._deliver(message, route, one)))
            for route, one in zip(self.routes, shares, strict=True)
            if one.recipients
        ]
        with suppress(asyncio.CancelledError):  # what was begun is told of all the same
            await asyncio.gather(*(task for *_, task in work))
        return replace(
            self.told,
            begun=begun.id,
            deliveries=tuple(one for part in work for one in _ended(*part)),
            left_out=tuple(
                f"{route.name}: {one.why}"
                for route, one in zip(self.routes, shares, strict=True)
                if one.why
            ),
        )

    async def _deliver(self, message: Message, route: Route, theirs: Share) -> tuple[Delivery, ...]:
        asked = replace(message, recipients=tuple(filter(None, theirs.recipients)))
        fared = await deliver(asked, route, deadline=self.deadline)
        self.so_far += fared
        return fared

    def _message(self, entries: Sequence[Entry]) -> Message:
        opened = (entry.data for entry in entries if isinstance(entry.data, Opened))
        return Message(
            notice=self.told.notice,
            subject=self.told.subject,
            text=self.told.body,
            audience=self.told.audience,
            phase=self.told.phase,
            components=self.told.components,
            incident=next((data.incident for data in opened), ""),
            severity=self.told.severity,
        )


def _ended(
    route: Route, recipients: Sequence[str], task: asyncio.Task[tuple[Delivery, ...]]
) -> tuple[Delivery, ...]:
    """How it went; of what had not ended when the session did, nothing is known."""
    if task.done() and not task.cancelled():
        return task.result()
    task.cancel()
    why = "the session that sent it has ended"
    return tuple(
        Delivery(route=route.name, outcome="unknown", detail=why, recipient=one, at=iso(now()))
        for one in recipients
    )
