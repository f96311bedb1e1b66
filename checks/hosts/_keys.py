"""Whether a refused key login could have gone through with a person at the keyboard.

BatchMode skips a key that needs a passphrase, a PIN or a touch without a word, and the server then
says "Permission denied (publickey)" as if we had no key at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from checks.hosts import LoginError
from checks.hosts._openssh import ENVIRONMENT
from checks.hosts._process import head, spawn

_OUTPUT_LIMIT = 1 << 18

_KEYS_TRIED = 8
"""A server ends a connection after six (MaxAuthTries, sshd_config(5))."""


async def want_an_answer(client: Sequence[str], destination: str) -> bool:
    """Whether one of the keys that ssh would use there needs a person."""
    _, settings = await answered([*client, "-G", "--", destination])
    words = [line.partition(" ")[::2] for line in settings.decode(errors="replace").splitlines()]
    if any(name == "pkcs11provider" and value != "none" for name, value in words):
        return True
    keys = _present([value for name, value in words if name == "identityfile"])
    return any([await _needs_a_person(key) for key in keys[:_KEYS_TRIED]])


def _present(paths: Sequence[str]) -> list[Path]:
    keys = (Path(path).expanduser() for path in paths)
    return [key for key in keys if key.is_file()]


async def _needs_a_person(key: Path) -> bool:
    status, public = await answered(["ssh-keygen", "-y", "-P", "", "-f", str(key)])
    return status != 0 or public.startswith(b"sk-")


async def answered(argv: Sequence[str], *, deadline: float = 2.0) -> tuple[int, bytes]:
    """Exit status and stdout of one of OpenSSH's programs. Raises LoginError, TimeoutError."""
    try:
        process = await spawn(argv, ENVIRONMENT)
    except OSError as error:
        raise LoginError(f"can't run {argv[0]}: {error.strerror}") from error
    try:
        async with asyncio.timeout(deadline):
            printed = await head(process.outputs[0], _OUTPUT_LIMIT)
            return await process.wait(), printed
    finally:
        await process.end()
