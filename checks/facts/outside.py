"""What others see: the site's monitoring, and other devices."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Alert(Struct, frozen=True, tag=True):
    """What a monitor says is wrong, and with what.

    `severity` is critical, warning or info. `since` is when it began as far as the monitor knows,
    `fired` when the monitor was sure of it. `note` says why it rings nobody: silenced,
    acknowledged, in downtime, not confirmed.
    """

    name: str
    about: str
    severity: str = "warning"
    since: datetime | None = None
    fired: datetime | None = None
    summary: str = ""
    note: str = ""


class MonitorFacts(Struct, frozen=True, tag=True):
    """The alerts of a monitor: those on something of ours, and the first of the rest.

    `not_matched` counts all that could not be matched with a host or domain of ours. The alerts of
    ours are `about` that host or domain, the `others` about what the monitor calls it.
    """

    alerts: tuple[Alert, ...] = ()
    others: tuple[Alert, ...] = ()
    not_matched: int = 0


class Sight(Struct, frozen=True, tag=True):
    """A place seen from two sides: `check` is the id of the check that it is the matter of.

    `here` and `there` are open, refused, dropped, unreachable or unclear.
    """

    check: str
    name: str
    here: str
    there: str

    @property
    def is_known(self) -> bool:
        """Whether both sides found something out."""
        return "unclear" not in (self.here, self.there)

    @property
    def opens_here(self) -> bool:
        """Whether we get through."""
        return self.here == "open"

    @property
    def opens_there(self) -> bool:
        """Whether the other device gets through."""
        return self.there == "open"


class VantageFacts(Struct, frozen=True, tag=True):
    """What another device reaches, asked with `tool`, beside what we reach."""

    tool: str
    sights: tuple[Sight, ...] = ()


class RouteFacts(Struct, frozen=True, tag=True):
    """The way from here to an `address` of a host: the routers on it that said they passed it on.

    `hops` counts them and the host, 1 on our own network; 0 where that is not known.
    """

    address: str
    routers: tuple[str, ...] = ()
    hops: int = 0
