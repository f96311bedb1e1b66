"""What the logs of a host tell of changes: packages, restarts, who was there. Pure.

dpkg.log has each package's time, apt's history.log who asked for it and how (deb-apt formats as
apt 2.6 writes them); rpm's own database has the time of installation only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct
from msgspec.structs import replace

from checks.changed import likely
from checks.drift._answer import Answer
from checks.facts import Change
from checks.text import redact, visible

SESSIONS_KEPT = 50
"""Commands and logins that are listed; the latest."""

VALUE_LIMIT = 120
"""Characters of a name, version or command that are shown."""

_MATTERS = re.compile(
    r"(?:lib)?(?:(postfix|exim|dovecot|opendkim|opendmarc|rspamd|spamass|clamav|amavis|cyrus|sendmail)"
    r"|sasl|ssl|openssl|gnutls|ldap|slapd|bind9?|unbound|systemd|c6|glibc|linux-image|kernel|openssh"
    r"|nftables|iptables|ca-certificates|mariadb|mysql|postgres|redis)"
)
"""Packages that are listed one by one; of the others of one run only how many.

Those of mail itself are the first group: they are named first.
"""

ONE_BY_ONE = 3
"""So many of them in one run; an upgrade of the whole system is one change."""


def events(answer: Answer, lines: Mapping[str, Sequence[str]], since: datetime) -> list[Change]:
    """All that the logs' `lines` tell of the time from `since` on, the latest first."""
    runs = list(_runs(lines.get("apt-log", ()), answer.zone))
    packages = [
        *_dpkg(lines.get("dpkg-log", ()), answer.zone, runs),
        *_rpm(lines.get("rpm-log", ())),
    ]
    found = [
        *_grouped((begin, one) for begin, one in packages if one.at >= since),
        *_sessions(lines.get("sessions", ()), answer),
        *commits(lines.get("etckeeper", ())),
    ]
    if answer.booted >= since:
        found.append(Change("reboot", "the host was started", answer.booted))
    return sorted((one for one in found if one.at >= since), key=lambda one: one.at, reverse=True)


class _Run(Struct, frozen=True):
    """One run of apt: from when to when, who asked for it, the command."""

    begin: datetime
    end: datetime
    who: str
    command: str


def _local(text: str, zone: tzinfo) -> datetime | None:
    """A time as dpkg and apt write it. Before a change of summer time it is an hour off."""
    try:
        return datetime.fromisoformat(" ".join(text.split())).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _runs(lines: Iterable[str], zone: tzinfo) -> Iterator[_Run]:
    """The runs in apt's history.log: paragraphs of fields."""
    fields: dict[str, str] = {}
    for line in (*lines, ""):
        name, colon, value = line.partition(": ")
        if colon:
            fields[name] = value.strip()
        elif not line.strip() and fields:
            begin = _local(fields.get("Start-Date", ""), zone)
            if begin is not None:
                end = _local(fields.get("End-Date", ""), zone) or begin
                who = visible(fields.get("Requested-By", "").partition(" ")[0], 64)
                command = redact(visible(fields.get("Commandline", ""), VALUE_LIMIT))
                yield _Run(begin, end, who, command)
            fields = {}


_DPKG = re.compile(r"(\S+ \S+) (install|upgrade|remove) (\S{1,200}) (\S{1,200}) (\S{1,200})")


Told = Iterator[tuple[datetime, Change]]
"""Packages, each with the time that its run began."""


def _dpkg(lines: Iterable[str], zone: tzinfo, runs: Sequence[_Run]) -> Told:
    """Each package in dpkg.log; what apt did not run counts as one run each minute."""
    for line in lines:
        found = _DPKG.fullmatch(line.strip())
        at = _local(found[1], zone) if found else None
        if found is None or at is None:
            continue
        run = next((one for one in reversed(runs) if one.begin <= at <= one.end), None)
        change = Change(
            "package",
            visible(found[3].partition(":")[0], VALUE_LIMIT),
            at,
            old="" if found[4] == "<none>" else visible(found[4], VALUE_LIMIT),
            new="" if found[2] == "remove" else visible(found[5], VALUE_LIMIT),
            who=run.who if run else "",
            how=run.command if run else "dpkg",
        )
        yield run.begin if run else at.replace(second=0), change


def _rpm(lines: Iterable[str]) -> Told:
    """Each package that rpm has installed: ``1733000000 postfix.x86_64 2:3.5.25-1.el9``."""
    for line in lines:
        words = line.split()
        if len(words) != 3 or not words[0].isascii() or not words[0].isdigit():
            continue
        at = _from_epoch(int(words[0]))
        if at is not None:
            name, version = (visible(word, VALUE_LIMIT) for word in words[1:])
            yield at.replace(second=0), Change("package", name, at, new=version, how="rpm")


def _from_epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _grouped(packages: Iterable[tuple[datetime, Change]]) -> Iterator[Change]:
    """The packages of one run as one change, but for a few that matter to mail.

    `packages` come with the time that their run began.
    """
    runs: dict[datetime, list[Change]] = {}
    for begin, one in packages:
        runs.setdefault(begin, []).append(one)
    for run in runs.values():
        matching = [(found, one) for one in run if (found := _MATTERS.match(one.what))]
        matter = [one for _, one in sorted(matching, key=lambda pair: pair[0][1] is None)]
        others = run if len(matter) > ONE_BY_ONE else [one for one in run if one not in matter]
        if len(matter) <= ONE_BY_ONE:
            yield from matter
        if len(others) == 1:
            yield others[0]
        elif others:
            yield _together(others, matter if others is run else [])


def _together(changes: Sequence[Change], first: Sequence[Change]) -> Change:
    """All of them as one, which is called by the `first`."""
    names = ", ".join(one.what for one in first[:ONE_BY_ONE])
    rest = len(changes) - len(first[:ONE_BY_ONE])
    what = f"{names} and {rest} more packages" if names else f"{rest} other packages"
    named = {one.what for one in first}
    lines = [one.text for one in (*first, *(one for one in changes if one.what not in named))]
    return replace(changes[-1], what=what, old="", new="", diff=tuple(lines))


SESSION_LIMIT = 2_000
"""Characters of a line that are looked at: anybody on the host can write one to syslog."""

_SESSION = re.compile(
    r"(\d{4}-\d\d-\d\dT\S{8,24}|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) \S+ [\w-]+(?:\[\d+\])?: +(.*)"
)
_SUDO = re.compile(
    r"(\S{1,64}) : (?:TTY=\S+ ; )?(?:PWD=[^;]* ; )?USER=\S+ ; (?:[^;]*; ){0,3}COMMAND=(.+)"
)
_LOGIN = re.compile(r"Accepted \S+ for (\S{1,64}) from (\S{1,64}) ")
_LOOKS_ONLY = re.compile(
    r"(?:/\S*/)?(?:postqueue -[jp]|postcat|mailq$|dmesg|nft (?:-\S+ )*list|ip6?tables-save"
    r"|exim4? -(?:bp|Mv)|doveadm (?:who|service status)|journalctl|doveconf|cat|ls|less|tail)\b"
)


def _sessions(lines: Iterable[str], answer: Answer) -> list[Change]:
    """Commands run by sudo that may change something, and logins of others than us.

    Of the same one only the last: a job that runs each minute is no news each minute.
    """
    found: dict[tuple[str, str], Change] = {}
    for line in lines:
        session = _SESSION.match(line[:SESSION_LIMIT])
        at = _session_time(session[1], answer) if session else None
        if session is None or at is None:
            continue
        if (sudo := _SUDO.match(session[2])) and not _LOOKS_ONLY.match(sudo[2]):
            what = redact(visible(sudo[2], VALUE_LIMIT))
            who = visible(sudo[1], 64)
            found[who, what] = Change("sudo", what, at, who=who)
        elif (login := _LOGIN.match(session[2])) and login[1] != answer.user:
            who = visible(login[1], 64)
            what = f"ssh from {visible(login[2], 64)}"
            found[who, what] = Change("login", what, at, who=who)
    return sorted(found.values(), key=lambda one: one.at)[-SESSIONS_KEPT:]


def _session_time(text: str, answer: Answer) -> datetime | None:
    """RFC 3339, or syslog's time without a year (RFC 3164): the latest one that has been."""
    try:
        if text[:1].isdigit():
            return datetime.fromisoformat(text).astimezone(UTC)
        there = answer.now.astimezone(answer.zone)
        at = datetime.strptime(f"{there:%Y %z} {text}", "%Y %z %b %d %H:%M:%S")
        is_ahead = at > answer.now + timedelta(days=1)
        return (at.replace(year=at.year - 1) if is_ahead else at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


COMMITS_KEPT = 50

FILES_NAMED = 2
"""Files of a commit that its row names; its diff has ten of those that mail may go by."""


def commits(lines: Iterable[str]) -> Iterator[Change]:
    r"""Commits of etckeeper, the latest first: time, author, subject, number of files, mail's.

    >>> line = "1733000000\tana\tallow the new relay\t3\tpostfix/main.cf postfix/relay"
    >>> next(commits([line])).what
    'allow the new relay: postfix/main.cf, postfix/relay, 1 more'
    """
    for line in list(lines)[:COMMITS_KEPT]:
        words = line.split("\t")
        if len(words) != 5 or not words[0].isascii() or not words[0].isdigit():
            continue
        at = _from_epoch(int(words[0][:20]))
        if at is None:
            continue
        who, subject, count, names = (visible(word, SESSION_LIMIT) for word in words[1:])
        files = names.split()
        named = [*files[:FILES_NAMED]]
        number = int(count) if count.isascii() and count.isdigit() and len(count) < 10 else 0
        if rest := number - len(named):
            named.append(f"{rest} more" if named else f"{rest} file{'' if rest == 1 else 's'}")
        what = f"{redact(visible(subject, VALUE_LIMIT))}: {', '.join(named)}"
        yield Change("commit", what, at, who=visible(who, 64), diff=tuple(files))


def attributed(changes: Iterable[Change], told: Sequence[Change]) -> list[Change]:
    """`changes`, with who is likely to have made those of which no log says so."""
    return [
        one if one.who else replace(one, who=likely(told, one.after or one.at, one.at))
        for one in changes
    ]
