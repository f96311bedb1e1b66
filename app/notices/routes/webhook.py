"""A webhook: chat, pager, ntfy, the intranet. `body` names what it gets, of bodies.toml.

``{secret}`` in the URL stands for the secret, which otherwise goes into the body, where that has a
place for it, or a header (``Authorization: Bearer``, RFC 6750). Redirects are not followed:
nobody knows where the token would go.
"""

from __future__ import annotations

import asyncio

from app.notices.route import Message, Route
from app.notices.routes._reach import target
from checks import url as urls
from checks.etc_hosts import is_this_machine
from checks.fate import Fate
from checks.secret import Credentials
from checks.text import visible

SCHEMES = ("https", "http")
TAKES = frozenset({"secret", "body", "address", "ca_file"})

PLACE = "{secret}"

REPLY_LIMIT = 4096
"""Bytes of an answer that are read: a word, or an error's JSON."""

IN_DOUBT = {408, 502, 504}
"""Somebody on the way says that it heard nothing more (RFC 9110 15.5.9, 15.6.3, 15.6.5)."""

BUSY = {423, 425, 429, 503}
"""Refused for now."""

_PAGE = (b"<!doctype html", b"<html")


def check(route: Route) -> None:
    """See `Kind.check`."""
    from app.notices.routes._body import GENERIC, bodies

    try:
        where = urls.parse(route.url.replace(PLACE, "secret"))
    except ValueError as error:
        raise ValueError('"url" must be https://HOST/PATH, without user and password') from error
    if PLACE in route.url and not route.secret:
        raise ValueError(f'{PLACE} in "url" needs secret = {{ file = "…" }}')
    if route.secret and not where.is_tls and not is_this_machine(where.host):
        raise ValueError("a secret goes over https:// alone")
    if (route.body or GENERIC) not in bodies():
        raise ValueError(f'"body" must be one of {", ".join(bodies())}')
    if bodies()[route.body or GENERIC].secret_in_body and not route.secret:
        raise ValueError(f'"body" {route.body} needs secret = {{ file = "…" }}')


def host(route: Route) -> str:
    """See `Kind.host`."""
    return urls.parse(route.url.replace(PLACE, "secret")).host


async def send(
    message: Message, route: Route, secret: Credentials, *, deadline: float
) -> dict[str, Fate]:
    """See `Kind.send`."""
    return {"": await _post(message, route, secret, deadline)}


async def _post(message: Message, route: Route, secret: Credentials, deadline: float) -> Fate:
    from app.notices.routes._body import GENERIC, bodies, fill
    from checks.connect import NotConnected
    from checks.http import Client, HttpError
    from checks.phases import Phases
    from checks.trust import CaFileError

    body = bodies()[route.body or GENERIC]
    try:
        where = urls.parse(route.url.replace(PLACE, secret.reveal()))
    except ValueError:
        return Fate("refused", "the secret does not fit into a URL")
    content, headers = fill(body, message, secret.reveal())
    if route.secret and PLACE not in route.url and not body.secret_in_body:
        headers["Authorization"] = f"Bearer {secret.reveal()}"
    phases = Phases()
    door = target(route, "https" if where.is_tls else "http", where.host, where.port)
    client = Client(door, phases, is_tls=where.is_tls, deadline=deadline)
    headers |= {"Host": _host(where), "User-Agent": "mailmedic", "Connection": "close"}
    try:
        async with asyncio.timeout(deadline):
            answer = await client.ask(
                where.path, method="POST", headers=headers, body=content, limit=REPLY_LIMIT
            )
    except (HttpError, NotConnected, CaFileError, TimeoutError, OSError) as error:
        return _failed(error, phases.current, deadline)
    finally:
        client.close()
    return judge(answer.status, answer.body, answer.headers)


def _host(where: urls.Url) -> str:
    """What a server wants to hear, with a port that is not the usual one (RFC 9110 7.2)."""
    name = f"[{where.host}]" if ":" in where.host else where.host
    return name if where.port == (443 if where.is_tls else 80) else f"{name}:{where.port}"


def _failed(error: Exception, phase: str, deadline: float) -> Fate:
    if isinstance(error, TimeoutError):
        text = f"no answer in {deadline:.0f} s ({phase or 'resolve'})"
    else:
        text = visible(str(error), 200) or type(error).__name__
    if phase == "ask":
        return Fate("unknown", f"{text}; it may have the notice")
    return Fate("refused", text, is_temporary=phase in ("resolve", "connect", ""))


def judge(status: int, body: bytes, headers: dict[str, str]) -> Fate:
    """What an answer means. Pure."""
    said = visible(body[:1000], 200).strip()
    proof = f"HTTP {status}"
    reply = f"{proof} {said}".strip()
    if body.lstrip()[:20].lower().startswith(_PAGE):
        reply = f"{proof} and a web page"
        if 200 <= status < 300:
            return Fate("unknown", f"{reply}: a log-in page?", proof)
    if 200 <= status < 300:
        return Fate("accepted", reply, proof)
    if 300 <= status < 400:
        there = headers.get("location", "elsewhere").partition("?")[0]
        return Fate("refused", f"{proof}: redirects to {there}, which is not followed", proof)
    if status in IN_DOUBT:
        return Fate("unknown", reply, proof)
    return Fate("refused", reply, proof, is_temporary=status in BUSY)
