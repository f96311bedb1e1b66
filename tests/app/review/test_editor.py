from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.problem import Problem
from app.review.editor import command, edit
from app.review.form import ACTIONS

TEXT = f"# hint\n## What went well?\n\n## {ACTIONS}\n"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.delenv("VISUAL", raising=False)
    return folder


def use(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    program = folder / "editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("EDITOR", f"{program} --wait")


def test_what_the_editor_wrote_is_the_review_and_nothing_is_left(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path, 'sed -i "s/^## What went well?/&\\nthe log/" "$2"')
    review = edit(TEXT)
    assert review is not None
    assert review.answers == {"What went well?": "the log"}
    assert list(temporary.iterdir()) == []


def test_nobody_else_can_read_what_is_being_edited(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path, "exit 1")
    with pytest.raises(Problem):
        edit(TEXT)
    (folder,) = temporary.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "review.md").stat().st_mode) == 0o600


def test_an_editor_that_is_left_without_writing_stores_nothing(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path, "true")
    assert edit(TEXT) is None
    assert list(temporary.iterdir()) == []


def test_a_draft_that_is_written_as_it_is_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path, 'touch "$2"')
    assert edit(TEXT) is not None


def test_a_mistake_opens_the_editor_again_with_the_line_that_it_is_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path, """
        cp "$2" "$0.$(ls $0.* 2>/dev/null | wc -l)"
        if grep -q '^bad' "$2"; then sed -i 's/^bad/[ ] good/' "$2"; else echo bad >> "$2"; fi
        """)  # fmt: skip
    review = edit(TEXT)
    assert review is not None
    assert [item.title for item in review.actions] == ["good"]
    second = (tmp_path / "editor.1").read_text().split("\n")
    assert second[0].startswith("#! line 6: an action item is written")
    assert second[5] == "bad"


def test_giving_up_on_a_mistake_keeps_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path, 'grep -q "^bad" "$2" || echo bad >> "$2"')
    with pytest.raises(Problem, match=r"nothing is stored: line 6: .*the text is kept") as told:
        edit(TEXT)
    kept = Path(str(told.value).rpartition(" ")[2])
    assert kept.read_text().rstrip().endswith("bad")


@pytest.mark.parametrize(
    ("editor", "reason"),
    [("false", "false ended with 1"), ("/nowhere/vi", "/nowhere/vi: No such file")],
)
def test_an_editor_that_fails_is_named_and_the_text_is_kept(
    monkeypatch: pytest.MonkeyPatch, editor: str, reason: str
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    with pytest.raises(Problem, match=f"{reason}.*the text is kept in"):
        edit(TEXT)


def test_visual_comes_before_editor_and_its_words_are_split(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EDITOR", "nano")
    monkeypatch.setenv("VISUAL", "code --wait")
    assert command() == ["code", "--wait"]
