"""What is kept of a file's content: its digest always, its masked text when it may be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from msgspec.structs import replace

from checks.drift._copy import SIZE_LIMIT, Copy
from checks.mask import has_secret_name, mask, secrets_named


def filled(copy: Copy, name: str, chunks: Iterable[bytes], room: int) -> Copy:
    """`copy` with what is kept of the content that comes in `chunks`.

    No text is kept of large files, of those for which there is no `room` (bytes), of binary ones,
    and of those that hold keys or passwords.
    """
    total = hashlib.sha256()
    content = bytearray()
    for chunk in chunks:
        total.update(chunk)
        if len(content) <= SIZE_LIMIT:
            content += chunk
    digest = total.hexdigest()
    is_text = len(content) <= min(SIZE_LIMIT, room) and b"\0" not in content
    if not is_text or b"PRIVATE KEY" in content or has_secret_name(name):
        return replace(copy, digest=digest)
    text = content.decode("utf-8", "backslashreplace")
    return replace(copy, digest=digest, text=mask(text), secrets=secrets_named(text))


def link_to(copy: Copy, target: bytes) -> Copy:
    """`copy` of a link: where it leads is its text."""
    text = "-> " + target.decode("utf-8", "backslashreplace")
    return replace(copy, digest="link " + text, text=text)


def without_secrets(files: dict[str, Copy]) -> dict[str, Copy]:
    """`files` without the texts of those that one of them calls a list of passwords."""
    named = {path for copy in files.values() for path in copy.secrets}
    hidden = {
        name: replace(files[name], text=None)
        for path in named
        for name in (path, f"{path}.db")
        if name in files and files[name].text is not None
    }
    return files | hidden if hidden else files
