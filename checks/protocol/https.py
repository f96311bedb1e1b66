"""Asks whether web pages of the mail system answer: webmail, autoconfig, Exchange's health pages.

RFC 9110 (HTTP), 9112 (HTTP/1.1), 2818 (HTTPS). Judged by status, text and certificate. Exchange
answers its ``/owa/healthcheck.htm`` and its siblings with ``200 OK`` as text while the part behind
them works (Managed Availability). Redirects are an answer, and are not followed.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

from msgspec import Struct

from checks import connect, trust
from checks.http import Answer, Client, Garbled, HttpError, Untrusted
from checks.model import Result, State, System, Target
from checks.phases import Phases
from checks.protocol import _tls
from checks.protocol._judged import Judged, lead
from checks.protocol._stopped import judge_unreached
from checks.text import visible

FINDINGS = (
    connect.findings("https")
    | _tls.FINDINGS
    | {
        "https.timeout": "connected, and the answer does not come",
        "https.closed": "the connection ended before the answer",
        "https.garbled": "what came is no HTTP, or ended in the middle",
        "https.error": "the page answers with an error of the server's (5xx)",
        "https.missing": "the page is not there (404, 410)",
        "https.status": "the page answers with another status than it should",
        "https.text": "the page does not hold the text that it should",
        "https.slow": "the page takes long to answer",
    }
)

BODY_LIMIT = 64 << 10
"""Bytes of a page that its text is looked for in."""

USUAL = {"healthcheck.htm": "200 OK", "config-v1.1.xml": "<clientConfig"}
"""What well-known pages hold, by the end of their path: Exchange's, and autoconfig's."""


class Page(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page to ask for, of one host or of all, and what it should answer.

    Without a `status` any below 400 is right: webmail redirects to its login.
    """

    path: str
    host: str = ""
    status: int = 0
    text: str = ""

    def __post_init__(self) -> None:
        if not self.path.startswith("/") or not self.path.isascii() or not self.path.isprintable():
            raise ValueError("a page's path begins with / and holds ASCII's letters alone")

    @property
    def expected(self) -> str:
        """The text that should be in it."""
        return self.text or USUAL.get(self.path.partition("?")[0].rpartition("/")[2], "")


ANY = Page(path="/")
"""What is asked for where the config names no page: then anything but a server's error is right."""


class Options(_tls.TlsOptions, frozen=True, kw_only=True):
    """`page` is asked for; `slow` is how many seconds an answer may take."""

    interval: float = 10.0
    slow: float = 3.0
    page: tuple[Page, ...] = ()


class Seen(Struct):
    """The answers, as far as it got, and what stopped it."""

    answers: list[tuple[Page, Answer]] = []
    stopped: Judged | None = None
    session: ssl.SSLObject | None = None


def targets(system: System) -> list[Target]:
    """Every https service."""
    return system.services("https")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Ask for each page over one connection, and judge answers and certificate."""
    phases, seen = Phases(), Seen()
    pages = pages_of(target, options)
    client = Client(target, phases, is_tls=True, deadline=deadline)
    try:
        async with asyncio.timeout(deadline):
            for page in pages:
                answer = await client.ask(page.path, headers=_HEADERS, limit=BODY_LIMIT)
                seen.answers.append((page, answer))
    except (OSError, HttpError, connect.NotConnected, trust.CaFileError) as error:
        seen.stopped = judge_error(error, phases.current)
        error.__traceback__ = None  # as in _session: it holds the handshake's buffers
    finally:
        seen.session = client.session
        client.close()
    return _result(phases, seen, options)


_HEADERS = {"User-Agent": "mailmedic", "Accept": "*/*"}


def pages_of(target: Target, options: Options) -> list[Page]:
    """The pages of this host."""
    name = target.host.name if target.host else ""
    return [page for page in options.page if page.host in ("", name)] or [ANY]


def _result(phases: Phases, seen: Seen, options: Options) -> Result:
    judged = [] if seen.stopped is None else [seen.stopped]
    for page, answer in seen.answers:
        judged += judge_answer(page, answer)
    metrics, evidence = {}, [line for page, answer in seen.answers for line in _said(page, answer)]
    took = phases.lasted().get("ask", 0.0)
    if seen.stopped is None and took > options.slow:
        judged.append(Judged(State.WARNING, "https.slow", f"answers, and takes {took:.1f} s"))
    if seen.session is not None:
        certificate = _tls.read_certificate(seen.session)
        judged += _tls.judge_certificate(certificate, options)
        metrics["tls_days_left"] = certificate.days_left
        evidence.append(certificate.evidence)
    return phases.result(
        *lead(judged, _well(seen.answers)),
        metrics=metrics,
        evidence=tuple(evidence),
    )


def judge_answer(page: Page, answer: Answer) -> list[Judged]:
    """Whether a page is what it should be."""
    told = f"{visible(page.path, 100)} answers {answer.status}"
    if not _is_right(page, answer.status):
        code = "https.status"
        if answer.status >= 500:
            code = "https.error"
        elif answer.status in (404, 410):
            code = "https.missing"
        return [Judged(State.CRITICAL, code, told)]
    if page.expected and page.expected.encode() not in answer.body:
        where = " in its first 64 KiB" if answer.is_cut else ""
        text = f"{told} without “{visible(page.expected, 60)}”{where}"
        return [Judged(State.CRITICAL, "https.text", text)]
    return []


def _is_right(page: Page, status: int) -> bool:
    if page is ANY:
        return status < 500
    if page.status:
        return status == page.status
    return status == 200 if page.expected else status < 400


def _said(page: Page, answer: Answer) -> list[str]:
    """Status, where it leads to, and the first line of the text."""
    leads = f" to {answer.headers['location']}" if "location" in answer.headers else ""
    first = answer.body.lstrip().partition(b"\n")[0]
    server = answer.headers.get("server", "")
    return [
        f"GET {visible(page.path, 100)}: {answer.status}{leads}{f' ({server})' if server else ''}",
        *([f"  {visible(first, 120)}"] if first else []),
    ]


def _well(answers: Sequence[tuple[Page, Answer]]) -> str:
    return ", ".join(f"{visible(page.path, 60)} {answer.status}" for page, answer in answers)


def judge_error(error: Exception, phase: str) -> Judged:
    """What kept the page from coming, in `phase`."""
    of_tls = _of_tls(error, phase)
    if of_tls is not None:
        return _tls.judge_error(of_tls)
    if isinstance(error, HttpError):
        return Judged(State.CRITICAL, "https.garbled", str(error))
    if isinstance(error, trust.CaFileError):
        return judge_unreached("https", "ca-file", error)
    if phase == "ask":
        code = "https.timeout" if isinstance(error, TimeoutError) else "https.closed"
        return Judged(State.CRITICAL, code, FINDINGS[code])
    return judge_unreached("https", phase, error)


def _of_tls(error: Exception, phase: str) -> Exception | None:
    """The error that the handshake ended with; None where it is no matter of TLS."""
    if isinstance(error, Untrusted | Garbled):
        return error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else None
    is_handshake = phase == "tls" and isinstance(error, OSError)
    return error if is_handshake or isinstance(error, ssl.SSLError) else None
