"""Keeps secrets out of copies: which files are watched by digest alone, and what is masked.

It would rather mask too much: a change behind a mask still shows as a change of its file.
"""

from __future__ import annotations

import re

from checks.text import ARGUMENT_HINTS, MASK, arguments_redacted

LINE_LIMIT = 8_192
"""Characters; what is longer was not written by a person, and is slow to search."""

_SECRET_NAME = re.compile(
    r"""(?ix) ( passw | passdb | passphrase | secret | credential | htpasswd | shadow | token
              | ^ users (?: \. | $ ) | \. (?: key | p12 | pfx | jks | keytab | private | db | lmdb
              | cdb | dat ) (?: $ | [.~] ) | ^ id_(?: rsa | ecdsa | ed25519 ) )"""
)
"""File names (not paths) of keys, of password lists and of the maps compiled from them."""

_VALUE_OF_SECRET = re.compile(
    r"""(?ix)
    ^ ( \s*+ [\#;/]*+ \s*+
        (?: hide \s+ \S+ \s* =                      # exim's own mark of a secret
          | ["']? (?: [\w.-]{0,64} (?: pass | pw )
              | [\w.-]{0,64} (?: passw(?:or)?d | passphrase | secret | token | credential
                  | api[_-]?key | private[_-]?key ) [\w.-]{0,64}
            ) ["']? \s* [:=]+
          | \w{0,64} (?: password | passwd | secret | pw ) (?= \s+ \S+ \s* $ )
        ) [ \t]* )
    ( \S.* | $ )"""
)

_HINTS = (
    *("hide ", "hide\t", "@", "["),
    *("{plain", "{clear", "md5", "sha", "crypt", "argon", "scram", "pbkdf"),
    *ARGUMENT_HINTS,
    *("$1$", "$2", "$5$", "$6$", "$7$", "$y$", "$gy$"),
)
"""A line without any of them, in lower case, holds no secret that we know; most have none."""

_HARMLESS = re.compile(
    r"(?i)\s*[\w.-]*(?:_maps|_file|_path|_attempts|_timeout)\s*="
    r"(?!.*\b(?:static|inline):)[\w\s/:,.${}()<+-]*$"
    r"|\s*\#?[\w.-]*_query\s*="
    r"|\s*+\#?+\s*+[\"']?+[\w.-]*+[\"']?+\s*+[=:]\s*+(?:yes|no|true|false)\s*$|[^=:]*\{\s*$"
)
"""Lines that say where secrets are, or whether there are any, and hold none."""

_ELSEWHERE = re.compile(
    r"""(?x)
    ( \{ (?: PLAIN | CLEAR(?:TEXT)?                  # dovecot's {SCHEME}hash
        | [A-Z0-9.-]{0,32} (?: MD5 | SHA | CRYPT | ARGON | SCRAM | PBKDF ) [A-Z0-9.-]{0,32}
      ) \} ) \S+
    | ( \$ (?: 1 | 2[abxy]? | 5 | 6 | 7 | y | gy | argon2\w* | pbkdf2[\w-]* ) \$ ) [^\s:;"']+
    | ( \s [^\s:@]+ @ [^\s:]+ : ) \S+ (?= \s* $ )   # postfix: host user@domain:word
    | ( ^ \s* \[ [^\]\s]+ \] (?: : \d+ )? \s+ [^\s:]+ : ) \S+
    | ( \b [a-z][\w+.-]{0,32} :// [^\s/:@]* : ) [^\s/]+ (?= @ )
    | ( \b [a-z][\w+.-]{0,32} :// ) [^\s/:]{16,} (?= @ )
    | ( \b [\w.-]{0,64} (?i: password | passwd | passphrase | secret | token | api_?key )
        [\w.-]{0,64} \s*+ = \s* ) (?: "[^"]*" | '[^']*' | [^\s,;]+ )
    """
)

_NAMES_SECRET = re.compile(
    r"(?i)^\s*\S*password_maps\s*=(.*)|^\s*(?:passdb\s*\{\s*)?args\s*=(.*)|passwd_file_path\s*=(.*)"
)
_PATH = re.compile(r"/[^\s,:}]+")


def has_secret_name(label: str) -> bool:
    """Whether a file of that name is watched by its digest alone."""
    name = label.rpartition("/")[2]
    return not name.endswith((".cf", ".conf", ".ext")) and bool(_SECRET_NAME.search(name))


def mask(text: str) -> str:
    r"""`text` with secret values masked, also those that go on in the next lines.

    >>> mask("user = mail\npassword = correct horse\n")
    'user = mail\npassword = ********\n'
    """
    lowered_text = text.lower()
    hints = [hint for hint in _HINTS if hint in lowered_text]
    if not hints:
        return text
    kept = []
    hidden = -1
    for line, lowered in zip(text.split("\n"), lowered_text.split("\n"), strict=True):
        indent = len(line) - len(line.lstrip()) if hidden >= 0 else 0
        if 0 <= hidden < indent:
            kept.append(line[:indent] + MASK)
            continue
        hidden = -1
        if len(line) > LINE_LIMIT:
            kept.append(MASK)
        elif not any(hint in lowered for hint in hints) or _HARMLESS.match(line):
            kept.append(line)
        elif found := _VALUE_OF_SECRET.match(line):
            hidden = len(line) - len(line.lstrip())
            kept.append(found[1] + (MASK if found[2] else ""))
        else:
            kept.append(arguments_redacted(_ELSEWHERE.sub(_keep_start, line)))
    return "\n".join(kept)


def _keep_start(match: re.Match[str]) -> str:
    return str(next(filter(None, match.groups()))) + MASK


def secrets_named(text: str) -> tuple[str, ...]:
    """The files that a config names as lists of passwords (postconf(5), Dovecot's passwd-file)."""
    if "pass" not in text:
        return ()
    values = [
        next(filter(None, found.groups()), "")
        for line in text.split("\n")
        if "pass" in line or "args" in line
        if (found := _NAMES_SECRET.search(line))
    ]
    return tuple(path for value in values for path in _PATH.findall(value))
