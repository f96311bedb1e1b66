"""Where things live: the config that counts, and the folder that keeps state."""

from __future__ import annotations

import os
from pathlib import Path

CONFIG_VARIABLE = "MAILMEDIC_CONFIG"
SYSTEM_CONFIG = Path("/etc/mailmedic/config.toml")

OWN_MODE = 0o700
SHARED_MODE = 0o2770
"""Set-group-id: what one operator writes in a shared folder belongs to the group (inode(7))."""


class PlaceError(Exception):
    """A folder that we need cannot be had; the text says which, why, and the mend."""


def user_config() -> Path:
    """The config in the user's own config folder, whether it is there or not."""
    from platformdirs import user_config_path

    return user_config_path("mailmedic") / "config.toml"


def find_config(named: str | None = None) -> Path | None:
    """The config that counts; None when there is none.

    `named` is what ``--config`` says. A config that was named counts even when it is missing, so
    that the mistake is seen; the others count only where they exist.
    """
    chosen = named or os.environ.get(CONFIG_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    for path in (user_config(), SYSTEM_CONFIG):
        if os.path.lexists(path):
            return path
    return None


def state_path(shared: str = "") -> Path:
    """Where `state_folder` is, whether it is there or not."""
    from platformdirs import user_state_path

    return Path(shared).expanduser() if shared else user_state_path("mailmedic")


def state_folder(shared: str = "") -> Path:
    """The folder that keeps state, made when it is missing.

    `shared` is ``[log] folder`` of the config; left out, it is the user's own state folder, which
    nobody else may enter. Raises PlaceError.
    """
    path = state_path(shared)
    mode = SHARED_MODE if shared else OWN_MODE
    try:
        if not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700, exist_ok=True)  # another may have been faster
            path.chmod(mode)  # mkdir's own mode is cut by the umask
        elif not shared and path.stat().st_uid == os.geteuid():
            path.chmod(mode)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PlaceError(f"{path}: {reason}; set [log] folder to one you may write") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise PlaceError(f"{path}: may not be written by you; set [log] folder to one you may")
    return path
