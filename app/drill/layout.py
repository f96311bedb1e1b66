"""What the drill and its server processes agree on: names, the folder's files, the mailbox."""

from __future__ import annotations

from pathlib import Path

DOMAIN = "drill.test"
"""A name that can belong to nobody (RFC 2606)."""
USER = "practice"
MAILBOX = f"{USER}@{DOMAIN}"
LOOPBACK = "127.0.0.1"


class Layout:
    """Where things lie in the drill's private folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.etc = folder / "etc"
        """Holds the certificate in use and nothing else: safe to watch, no secret in it."""
        self.certificate = self.etc / "server.pem"
        self.key = folder / "server.key"
        self.ca = folder / "ca.pem"
        self.valid = folder / "valid.pem"
        self.expired = folder / "expired.pem"
        self.password = folder / "password"
        self.mail = folder / "mail"
