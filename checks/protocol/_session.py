"""One run of smtp, imap or pop3: reach the service, talk, and judge what stopped the talk.

The protocol brings its steps (``banner``, ``ehlo``…).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from checks import connect, trust
from checks.model import Result, Target
from checks.phases import Phases
from checks.protocol import _tls
from checks.protocol._dialogue import Broken, Dialogue, How
from checks.protocol._judged import Judged, lead
from checks.protocol._stopped import Refused, Wait, judge_broken, judge_unreached

_NOT_TALKING = frozenset({"", "resolve", "connect", "ca-file", "tls"})

IMPLICIT_TLS = frozenset({"smtps", "imaps", "pop3s"})
"""Services that begin with the TLS handshake (RFC 8314)."""


class Session:
    """The run of a check of `kind`, e.g. ``smtp``; `stopped` says what ended it too early.

    `handshake` is what TLS is spoken by. One that is `trusting` takes whatever is there, to be
    looked at: it has no `certificate`, and nothing secret may be said in it.
    """

    def __init__(
        self, kind: str, target: Target, options: _tls.TlsOptions, *, trusting: bool = False
    ) -> None:
        self.kind = kind
        self.target = target
        self.options = options
        self.phases = Phases()
        self.dialogue = Dialogue()
        self.certificate: _tls.Certificate | None = None
        self.handshake: ssl.SSLObject | None = None
        self._is_trusting = trusting
        self.stopped: Judged | None = None
        self._step = self._after = ""
        self._began = 0.0
        self._bytes_before = 0

    async def run(self, talk: Callable[[], Awaitable[None]], *, deadline: float) -> None:
        """Connect and `talk`; what ends it too early is judged in `stopped`."""
        try:
            async with asyncio.timeout(deadline):
                connection = await connect.connect(self.target, self.phases, deadline=deadline)
                await self.dialogue.open(connection)
                if self.target.about in IMPLICIT_TLS:
                    await self.start_tls()
                await talk()
        except Refused as refusal:
            self.stopped = refusal.judged
        except (OSError, ValueError, Broken, connect.NotConnected, trust.CaFileError) as error:
            self.stopped = self._judge(error)
            # Its frames hold the dialogue, which may hold the error, and what OpenSSL has of both.
            error.__traceback__ = None
        finally:
            self.dialogue.close()

    @contextmanager
    def step(self, name: str, *, after: str) -> Iterator[None]:
        """Time the wait for one answer; `after` is what it is the answer to."""
        self._step, self._after = name, after
        self._began = asyncio.get_running_loop().time()
        self._bytes_before = self.dialogue.bytes_in
        is_again = self.certificate is not None and self.target.about not in IMPLICIT_TLS
        with self.phases.phase(f"{name}-tls" if is_again else name):
            yield

    async def start_tls(self) -> None:
        """Verify the peer and go on under TLS. Raises Broken, OSError, ValueError, CaFileError."""
        if self.dialogue.has_more:
            raise Broken(How.INJECTED)
        host = self.target.host
        self.phases.current = "ca-file"
        context = (
            trust.anybody()
            if self._is_trusting
            else await trust.context(host.ca_file if host else "")
        )
        name = self.target.address.strip("[]").rstrip(".")
        with self.phases.phase("tls"):
            self.handshake = await self.dialogue.start_tls(context, name)
            if not self._is_trusting:
                self.certificate = _tls.read_certificate(self.handshake)

    def leave(self, command: str) -> None:
        """Say goodbye, and do not wait for the answer.

        A round trip that would tell nothing: RFC 5321 4.1.1.10 asks for the command alone, and
        what the server did before counts without it.
        """
        self.dialogue.send(command)

    def judged(self) -> list[Judged]:
        """What all protocols judge alike: the certificate, and what stopped the talk."""
        judged = [] if self.stopped is None else [self.stopped]
        if self.certificate is not None:
            judged += _tls.judge_certificate(self.certificate, self.options)
        return judged

    def result(self, banner: str, judged: list[Judged]) -> Result:
        """The result of everything judged; when nothing is wrong, `banner` leads the summary."""
        metrics = {"bytes_in": float(self.dialogue.bytes_in)}
        evidence = self.dialogue.transcript()
        if self.dialogue.peer:
            evidence = (f"connected to {self.dialogue.peer} port {self.target.port}", *evidence)
        if self.certificate is not None:
            metrics["tls_days_left"] = self.certificate.days_left
            evidence = (*evidence, self.certificate.evidence)
        well = f"{banner.rstrip('.') or 'answers'}; {self._security()}"
        return self.phases.result(
            *lead(judged, well),
            metrics=metrics,
            evidence=evidence,
        )

    def _judge(self, error: Exception) -> Judged:
        phase = self.phases.current
        if isinstance(error, TimeoutError) and phase not in _NOT_TALKING:
            error = self.dialogue.late()
        if isinstance(error, Broken):
            return judge_broken(self.kind, error, self._wait())
        if phase == "tls" or isinstance(error, ssl.SSLError):
            return _tls.judge_error(error)
        return judge_unreached(self.kind, phase, error)

    def _security(self) -> str:
        if self.certificate is None:
            return "no TLS"
        certificate = self.certificate
        return f"{certificate.version}, certificate good for {certificate.days_left:.0f} days"

    def _wait(self) -> Wait:
        seconds = asyncio.get_running_loop().time() - self._began
        came = self.dialogue.bytes_in - self._bytes_before
        return Wait(self._step, self._after, seconds, came)
