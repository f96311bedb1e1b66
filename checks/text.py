"""The one gate for text from outside: `visible` for what is shown, `redact` for secrets.

Terminals obey control bytes (CWE-150), so none passes: as OpenSSH does (vis(3)), they are made
visible instead of being removed, because an operator wants to see that they were there.
"""

from __future__ import annotations

import re
import unicodedata

LINE_LIMIT = 500
"""Longest line kept, in characters: three times the widest terminal that we draw for."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that draw nothing themselves but may move, reorder or hide what does."""


def visible(outside: bytes | str, limit: int = LINE_LIMIT) -> str:
    r"""`outside` as one harmless line of at most `limit` characters.

    >>> visible(b"220 \x1b]0;pwned\x07 mx\r\n")
    '220 ^[]0;pwned^G mx'
    >>> visible("a\u202eb\nc")
    'a<U+202E>b c'
    """
    if len(outside) > limit * 4:
        outside = outside[: limit * 4]
    text = outside.decode("utf-8", "backslashreplace") if isinstance(outside, bytes) else outside
    text = text.strip("\r\n")
    if not text.isprintable():
        text = "".join(map(_visible_character, text.replace("\r\n", "\n")))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _visible_character(character: str) -> str:
    if character in "\t\n" or unicodedata.category(character) == "Zs":
        return " "
    if character < " ":
        return "^" + chr(ord(character) + 64)
    if character == "\x7f":
        return "^?"
    if unicodedata.category(character) in _HIDDEN:
        return f"<U+{ord(character):04X}>"
    return character


MASK = "********"

_SECRET = re.compile(
    r"""(?ix)
    ( (?<! [\w.-] ) [\w.-]*
      (?: password | passwd | passphrase | secret | token | api[_-]?key | private[_-]?key )
      [\w.-]* ["']? \s* [:=] \s* )
    ( "[^"]*" | '[^']*' | [^\s,;]+ )
    | ( :// [^\s/:@]* : ) [^\s/@]+ (?=@)
    | ( (?<! 250[-\ ] ) \b AUTH \s+ (?: PLAIN | LOGIN ) \s+ ) \S+
    | ( ^ \s* (?-i: PASS ) \s+ ) \S+
    | ( (?<! - ) (?<! aborted[ ] ) \b LOGIN \s+ \S+ \s+ ) \S+
    | ( (?<! \S ) --[\w-]* (?: password | passwd | passphrase | secret | token ) [\w-]* [ ] ) \S+
    | ( (?<! \S ) -u [ ]? [^\s:]+ : ) \S+
    | ( \b \w{0,32} bind_?pw \s* [:=] \s* ) \S+
    """
)


_HINTS = ("pass", "secret", "token", "api", "private", "://", "auth", "login", " -u", "bind")
"""ASCII text without one of these has nothing for `_SECRET`, which takes 50 times as long."""


def redact(text: str) -> str:
    """`text` with the values masked that look like secrets.

    >>> redact("sasl_password = hunter2")
    'sasl_password = ********'
    >>> redact("curl -u ana:hunter2 --password hunter2 x")
    'curl -u ana:******** --password ******** x'
    >>> redact("postgres://mail:hunter2@db/mail")
    'postgres://mail:********@db/mail'
    """
    folded = text.lower()
    if text.isascii() and not any(hint in folded for hint in _HINTS):
        return text
    return _SECRET.sub(lambda m: next(g for g in (m[1], *m.groups()[2:]) if g) + MASK, text)
