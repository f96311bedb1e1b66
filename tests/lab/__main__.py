"""``python -m tests.lab``: brings the outage lab up, breaks it, judges mailmedic in it."""

from __future__ import annotations

import os
import sys
import time
from argparse import REMAINDER, ArgumentParser, Namespace

from tests.lab import packages
from tests.lab.host import hosts
from tests.lab.lab import Lab
from tests.lab.lock import locked
from tests.lab.place import here
from tests.lab.run import CommandError


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
    """Say which hosts are on, and what each of them runs."""
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
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        print("the lab needs root: it makes namespaces and mounts", file=sys.stderr)
        return 3
    try:
        return int(arguments.do(arguments))
    except CommandError as error:
        print(error, file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
