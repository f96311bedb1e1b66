"""A real mail system with canaries: Postfix takes mail, Dovecot keeps it and checks passwords."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from app.config import Config, load
from checks.model import Result, Target
from checks.protocol import roundtrip
from tests.lab.daemon import short_folder
from tests.lab.dovecot import PASSWORD, Dovecot, dovecot
from tests.lab.postfix import Postfix, postfix

ADDRESSES = ("canary1@lab.test", "canary2@dept.test")


class Lab(Struct):
    """What runs, and the config that watches it."""

    folder: Path
    postfix: Postfix
    dovecot: Dovecot

    @property
    def config(self) -> Path:
        """The path of the config."""
        return self.folder / "config.toml"

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.folder / "state"

    @property
    def secret(self) -> Path:
        """The file that the first canary's password is in."""
        return self.folder / "canary1.secret"

    def load(self) -> Config:
        """The config."""
        return load(self.config)

    def target(self, name: str) -> Target:
        """The trip of that name; ``PORT25`` stands for Postfix's smtp service."""
        name = name.replace("PORT25", f"mail1:{self.postfix.ports['smtp']}")
        targets = {one.name: one for one in roundtrip.targets(self.load().system)}
        return targets[name]

    async def ask(self, name: str, **options: float) -> Result:
        """One run of that trip."""
        made = replace(roundtrip.Options(folder=str(self.state)), **options)
        return await roundtrip.check(self.target(name), made, deadline=made.deadline)

    def mailbox(self, user: str) -> list[Path]:
        """The messages of a user, in any folder."""
        return [path for path in self.dovecot.mail.glob(f"{user}/**/*") if ",S=" in path.name]


@contextmanager
def lab(**settings: str) -> Iterator[Lab]:
    """The system, with `settings` for Postfix' main.cf."""
    names = tuple(address.partition("@")[0] for address in ADDRESSES)
    with dovecot(*names) as store:
        own = {
            "virtual_mailbox_domains": "lab.test dept.test",
            "virtual_transport": f"lmtp:unix:{store.lmtp}",
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": str(store.sasl),
        }
        with short_folder("mm-canary") as folder, postfix(**own | settings) as server:
            made = Lab(folder, server, store)
            made.secret.write_text(f"{PASSWORD}\n")
            made.secret.chmod(0o600)
            made.config.write_text(_config(made))
            yield made


def _config(made: Lab) -> str:
    ports, kept = made.postfix.ports, made.dovecot.ports
    return f"""
[system]
name = "Lab mail"

[[host]]
name = "mail1"
address = "{made.postfix.address}"
services = ["smtp:{ports["smtp"]}", "submission:{ports["submission"]}"]
ca_file = "{made.postfix.ca_file}"

[[host]]
name = "store1"
address = "{made.dovecot.address}"
services = ["imap:{kept["imap"]}", "imaps:{kept["imaps"]}"]
ca_file = "{made.dovecot.ca_file}"

[[canary]]
address = "{ADDRESSES[0]}"
submission = "mail1"
imap = "store1"
password = {{ file = "canary1.secret" }}

[[canary]]
address = "{ADDRESSES[1]}"
submission = "mail1"
imap = "store1:{kept["imap"]}"
password = {{ command = "echo '{PASSWORD}'" }}

[log]
folder = "{made.state}"
"""
