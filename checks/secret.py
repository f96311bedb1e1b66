"""Secrets as values: where one is kept, and what is sent to log in. No I/O; `checks.reveal` reads.

Neither prints what it protects: a `Secret` never holds it, and `Credentials` hide it.
"""

from __future__ import annotations

from base64 import b64encode

from msgspec import Struct

from checks.text import MASK


class Secret(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a secret is kept: a file, a variable of the environment, or a command's output."""

    file: str = ""
    env: str = ""
    command: str = ""

    def __post_init__(self) -> None:
        if sum(map(bool, (self.file, self.env, self.command))) != 1:
            raise ValueError('must hold one of "file", "env" and "command"')


class Credentials:
    """A user and the password, which no `repr`, message or traceback shows."""

    __slots__ = ("_password", "user")

    def __init__(self, user: str, password: str) -> None:
        self.user = user
        self._password = password

    def __repr__(self) -> str:
        return f"Credentials({self.user!r}, {MASK!r})"

    def reveal(self) -> str:
        """The password itself, for the one call that sends it."""
        return self._password

    def plain(self) -> str:
        """What SASL PLAIN sends (RFC 4616)."""
        return _base64(f"\0{self.user}\0{self._password}")

    def login(self) -> tuple[str, str]:
        """What the two challenges of SASL LOGIN are answered with."""
        return _base64(self.user), _base64(self._password)

    def mask(self, outside: str) -> str:
        """`outside` without the password, in whatever form a server may echo it."""
        for form in (self.plain(), _base64(self._password), self._password):
            outside = outside.replace(form, MASK)
        return outside


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
