"""``python -m tests.lab``: brings the outage lab up, breaks it, judges mailmedic in it."""

from __future__ import annotations

import os
import signal
import sys
import time
from argparse import REMAINDER, ArgumentParser, Namespace
from datetime import UTC, datetime

import msgspec

from tests.lab import act, packages, score, table
from tests.lab.fault import chosen, faults
from tests.lab.host import hosts
from tests.lab.lab import Lab
from tests.lab.lock import locked
from tests.lab.place import here
from tests.lab.run import CommandError
from tests.lab.selftest import selftest


def install(arguments: Namespace) -> int:
    """Install the Debian packages it needs; nothing of them is started."""
    packages.install()
    return 0


def up(arguments: Namespace) -> int:
    """Bring it up."""
    if absent := packages.missing():
        raise CommandError(f"missing: {', '.join(absent)}; python -m tests.lab install")
    began = time.monotonic()
    lab = Lab(here())
    with locked(lab.place):
        lab.up()
    print(f"{lab.place.name}: {len(lab.machines)} hosts up in {time.monotonic() - began:.1f} s")
    return 0


def down(arguments: Namespace) -> int:
    """Take it down, to the last trace."""
    lab = Lab(here())
    with locked(lab.place):
        lab.down()
        left = lab.left()
        lab.place.lock.unlink(missing_ok=True)
    print("\n".join(left) or f"{lab.place.name} is down, nothing is left")
    return 1 if left else 0


def status(arguments: Namespace) -> int:
    """Say which hosts are on, and what they are."""
    lab = Lab(here())
    for name, machine in lab.machines.items():
        state = f"on, process {machine.pid}" if machine.pid else "off"
        print(f"{name:<6} {state:<20} {machine.host.address:<12} {machine.host.about}")
    return 0


def execute(arguments: Namespace) -> int:
    """Run a command on a host, as root: exec HOST -- COMMAND…"""
    machine = Lab(here()).machines[arguments.host]
    words = arguments.command
    argv = [*machine.enter(), *(words[1:] if words[:1] == ["--"] else words)]
    os.execvp(argv[0], argv)
    return 0


def list_(arguments: Namespace) -> int:
    """Name the faults there are."""
    for fault in faults().values():
        print(f"{fault.area:<11} {fault.name:<26} {fault.title}")
    return 0


def inject(arguments: Namespace) -> int:
    """Break it, and wait until that is felt: inject NAME."""
    lab, (fault,) = Lab(here()), chosen([arguments.name])
    with locked(lab.place):
        act.inject(lab, fault)
        print(f"{fault.name} is felt after {act.await_felt(lab, fault):.1f} s")
    return 0


def heal(arguments: Namespace) -> int:
    """Mend it, and wait until nothing is felt any more: heal NAME."""
    lab, (fault,) = Lab(here()), chosen([arguments.name])
    with locked(lab.place):
        act.heal(lab, fault)
        print(f"{fault.name} is gone after {act.await_well(lab, fault):.1f} s")
    return 0


def prove(arguments: Namespace) -> int:
    """Prove every fault, or those named: felt when injected, gone when healed."""
    lab = Lab(here())
    with locked(lab.place):
        return 1 if selftest(lab, chosen(arguments.name)) else 0


def judge(arguments: Namespace) -> int:
    """Run mailmedic against every fault, or those named, and print how it did."""
    lab, names = Lab(here()), chosen(arguments.name)
    if not arguments.json:
        print(table.line(table.HEAD))
    with locked(lab.place):
        tell = (lambda row: None) if arguments.json else _print_row
        rows = score.score(lab, names, tell)
    if arguments.json:
        print(msgspec.json.encode(rows).decode())
    else:
        print("\n".join(table.totals(rows)))
    if arguments.record:
        table.RECORD.write_text(table.markdown(rows, datetime.now(UTC)))
    return 0


def _print_row(row: score.Row) -> None:
    print(table.line(table.cells(row)), flush=True)
    if row.error:
        print(f"    {row.error}", flush=True)


def main() -> int:
    """Do what the command line says; the exit status."""
    parser = ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for do in (install, up, down, status):
        commands.add_parser(do.__name__, help=do.__doc__).set_defaults(do=do)
    inside = commands.add_parser("exec", help=execute.__doc__)
    inside.set_defaults(do=execute)
    inside.add_argument("host", choices=sorted(hosts()))
    inside.add_argument("command", nargs=REMAINDER)
    for do in (inject, heal):
        single = commands.add_parser(do.__name__, help=do.__doc__)
        single.set_defaults(do=do)
        single.add_argument("name", choices=sorted(faults()), metavar="NAME")
    proof = commands.add_parser("selftest", help=prove.__doc__)
    proof.set_defaults(do=prove)
    proof.add_argument("name", nargs="*", metavar="NAME-OR-AREA")
    judged = commands.add_parser("score", help=judge.__doc__)
    judged.set_defaults(do=judge)
    judged.add_argument("name", nargs="*", metavar="NAME-OR-AREA")
    judged.add_argument("--json", action="store_true", help="one JSON document, nothing else")
    judged.add_argument("--record", action="store_true", help="write tests/lab/SCORE.md")
    commands.add_parser("list", help=list_.__doc__).set_defaults(do=list_)
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        print("the lab needs root: it makes namespaces and mounts", file=sys.stderr)
        return 3
    # Ended politely, a fault that is in is healed first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return int(arguments.do(arguments))
    except (CommandError, ValueError) as error:
        print(error, file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
