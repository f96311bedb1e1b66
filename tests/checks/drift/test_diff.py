from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from checks.drift._copy import Copy
from checks.drift._diff import LINES_KEPT, change
from checks.facts import FileChange

LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30)


def copy(text: str | None, digest: str = "") -> Copy:
    return Copy(stamp="", mtime=0, access="0644 0:0", digest=digest or repr(text), text=text)


def changed(before: str | None, after: str | None) -> FileChange:
    return change("/etc/x", (copy(before), copy(after)))


@given(LINES, LINES)
def test_a_diff_turns_the_one_into_the_other(before: list[str], after: list[str]) -> None:
    found = changed("\n".join([*before, "end"]), "\n".join([*after, "end"]))
    old, new = [*before, "end"], [*after, "end"]
    for line in found.diff:
        if line.startswith("@@"):
            taken, made = (int(part.split(",")[0][1:]) - 1 for part in line.split()[1:3])
        elif line.startswith("only"):
            assert old == new
        else:
            if line[0] in " -":
                assert old[taken] == line[1:]
                taken += 1
            if line[0] in " +":
                assert new[made] == line[1:]
                made += 1
    assert len(new) - len(old) == found.added - found.removed


def test_a_diff_of_many_lines_is_cut_and_counted_whole() -> None:
    found = changed("a\n", "a\n" + "".join(f"line {n}\n" for n in range(1000)))
    assert (found.added, len(found.diff)) == (1000, LINES_KEPT + 1)
    assert found.diff[-1] == "… 802 more lines"


def test_two_large_files_without_likeness_are_counted_and_not_compared() -> None:
    before = "".join(f"{n % 7}\n" for n in range(20_000))
    after = "".join(f"{n % 11}\n" for n in range(20_000))
    began = time.monotonic()
    found = changed(before, after)
    assert time.monotonic() - began < 5
    assert found.diff == ("too much differs to show it line by line",)
    assert found.added > 0


def test_a_change_behind_a_mask_says_so() -> None:
    found = change("/etc/x", (copy("password = ********", "1"), copy("password = ********", "2")))
    assert (found.added, found.removed, found.diff) == (0, 0, ("only masked values differ",))


def test_a_file_from_the_year_of_never_has_no_time() -> None:
    late = Copy(stamp="", mtime=1e18, access="", digest="1", text="")
    assert change("/etc/x", (None, late)).at is None
