"""Each parser, fed with bytes as its check would. What it may raise is named; all else is a bug."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from app import rights
from app.bundle.gathering import Frames
from app.bundle.piece import judge, pieces
from checks import complaint, tags, text, url
from checks.drift import _answer, _history, _listing, _named
from checks.hosts import LoginError, Output
from checks.maillog.excerpt import Gathering
from checks.network import _echo
from checks.outside import _alertmanager, _icinga, _nagios, _ours, _prometheus, _service
from checks.outside._service import Babbles
from checks.protocol import _dane, _der, _dkim, _received, _reply, _returned, imap, pop3
from checks.queue import counts
from checks.queue._bp import Bp
from checks.queue._listing import Reader
from checks.queue._postqueue import Postqueue
from checks.queue._tally import Tally
from checks.server import (
    _hardware_table,
    _limit_table,
    _log_look,
    _mounts,
    _process_table,
    _unit_table,
    listeners,
    load,
)
from checks.server._look import Garbled

Fuzzed = Callable[[bytes], object]


def _visible(data: bytes) -> None:
    for shown in (text.visible(data), text.redact(text.visible(data))):
        assert shown.isprintable()


def _reply_of(data: bytes) -> None:
    with suppress(_reply.NotAReply):
        reply = _reply.parse_reply(data.split(b"\n"))
        assert str(reply).isprintable()
        assert isinstance(reply.keywords, frozenset)
        assert isinstance(reply.queue_id, str)


def _imap(data: bytes) -> None:
    with suppress(imap.NotAResponse):
        assert imap.parse_response(data).text.isprintable()


def _returned_mail(data: bytes) -> None:
    header, _, body = data.partition(b"\r\n\r\n")
    if (report := _returned.read(header, body)) is not None:
        assert report.why.isprintable()


def _pop3(data: bytes) -> None:
    with suppress(pop3.NotAStatus):
        assert pop3.parse_status(data).text.isprintable()


def _received_in(data: bytes) -> None:
    for hop in _received.hops(data):
        assert hop.by.isprintable()
        assert hop.protocol.isprintable()


def _certificate(data: bytes) -> None:
    with suppress(ValueError):
        link = _der.parse_certificate(data)
        assert link.subject.isprintable()


def _tlsa(data: bytes) -> None:
    with suppress(ValueError):
        _dane.parse_tlsa(data.decode("latin-1"))


def _tags(data: bytes) -> None:
    with suppress(tags.BadTags):
        tags.parse_tags(data.decode("latin-1"))


def _status_file(data: bytes) -> None:
    with suppress(Babbles):
        known = _ours.names((), ("lab.test",), {})
        for told in _nagios.parse(data):
            assert _ours.whose(told, known) in ("", "lab.test")


def _monitor_json(data: bytes) -> None:
    """The answer of each kind of monitor."""
    with suppress(Babbles):
        for alert in _service.decoded(data, list[_alertmanager._Alert]):
            _alertmanager._told(alert)
    with suppress(Babbles):
        for alarm in _service.decoded(data, _prometheus._AlertsAnswer).data.alerts:
            _prometheus._told(alarm)
    with suppress(Babbles):
        for one in _service.decoded(data, _icinga._Objects).results:
            _icinga._service(one)
    with suppress(Babbles):
        for host, states in _service.decoded(
            data, _nagios._ServicesAnswer
        ).data.servicelist.items():
            for name, state in states.items():
                _nagios._service(host, name, state)


def _queue(make: Callable[[], Reader]) -> Fuzzed:
    """A listing that comes in pieces, added up."""

    def read(data: bytes) -> None:
        reader, tally = make(), Tally()
        for start in range(0, len(data), 97):
            tally.take(reader.feed(data[start : start + 97]))
        tally.take(reader.end(is_cut=False))
        assert all(reason.text.isprintable() for reason in tally.reasons())

    return read


def _script(parse: Callable[[str], object]) -> Fuzzed:
    """A parser of what a script of ours printed, which a host may have changed at will."""

    def parsed(data: bytes) -> None:
        with suppress(Garbled):
            parse(data.decode("utf-8", "replace"))

    return parsed


def _maillog(data: bytes) -> None:
    """Lines of a log that comes in pieces, to be looked through."""
    gathering = Gathering(datetime(2026, 11, 1, tzinfo=UTC))
    for start in range(0, len(data), 97):
        gathering.take(data[start : start + 97].decode("utf-8", "backslashreplace"))
    found = gathering.excerpt()
    # Some may have a time that there is none of: they count, and can't be shown.
    assert max(len(found.lines), sum(one.count for one in found.shapes)) <= gathering.total
    assert all(f"{one.program}{one.text}".isprintable() for one in found.lines)
    assert all(f"{one.program}{one.text}{one.example}".isprintable() for one in found.shapes)


def _counts(data: bytes) -> None:
    """What somebody's own command says of a queue."""
    with suppress(counts.Garbled):
        assert counts.parse(data.decode("utf-8", "replace")).waiting >= 0


def _config_listing(data: bytes) -> None:
    with suppress(LoginError):
        _listing.parse(Output(0, data, data))


def _host_settings(data: bytes) -> None:
    """What a host says of itself, read to the names of its settings and the changes in its logs."""
    with suppress(LoginError):
        answer = _answer.parse(Output(0, data))
        logs = {name: section.lines or () for name, section in answer.sections.items()}
        for name, lines in logs.items():
            _named.named(name, _named.text_of(lines))
        for change in _history.events(answer, logs, datetime.min.replace(tzinfo=UTC)):
            assert change.text.isprintable()


def _rights(data: bytes) -> None:
    """What a host says of its programs becomes lines that a person gives to visudo."""
    for line in rights.sudoers("mx", rights.read(data)):
        assert re.fullmatch(
            r"Cmnd_Alias MAILMEDIC_MX = \\|    /(usr/(local/)?)?s?bin/[\w.+-]+ [^\n]+"
            r"|[\w.-]+\$? ALL = \(root\) NOPASSWD: MAILMEDIC_MX",
            line,
            re.ASCII,
        )


def _bundle(data: bytes) -> None:
    """The answers of two pieces, in pieces."""
    frames = Frames("n" * 32)
    found: list[tuple[bytes, int, str]] = []
    for start in range(0, len(data), 97):
        found += frames.feed(data[start : start + 97])
    for answer in found:
        assert judge(pieces()[0], *answer).outcome


def _url(data: bytes) -> None:
    with suppress(ValueError):
        assert url.parse(data.decode("latin-1")).host


PARSERS: dict[str, Fuzzed] = {
    "text": _visible,
    "smtp": _reply_of,
    "imap": _imap,
    "pop3": _pop3,
    "received": _received_in,
    "returned": _returned_mail,
    "dkim": _dkim.parse_signatures,
    "certificate": _certificate,
    "tlsa": _tlsa,
    "tags": _tags,
    "nagios-file": _status_file,
    "monitor-json": _monitor_json,
    "postfix-queue": _queue(Postqueue),
    "exim-queue": _queue(Bp),
    "queue-counts": _counts,
    "logs": _script(_log_look.parse),
    "maillog": _maillog,
    "load": _script(load.parse),
    "mounts": _script(_mounts.parse),
    "processes": _script(_process_table.parse),
    "units": _script(_unit_table.parse),
    "hardware": _script(_hardware_table.parse),
    "limits": _script(_limit_table.parse),
    "listeners": _script(listeners.read),
    "listing": _config_listing,
    "host-settings": _host_settings,
    "ping": lambda data: _echo.parse_ping(data, data),
    "icmp-error": complaint.parse,
    "url": _url,
    "rights": _rights,
    "bundle": _bundle,
}
