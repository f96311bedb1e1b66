"""Looks at the watched files of another host: one command when nothing has changed there.

The far side needs a POSIX sh, and GNU's or busybox' find, stat and tar.
"""

from __future__ import annotations

import asyncio
import io
import os
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from checks.drift._copy import SIZE_LIMIT, TEXT_LIMIT, Copy, View
from checks.drift._keep import filled
from checks.drift._listing import LIST, LIST_LIMIT, Listed, Listing, parse
from checks.hosts import Login, TimedOut
from checks.mask import has_secret_name
from checks.text import visible

BATCH_BYTES, BATCH_NAMES = 4 << 20, 64 << 10
"""Bytes of content, and of names, that are asked for in one command."""

Batch = list[tuple[str, Listed]]
"""Files by label."""

DIGESTS = r"""
for path do
  digest=$({ sha256sum <"$path" || cksum <"$path"; } 2>/dev/null)
  printf '%s\n' "${digest%% *}"
done
"""


async def look(
    login: Login, watched: Sequence[str], known: dict[str, Copy], last: View | None, until: float
) -> View:
    """The files under the paths (or glob patterns) `watched`; links in there are not followed.

    Only files whose stamp is not the one they have in `known` are read; what is read is added to
    `known` at once, so that a look that ran out of time is not lost. `last` is the look before.
    Raises LoginError when the host can't be asked, or not until `until` (monotonic clock).
    """
    seal = last.seal if last else ""
    argv = ["sh", "-c", LIST, "sh", seal, *watched]
    output = await login.run(argv, deadline=_left(until), limit=LIST_LIMIT)
    listing = await asyncio.to_thread(parse, output)
    if last and last.seal and listing.seal == last.seal:
        return last
    for name, file in listing.files.items():
        if name not in known or known[name].stamp != file.copy.stamp or not known[name].digest:
            known[name] = file.copy
    await _read(login, listing, known, until)
    files = {name: known[name] for name in listing.files}
    is_whole = all(copy.digest for copy in files.values())
    return View(
        files=files,
        unreadable=listing.unreadable,
        absent=listing.absent,
        is_cut=listing.is_cut,
        seal=listing.seal if is_whole else "",  # what could not be read is tried again
    )


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimedOut("the files took too long to read")
    return left


async def _read(login: Login, listing: Listing, known: dict[str, Copy], until: float) -> None:
    """Read the content of what has no digest yet into `known`."""
    wanted, by_digest = _sorted(listing, known)
    for batch in _batches(wanted):
        argv = ["tar", "-chf", "-", *(os.fsdecode(file.path) for _, file in batch)]
        # each member has headers and is padded, the archive too (pax, "ustar Interchange Format")
        limit = sum(file.size + 4096 for _, file in batch) + 65_536
        output = await login.run(argv, deadline=_left(until), limit=limit)
        known.update(await asyncio.to_thread(_unpack, output.stdout, batch))
    for batch in _batches(by_digest, by_size=False):
        argv = ["sh", "-c", DIGESTS, "sh", *(os.fsdecode(file.path) for _, file in batch)]
        output = await login.run(argv, deadline=_left(until))
        for (name, file), digest in zip(batch, output.stdout.split(b"\n"), strict=False):
            known[name] = replace(file.copy, digest=visible(digest))


def _sorted(listing: Listing, known: Mapping[str, Copy]) -> tuple[Batch, Batch]:
    """What is to be read, and that of which only the digest may be known or carried."""
    wanted, by_digest, room = [], [], TEXT_LIMIT
    for name, file in listing.files.items():
        if known[name].digest:
            room -= len(known[name].text or "")
        elif file.size > min(SIZE_LIMIT, room) or has_secret_name(name):
            by_digest.append((name, file))
        else:
            room -= file.size
            wanted.append((name, file))
    return wanted, by_digest


def _batches(files: Batch, *, by_size: bool = True) -> Iterator[Batch]:
    """`files` in parts that are small enough to be asked for at once."""
    batch: Batch = []
    content = names = 0
    for name, file in files:
        content += file.size * by_size
        names += len(file.path) + 3
        if batch and (content > BATCH_BYTES or names > BATCH_NAMES):
            yield batch
            batch, content, names = [], file.size * by_size, len(file.path) + 3
        batch.append((name, file))
    if batch:
        yield batch


def _unpack(archive: bytes, batch: Batch) -> dict[str, Copy]:
    """The files of `batch` that the archive holds. Its members have lost the first slash."""
    asked = {file.path.lstrip(b"/"): (name, file) for name, file in batch}
    copies = {}
    try:
        with tarfile.open(
            fileobj=io.BytesIO(archive), mode="r:", encoding="utf-8", errors="surrogateescape"
        ) as members:
            for member in members:
                wanted = asked.get(os.fsencode(member.name).lstrip(b"/"))
                content = members.extractfile(member) if member.isreg() or member.islnk() else None
                if wanted and content:
                    name, file = wanted
                    text = content.read(SIZE_LIMIT + 1)
                    copies[name] = filled(file.copy, name, [text], SIZE_LIMIT)
    # a host may send anything for an archive; what was read before that is good
    except (tarfile.TarError, ValueError, ArithmeticError, LookupError, EOFError, OSError):
        return copies
    return copies
