"""The config that `mailmedic init` begins with: what was found, and comments for the rest."""

from __future__ import annotations

import json
import os
from pathlib import Path

from checks.model import Host, System
from checks.text import visible

_HEAD = """\
# mailmedic watches what stands here. Changes count from its next start.
# Times are seconds. A mistake is answered with its line and the mend.

[system]
name    = {name}
domains = {domains}
{resolver}
"""

_HOST = """
[[host]]
name     = {name}
address  = {address}
login    = {login}
{mta}
services = {services}
"""

_NO_RESOLVER = (
    '# resolver = "192.0.2.53"          # ask this name server instead of the machine\'s own'
)

_NO_MTA = '# mta    = "postfix"               # postfix, exim or none; left out: found out'

_TAIL = """
# What more there can be, without the "# ":

# In each [[host]]:
#   login   = "ssh:mail1"            # what you would type after ssh; shows queue, load and disks
#   watch   = ["/etc/postfix", "/etc/dovecot"]   # files whose changes are shown
#   ca_file = "our-ca.pem"           # for certificates of an authority of your own
#   power   = "ipmi:192.0.2.7"       # or redfish:URL, command:CMD, none

# [[canary]]                         # a mailbox of ours that test mail is sent to and read from
# address    = "canary@example.org"
# submission = "mail1"
# imap       = "mail1"
# password   = { file = "canary.secret" }   # or env, or command; never the password itself

# [[monitor]]                        # what your own monitoring says stands beside the checks
# name  = "prometheus"
# kind  = "prometheus"               # or alertmanager, icinga2, nagios, plugin
# url   = "https://prometheus.example.org"
# token = { file = "prometheus.token" }     # or user and password

# [[vantage]]                        # another device that the same checks are run from
# name  = "gateway"
# login = "ssh:gateway"

# [check.ping]                       # each kind of check has its table
# interval = 10.0
# deadline = 5.0

# [log]
# folder = "/var/lib/mailmedic"      # shared by all operators of this machine

# [sop]
# file = "sop.toml"                  # your own procedure; or `extends = true` in it, and changes
"""


def render_config(system: System) -> str:
    """`system` as a commented config, which `app.config.load` reads back."""
    server = system.resolver.server
    head = _HEAD.format(
        name=_text(system.name),
        domains=_texts(system.domains),
        resolver=f"resolver = {_text(server)}" if server else _NO_RESOLVER,
    )
    return head + "".join(map(_host, system.hosts)) + _TAIL


def _host(host: Host) -> str:
    return _HOST.format(
        name=_text(host.name),
        address=_text(host.address),
        login=_text(host.login.name if host.login else "none"),
        mta=f"mta      = {_text(host.mta)}" if host.mta else _NO_MTA,
        services=_texts(host.services),
    )


def _text(text: str) -> str:
    """A TOML basic string, which is a JSON one except for a few characters that are not visible."""
    return json.dumps(visible(text), ensure_ascii=False)


def _texts(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def write_config(text: str, path: Path) -> None:
    """Write a new file that only its owner may read, with the folders that it needs.

    Raises FileExistsError when there is one already, and other OSError; then nothing is left.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 it is open already
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()
        raise
