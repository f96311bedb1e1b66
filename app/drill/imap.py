"""The drill's IMAP server, a process: port for IMAP with STARTTLS, then port for IMAPS.

pymap on the Maildir that SMTP delivers to (RFC 3501, RFC 8314).
"""

from __future__ import annotations

import asyncio
import ssl
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.maildir import Config as MaildirConfig
from pymap.backend.maildir import Identity, Login
from pymap.concurrent import Subsystem
from pymap.frozen import frozendict
from pymap.imap import IMAPServer
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from app.drill.child import BACKLOG, main
from app.drill.layout import DOMAIN, LOOPBACK, MAILBOX, USER, Layout


class Config(MaildirConfig):
    """pymap's settings; its own greeting would look this machine's name up in the DNS."""

    @property
    def greeting(self) -> bytes:
        """The text of the greeting."""
        return f"store.{DOMAIN} mailmedic drill".encode()


async def start(layout: Layout, ports: list[int], tls: ssl.SSLContext) -> None:
    """Make the mailbox known, and open both ports."""
    subsystem = Subsystem.for_executor(ThreadPoolExecutor(2))
    for port, is_implicit in zip(ports, (False, True), strict=True):
        config = Config(
            Namespace(proxy_protocol=None),
            base_dir=str(layout.folder),
            layout="++",
            colon=None,
            host=LOOPBACK,
            port=port,
            subsystem=subsystem,
            hash_context=Cleartext(),
            ssl_context=tls,
            tls_enabled=not is_implicit,
        )
        config.apply_context()
        login = Login(config)
        await _add_user(login, layout)
        await asyncio.start_server(
            ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(login, config)),
            LOOPBACK,
            port,
            ssl=tls if is_implicit else None,
            reuse_port=True,
            backlog=BACKLOG,
        )


async def _add_user(login: Login, layout: Layout) -> None:
    """Let the mailbox's owner in, under the short name and the address."""
    for name in (USER, MAILBOX):
        user = UserMetadata(
            login.config,
            name,
            password=layout.password.read_text(),
            params=frozendict({"mailbox_path": layout.mail.name}),
        )
        await Identity(login.config, login.tokens, name, None, {"admin"}).set(user)


if __name__ == "__main__":
    main(start)
