r"""What the scripts print about a host's logs: head lines of a mark each, and lines of the logs.

>>> printed = Printed("zone +0000\nnow 1795546947\nsource /var/log/mail.log\n| a line\nend")
>>> printed.last("source"), printed.raws
('/var/log/mail.log', [('/var/log/mail.log', 'a line')])
"""

from __future__ import annotations

from checks.log_line import Line
from checks.server._log_lines import Stamps, stamps
from checks.text import visible

OWN = ("exim", "rspamd", "dovecot")
"""Programs whose own log is known by its name."""

HEADS, HEAD_LIMIT = 5_000, 4096
"""Head lines of an answer, and characters of each (PATH_MAX): five a file, and the rotated ones of
years. A host that prints more is not believed to have come to its end."""


class Printed:
    """One answer, taken apart; what it means is said where the script is."""

    def __init__(self, text: str = "") -> None:
        self.raws: list[tuple[str, str]] = []
        """The lines of the logs, each with the log it is from."""
        self._marks: dict[str, list[str]] = {}
        self._heads = 0
        self.take(text)

    def take(self, text: str) -> None:
        """Add whole lines of the answer."""
        source = self.last("source")
        for line in text.split("\n"):
            mark, _, rest = line.partition(" ")
            if mark == "|":
                self.raws.append((source, rest))
            elif line and self._heads <= HEADS:
                self._heads += 1
                self._marks.setdefault(mark[:HEAD_LIMIT], []).append(rest[:HEAD_LIMIT])
                source = self.last("source")

    def all(self, mark: str) -> tuple[str, ...]:
        """What was said under that mark, harmless."""
        return tuple(visible(one) for one in self._marks.get(mark, ()))

    def last(self, mark: str) -> str:
        """The last of it, as it came; empty where there was none."""
        return self._marks.get(mark, [""])[-1]

    @property
    def is_whole(self) -> bool:
        """Whether the script came to its end, and its tools worked."""
        is_over = self._heads > HEADS
        return "end" in self._marks and "broken" not in self._marks and not is_over

    @property
    def stamps(self) -> Stamps | None:
        """What reads this host's times; None where it did not tell its own."""
        return stamps(self.last("zone"), self.last("now"))


def read(reader: Stamps, source: str, raw: str) -> Line | None:
    """A line of that log; None for what has no time."""
    return reader.parse(raw, next((name for name in OWN if name in source), ""))
