"""Asks a host for the pieces of a bundle: one script, whose answers come as they are ready.

A piece that hangs is ended over there by timeout(1). What that can't end (a `df` on dead NFS, a
program of root's) leaves its line of the script waiting for ever: then we leave it, and ask for the
rest on another one.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from app.bundle.piece import Gathered, Piece, judge, pieces
from app.sudo import PRELUDE
from checks.hosts import Login, LoginError

GRACE = 5.0
"""Seconds for the login itself, beside those that a piece gets."""

# POSIX sh, but for `head -c` and `timeout`, as in the shell of the logins. A piece's status, and as
# whom it ran, come out beside its output, which may be cut; each ends in a line that no output can
# imitate.
_SCRIPT = r"""
exec 4>&1
user=user; [ "$(id -u)" = 0 ] && user=root
ask() {
  if [ "$may$sudo" = 1sudo ]; then
    as=sudo; bounded "$seconds" sudo -n "$@"
    case $? in 0) return 0 ;; 124) return 124 ;; 137) return 137 ;; esac
  fi
  as=$user; bounded "$seconds" "$@"
}
piece() {
  seconds=$1 most=$2 sudo=$3 keep=$4; shift 4
  ended="127 $user"
  if command -v "$1" >/dev/null; then
    ended=$({ { ask "$@" </dev/null 2>&1 3>&- 4>&-; echo "$? $as" >&3; } |
      sh -c "$keep" 2>/dev/null | head -c "$most" >&4; } 3>&1)
  fi
  printf '\n%s %s\n' "$nonce" "${ended:-126 $user}"
}
"""


def script(nonce: str, wanted: Sequence[Piece]) -> str:
    """What is run for the pieces `wanted`."""
    lines = [
        shlex.join(
            [
                *("piece", str(one.seconds), str(one.bytes + 1), "sudo" if one.sudo else ""),
                *(one.keep or "cat", *one.argv),
            ]
        )
        for one in wanted
    ]
    return "\n".join([PRELUDE, _SCRIPT, f"nonce={nonce}", *lines])


FRAME = 1 << 16
"""Bytes that may come beyond what a piece may have: its end, and what was read along with it."""


class Frames:
    """Cuts what comes into the answers of the pieces."""

    def __init__(self, nonce: str) -> None:
        self._end = re.compile(rb"\n%b ([0-9]{1,3}) (root|sudo|user)\n" % nonce.encode())
        self._longest = len(f"\n{nonce} 000 root\n")
        self._begun = bytearray()
        self._searched = 0

    def feed(self, chunk: bytes) -> Iterator[tuple[bytes, int, str]]:
        """The answers that are whole now, each with its exit status, and as whom it ran."""
        self._begun += chunk
        while found := self._end.search(self._begun, self._searched):
            yield bytes(self._begun[: found.start()]), int(found[1]), found[2].decode()
            del self._begun[: found.end()]
            self._searched = 0
        self._searched = max(0, len(self._begun) - self._longest)

    def __len__(self) -> int:
        """Bytes of one that has not ended."""
        return len(self._begun)

    @property
    def rest(self) -> bytes:
        """What has come of one that has not ended."""
        return bytes(self._begun)


class Gathering:
    """Gathers what a bundle holds of the host behind `login`; lives on that login's loop."""

    def __init__(self, login: Login, wanted: Sequence[Piece] | None = None) -> None:
        self.wanted = pieces() if wanted is None else tuple(wanted)
        self.done: list[Gathered] = []
        self.on_gathered: Callable[[Gathered], object] = lambda _one: None
        self._login = login
        self._stopped = ""
        self._patience = asyncio.Timeout(None)

    async def run(self) -> None:
        """Ask for all of it, and take what comes; does not raise."""
        reason = ""
        while not reason and (wanted := self._left):
            try:
                await self._ask(wanted)
            except LoginError as error:
                reason = str(error)
            reason = self._stopped or reason
        for piece in self._left:
            self._add(Gathered(piece=piece, outcome="not asked", reason=f"not asked: {reason}"))

    async def stop(self) -> None:
        """Ask for no more; what has come is kept."""
        self._stopped = "stopped by the operator"
        with suppress(RuntimeError):  # it has not begun, or has ended meanwhile
            self._patience.reschedule(asyncio.get_running_loop().time())

    @property
    def _left(self) -> tuple[Piece, ...]:
        return self.wanted[len(self.done) :]

    async def _ask(self, wanted: Sequence[Piece]) -> None:
        """Ask for `wanted` with one script; at least one of them is `done` then, or none is left.

        Raises LoginError.
        """
        frames = Frames(nonce := secrets.token_hex(16))
        deadline = sum(map(_at_most, wanted)) + 2 * GRACE
        argv = ["sh", "-c", script(nonce, wanted)]
        async with self._login.stream(argv, deadline=deadline) as stream:
            try:
                async with asyncio.timeout(None) as self._patience:
                    self._wait_for_next()
                    async for chunk in stream.chunks():
                        for answer in frames.feed(chunk):
                            if not self._left:  # the host says more than it was asked
                                return
                            self._add(judge(self._left[0], *answer))
                            self._wait_for_next()
                        if self._left and len(frames) > self._left[0].bytes + FRAME:
                            self._give_up(frames.rest, "it says more than it was asked for")
                            return
                    await stream.end()
            except TimeoutError:
                self._give_up(frames.rest, self._stopped)
                return
        if self._left:
            self._give_up(frames.rest, "the shell there ended")

    def _give_up(self, content: bytes, reason: str) -> None:
        """Go on without the piece that is waited for."""
        for piece in self._left[:1]:
            reason = reason or f"nothing could end it after {piece.seconds} s"
            kept = content[: piece.bytes]
            self._add(Gathered(piece=piece, outcome="late", reason=reason, content=kept))

    def _wait_for_next(self) -> None:
        at_most = [_at_most(piece) for piece in self._left[:1]]
        now = asyncio.get_running_loop().time()
        self._patience.reschedule(now if self._stopped else now + sum(at_most) + GRACE)

    def _add(self, one: Gathered) -> None:
        self.done.append(one)
        self.on_gathered(one)


def _at_most(piece: Piece) -> float:
    """Seconds that it may take: `timeout -k 1`, and once more where sudo does not run it."""
    return (piece.seconds + 1.0) * (2 if piece.sudo else 1)
