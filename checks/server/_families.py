"""Which mail programs run among the processes of a host, and which belong there. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from checks.model import Host, State, split_service
from checks.server._process_table import Seen, Table
from checks.server._programs import PROGRAMS, SYSTEMD, Program, Role

NEEDED_BY = {
    Role.MTA: {"smtp", "submission", "smtps"},
    Role.STORE: {"imap", "imaps", "pop3", "pop3s", "sieve"},
}
"""The services for which a host needs a program of that role."""


class Family(Struct, frozen=True):
    """An instance of a program: its first process and the direct children of that."""

    program: Program
    head: Seen
    children: tuple[Seen, ...]

    @property
    def is_alive(self) -> bool:
        """Whether it can still work: a zombie is only waiting to be noticed."""
        return self.head.mark not in "ZX"

    @property
    def members(self) -> tuple[Seen, ...]:
        """All of it."""
        return (self.head, *self.children)

    @property
    def cpu(self) -> float:
        """Seconds of a core. They never shrink: those of a child are its parent's when it ends."""
        return sum(one.cpu for one in self.members)


def find(table: Table) -> list[Family]:
    """The instances of mail programs among the processes."""
    by_pid = {one.pid: one for one in table.seen}
    children: dict[int, list[Seen]] = {}
    for one in table.seen:
        children.setdefault(one.parent, []).append(one)
    return [
        Family(program, one, tuple(children.get(one.pid, ())))
        for program in PROGRAMS
        for one in table.seen
        if one.name in program.heads
        and not _is_head(by_pid.get(one.parent), program)
        and _is_proved(one, program, children.get(one.pid, ()))
    ]


def _is_head(one: Seen | None, program: Program) -> bool:
    return one is not None and one.name in program.heads


def _is_proved(head: Seen, program: Program, children: Iterable[Seen]) -> bool:
    """Whether, say, this ``master`` is Postfix'.

    By its command line, or where that is not to be seen by its children. A zombie has neither,
    and is what its name says first of all.
    """
    if not program.proof:
        return True
    if head.mark in "ZX":
        return head.name == program.heads[0]
    if head.command:
        return program.proof in head.command
    return not program.children or any(one.name in program.children for one in children)


def expected(table: Table, host: Host, running: set[str]) -> dict[str, State]:
    """The programs that belong on the host, by noun, and how bad it is when one is missing.

    `running` are those that do. What the config says counts most; then the one program that is
    installed for a service of the host, unless another does its work; then what starts at boot.
    """
    services = {split_service(service)[0] for service in host.services}
    enabled = table.files if SYSTEMD in table.files else frozenset()
    wanted = {p.noun: State.WARNING for p in PROGRAMS if enabled.intersection(p.links)}
    for role, needed_by in NEEDED_BY.items():
        candidates = [program for program in PROGRAMS if program.role == role]
        nouns = {program.noun for program in candidates}
        if role == Role.MTA and host.mta:
            wanted = {noun: state for noun, state in wanted.items() if noun not in nouns}
            wanted |= {noun: State.CRITICAL for noun in nouns if noun == host.mta}
            continue
        installed = {p.noun for p in candidates if table.files.intersection(p.files)}
        is_plain = len(installed) == 1 and not (running & nouns) - installed
        if is_plain and services & needed_by:
            wanted |= dict.fromkeys(installed, State.CRITICAL)
    return wanted
