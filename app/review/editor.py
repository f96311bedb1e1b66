"""The operator's own editor on a review: a file that nobody else can read, and back."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from app.incident.kinds import Reviewed
from app.problem import Problem
from app.review.form import FormError, parse

USUAL = ("sensible-editor", "editor", "nano", "vi")
"""What is tried where neither VISUAL nor EDITOR says anything."""

MARK = "#! "
"""Begins the line in which the editor is opened again on a mistake."""


def edit(text: str) -> Reviewed | None:
    """What the operator made of `text`; None when the editor was left without writing.

    A text with a mistake is opened again with the mistake on top. Raises Problem, and then says
    where the text was kept.
    """
    folder = Path(tempfile.mkdtemp(prefix="mailmedic-review-"))  # 0700
    path = folder / "review.md"
    path.touch(0o600)
    shown = text
    while True:
        path.write_text(shown, encoding="utf-8")
        os.utime(path, (0, 0))  # so that the time says whether it was written
        _run([*command(), str(path)], path)
        edited = path.read_text("utf-8", "replace")
        if path.stat().st_mtime == 0:
            if shown != text:
                mistake = shown.partition("\n")[0].removeprefix(MARK)
                raise Problem(f"nothing is stored: {mistake}; the text is kept in {path}")
            shutil.rmtree(folder)
            return None
        try:
            review = parse(edited)
        except FormError as error:
            shown = _marked(edited, error)
            continue
        shutil.rmtree(folder)
        return review


def command() -> list[str]:
    """The editor's argv. Raises Problem where there is none."""
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    found = chosen or next(filter(shutil.which, USUAL), None)
    if found is None:
        raise Problem("no editor is there: set EDITOR to one")
    return shlex.split(found)


def _run(argv: list[str], path: Path) -> None:
    try:
        status = subprocess.run(argv, check=False).returncode
    except OSError as error:
        raise Problem(f"{argv[0]}: {error.strerror}; the text is kept in {path}") from error
    if status:
        raise Problem(f"{argv[0]} ended with {status}; the text is kept in {path}")


def _marked(text: str, error: FormError) -> str:
    """`text` with the mistake on top, in place of an earlier one; it counts as a line itself."""
    marked = text.startswith(MARK)
    rest = text.partition("\n")[2] if marked else text
    reason = str(error).partition(": ")[2]
    return f"{MARK}line {error.line + (not marked)}: {reason}\n{rest}"
