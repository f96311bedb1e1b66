"""What is typed and not written yet outlives the console that it was typed in."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app import drafts


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "mailmedic" / "drafts"


def keep(text: str, who: str = "ana", incident: str = "2026-11-23-01") -> None:
    draft = drafts.take(who, incident)
    draft.save(text)
    draft.release()


def taken(who: str = "ana", incident: str = "2026-11-23-01") -> str:
    draft = drafts.take(who, incident)
    draft.release()
    return draft.text


def test_a_draft_comes_back_to_who_typed_it_and_only_this_user_can_read_it(folder: Path) -> None:
    keep("postfix is\nfull\n")
    (file,) = folder.glob("*.txt")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert taken("raj") == ""
    assert taken() == "postfix is\nfull\n"


def test_what_was_typed_for_this_incident_comes_before_what_was_typed_for_none_or_another() -> None:
    keep("old", incident="2026-11-20-01")
    assert taken() == "old"
    old = drafts.take("ana")
    keep("early", incident="")
    old.release()
    # Each draft is held, so the next one comes.
    first = drafts.take("ana", "2026-11-23-01")
    second = drafts.take("ana", "2026-11-23-01")
    third = drafts.take("ana", "2026-11-23-01")
    assert [draft.text for draft in (first, second, third)] == ["early", "old", ""]


def test_two_consoles_of_one_operator_have_a_draft_each() -> None:
    one, other = drafts.take("ana", "x"), drafts.take("ana", "x")
    one.save("from one")
    other.save("from the other")
    assert not drafts.is_waiting("ana")
    other.release()
    assert drafts.is_waiting("ana")
    assert taken(incident="x") == "from the other"
    one.release()
    assert taken(incident="x") == "from one"


def test_an_empty_draft_leaves_nothing_behind(folder: Path) -> None:
    keep("something")
    keep(" \n")
    assert not list(folder.iterdir())
    assert not drafts.is_waiting("ana")


def test_a_name_can_not_lead_out_of_the_folder(folder: Path) -> None:
    keep("x", who="../../ana.b*")
    assert len(list(folder.glob("note.*.txt"))) == 1
    assert taken(who="../../ana.b*") == "x"


def test_kill_9_at_any_moment_leaves_a_whole_draft(folder: Path) -> None:
    script = (
        "from app import drafts\n"
        "draft = drafts.take('ana', 'x')\n"
        "print('ready', flush=True)\n"
        "for n in range(10**6): draft.save(f'{n} ' * 4000)\n"
    )
    for _ in range(20):
        child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        assert child.stdout is not None
        with child:
            child.stdout.readline()
            while not list(folder.glob("*.txt")):
                pass
            child.kill()
        words = taken(incident="x").split()
        assert len(words) == 4000
        assert len(set(words)) == 1
