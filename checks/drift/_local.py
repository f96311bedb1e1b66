"""Looks at the watched files of this machine. Blocks: call it in a thread."""

from __future__ import annotations

import glob
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from checks.drift._copy import DIGEST_LIMIT, FILES_LIMIT, TEXT_LIMIT, Copy, View, label
from checks.drift._keep import filled, link_to

CHUNK = 1 << 18
"""Bytes read at once."""

Found = Iterator[tuple[bytes, os.stat_result]]


def look(watched: Iterable[str], before: Mapping[str, Copy], until: float) -> View:
    """The files under the paths (or glob patterns) `watched`; links in there are not followed.

    Only files whose stamp is not the one they have in `before` are read. Raises TimeoutError when
    it is `until` (by the monotonic clock).
    """
    files: dict[str, Copy] = {}
    gaps: list[str] = []
    absent = []
    room = TEXT_LIMIT
    for pattern in watched:
        roots = glob.glob(os.fsencode(pattern))  # noqa: PTH207  bytes: names need not be text
        if not roots:
            absent.append(pattern)
        for path, status in _walk(sorted(roots), gaps):
            if time.monotonic() > until:
                raise TimeoutError
            if len(files) == FILES_LIMIT:
                return View(files=files, unreadable=tuple(gaps), is_cut=True)
            name = label(path)
            stamp = _stamp(status)
            known = before.get(name)
            if known is None or known.stamp != stamp or not known.digest:
                known = _read(path, name, stamp, status, room)
            room -= len(known.text or "")
            files[name] = known
    return View(files=files, unreadable=tuple(gaps), absent=tuple(absent))


def _walk(roots: Iterable[bytes], gaps: list[str]) -> Found:
    """The regular files and links under `roots`; what cannot be listed goes into `gaps`."""
    folders = []
    for root in roots:
        try:
            status = os.stat(root)  # noqa: PTH116  a root may be a link, as with find -H
        except OSError:
            gaps.append(label(root))
            continue
        if stat.S_ISDIR(status.st_mode):
            folders.append(root)
        elif stat.S_ISREG(status.st_mode):
            yield root, status
    while folders:
        try:
            yield from _list(folders.pop(), folders)
        except FileNotFoundError:
            continue  # gone since it was listed
        except OSError as error:
            gaps.append(label(error.filename))


def _list(folder: bytes, folders: list[bytes]) -> Found:
    """The regular files and links in `folder`; the folders in it are added to `folders`."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                try:
                    yield entry.path, entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # gone since it was listed
                    continue


def _stamp(status: os.stat_result) -> str:
    """What differs when a file may differ; ctime tells what ``cp -p`` and ``touch`` hide."""
    return (
        f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} "
        f"{status.st_ino} {status.st_mode:o} {status.st_uid}:{status.st_gid}"
    )


def _read(path: bytes, name: str, stamp: str, status: os.stat_result, room: int) -> Copy:
    access = f"{stat.S_IMODE(status.st_mode):04o} {status.st_uid}:{status.st_gid}"
    copy = Copy(stamp=stamp, mtime=status.st_mtime, access=access)
    if status.st_size > DIGEST_LIMIT:
        return replace(copy, digest=stamp)
    try:
        if stat.S_ISLNK(status.st_mode):
            return link_to(copy, os.readlink(path))  # noqa: PTH115
        return filled(copy, name, _chunks(path, status), room)
    except OSError:
        return copy


def _chunks(path: bytes, status: os.stat_result) -> Iterator[bytes]:
    """The content of the file that `status` is of. Raises OSError when another is there now."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123  a descriptor, not a path
        if not os.path.samestat(os.fstat(descriptor), status):
            raise FileNotFoundError
        while chunk := file.read(CHUNK):
            yield chunk
