"""One /bin/sh on a host, fed over ssh's stdin: a command costs a line each way, not a connection.

Whatever the login shell is (fish, csh) and its start-up files print, `exec /bin/sh` gets through,
and everything before our first nonce is dropped. Each answer ends in a nonce of its own, drawn
when the command is sent: no output can imitate it.
"""

from __future__ import annotations

import asyncio
import math
import re
import secrets
import shlex
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from typing import cast

from checks.hosts import Denied, LoginError, Output, Unreachable
from checks.hosts._openssh import ENVIRONMENT, meaning
from checks.hosts._process import CHUNK, SBIN, STDERR_LIMIT, Child, Running, spawn
from checks.text import visible

STATUS_LOST = 255
"""The exit status of ssh itself when it failed (ssh(1))."""

_FRAME_LENGTH = len("\n") + 32 + len(" 000\n")

# POSIX sh, but for `head -c` and `timeout`, which GNU, busybox and the BSDs have alike.
# mm_limited keeps a command that we gave up on from running there for ever: killing ssh does not
# end it. mm_run: nonce, most bytes of stdout, command; the pipe would swallow the command's status,
# so that comes out beside it. mm_stream: the same without a limit, ends the shell. mm_read: exits
# with the errno of what is wrong, told without asking for a message in some language.
_PRELUDE = r"""
LC_ALL=C; PATH=$PATH:@SBIN@; export LC_ALL PATH; exec 4>&1
if timeout -k 1 1 true; then mm_limited() { timeout -k 1 "$@"; }
else mm_limited() { shift; "$@"; }; fi 2>/dev/null
mm_end() { printf '\n%s %03d\n' "$1" "$2"; printf '\n%s %03d\n' "$1" "$2" >&2; }
mm_run() {
  mm_nonce=$1 mm_most=$2; shift 2
  mm_status=$({ { "$@" </dev/null 3>&- 4>&-; echo $? >&3; } | head -c "$mm_most" >&4; } 3>&1)
  mm_end "$mm_nonce" "${mm_status:-126}"
}
mm_stream() {
  mm_nonce=$1; shift
  "$@" </dev/null 4>&-; mm_status=$?
  printf '\n%s %03d\n' "$mm_nonce" "$mm_status" >&2; exit 0
}
mm_read() {
  if [ -f "$3" ]; then [ -r "$3" ] || return 13; mm_limited "$1" head -c "$2" <"$3" || return 5
  elif [ -d "$3" ]; then return 21
  elif [ -e "$3" ]; then return 22
  else
    mm_up=$3
    while mm_up=${mm_up%/*}; [ -n "$mm_up" ] && ! [ -d "$mm_up" ]; do :; done
    [ -x "${mm_up:-/}" ] && return 2; return 13
  fi
}
"""


def limited(argv: Sequence[str], deadline: float) -> list[str]:
    """`argv` for the shell, ended over there a moment after `deadline`. Raises ValueError."""
    if any("\0" in word for word in argv):
        raise ValueError("embedded null byte")
    return ["mm_limited", str(math.ceil(deadline) + 1), *argv]


def reading(path: str, limit: int, deadline: float) -> list[str]:
    """The words that print the first `limit` bytes of a file. Raises ValueError."""
    if not path.startswith("/") or "\0" in path:
        raise ValueError(f"{path!r} is not an absolute path")
    return ["mm_read", str(math.ceil(deadline) + 1), str(limit), path]


class Shell:
    """An open shell. One command at a time; an interrupted one leaves it closed."""

    def __init__(self, process: Child) -> None:
        self._process = process

    @classmethod
    async def open(cls, argv: Sequence[str]) -> Shell:
        """Start it through the ssh command line `argv`. Raises LoginError."""
        try:
            process = await spawn([*argv, "exec /bin/sh"], ENVIRONMENT, stdin=PIPE)
        except OSError as error:
            raise LoginError(f"can't run ssh: {error.strerror}") from error
        shell = cls(process)
        try:
            await shell._greet()
        except BaseException:
            await shell.close()
            raise
        return shell

    async def _greet(self) -> None:
        nonce = secrets.token_hex(16)
        prelude = _PRELUDE.replace("@SBIN@", SBIN)
        _, status, complaint = await self._ask(f"{prelude}\nmm_end {nonce} 0\n", nonce, 0)
        if status is None:
            raise await self._why(complaint)

    async def _why(self, complaint: bytes) -> LoginError:
        if await self._process.wait() == STATUS_LOST:
            return meaning(complaint)
        last = complaint.strip().rpartition(b"\n")[2]
        return Denied(f"no shell there, it ended at once: {visible(last) or 'without a word'}")

    @property
    def is_open(self) -> bool:
        """Whether it takes commands, as far as we have heard."""
        return self._process.returncode is None and not self._process.outputs[0].at_eof()

    async def run(self, words: Sequence[str], limit: int) -> Output:
        """Run a command, `limited` or `reading`. Raises Unreachable when the line drops."""
        nonce = secrets.token_hex(16)
        is_over = False
        try:
            line = f"mm_run {nonce} {limit + 1} {shlex.join(words)}\n"
            kept, status, errors = await self._ask(line, nonce, limit + 1)
            if status is None:
                raise _dropped(errors)
            is_over = True
            return Output(status, kept[:limit], errors, len(kept) > limit)
        finally:
            if not is_over:
                await self.close()

    async def _ask(self, line: str, nonce: str, keep: int) -> tuple[bytes, int | None, bytes]:
        """Up to `keep` bytes of stdout, the status (None: the line ended) and the stderr."""
        await self._write(line)
        stdout, stderr = self._process.outputs
        (kept, status), (errors, _) = await asyncio.gather(
            _frame(stdout, nonce, keep), _frame(stderr, nonce, STDERR_LIMIT)
        )
        return kept, status, errors

    async def _write(self, line: str) -> None:
        stdin = cast(asyncio.StreamWriter, self._process.stdin)
        # File names need not be UTF-8: Python has their odd bytes as surrogates.
        stdin.write(line.encode("utf-8", "surrogateescape"))
        try:
            await stdin.drain()
        except ConnectionError:
            return  # the reading side sees the end, and the reason on stderr

    async def stream(self, words: Sequence[str]) -> Running:
        """Run a last command, its output taken as it comes. Call `close` afterwards."""
        nonce = secrets.token_hex(16)
        await self._write(f"mm_stream {nonce} {shlex.join(words)}\n")
        stdout, stderr = self._process.outputs
        return Running(stdout, asyncio.create_task(_outcome(stderr, nonce)))

    async def close(self) -> None:
        """End it."""
        await self._process.end()


def _dropped(complaint: bytes) -> Unreachable:
    """The error of a line that ended before the command did."""
    last = visible(complaint.strip().rpartition(b"\n")[2])
    return Unreachable(f"the line dropped: {last}" if last else "the line dropped")


async def _outcome(stderr: asyncio.StreamReader, nonce: str) -> Output | LoginError:
    errors, status = await _frame(stderr, nonce, STDERR_LIMIT)
    if status is None:
        return _dropped(errors)
    return Output(status, b"", errors)


async def _frame(reader: asyncio.StreamReader, nonce: str, keep: int) -> tuple[bytes, int | None]:
    """The first `keep` bytes before the nonce's line and the status in it; None: it never came."""
    line = re.compile(rb"\n%b ([0-9]{3})\n" % nonce.encode())
    kept, tail = bytearray(), b""
    while chunk := await reader.read(CHUNK):
        tail += chunk
        if found := line.search(tail):
            kept += tail[: found.start()][: keep - len(kept)]
            return bytes(kept), int(found[1])
        sure = max(0, len(tail) - _FRAME_LENGTH + 1)
        kept += tail[:sure][: keep - len(kept)]
        tail = tail[sure:]
    kept += tail[: keep - len(kept)]
    return bytes(kept), None
