"""The login that a config's word stands for."""

from __future__ import annotations

from checks.hosts import Login


def login_from(text: str) -> Login | None:
    """``"local"``, ``"ssh:DEST"``, or None for ``"none"`` and nothing. Raises ValueError."""
    if text in {"", "none"}:
        return None
    if text == "local":
        from checks.hosts.local import LocalLogin

        return LocalLogin()
    if text.startswith("ssh:"):
        from checks.hosts.ssh import SshLogin

        return SshLogin(text.removeprefix("ssh:"))
    raise ValueError(f'{text!r} is not a login: "local", "ssh:DEST" or "none"')
