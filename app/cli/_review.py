"""``mailmedic incident review``: the review in the operator's own editor."""

from __future__ import annotations

import sys
from pathlib import Path

from app.incident.kinds import Reviewed
from app.incident.story import Story
from app.problem import Problem


def review(folder: Path, story: Story) -> Reviewed | None:
    """What the operator made of it; None when the editor was left as it was. Raises Problem."""
    from app.review.begin import begin
    from app.review.editor import edit

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Problem("a review opens an editor: run it in a terminal")
    return edit(begin(folder, story))
