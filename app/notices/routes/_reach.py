"""From a route's URL to what a connection needs."""

from __future__ import annotations

from app.notices.route import Route
from checks.model import Host, Target
from checks.resolver import Resolver


class _Known(Resolver):
    """Knows the one address that is asked for: no name server is needed."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    async def addresses(
        self,
        name: str,  # noqa: ARG002
        *,
        deadline: float,  # noqa: ARG002
        is_fresh: bool = False,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """See `Resolver.addresses`."""
        return (self._address,)


def target(route: Route, about: str, host: str, port: int) -> Target:
    """`host`, where the route's `address` says that it is, else where the resolver does."""
    return Target(
        name=route.name,
        about=about,
        address=host,
        port=port,
        host=Host(name=route.name, address=host, ca_file=route.ca_file),
        resolver=_Known(route.address) if route.address else route.resolver,
    )
