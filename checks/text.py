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
    ( (?<! [\w.-] ) (?= [\w.-]*?              # looked for once: a name may be as long as a line
        (?: password | passwd | passphrase | secret | token | api[_-]?key | private[_-]?key ) )
      [\w.-]*+ ["']? \s*+ [:=] \s* )
    ( "[^"]*" | '[^']*' | [^\s,;]+ )
    | ( :// [^\s/:@]* : ) [^\s/]+ (?=@)
    | ( :// ) [^\s/:]{16,} (?=@)                    # a token in place of a user
    | ( (?<! 250[-\ ] ) \b AUTH \s+ (?: PLAIN | LOGIN ) \s+ ) \S+
    | ( ^ \s* (?-i: PASS ) \s+ ) \S+
    | ( (?<! - ) (?<! aborted[ ] ) \b LOGIN \s+ \S+ \s+ ) \S+
    """
)

_ARGUMENT = re.compile(
    r"""(?ix)
    (?: ( (?<! \S ) -{1,2} [\w-]{0,32} (?: pass(?:in|out|word|wd|phrase)? | pw | secret | token )
          [\w-]{0,32} [ ] )                         # --password X, -passin pass:X, plink -pw X
      | ( (?<! \S ) (?: (?-i: -U ) | --user ) [ =]? ["']? [^\s:,%"']+ % )       # smbclient(1)
      | ( (?<! \S ) (?: -u | --(?:proxy-)?user ) [ =]? ["']? [^\s:,"']+ [:,] )   # curl(1), lftp(1)
      | ( \b (?: mosquitto_ \w{1,16} | ipmitool ) \s (?: [^|;&]{0,300}? \s )? (?-i: -P ) [ ]? )
      | ( \b mosquitto_passwd \s (?: -\S+ \s ){1,8}+ \S+ \s \S+ \s )
      | ( \b rabbitmqctl \s (?: [^|;&]{0,300}? \s )?
          (?: change_password | add_user | authenticate_user ) \s \S+ \s )
      | ( \b https? \s (?: [^|;&]{0,300}? \s )? (?: (?-i: -a ) | --auth (?= [ =] ) ) [ =]? ["']?
          (?: [^\s:"']+ : )? )                       # HTTPie's, else a whole token
      | ( \b (?: mysql | maria | sshpass | 7z | testsaslauthd | doveadm | upscmd
          | useradd | usermod )
          [\w-]{0,16} \s (?: [^|;&]{0,300}? \s )? -p [ ]? (?! - ) )
      | ( \b (?: ldap \w{1,16} | (?: im | lmtp | pop3 | siv | smtp ) test )   # Cyrus' imtest(1)
          \s (?: [^|;&]{0,300}? \s )? -w [ ]? )
      | ( \b doveadm \s (?: [^|;&]{0,300}? \s )? auth \s (?: test | login ) \s
          (?: -\w [ ]? \S+ \s ){0,8}+ \S+ \s )
      | ( \b htpasswd \s (?= (?: \S+ \s ){0,8}? (?-i: -\w{0,8} n ) )    # -n: there is no file
          (?: (?-i: -\w{0,8} [Cr] ) \s \d+ \s | -\S+ \s ){1,8}+ \S+ \s )
      | ( \b htpasswd \s (?: (?-i: -\w{0,8} [Cr] ) \s \d+ \s | -\S+ \s ){1,8}+ \S+ \s \S+ \s )
      | ( \b openssl \s passwd \s (?: -salt \s \S+ \s | -\S+ \s ){0,8}+ )
      | ( \b echo \s (?: -\w \s ){0,2}+ ["']? [^\s:"'|]{1,64} : )
        (?= [^|]{0,200} \| [^|]{0,64} \b chpasswd )
      | ( \b redis-cli \s (?: [^|;&]{0,300}? \s )? -a [ ]? )
      | ( \b swaks \s (?: [^|;&]{0,300}? \s )? -ap [ ] )
      | ( \b (?:proxy-)? authorization \s* [:=] \s* (?: [a-z]{1,16} \s+ )? )
      | ( \b bearer \s+ )
      | ( \b login \s+ \S+ \s+ password \s+ )       # netrc(5)
      | ( (?<! [\w.-] ) [\w.-]{0,64} (?: [_-] pwd? | bindpw | (?<! by ) pass | credentials? )
          ["']? \s* = \s* )
      | ( (?<! [\w.-] ) (?-i: pwd? ) \s* = \s* )   # PWD is a folder
      | ( (?<! [\w.-] ) [\w.-]{0,64} (?: auth | access | account | encryption | master | shared
          | signing ) [_-]? key ["']? \s* [:=] \s* )
    )
    (?: " [^"]* (?: " | $ ) | ' [^']* (?: ' | $ ) | [^\s"';|&]+ ["']? )
    """
)


_HINTS = ("pass", "secret", "token", "api", "private", "://", "auth", "login")
"""ASCII text without one of these has nothing for `_SECRET`, which takes 50 times as long."""

ARGUMENT_HINTS = (
    *("pass", "pw", "secret", "token", " -u", "user", "mysql", "maria", "7z", "ldap", "redis-cli"),
    *("swaks", "auth", "bearer", "credential", "key", "ipmitool", "upscmd", "imtest"),
    *("lmtptest", "pop3test", "sivtest", "smtptest", "mosquitto", "http ", "https "),
)
"""The same for `arguments_redacted`."""


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
    if any(hint in folded for hint in ARGUMENT_HINTS):
        text = arguments_redacted(text)
    if text.isascii() and not any(hint in folded for hint in _HINTS):
        return text
    return _SECRET.sub(lambda m: next(g for g in (m[1], *m.groups()[2:]) if g) + MASK, text)


def arguments_redacted(text: str) -> str:
    """`text` with the secrets masked that a command is given.

    >>> arguments_redacted("mysqldump -u root -phunter2 mail; MYSQL_PWD=hunter2 mysql")
    'mysqldump -u root -p******** mail; MYSQL_PWD=******** mysql'
    """
    return _ARGUMENT.sub(lambda found: next(filter(None, found.groups())) + MASK, text)
