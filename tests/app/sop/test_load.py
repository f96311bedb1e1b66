"""A house's own SOP replaces or extends ours, and each mistake in it gets its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app import config, sop
from app.config import ConfigError

ITEM = '[[step.item]]\nid = "call"\ntitle = "Call"\nwhat = "Call them."\nwhy = "They know."\n'
STEP = '[[step]]\nid = "first"\ntitle = "First"\n'
WHOLE = STEP + ITEM
OTHER = ITEM.replace('"call"', '"see"')
EXTENDS = "extends = true\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sop.toml"


def load(path: Path, text: str) -> tuple[sop.Step, ...]:
    path.write_text(text, encoding="utf-8")
    return sop.load(path)


def items(steps: tuple[sop.Step, ...]) -> dict[str, sop.Item]:
    return {item.id: item for step in steps for item in step.items}


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        sop.load(path)
    return [problem.removeprefix(str(path)) for problem in caught.value.problems]


def test_a_file_of_its_own_is_the_whole_procedure(path: Path) -> None:
    (step,) = load(path, WHOLE)
    assert step == sop.Step(
        id="first",
        title="First",
        items=(sop.Item(id="call", title="Call", what="Call them.", why="They know."),),
    )


def test_one_that_extends_and_says_nothing_is_ours(path: Path) -> None:
    assert load(path, EXTENDS) == sop.load()


def test_of_an_item_of_ours_only_what_is_said_changes(path: Path) -> None:
    ours = items(sop.load())
    theirs = items(
        load(path, EXTENDS + '[[step]]\nid = "troubleshoot"\n[[step.item]]\nid = "power"\n'
             'what = "Ask the porter."\nauto = false\n')
    )  # fmt: skip
    assert theirs["power"] == replace(ours["power"], what="Ask the porter.", auto=False)
    assert list(theirs) == list(ours)


def test_a_new_item_stands_last_or_behind_the_one_it_names(path: Path) -> None:
    step = EXTENDS + '[[step]]\nid = "fix"\n'
    ours = [item.id for item in sop.load()[3].items]
    assert [item.id for item in load(path, step + ITEM)[3].items] == [*ours, "call"]
    placed = [item.id for item in load(path, step + ITEM + 'after = "evidence-kept"\n')[3].items]
    assert placed == [ours[0], "call", *ours[1:]]


def test_an_item_of_ours_can_be_put_elsewhere_in_its_step(path: Path) -> None:
    moved = EXTENDS + '[[step]]\nid = "assess"\n[[step.item]]\nid = "onset"\nafter = "mail-down"\n'
    assert [item.id for item in load(path, moved)[0].items][:3] == [
        "mail-down",
        "onset",
        "monitoring-read",
    ]


def test_what_is_dropped_is_needed_by_nothing_and_an_empty_step_goes(path: Path) -> None:
    steps = load(path, EXTENDS + 'drop = ["mail-down", "users-told-over", "others-told-over", '
                 '"prevention-told"]\n')  # fmt: skip
    assert "mail-down" not in items(steps)
    assert items(steps)["it-told"].needs == ()
    assert "recovery" not in [step.id for step in steps]


def test_a_new_step_comes_last(path: Path) -> None:
    steps = load(path, EXTENDS + WHOLE)
    assert steps[:-1] == sop.load()
    assert steps[-1].title == "First"


def test_escapes_in_its_texts_are_made_visible(path: Path) -> None:
    text = WHOLE.replace("Call them.", "\\u001b]0;x\\u0007").replace('"First"', '"a\\u202eb"')
    (step,) = load(path, text)
    assert (step.title, step.items[0].what) == ("a<U+202E>b", "^[]0;x^G")


MISTAKES = [
    (WHOLE + 'whi = "x"', ':9: item "call": unknown key "whi"; did you mean "why"?'),
    (WHOLE + 'checks = ["smpt"]', ':9: item "call": "checks": no check is called "smpt"; '
     'did you mean "smtp"?'),
    (WHOLE + 'checks = "smtp"', ':9: item "call": "checks": expected a list, got text'),
    (WHOLE + 'checks = ["smtp"]\nwhen = "god"', ':10: item "call": "when": must be "any", "bad" or '
     '"good", not "god"; did you mean "good"?'),
    (WHOLE + 'when = "bad"', ':9: item "call": "when" says how "checks" count, and there are none'),
    (WHOLE + "over = true", ':9: item "call": "over" says how "tells" count, and there are none'),
    (WHOLE + 'tells = ["it"]\nchecks = ["smtp"]',
     ':9: item "call": "tells" and "checks" exclude each other'),
    (WHOLE + 'tells = ["boss"]', ':9: item "call": "tells": no audience is called "boss"; '
     'there are it, management, users'),
    (WHOLE + "auto = true", ':9: item "call": "auto" says how "checks" count, and there are none'),
    (WHOLE + 'checks = ["smtp"]\nauto = true\nsignoffs = 2',
     ':10: item "call": "auto" and "signoffs" exclude each other'),
    (WHOLE + "signoffs = 0", ':9: item "call": "signoffs": must be from 1 to 9'),
    (WHOLE + 'action = "notise"', ':9: item "call": "action": no action is called "notise"; '
     'did you mean "notice"?'),
    (WHOLE + 'needs = ["cal"]', ':9: item "call": "needs" of "call": "cal" is no item; '
     'did you mean "call"?'),
    (WHOLE + 'needs = ["call"]', ':9: item "call": "needs" of "call": "call" comes later'),
    (WHOLE + 'needs = ["see"]\n' + OTHER, ':9: item "call": "needs" of "call": "see" comes later'),
    (WHOLE + 'after = "cell"', ':9: item "call": "after": no item before it in this step is called '
     '"cell"'),
    (WHOLE + ITEM, ':9: item "call": there is one of this id already, on line 4'),
    (WHOLE + STEP, ':9: step "first": there is one of this id already, on line 1'),
    (STEP + '[[step.item]]\nid = "a"\ntitle = "A"\nwhat = "B."', ':4: item "a": "why" is missing'),
    (STEP + '[[step.item]]\ntitle = "A"', ':4: item 1: "id" is missing'),
    (WHOLE.replace('"Call"', '" "'), ':6: item "call": "title": must not be empty'),
    (WHOLE.replace('"call"', '"a b"'), ':5: item "a b": "id": must be one word of letters'),
    ('[[step]]\nid = "a"\n' + ITEM, ':1: step "a": "title" is missing'),
    (STEP, ":1: there is no [[step.item]]"),
    ("steps = 1\n" + WHOLE, ':1: unknown key "steps"; did you mean "step"?'),
    (WHOLE.replace("[[step]]", "[step]"), ":1: "),
    ('drop = ["cell"]\n' + WHOLE, ':1: "drop": no item is called "cell"; did you mean "call"?'),
    ("extends = 1\n" + WHOLE, ':1: "extends": expected true or false, got a whole number'),
    (EXTENDS + '[[step]]\nid = "fix"\n[[step.item]]\nid = "power"', ':4: item "power": it is an '
     'item of step "troubleshoot", and stays there'),
    (EXTENDS + '[[step]]\nid = "fix"\n[[step.item]]\nid = "fix-chosen"\nafter = "fix-applied"',
     ':1: "needs" of "fix-applied": "fix-chosen" comes later'),
    ("", ": is empty; an SOP has [[step]] and [[step.item]]"),
    ("x = ", ":1: not TOML: Invalid value"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_a_mistake_is_named_in_one_line(path: Path, text: str, expected: str) -> None:
    path.write_text(text)
    (problem,) = problems(path)
    assert problem.startswith(expected)
    assert problem.isprintable()


def test_all_mistakes_are_told_at_once_and_nothing_that_only_follows_from_them(path: Path) -> None:
    path.write_text(WHOLE + "auto = 1\n" + OTHER + 'needs = ["call"]\nsignoffs = 10\n')
    assert [problem.split(":")[1] for problem in problems(path)] == ["9", "16"]


def test_a_file_that_anybody_may_write_is_refused(path: Path) -> None:
    path.write_text(WHOLE)
    path.chmod(0o646)
    assert problems(path) == [f": anybody may write it: chmod o-w {path}"]
    path.chmod(0o664)
    assert sop.load(path)


def test_what_is_no_file_ends_in_one_line_at_once(path: Path) -> None:
    os.mkfifo(path)
    assert problems(path) == [": is not a file"]
    assert problems(path.parent / "none") == [": cannot be read: No such file or directory"]
    with (path.parent / "large").open("wb") as file:
        file.truncate(1 << 30)
    assert problems(path.parent / "large") == [": is larger than 1 MiB: that is not an SOP"]


def test_the_config_names_it_beside_itself(tmp_path: Path) -> None:
    path = tmp_path / "mailmedic.toml"
    host = '[[host]]\nname = "mail1"\n'
    path.write_text(host + '[sop]\nfile = "house.toml"\n')
    assert config.load(path).sop == tmp_path / "house.toml"
    path.write_text(host + '[sop]\nfile = "/etc/mailmedic/sop.toml"\n')
    assert config.load(path).sop == Path("/etc/mailmedic/sop.toml")
    path.write_text(host)
    assert config.load(path).sop is None


scalars = st.booleans() | st.integers(-9, 9) | st.sampled_from(["call", "see", "\x1b", ""])
values = scalars | st.lists(scalars, max_size=2)
KEYS = ["id", "title", "what", "why", "checks", "auto", "needs", "after", "item", "\x1b"]
tables = st.dictionaries(st.sampled_from(KEYS), values, max_size=6)
steps = st.builds(lambda step, items: step | {"item": items}, tables, st.lists(tables, max_size=2))
documents = st.builds(
    lambda extends, drop, steps: {"extends": extends, "drop": drop, "step": steps},
    values,
    values,
    values | st.lists(steps, max_size=2),
)


def toml(value: object) -> str:
    """`value` as TOML writes it."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(f"\\U{ord(one):08x}" for one in value) + '"'
        case dict():
            return "{" + ", ".join(f"{toml(key)} = {toml(one)}" for key, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
    return str(value)


@given(documents)
def test_whatever_a_file_holds_it_is_read_or_refused_in_lines(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text("\n".join(f"{key} = {toml(value)}" for key, value in document.items()))
    said: tuple[str, ...] = ()
    try:
        sop.load(path)
    except ConfigError as error:
        said = error.problems
    assert all(line.isprintable() for line in said)
