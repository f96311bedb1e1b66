"""`mailmedic`: picks the subcommand, and turns every failure into one line."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from io import TextIOWrapper

from app import cli
from app.problem import MISUSE, Problem
from checks.text import visible

DESCRIPTION = """\
Carries a team through a mail server outage: what is broken, for whom and why, what to do next.

  mailmedic               the console, on your config, else on this machine's own mail server
  mailmedic DOMAIN        the console, on what DNS tells about that domain
"""


class Parser(ArgumentParser):
    """An argument parser whose errors are one line, with our exit status."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse says NoReturn
        """Say what is wrong with the command line."""
        raise Problem(f"{message}; `{self.prog} --help` tells what there is")


def main(argv: Sequence[str] | None = None) -> int:
    """Run `mailmedic`; the exit status (0 healthy, 1 degraded, 2 outage, 3 unknown or misuse)."""
    for stream in (sys.stdout, sys.stderr):
        # A name in Greek must not end a report in a locale that has no Greek.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return run(words)
    except Problem as problem:
        # Their words may be anybody's: of a file, a server, a link that was clicked on.
        lines = [visible(line) for line in str(problem).split("\n")]
        print("mailmedic:", "\n".join(lines), file=sys.stderr)  # noqa: T201
        return MISUSE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return MISUSE
    except Exception as error:  # noqa: BLE001 - the top: details to a private file, never a traceback
        from app.crash import keep

        print(f"mailmedic: {keep(error)}", file=sys.stderr)  # noqa: T201
        return MISUSE


def run(words: list[str]) -> int:
    """Run the subcommand that `words` name; without one, the console."""
    config, rest = _config(words)
    if rest and rest[0] in cli.names():
        command, arguments = rest[0], rest[1:]
        parser = Parser(prog=f"mailmedic {command}", description=cli.load(command).__doc__)
    elif rest and rest[0] in ("-h", "--help"):
        _top_parser().print_help()
        return 0
    else:
        command, arguments = cli.CONSOLE, rest
        parser = Parser(prog="mailmedic")
    module = cli.load(command)
    module.add_arguments(parser)
    known = parser.parse_args(arguments)
    known.config = config
    return module.run(known)


def _config(words: list[str]) -> tuple[str | None, list[str]]:
    """``--config FILE`` is taken before or after the subcommand."""
    parser = Parser(prog="mailmedic", add_help=False, allow_abbrev=False)
    parser.add_argument("--config")
    before = words[: words.index("--")] if "--" in words else words
    known, rest = parser.parse_known_args(before)
    return known.config, rest + words[len(before) :]


def _top_parser() -> Parser:
    lines = [f"  mailmedic {name:<14}{cli.summary(name)}" for name in cli.names()]
    parser = Parser(
        prog="mailmedic",
        usage="mailmedic [--config FILE] [COMMAND | DOMAIN…]",
        description=DESCRIPTION + "\n".join(lines),
        formatter_class=RawDescriptionHelpFormatter,
        epilog="Exit status: 0 healthy or done, 1 degraded, 2 outage, 3 unknown or misuse.",
    )
    parser.add_argument("--config", metavar="FILE", help="the config to use, instead of the usual")
    cli.load(cli.CONSOLE).add_arguments(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
