from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from checks.server._log_lines import Stamps, family
from checks.server._log_patterns import FOLDER, Pattern, find, known
from checks.server._log_script import TROUBLE

STAMPS = Stamps(UTC, datetime(2026, 11, 25, tzinfo=UTC))

ALL = [(program, one.pattern) for program, own in known().items() for one in own]


@pytest.mark.parametrize(
    ("program", "pattern"), ALL, ids=[f"{program}-{one.code}" for program, one in ALL]
)
def test_the_real_line_of_each_pattern_is_found_to_be_it(program: str, pattern: Pattern) -> None:
    line = STAMPS.parse(pattern.example, program if program in {"exim", "rspamd"} else "")
    assert line is not None, pattern.example
    assert family(line.program) == program
    found = find(program, line.text)
    assert found is not None
    assert found[0].code == pattern.code


def test_every_real_line_travels() -> None:
    """What the host sifts out never reaches a pattern."""
    travels = re.compile(TROUBLE)
    assert not [one.code for _, one in ALL if not travels.search(one.example)]


def test_there_is_no_file_without_patterns() -> None:
    assert FOLDER.is_dir()
    assert len(list(FOLDER.glob("*.toml"))) >= 4


def test_there_are_many_and_each_says_where_its_line_was_had() -> None:
    assert len({one.code for _, one in ALL}) >= 120
    assert not [one.code for _, one in ALL if one.origin != "lab" and "://" not in one.origin]


def test_what_is_named_is_what_the_line_names() -> None:
    named = {one.code: find(program, _text(one, program)) for program, one in ALL}
    over_quota, refused = named["log.postfix.over-quota"], named["log.exim.rejected-by-remote"]
    assert over_quota is not None
    assert refused is not None
    assert (over_quota[1]["user"], over_quota[1]["queue_id"]) == ("eva@lab.test", "613AC53")
    assert (refused[1]["host"], refused[1]["user"][:4]) == ("mx.out.test", "user")


def _text(pattern: Pattern, program: str) -> str:
    line = STAMPS.parse(pattern.example, program if program in {"exim", "rspamd"} else "")
    assert line is not None
    return line.text
