"""Templates: a text for each stage and audience, and how it is filled. Pure but for the reading.

The house's own lie in the folder ``notices`` beside the config, named like ours
(``first-users.txt``). The first line is the subject, placeholders are those of `PLACEHOLDERS`
(``$since``; ``$$`` is a dollar sign), and a line is left out when nothing is known for any of the
placeholders in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template

from msgspec import Struct

from app.config.rules import nearest
from app.config.source import ConfigError, FileKind, text_of
from app.notices.notice import STAGES, SUBJECT_LIMIT, Draft, audiences_of
from app.notices.placeholders import PLACEHOLDERS, Known
from checks.text import visible

OURS = Path(__file__).with_name("templates")

KIND = FileKind("a template", "delete it, and ours is taken", is_guarded=True)

SUBJECT = "Subject:"


class Text(Struct, frozen=True, kw_only=True):
    """A template as it was read: the lines of its file, the first without ``Subject:``."""

    lines: tuple[str, ...]
    mistakes: tuple[str, ...] = ()


def folder_of(config: Path | None) -> Path:
    """Where the house's own templates are: beside the config, or where that would be."""
    from app.places import user_config

    return (config or user_config()).parent / "notices"


def name_of(stage: str, audience: str) -> str:
    """The file's name."""
    return f"{stage}-{audience}.txt"


def load(stage: str, audience: str, folder: Path | None) -> Text:
    """The template in `folder`; where there is none, or it has mistakes, ours with these."""
    name = name_of(stage, audience)
    mistakes: tuple[str, ...] = ()
    own = folder / name if folder else None
    if own is not None and own.exists():
        try:
            return read(own)
        except ConfigError as error:
            mistakes = error.problems
    return Text(lines=read(OURS / name).lines, mistakes=mistakes)


def read(path: Path) -> Text:
    """The template at `path`. Raises ConfigError with all that is wrong with it."""
    lines = text_of(path, KIND).rstrip("\n").split("\n")
    problems = []
    if not lines[0].startswith(SUBJECT):
        problems.append(f"{visible(str(path))}:1: must begin with {SUBJECT}")
    for number, line in enumerate(lines, 1):
        problems += [f"{visible(str(path))}:{number}: {one}" for one in _mistakes(line)]
    if problems:
        raise ConfigError(problems)
    return Text(lines=(lines[0].removeprefix(SUBJECT).strip(), *lines[1:]))


def _mistakes(line: str) -> list[str]:
    template = Template(line)
    if not template.is_valid():
        return ["a $ that begins no placeholder; a dollar sign is written $$"]
    return [
        f"there is no placeholder ${visible(name, 60)}{nearest(name, PLACEHOLDERS)}"
        for name in template.get_identifiers()
        if name not in PLACEHOLDERS
    ]


def mistakes(folder: Path) -> list[str]:
    """All that is wrong with the house's own templates, also with their names."""
    known = [name_of(stage, audience) for stage in STAGES for audience in audiences_of(stage)]
    found = []
    for path in sorted(folder.glob("*.txt")):
        if path.name not in known:
            found.append(f"{visible(str(path))}: no notice is called so{nearest(path.name, known)}")
            continue
        try:
            read(path)
        except ConfigError as error:
            found += error.problems
    return found


def fill(stage: str, audience: str, known: Known, folder: Path | None = None) -> Draft:
    """The notice as it would be sent now."""
    template = load(stage, audience, folder)
    wanted = {name for line in template.lines for name in Template(line).get_identifiers()}
    values = {name: one.find(known) for name, one in PLACEHOLDERS.items() if name in wanted}
    subject, *body = [_filled(line, values) for line in template.lines]
    return Draft(
        stage=stage,
        audience=audience,
        subject=visible(" ".join((subject or "").split()), SUBJECT_LIMIT),
        text=_tidy([line for line in body if line is not None]),
        unknown=tuple(name for name, value in values.items() if not value),
        mistakes=template.mistakes,
    )


def _filled(line: str, values: Mapping[str, str]) -> str | None:
    """The line; None when it says nothing without what it asks for."""
    template = Template(line)
    names = template.get_identifiers()
    if names and not any(values[name] for name in names):
        return None
    return "\n".join(part.rstrip() for part in template.substitute(values).split("\n"))


def _tidy(lines: list[str]) -> str:
    """One empty line where several were left, and none at the ends."""
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n") + "\n"
