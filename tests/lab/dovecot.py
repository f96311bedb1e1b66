"""Debian's real Dovecot (IMAP, POP3, LMTP) in folders and on ports of its own.

    with dovecot() as server:
        imaplib.IMAP4(server.address, server.ports["imap"]).login(*server.user("ana"))

The plain ports offer STARTTLS; `PASSWORD` is everybody's. Give `server.lmtp` to Postfix as
``virtual_transport=f"lmtp:unix:{server.lmtp}"`` and mail sent there arrives here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.daemon import (
    Daemon,
    free_ports,
    need,
    own_address,
    short_folder,
    write_certificate,
)

PASSWORD = "correct horse"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
instance_name = mailmedic-lab
log_path = {folder}/dovecot.log
listen = {address}
protocols = imap pop3 lmtp
mail_location = maildir:{folder}/mail/%n
mail_home = {folder}/mail/%n
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = {plaintext}
auth_mechanisms = plain login
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
shutdown_clients = yes
login_greeting = Dovecot ready.
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%n {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%n allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
{sieve}
service auth {{
  unix_listener postfix-auth {{
    mode = 0666
  }}
}}
"""


_SIEVE = """
protocols = imap pop3 lmtp sieve
service managesieve-login {{
  inet_listener sieve {{
    port = {sieve}
  }}
}}
"""


class Dovecot(Daemon):
    """One instance; `lmtp` takes mail for any user, `sasl` is for Postfix' smtpd_sasl_path."""

    def __init__(
        self, folder: Path, users: tuple[str, ...], *, plaintext: bool, has_sieve: bool
    ) -> None:
        self.config = folder / "dovecot.conf"
        self.log = folder / "dovecot.log"
        self.mail = folder / "mail"
        self.lmtp = folder / "run" / "lmtp"
        self.sasl = folder / "run" / "postfix-auth"
        address = own_address()
        names = ("imap", "imaps", "pop3", "pop3s", *(["sieve"] if has_sieve else []))
        ports = free_ports(address, *names)
        super().__init__(
            ("/usr/sbin/dovecot", "-c", str(self.config), "-F"), folder, address, ports
        )
        write_certificate(folder, address, "mail1.lab.test", "localhost")
        self.mail.mkdir()
        shutil.chown(self.mail, "nobody", "nogroup")
        (folder / "users").write_text("".join(f"{name}:{PASSWORD}\n" for name in users))
        forbids = "no" if plaintext else "yes"
        places = {"folder": folder, "address": address, "plaintext": forbids}
        sieve = _SIEVE.format(**ports) if has_sieve else ""
        self.config.write_text(_CONFIG.format(**places, **(ports | {"sieve": sieve})))

    def told(self) -> str:
        log = self.log.read_text(errors="replace") if self.log.exists() else ""
        return super().told() + log[-2000:]

    def user(self, name: str) -> tuple[str, str]:
        """What to log in with."""
        return name, PASSWORD


@contextmanager
def dovecot(
    *users: str, plaintext: bool = True, has_sieve: bool = False, settings: str = ""
) -> Iterator[Dovecot]:
    """A running Dovecot with those users; skips where there is none.

    Without `plaintext` the plain ports take no password before STARTTLS. `has_sieve` needs the
    package dovecot-managesieved. `settings` come last in its configuration.
    """
    need("dovecot", "dovecot")
    with short_folder("mm-dovecot") as folder:
        server = Dovecot(
            folder, users or ("ana", "canary1"), plaintext=plaintext, has_sieve=has_sieve
        )
        with server.config.open("a") as config:
            config.write(settings)
        try:
            server.start()
            yield server
        finally:
            server.kill()
