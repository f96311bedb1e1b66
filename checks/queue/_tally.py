"""Adds up the messages of a listing while it comes, in constant memory.

Exact whatever there are: how many lie in which queue, how old they are, the oldest. Of ever new
senders, domains and reasons only `KINDS_LIMIT` are counted at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from itertools import pairwise

from checks.facts import AGES, Reason
from checks.queue._message import DEFERRED, HELD, QUEUES, Message
from checks.queue._reasons import REASON_LIMIT, SHOWN, SOMEBODY, Groups
from checks.text import visible

KINDS_LIMIT = 2000
"""Different senders, domains or reasons that are counted. Beyond, the rarer half is forgotten:
what is frequent in a queue of any size stays, and its count may miss a few early ones."""

NAME_LIMIT = 256
"""Longest mail address (RFC 5321, 4.5.3.1.3)."""

ELSEWHERE = "elsewhere"
"""Where a message is counted whose queue is none of those, such as ``corrupt``."""


class Tally:
    """The sums so far of what `take` was given.

    `at` is the host's time of the listing, from which ages count; what arrived after `since`
    counts as `arrived`.
    """

    def __init__(self, at: float = 0.0, since: float = 0.0) -> None:
        self.queues: Counter[str] = Counter()
        self.oldest: int | None = None
        self.frozen = 0
        self.frozen_bounces = 0
        self.arrived = 0
        self._since = since
        # Ages backwards are times forwards: a message arrived before so many of these.
        self._edges = [at - 60 * minutes for minutes in reversed(AGES)]
        self._ages = [0] * (len(AGES) + 1)
        self._senders: Counter[str] = Counter()
        self._deferred: Counter[str] = Counter()
        self._domains: Counter[str] = Counter()
        self._reasons = Groups(KINDS_LIMIT)

    @property
    def messages(self) -> int:
        """Messages counted."""
        return self.queues.total()

    def take(self, messages: list[Message]) -> None:
        """Add them."""
        names = [message.queue_name for message in messages]
        self.queues.update([name if name in QUEUES else ELSEWHERE for name in names])
        self._senders.update([message.sender[:NAME_LIMIT] for message in messages])
        self._deferred.update(
            [message.sender[:NAME_LIMIT] for message in messages if message.queue_name == DEFERRED]
        )
        frozen = [message for message in messages if message.is_frozen]
        self.frozen += len(frozen)
        self.frozen_bounces += sum([not message.sender for message in frozen])
        deliverable = [message for message in messages if message.queue_name != HELD]
        self._take_times([one.arrival_time for one in deliverable if one.arrival_time > 0])
        recipients = [one for message in deliverable for one in message.recipients]
        self._domains.update(
            [one.address[:NAME_LIMIT].rpartition("@")[2].lower() for one in recipients]
        )
        # Far servers name the recipient in their reply, which would make each reason another one.
        reasons = Counter(
            [
                reason.replace(f"<{one.address}>", SOMEBODY) if "<" in reason else reason
                for one in recipients
                if (reason := one.delay_reason[:REASON_LIMIT])
            ]
        )
        for reason, count in reasons.items():
            self._reasons.add(reason, count)
        for counter in (self._senders, self._deferred, self._domains):
            _forget_rare(counter)

    def _take_times(self, arrivals: list[int]) -> None:
        if not arrivals:
            return
        arrivals.sort()
        self.oldest = arrivals[0] if self.oldest is None else min(self.oldest, arrivals[0])
        if self._since:
            self.arrived += len(arrivals) - bisect_right(arrivals, self._since)
        places = [0, *(bisect_right(arrivals, edge) for edge in self._edges), len(arrivals)]
        for place, (begin, end) in enumerate(pairwise(places)):
            self._ages[place] += end - begin

    @property
    def ages(self) -> tuple[int, ...]:
        """Deliverable messages by age, in the buckets of `AGES` and one for older ones."""
        return tuple(reversed(self._ages))

    def reasons(self) -> tuple[Reason, ...]:
        """Why deliverable mail waits, by recipients."""
        return self._reasons.top()

    def domains(self) -> tuple[Reason, ...]:
        """Where it goes, by recipients."""
        return _top(self._domains)

    def senders(self) -> tuple[Reason, ...]:
        """Whose mail is in the queue, held or not, by messages."""
        return _top(self._senders)

    def deferred_senders(self) -> tuple[Reason, ...]:
        """Whose mail is deferred, by messages."""
        return _top(self._deferred)


def _top(counter: Counter[str]) -> tuple[Reason, ...]:
    return tuple(Reason(visible(text), count) for text, count in counter.most_common(SHOWN) if text)


def _forget_rare(counter: Counter[str]) -> None:
    if len(counter) > KINDS_LIMIT:
        kept = dict(counter.most_common(KINDS_LIMIT // 2))
        counter.clear()
        counter.update(kept)
