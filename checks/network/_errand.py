"""What another device is asked to try, in POSIX sh with the tools that it has, and its answer.

One script, one answer: a first line ``tool NAME``, then for each thing tried its number, an exit
status and what the tool said. All of it is a stranger's word until `read` has been over it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

SECONDS = 2
"""How long one connection is waited for: a second try fits in."""

ANSWER_LIMIT = 1 << 16
"""Bytes of the whole answer: 300 lines of the longest sort."""

TOOLS = ("bash", "nc", "nc-plain", "curl", "openssl")
"""The best first: bash says at once what became of a connection, and needs no program for it."""

PING = 0
"""In place of a port: an echo request."""

# 40 at a time: a router has little memory. `limited` ends what takes longer, where there is no
# timeout(1), of which old busyboxes have another sort. Without -z, nc stays until it is ended: what
# it says before tells whether it was connected. Where bash was built without /dev/tcp it looks for
# a file of that name; below sshd it reads .bashrc, also for a mere -c.
SCRIPT = r"""
LC_ALL=C; export LC_ALL; t=$1; shift
have() { command -v "$1" >/dev/null 2>&1; }
if timeout 1 true 2>/dev/null; then limited() { timeout "$@"; }
else limited() {
  s=$1; shift; "$@" & p=$!
  (sleep "$s"; kill $p) >/dev/null 2>&1 & w=$!
  wait $p; s=$?; kill $w 2>/dev/null; return $s
}; fi
tool=none
if have bash && ! bash --norc -c ': </dev/tcp/127.0.0.1/9' 2>&1 | grep -q 'No such file'
then tool=bash
elif have nc && nc -h 2>&1 | grep -q -e '-[0-9A-Za-z]*z'; then tool=nc
elif have nc; then tool=nc-plain
elif have curl; then tool=curl
elif have openssl; then tool=openssl; fi
echo "tool $tool"
attempt() {
  case $1 in *:*) a=[$1] ;; *) a=$1 ;; esac
  if [ "$2" = 0 ]; then limited 3 ping -c 1 -W "$t" "$1"; return; fi
  case $tool in
    bash) limited "$((t + 1))" bash --norc -c ': <"/dev/tcp/$0/$1"' "$1" "$2" ;;
    nc) limited "$((t + 1))" nc -z -v -w "$t" "$1" "$2" ;;
    nc-plain) limited "$((t + 1))" nc -w "$t" "$1" "$2" ;;
    curl) limited "$((t + 1))" curl -sv --connect-timeout "$t" -m "$t" "telnet://$a:$2" ;;
    openssl) limited "$((t + 1))" openssl s_client -connect "$a:$2" ;;
    *) return 127 ;;
  esac
}
ask() {
  said=$(attempt "$2" "$3" 2>&1 </dev/null); status=$?
  printf '%s %s %.200s\n' "$1" "$status" "$(printf %s "$said" | tr -c ' -~' ' ')"
}
n=0
while [ $# -gt 1 ]; do
  ask $n "$1" "$2" &
  n=$((n + 1)); shift 2
  [ $((n % 40)) = 0 ] && wait
done
wait
"""


class Outcome(StrEnum):
    """What became of a connection."""

    OPEN = "open"
    REFUSED = "refused"
    DROPPED = "dropped"
    UNREACHABLE = "unreachable"
    UNCLEAR = "unclear"

    @property
    def is_known(self) -> bool:
        """Whether anything was found out."""
        return self is not Outcome.UNCLEAR


class Answer(Struct, frozen=True):
    """The tool that was used, and the outcomes by number."""

    tool: str = ""
    outcomes: dict[int, Outcome] = {}


def argv(places: Sequence[tuple[str, int]]) -> list[str]:
    """The command for a `Login`, which tries each address and port."""
    words = [word for address, port in places for word in (address, str(port))]
    return ["sh", "-c", SCRIPT, "sh", str(SECONDS), *words]


_LINE = re.compile(rb"(\d{1,4}) (\d{1,3}) (.*)")


def read(answer: bytes, count: int) -> Answer:
    r"""What was answered about `count` places; whatever else is said counts for nothing.

    >>> read(b"tool nc\n1 1 nc: connect to 10.0.0.1 port 25 failed: Connection refused\n", 2)
    Answer(tool='nc', outcomes={1: <Outcome.REFUSED: 'refused'>})
    """
    first, *lines = answer[:ANSWER_LIMIT].split(b"\n")
    tool = first.removeprefix(b"tool ").decode("ascii", "replace")
    if not first.startswith(b"tool ") or tool not in TOOLS:
        return Answer()
    found = (_LINE.fullmatch(line) for line in lines)
    outcomes = {
        int(one[1]): outcome(tool, int(one[2]), one[3].lower())
        for one in found
        if one is not None and int(one[1]) < count
    }
    return Answer(tool, outcomes)


_WORDS = (
    (b"connection refused", Outcome.REFUSED),
    (b"errno=111", Outcome.REFUSED),
    (b"no route to host", Outcome.UNREACHABLE),
    (b"unreachable", Outcome.UNREACHABLE),
    (b"prohibited", Outcome.UNREACHABLE),
    (b"timed out", Outcome.DROPPED),
    (b"timeout", Outcome.DROPPED),
    (b"100% packet loss", Outcome.DROPPED),
)
"""What tools say, in the C locale, in lower case; the first that is found counts."""

_CONNECTED = (b"connected", b"succeeded", b" open")

_ENDED = {124, 137, 143}
"""Exit statuses of what was ended because it took too long: timeout(1), SIGKILL, SIGTERM."""


def outcome(tool: str, status: int, said: bytes) -> Outcome:
    """What a tool's exit status and words mean."""
    if status == 0 or any(word in said for word in _CONNECTED):
        return Outcome.OPEN
    for word, meaning in _WORDS:
        if word in said:
            return meaning
    if status in _ENDED:
        ended = {"bash": Outcome.DROPPED, "nc": Outcome.DROPPED, "nc-plain": Outcome.OPEN}
        return ended.get(tool, Outcome.UNCLEAR)
    return Outcome.UNCLEAR
