from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from checks.facts import ProcessFacts
from checks.model import Host, State
from checks.server import processes as module
from checks.server._families import expected, find
from checks.server._process_table import Seen, Table
from checks.server._programs import FILES, PROGRAMS
from checks.server.processes import facts, in_words, judge, rates
from tests.checks.server.asking import ask, own_host

MASTER = "/usr/lib/postfix/sbin/master -w"
EXIM = "/usr/sbin/exim4 -bd -q30m"
SYSTEMD = "/run/systemd/system"
ENABLED = "/etc/systemd/system/multi-user.target.wants/{}.service"


def one(line: str, command: str = "", mark: str = "S") -> Seen:
    """A process from ``pid parent name``."""
    pid, parent, name = line.split(" ")
    since = datetime(2026, 11, 23, 3, 4, tzinfo=UTC)
    return Seen(
        pid=int(pid),
        parent=int(parent),
        name=name,
        mark=mark,
        since=since,
        memory=1000,
        command=command,
    )


POSTFIX = (one("10 1 master", MASTER), one("11 10 pickup"), one("12 10 qmgr"))
DOVECOT = (one("20 1 dovecot"), one("21 20 anvil"), one("22 20 log"), one("23 20 config"))
CYRUS = (one("30 1 master", "/usr/lib/cyrus/bin/master"), one("31 30 imapd"))


def table(*seen: Seen, files: tuple[str, ...] = (), is_hidden: bool = False) -> Table:
    assert set(files) <= set(FILES)
    return Table(seen=seen, files=frozenset(files), total=90, is_hidden=is_hidden)


def judged(given: Table, *services: str, mta: str = "") -> list[tuple[str, State]]:
    host = Host(name="mail1", address="", services=services, mta=mta)
    families = find(given)
    running = {family.program.noun for family in families if family.is_alive}
    wanted = expected(given, host, running)
    return [
        (one.code.removeprefix("process."), one.state) for one in judge(given, families, wanted)
    ]


BINARIES = ("/usr/sbin/postfix", "/usr/sbin/dovecot")
CRITICAL, WARNING = State.CRITICAL, State.WARNING


@pytest.mark.parametrize(
    ("given", "services", "mta", "codes"),
    [
        # What the config says counts.
        (table(*POSTFIX), ("smtp",), "postfix", []),
        (table(), ("smtp",), "postfix", [("postfix.missing", CRITICAL)]),
        (table(*POSTFIX), ("smtp",), "exim", [("exim.missing", CRITICAL)]),
        (table(), (), "exim", [("exim.missing", CRITICAL)]),
        (table(files=BINARIES), ("smtp",), "none", []),
        # Else what is installed for a service of the host; nothing can be said of another.
        (table(files=BINARIES), (), "", []),
        (table(files=BINARIES), ("smtp:2525",), "", [("postfix.missing", CRITICAL)]),
        (table(files=BINARIES), ("imaps",), "", [("dovecot.missing", CRITICAL)]),
        (table(*CYRUS, files=BINARIES), ("imaps",), "", []),
        (table(files=("/usr/sbin/postfix", "/usr/sbin/exim4")), ("smtp",), "", []),
        (table(), ("smtp", "imap"), "", []),
        # Else what starts at boot.
        (
            table(files=(SYSTEMD, ENABLED.format("opendkim"))),
            (),
            "",
            [("opendkim.missing", WARNING)],
        ),
        (table(one("5 1 opendkim"), files=(SYSTEMD, ENABLED.format("opendkim"))), (), "", []),
        (table(files=(SYSTEMD, ENABLED.format("dovecot"))), (), "", [("dovecot.missing", WARNING)]),
        (table(files=(SYSTEMD, ENABLED.format("postfix"))), (), "none", []),
        (table(files=(ENABLED.format("opendkim"),)), (), "", []),  # a container has no boot
        # Other users' processes are hidden: what runs is known, what does not is not.
        (table(is_hidden=True), (), "postfix", [("hidden", State.UNKNOWN)]),
        (table(*POSTFIX, is_hidden=True), (), "postfix", []),
        (table(is_hidden=True, files=BINARIES), ("smtp", "imap"), "", [("hidden", State.UNKNOWN)]),
    ],
)
def test_only_what_belongs_there_is_missed(
    given: Table, services: tuple[str, ...], mta: str, codes: list[tuple[str, State]]
) -> None:
    assert judged(given, *services, mta=mta) == codes


@pytest.mark.parametrize(
    ("seen", "codes"),
    [
        ((one("10 1 master", MASTER, "T"), *POSTFIX[1:]), [("postfix.stopped", CRITICAL)]),
        ((*POSTFIX[:2], one("12 10 qmgr", "", "T")), [("postfix.stopped", CRITICAL)]),
        ((*POSTFIX, one("13 10 smtpd", "", "t")), [("postfix.stopped", CRITICAL)]),
        ((one("10 1 master", mark="Z"),), [("postfix.defunct", CRITICAL)]),
        ((one("9 1 master", mark="Z"), *POSTFIX), []),
        (POSTFIX[:2], [("postfix.no-qmgr", WARNING)]),
        # Seen without its children a moment after its start, or as a stranger to them.
        (POSTFIX[:1], []),
        ((*POSTFIX, one("5 1 opendkim", mark="T")), [("opendkim.stopped", WARNING)]),
    ],
)
def test_what_stands_still_is_found(seen: tuple[Seen, ...], codes: list[object]) -> None:
    assert judged(table(*seen), "smtp", mta="postfix") == codes


@pytest.mark.parametrize(
    ("seen", "families"),
    [
        (POSTFIX, [("postfix", 10, 2)]),
        (CYRUS, [("cyrus", 30, 1)]),
        # Another program that is called master.
        ((one("10 1 master", "/opt/games/master"),), []),
        ((one("10 1 master", "/opt/games/master"), one("11 10 qmgr")), []),
        # Its command line can't be seen: its children tell.
        ((one("10 1 master"), *POSTFIX[1:]), [("postfix", 10, 2)]),
        ((one("10 1 master"), one("11 10 imapd")), [("cyrus", 10, 1)]),
        ((one("10 1 master"),), []),
        # Two instances.
        ((*POSTFIX, one("40 1 master", MASTER)), [("postfix", 10, 2), ("postfix", 40, 0)]),
        # Exim delivers with processes of its own name; sendmail is one, too.
        ((one("50 1 exim4", EXIM), one("51 50 exim4", EXIM)), [("exim", 50, 1)]),
        ((one("52 1 exim4", "/usr/sbin/exim4 -Mc 1uXyZ-0000aB-1c"),), []),
        # Names that mean something only below their own program.
        ((one("60 1 config"), one("61 1 log"), one("62 1 smtp"), one("63 1 local")), []),
        ((one("70 1 spamd"), one("71 70 spamd"), one("72 70 spamd")), [("spamd", 70, 2)]),
        (DOVECOT, [("dovecot", 20, 3)]),
    ],
)
def test_programs_are_known_by_more_than_their_names(
    seen: tuple[Seen, ...], families: list[tuple[str, int, int]]
) -> None:
    found = find(table(*seen))
    assert [(f.program.noun, f.head.pid, len(f.children)) for f in found] == families


def test_the_panel_gets_what_runs_and_what_is_missing() -> None:
    given = table(*POSTFIX, *DOVECOT[1:], one("20 1 dovecot", mark="T"))
    families = find(given)
    wanted = {"postfix": CRITICAL, "dovecot": CRITICAL, "exim": CRITICAL}
    shown = facts(given, families, judge(given, families, wanted), {10: 0.25})
    assert [(p.name, p.pid, p.status, p.children, p.memory) for p in shown.running] == [
        ("postfix", 10, "running", 2, 3000),
        ("dovecot", 20, "stopped", 3, 4000),
    ]
    assert [p.cpu for p in shown.running] == [0.25, None]
    assert shown.missing == ("exim",)
    assert shown.visible_processes == 90
    assert in_words(families) == "Postfix (2), Dovecot (3)"


def test_what_a_program_takes_of_a_core_is_counted_between_two_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_spent", {})

    def looked(at: float, master: float, **children: float) -> dict[int, float]:
        head = replace(POSTFIX[0], cpu=master)
        own = [replace(one(f"{pid[1:]} 10 smtpd"), cpu=cpu) for pid, cpu in children.items()]
        return rates("processes/mail1", find(table(head, *own)), at)

    assert looked(50, 1.0, p11=2.0, p12=4.0) == {}, "the first look knows no rate"
    assert looked(60, 1.0, p11=7.0, p12=9.0) == {10: 1.0}
    # One has ended, and what it had is its parent's now; one has begun.
    assert looked(70, 10.0, p11=7.0, p13=1.0) == {10: pytest.approx(0.1)}
    assert looked(70.5, 10.4, p11=7.0, p13=1.0) == {}, "hundredths make no rate of half a second"
    assert looked(72, 11.0, p11=7.0, p13=1.0) == {10: 0.5}
    assert looked(82, 0.0) == {10: 0.0}, "another process of that number"


def test_the_table_of_programs_has_no_doubles() -> None:
    nouns = [program.noun for program in PROGRAMS]
    assert len(set(nouns)) == len(nouns)
    plain = [name for program in PROGRAMS if not program.proof for name in program.heads]
    assert len(set(plain)) == len(plain)


# Real processes, in a PID namespace of their own: nothing else of this machine is seen there.

IMPOSTOR = """
folder=$(mktemp -d); trap 'rm -r "$folder"' EXIT
begin() { # a process of that name, with the rest as its arguments
  printf '#!/bin/sh\\nread never <"%s/hold"\\n' "$folder" >"$folder/$1"; chmod +x "$folder/$1"
  name=$1; shift; "$folder/$name" "$@" &
  until read -r comm <"/proc/$!/comm" && [ "$comm" = "$name" ]; do :; done
}
mkfifo "$folder/hold"
"""


async def test_a_host_where_nothing_runs_is_told_so() -> None:
    result = await ask("processes", own_host(""), mta="postfix")
    assert (result.state, result.summary) == (CRITICAL, "Postfix is not running")
    assert (await ask("processes", own_host(""), mta="none")).summary.startswith("no mail program")


async def test_a_daemon_is_found_and_a_stopped_one_is_told() -> None:
    runs = own_host(IMPOSTOR + "begin exim4 -bd -q30m")
    result = await ask("processes", runs, mta="exim")
    assert (result.state, result.summary) == (State.OK, "Exim")
    stands = own_host(IMPOSTOR + "begin exim4 -bd; kill -STOP $!; sleep 0.05")
    result = await ask("processes", stands, mta="exim")
    assert result.codes == ("process.exim.stopped",)
    assert "Exim stands still: exim4 was stopped by a signal (kill -CONT " in result.summary


async def test_an_exim_that_only_delivers_is_no_daemon() -> None:
    result = await ask("processes", own_host(IMPOSTOR + "begin exim4 -Mc 1uX-1"), mta="exim")
    assert result.codes == ("process.exim.missing",)


@pytest.mark.parametrize("hidepid", ["noaccess", "invisible"])
async def test_hidden_processes_are_unknown_and_the_mend_is_said(hidepid: str) -> None:
    script = (
        f"mount -t proc -o hidepid={hidepid} proc /proc || exit 1\n"
        'set -- setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$@"'
    )
    result = await ask("processes", own_host(IMPOSTOR + script), mta="postfix")
    assert (result.state, result.codes) == (State.UNKNOWN, ("process.hidden",))
    assert result.mend == "mount -o remount,hidepid=0 /proc"
    assert isinstance(result.facts, ProcessFacts)
    assert result.facts.is_hidden
    assert not result.facts.missing
