"""Where checks keep what they must remember: a folder each, in the state folder."""

from __future__ import annotations

from pathlib import Path


def path_of(folder: str, name: str) -> Path:
    """The folder called `name` in the state folder `folder`, the user's own when that is empty."""
    from platformdirs import user_state_path

    state = Path(folder).expanduser() if folder else user_state_path("mailmedic")
    return state / name


def make(path: Path) -> None:
    """Make a folder of `path_of`, open to whom the state folder lets in. Raises OSError."""
    if path.is_dir():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(path.parent.stat().st_mode & 0o7770)
