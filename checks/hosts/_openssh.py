"""How the OpenSSH client is called, and what its complaints mean. No connection is made here.

Sources: ssh(1), ssh_config(5); messages from sshconnect.c, sshconnect2.c, packet.c of 9.2.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from checks.hosts import Denied, HostKeyChanged, LoginError, NeedsAnswer, Unreachable
from checks.text import visible

ENVIRONMENT = {"SSH_ASKPASS_REQUIRE": "never"}
"""Nothing may ask behind the screen, not even in a window."""

_FOLDER_LIMIT = 49
"""Longest control folder: sun_path has 108 bytes (unix(7)), ssh adds 1 + 40 (%C) + 17 and a NUL."""

_DESTINATION = re.compile(r"(?:[A-Za-z0-9._][A-Za-z0-9._:@-]*@)?[A-Za-z0-9._:][A-Za-z0-9._:-]*")

_QUIET = (
    "BatchMode=yes",
    "LogLevel=ERROR",  # not QUIET, which would keep the reason from us; below INFO no banner
)
_ALWAYS = (
    "ConnectTimeout=5",
    # Without these a client on a frozen server hangs for ever (measured).
    "ServerAliveInterval=5",
    "ServerAliveCountMax=2",
    # A look is the same scripts and nearly the same answers each time: 38 KB become 1 (measured).
    "Compression=yes",
    "ControlMaster=auto",
    "ControlPersist=60",
    # What the user's config may ask for is for the user's own sessions.
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
)


def checked(destination: str) -> str:
    """`destination` if ssh can't take it for an option or a command. Raises ValueError."""
    if len(destination) <= 255 and _DESTINATION.fullmatch(destination):
        return destination
    raise ValueError(
        f"{visible(destination, 80)!r} is not what ssh can be given: HOST or USER@HOST, "
        "of letters, digits and ._:-"
    )


def client(config: str, *, is_quiet: bool = True) -> list[str]:
    """The start of every ssh command line; a quiet one never asks. Raises LoginError."""
    options = (*(_QUIET if is_quiet else ()), *_ALWAYS, f"ControlPath={control_folder()}/%C")
    return [
        "ssh",
        *(("-F", config) if config else ()),
        "-T",
        *(word for option in options for word in ("-o", option)),
    ]


def control_folder() -> Path:
    """A folder for the sockets of shared connections that only this user can enter.

    Raises LoginError when there is none.
    """
    user = os.getuid()
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{user}")
    candidates = (
        Path(runtime, "mailmedic"),
        Path(f"/run/user/{user}/mailmedic"),
        Path("~/.ssh/mailmedic").expanduser(),
        Path(f"/tmp/mailmedic-{user}"),  # noqa: S108  # its owner and mode are looked at
    )
    for folder in candidates:
        if len(os.fsencode(folder)) <= _FOLDER_LIMIT and _is_private(folder):
            return folder
    raise LoginError(f"no private folder for ssh's shared connections: tried {candidates[-1]} last")


def _is_private(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.getuid()
        and not stat.S_IMODE(status.st_mode) & 0o077
    )


_CHANGED = re.compile(r"HOST IDENTIFICATION HAS CHANGED|REVOKED HOST KEY|DNS SPOOFING")
_UNKNOWN_KEY = re.compile(r"Host key verification failed|host key is known for")
_ASKS = re.compile(r"Permission denied \([^)]*(?:keyboard-interactive|password)")
_DENIED = re.compile(r"Permission denied|Too many authentication failures|not allowed")
_UNREACHABLE = re.compile(
    r"refused|timed out|[Tt]imeout|No route to host|unreachable|[Cc]ould not resolve"
    r"|not known|reset by|[Cc]onnection closed|closed by|Broken pipe|banner"
)

_MEANINGS: Sequence[tuple[re.Pattern[str], type[LoginError], str]] = (
    (_CHANGED, HostKeyChanged, "the host's key is not the one that is known"),
    (_UNKNOWN_KEY, NeedsAnswer, "the host's key is not known yet"),
    (_ASKS, NeedsAnswer, ""),
    (_DENIED, Denied, ""),
    (_UNREACHABLE, Unreachable, ""),
)


def meaning(complaint: bytes) -> LoginError:
    r"""What ssh's stderr says about a connection that failed; in the C locale.

    >>> meaning(b"ssh: connect to host mx port 22: Connection refused\r\n")
    Unreachable('connect to host mx port 22: Connection refused')
    """
    text = complaint.decode("utf-8", "backslashreplace")
    lines = [line for line in text.splitlines() if line.strip()]
    for pattern, error, words in _MEANINGS:
        for line in reversed(lines):
            if pattern.search(line):
                return error(words or _message(line))
    return LoginError(_message(lines[-1]) if lines else "ssh failed without a word")


def _message(line: str) -> str:
    return visible(line.removeprefix("ssh: "))
