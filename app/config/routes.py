"""From ``[[route]]`` tables to routes: which kind each is, its files beside the config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.config.decode import Problems, name_of
from app.config.secret_files import beside
from app.config.tables import RouteTable
from app.notices.route import Route
from checks.resolver import Resolver
from checks.text import visible

LIST_LIMIT = 1 << 20
"""Bytes of a file of recipients: 20,000 addresses."""


def routes(
    tables: Sequence[RouteTable], resolver: Resolver, zone: str, problems: Problems
) -> tuple[Route, ...]:
    """The route of each table that makes sense; the others are problems."""
    written = problems.source.document.get("route", [])
    made = []
    for table in tables:
        index = [name_of(one) for one in written].index(table.name)
        try:
            made.append(_route(table, resolver, zone, problems.source.path))
        except _Wrong as wrong:
            problems.add(("route", index, wrong.key), f'"{wrong.key}": {wrong}')
        except ValueError as error:
            problems.add(("route", index), str(error))
    return tuple(made)


class _Wrong(ValueError):
    def __init__(self, key: str, error: object) -> None:
        super().__init__(str(error))
        self.key = key


def _route(table: RouteTable, resolver: Resolver, zone: str, config: Path) -> Route:
    """Raises _Wrong, and ValueError where several keys are."""
    from app.notices import routes as kinds

    folder = config.parent.absolute()
    ca_file = str(folder / table.ca_file) if table.ca_file else ""
    if ca_file and not Path(ca_file).is_file():
        raise _Wrong("ca_file", f"there is no file {visible(ca_file)}")
    listed = _listed(folder / table.to_file) if table.to_file else ()
    route = Route(
        name=table.name,
        kind=_kind(table.url),
        audience=table.audience,
        url=table.url,
        resolver=resolver,
        secret=beside(table.secret, config) if table.secret else None,
        sender=table.sender,
        to=tuple(dict.fromkeys((*table.to, *listed))),
        body=table.body,
        address=table.address,
        ca_file=ca_file,
        login_by_mail=table.login_by_mail,
        test_to=table.test_to,
        push=table.push,
        zone=zone,
    )
    kinds.check(route)
    return route


def _kind(url: str) -> str:
    from app.notices import routes as kinds

    try:
        return kinds.kind_of(url)
    except ValueError as error:
        raise _Wrong("url", error) from error


def _listed(path: Path) -> tuple[str, ...]:
    """The addresses in a file, one a line; ``#`` begins a comment. Raises _Wrong."""
    from app.notices.mailbox import envelope

    if path.exists() and not path.is_file():
        raise _Wrong("to_file", f"{visible(str(path))} is no file")
    try:
        with path.open("rb") as file:
            content = file.read(LIST_LIMIT + 1)
        lines = content.decode().splitlines()
    except OSError as error:
        raise _Wrong("to_file", f"{visible(str(path))}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _Wrong("to_file", f"{visible(str(path))} is no text in UTF-8") from error
    if len(content) > LIST_LIMIT:
        raise _Wrong("to_file", f"{visible(str(path))} is larger than {LIST_LIMIT} bytes")
    found = []
    for number, line in enumerate(lines, 1):
        if address := line.partition("#")[0].strip():
            try:
                envelope(address)
            except ValueError as error:
                raise _Wrong("to_file", f"{visible(str(path))}:{number}: {error}") from error
            found.append(address)
    return tuple(found)
