"""Reads a secret from where it is kept, in the moment that it is used."""

from __future__ import annotations

import os
import shlex

from checks.hosts import LoginError
from checks.hosts.local import LocalLogin
from checks.secret import Secret
from checks.text import visible

LIMIT = 4096
"""Bytes; a password has less."""


class SecretError(Exception):
    """The secret cannot be had. The text says where it was looked for, never what was found."""


async def reveal(secret: Secret, *, deadline: float) -> str:
    """The first line of the secret. Raises SecretError."""
    if secret.env:
        return _first_line(os.environb.get(secret.env.encode(), b""), f"${secret.env}")
    here = LocalLogin()
    try:
        if secret.command:
            return await _told(here, secret.command, deadline)
        content = await here.read(secret.file, deadline=deadline, limit=LIMIT)
    except OSError as error:
        raise SecretError(f"{visible(secret.file)}: {error.strerror}") from error
    except LoginError as error:
        raise SecretError(visible(str(error))) from error
    return _first_line(content, secret.file)


async def _told(here: LocalLogin, command: str, deadline: float) -> str:
    try:
        argv = shlex.split(command)
    except ValueError as error:
        raise SecretError(f"the password command cannot be read: {error}") from error
    output = await here.run(argv, deadline=deadline, limit=LIMIT)
    if output.exit_status:
        raise SecretError(f"{visible(argv[0])} ended with status {output.exit_status}")
    return _first_line(output.stdout, argv[0])


def _first_line(content: bytes, source: str) -> str:
    line = content.split(b"\n", 1)[0].removesuffix(b"\r")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or "\0" in text:
        raise SecretError(f"{visible(source)} holds no password")
    return text
