"""The text of each section as named things with values, so that a difference has a name: pure.

Each reader takes the section's lines and gives what is told by name: parameters, services,
packages, units, rules. Secret values are masked before anything is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from checks.drift._answer import SECTION_LIMIT, UNSEEN
from checks.mask import mask

Named = Iterator[tuple[str, str]]

JOINED = " / "
"""Between the blocks that a thing stands in, the outermost first."""


ROWS_KEPT = 10_000
"""Lines of a section; a host has 3,000 packages."""

LOG_ROWS = 1_000
"""Lines of a log: the script prints 500."""

NAME_LIMIT = 200
"""Characters of a block's name, which each line in it is called by."""

REST = f"{UNSEEN}the rest: "
"""What the script ends a section with that is cut off."""


def text_of(lines: Iterable[str]) -> str:
    """What is kept of a section: without Dovecot's remarks on the host, secrets masked."""
    return mask(bounded((line for line in lines if not line.startswith("# ")), ROWS_KEPT))


def bounded(lines: Iterable[str], most: int) -> str:
    r"""So many `lines`: a host may send more than the script prints, and what is left out is said.

    >>> bounded(["a", "b", "c"], 2)
    'a\\nb\\n%unseen the rest: too much is there'
    """
    kept: list[str] = []
    room = SECTION_LIMIT
    for line in lines:
        room -= len(line) + 1
        if room < 0 or len(kept) == most:
            kept.append(f"{REST}too much is there")
            break
        kept.append(line)
    return "\n".join(kept)


def is_cut(text: str) -> bool:
    """Whether the end of a section is missing: what is not there may be there."""
    return REST in text


def named(section: str, text: str) -> Mapping[str, str]:
    """What the `text` of that section says, by name."""
    lines = (line for line in text.split("\n") if not line.startswith(UNSEEN))
    return dict(_READERS.get(section, _whole_lines)(lines))


def _parameters(lines: Iterable[str]) -> Named:
    """``name = value`` as postconf(1) and exim(8) print it; a bare word is a switch of Exim's.

    >>> dict(_parameters(["mynetworks = 127.0.0.0/8", "relayhost =", "no_queue_only"]))
    {'mynetworks': '127.0.0.0/8', 'relayhost': '', 'queue_only': 'no'}
    """
    for line in lines:
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip(), value.strip()
        elif name.strip():
            is_off = name.startswith("no_")
            yield name.strip().removeprefix("no_"), "no" if is_off else "yes"


def _services(lines: Iterable[str]) -> Named:
    """Postfix' services as master(5) has them, the options of each as things of their own.

    >>> dict(_services(["smtp inet n  -  y - - smtpd", "    -o smtpd_tls_security_level=may"]))
    {'smtp/inet': 'n - y - - smtpd', 'smtp/inet -o smtpd_tls_security_level': 'may'}
    """
    service = ""
    for line in lines:
        words = line.split()
        if line[:1].isspace() and words[:1] == ["-o"]:
            name, _, value = " ".join(words[1:]).partition("=")
            yield f"{service} -o {name.strip()}", value.strip()
        elif line[:1].isspace():
            yield f"{service} arguments", " ".join(words)
        elif len(words) > 2:
            service = f"{words[0]}/{words[1]}"
            yield service, " ".join(words[2:])


DEPTH = 16
"""Blocks within each other that are named; a host that opens more has not been configured."""


def _settings(lines: Iterable[str]) -> Named:
    """Dovecot's, each with the blocks that it stands in (doveconf(1)).

    >>> dict(_settings(["service imap-login {", "  process_limit = 10", "}", "ssl = required"]))
    {'service imap-login / process_limit': '10', 'ssl': 'required'}
    """
    blocks: list[str] = []
    for line in map(str.strip, lines):
        name, equals, value = line.partition("=")
        if line.endswith("{"):
            blocks.append(line[:-1].strip()[:NAME_LIMIT])
        elif line == "}":
            blocks = blocks[:-1]
        elif equals:
            yield JOINED.join([*blocks[:DEPTH], name.strip()]), value.strip()


def _packages(lines: Iterable[str]) -> Named:
    """Name and version of what is installed.

    >>> dict(_packages(["postfix 3.7.11-0+deb12u1 hi ", "nano 7.2-1 rc "]))
    {'postfix': '3.7.11-0+deb12u1'}
    """
    for line in lines:
        words = line.split()
        if len(words) == 3 and words[2][1:2] in ("i", "W", "t", "U", "F"):
            yield words[0], words[1]


def held(text: str) -> set[str]:
    """The packages that are held, in a text of packages (dpkg-query(1), ``db:Status-Abbrev``)."""
    rows = (line.split() for line in text.split("\n"))
    return {words[0] for words in rows if len(words) == 3 and words[2].startswith("h")}


def _units(lines: Iterable[str]) -> Named:
    """The links that enable or mask units, and the files that make or override them.

    >>> dict(_units(["ssh.service -> /dev/null", "postfix@-.service.d/override.conf 1234 56"]))
    {'postfix@-.service.d/override.conf': '1234 56', 'ssh.service': 'masked'}
    """
    states: dict[str, set[str]] = {}
    for line in lines:
        link, arrow, target = line.partition(" -> ")
        if arrow:
            folder, slash, unit = link.rpartition("/")
            wanted = folder.removesuffix(".wants").removesuffix(".requires")
            state = f"enabled for {wanted}" if slash else f"is {target}"
            states.setdefault(unit, set()).add("masked" if target == "/dev/null" else state)
        elif line.strip():
            path, _, digest = line.partition(" ")
            yield path, digest
    for unit, known in states.items():
        yield unit, "masked" if "masked" in known else ", ".join(sorted(known))


def _rules(lines: Iterable[str]) -> Named:
    r"""The firewall's rules with table and chain; what fail2ban writes by itself is left out.

    >>> dict(_rules(["table inet x {", "\tchain input {", "\t\ttcp dport 25 drop", "\t}", "}"]))
    {'inet x / input / tcp dport 25 drop': ''}
    >>> dict(_rules(["*filter", ":INPUT ACCEPT", "-A f2b-sshd -s 192.0.2.1/32 -j REJECT"]))
    {'*filter / :INPUT ACCEPT': ''}
    """
    blocks: list[str] = []
    table = ""
    for line in map(str.strip, lines):
        if line.startswith("*"):
            table = line
        elif line.endswith("{"):
            blocks.append(_BLOCK.sub("", line[:-1].strip())[:NAME_LIMIT])
        elif line == "}":
            blocks = blocks[:-1]
        elif line and line != "COMMIT" and "f2b-" not in JOINED.join([*blocks[:DEPTH], line]):
            yield JOINED.join([*([table] if table else []), *blocks[:DEPTH], line]), ""


_BLOCK = re.compile(r"^(?:table|chain) ")


def _whole_lines(lines: Iterable[str]) -> Named:
    for line in lines:
        if line.strip():
            yield line.strip(), ""


_READERS: dict[str, Callable[[Iterable[str]], Named]] = {
    "postfix": _parameters,
    "master": _services,
    "dovecot": _settings,
    "exim": _parameters,
    "certificates": _parameters,
    "packages": _packages,
    "units": _units,
    "firewall": _rules,
}
