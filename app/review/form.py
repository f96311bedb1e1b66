r"""A review as one text that people edit, and back.

Questions are headings (``## ``), action items the last of them, a line each:
``[ ] what | owner | due``. Lines that begin with ``#`` otherwise are hints, and are dropped; a
line of an answer that has to begin so, or with a backslash, gets a backslash before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from app.incident.kinds import ActionItem, Reviewed
from app.problem import Problem
from app.review import Question, questions
from checks.text import visible

ACTIONS = "Action items"
ACTIONS_HINT = "[ ] what | owner | due, as 2026-12-01; [x] when it is done"

LONGEST = 100_000
"""Characters; a log file belongs beside a review, not into it."""

_ITEM = re.compile(r"\[([ xX])\] +(\S.*)")


class FormError(Problem):
    """The text is no review; `line` is where, counted from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


def render(review: Reviewed, head: str) -> str:
    """`review` as a text; questions that it has no answer to are there too."""
    lines = [f"# {visible(head)}", "# Lines that begin with # are hints, and are not kept.", ""]
    for question in _asked(review):
        lines += _heading(question.asks, question.hint)
        lines += [_escaped(line) for line in review.answers.get(question.asks, "").split("\n")]
        lines.append("")
    lines += _heading(ACTIONS, ACTIONS_HINT)
    lines += map(_item_line, review.actions)
    return "\n".join(lines) + "\n"


def parse(text: str) -> Reviewed:
    """The review in `text`; questions without an answer are left out. Raises FormError."""
    if len(text) > LONGEST:
        raise FormError(1, f"{len(text):,} characters are too many, {LONGEST:,} are enough")
    answers: dict[str, str] = {}
    actions: tuple[ActionItem, ...] = ()
    for place, title, lines in _sections(text):
        if title == ACTIONS:
            actions = tuple(_items(lines))
        elif title in answers:
            raise FormError(place, f"{visible(title, 80)!r} is there twice")
        else:
            answers[title] = "\n".join(line for _, line in lines).strip("\n")
    return Reviewed(
        answers={title: answer for title, answer in answers.items() if answer}, actions=actions
    )


def _asked(review: Reviewed) -> Iterator[Question]:
    """The questions there are, then those that only the review knows: of another version."""
    yield from questions()
    known = {one.asks for one in questions()}
    for title in review.answers:
        if title not in known:
            yield Question(id="", asks=title, hint="", source="")


def _heading(title: str, hint: str) -> list[str]:
    return [f"## {visible(title)}", *([f"# {hint}"] if hint else [])]


def _escaped(line: str) -> str:
    return f"\\{line}" if line.startswith(("#", "\\")) else line


def _item_line(item: ActionItem) -> str:
    mark = "x" if item.is_done else " "
    owner, due = (visible(text).replace("|", "/") for text in (item.owner, item.due))
    return f"[{mark}] {visible(item.title)} | {owner} | {due}".rstrip()


def _sections(text: str) -> Iterator[tuple[int, str, list[tuple[int, str]]]]:
    """Where each section begins, its heading, and its lines with their places."""
    place, title, lines = 0, "", list[tuple[int, str]]()
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r")
        if line.startswith("## "):
            if title:
                yield place, title, lines
            place, title, lines = number, line[3:].strip(), []
        elif title and not line.startswith("#"):
            lines.append((number, line.removeprefix("\\")))
        elif not title and line.strip() and not line.startswith("#"):
            raise FormError(number, "stands before the first question (## …)")
    if title:
        yield place, title, lines


def _items(lines: Iterable[tuple[int, str]]) -> Iterator[ActionItem]:
    for number, line in lines:
        if not line.strip():
            continue
        found = _ITEM.fullmatch(line.strip())
        if found is None:
            raise FormError(number, f"an action item is written {ACTIONS_HINT}")
        title, owner, due = _fields(found[2])
        if not title:
            raise FormError(number, "it does not say what is to be done")
        if due and not _is_date(due):
            raise FormError(number, f"{visible(due, 40)!r} is no date, such as 2026-12-01")
        yield ActionItem(title=title, owner=owner, due=due, is_done=found[1] != " ")


def _fields(text: str) -> tuple[str, str, str]:
    """What, owner, due; a bar in the first of them is one of its letters."""
    parts = [part.strip() for part in text.rsplit("|", 2)]
    title, owner, due = (*parts, "", "")[:3]
    return title, owner, due


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
