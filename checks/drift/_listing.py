"""The listing of another host's watched files: the command that prints it, and its parser.

Names are framed by NUL bytes, which none can hold. Without GNU's find, names with a line end are
left out, and links too.
"""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from checks.drift._copy import DIGEST_LIMIT, FILES_LIMIT, Copy, label
from checks.drift._keep import link_to
from checks.hosts import LoginError, Output
from checks.text import visible

LIST_LIMIT = 4 << 20
"""Bytes of a listing: 5,000 files with names of 800 bytes each."""

GAPS_KEPT = 100

NOT_FOUND = 127
"""What a shell answers for a command that is not there (POSIX XCU 2.8.2)."""

LIST = r"""
seal=$1
shift
count=$# IFS= nl='
'
for pattern do
  for path in $pattern; do
    if [ -e "$path" ]; then set -- "$@" "$path"; else printf -- '-%s\n' "$pattern"; fi
  done
done
shift "$count"
[ $# -gt 0 ] || exit 0
list() {
  if [ "$(find /dev/null -printf x 2>/dev/null)" = x ]; then
    find -H "$@" \( -type f -o -type l \) -printf '%s %T@ %C@ %i %m %U:%G %y\t%p\0%l\0'
  else
    find -H "$@" -type f ! -path "*$nl*" \
      -exec stat -Lc "%s %Y %Z %i %a %u:%g f	%n$nl" {} + | tr '\n' '\0'
  fi
}
new=$(list "$@" 2>/dev/null | cksum)
printf '%s\n' "$new"
[ "$new" = "$seal" ] || list "$@"
"""
"""Prints the patterns that match nothing, each with a dash before it, a seal over the listing; and
the listing itself, unless the seal is the one in the first argument."""


class Listed(Struct, frozen=True):
    """A file of a listing. Its copy is whole where the listing says all there is."""

    path: bytes
    size: int
    copy: Copy


class Listing(Struct, frozen=True, kw_only=True):
    """The files that are there, by label."""

    files: dict[str, Listed]
    absent: tuple[str, ...]
    unreadable: tuple[str, ...]
    seal: str
    is_cut: bool


def parse(output: Output) -> Listing:
    """What `LIST` printed. Raises LoginError when it did not work."""
    if output.exit_status == NOT_FOUND:
        raise LoginError(visible(output.stderr, 200))
    absent = []
    rest = output.stdout
    while rest.startswith(b"-"):
        line, _, rest = rest[1:].partition(b"\n")
        absent.append(visible(line))
    seal, _, rest = rest.partition(b"\n")
    records = rest.split(b"\0")[:-1]
    files = dict(map(_file, records[: FILES_LIMIT * 2 : 2], records[1::2]))
    gaps = [_gap(line) for line in output.stderr.splitlines()[:GAPS_KEPT]]
    return Listing(
        files=files,
        absent=tuple(absent),
        unreadable=tuple(filter(None, gaps)),
        seal=visible(seal),
        is_cut=output.is_cut or len(records) > FILES_LIMIT * 2,
    )


_GAP = re.compile(rb"find: '?(/.*?)'?: (.*)")


def _gap(line: bytes) -> str:
    """The folder that ``find`` complains of; nothing when it has gone since it was listed.

    >>> _gap(b"find: '/etc/dovecot/private': Permission denied")
    '/etc/dovecot/private'
    """
    found = _GAP.match(line)
    if not found:
        return visible(line)
    return "" if found[2].startswith(b"No such file") else label(found[1])


def _file(record: bytes, link: bytes) -> tuple[str, Listed]:
    r"""One file. Raises LoginError for what is no record.

    >>> _file(b"7 1700000000.5 1700000000.5 42 644 0:0 f\t/etc/aliases", b"")[1].copy.access
    '0644 0:0'
    """
    stamp, _, path = record.partition(b"\t")
    try:
        size, mtime, _, _, mode, owner, kind = stamp.decode().split(" ")
        access = f"{int(mode, 8):04o} {owner}"
        copy = Copy(stamp=visible(stamp), mtime=float(mtime), access=visible(access))
        length = int(size)
    except ValueError as error:
        raise LoginError(f"the listing cannot be read: {visible(record, 100)}") from error
    if kind == "l":
        copy = link_to(copy, link)
    elif length > DIGEST_LIMIT:
        copy = replace(copy, digest=copy.stamp)
    return label(path), Listed(path, length, copy)
