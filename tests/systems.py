"""Configs for real servers that tests have started."""

from __future__ import annotations

from pathlib import Path

from tests.lab.dovecot import Dovecot
from tests.lab.postfix import Postfix


def write_config(
    folder: Path,
    postfix: Postfix,
    dovecot: Dovecot | None = None,
    *,
    login: str = "none",
    extra: str = "",
) -> Path:
    """A config that watches them; the path of it."""
    path = folder / "config.toml"
    services = [f"{name}:{port}" for name, port in postfix.ports.items()]
    text = f"""
[system]
name = "Lab mail"

[[host]]
name = "mail1"
address = "{postfix.address}"
login = "{login}"
mta = "postfix"
services = {services}
watch = ["{postfix.config}"]
ca_file = "{postfix.ca_file}"

[check.postfix]
config_directory = "{postfix.config}"
"""
    if dovecot is not None:
        services = [f"{name}:{port}" for name, port in dovecot.ports.items()]
        text += f"""
[[host]]
name = "store1"
address = "{dovecot.address}"
services = {services}
ca_file = "{dovecot.ca_file}"
"""
    path.write_text(text + extra)
    return path
