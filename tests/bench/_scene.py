"""Configs for the benches, on peers that answer at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench._peer import answering

HOSTS = 10
INTERVAL = 10

PLAIN = ("smtp", "smtp", "smtp", "imap", "imap", "pop3", "pop3")
TLS = ("smtp+tls", "smtp+tls", "smtps", "imap+tls", "imaps", "pop3+tls", "pop3s")
"""Seven services of each host; a ping makes the eighth check."""


@contextmanager
def system(
    services: Sequence[str], hosts: int = HOSTS, *, interval: float = INTERVAL, more: str = ""
) -> Iterator[Path]:
    """A config of `hosts` hosts with `services` each, asked every `interval` s; `more` for them."""
    with (
        TemporaryDirectory(prefix="mm-bench-") as name,
        answering(Path(name), services) as ports,
    ):
        named = (service.removesuffix("+tls") for service in services)
        listed = [f"{service}:{port}" for service, port in zip(named, ports, strict=True)]
        text = '[system]\nname = "Bench"\n'
        for number in range(hosts):
            text += f'[[host]]\nname = "mail{number + 1}"\naddress = "127.0.0.{number + 2}"\n'
            text += f'services = {listed}\nca_file = "ca.pem"\n{more}'
        for kind in ("ping", "smtp", "imap", "pop3"):
            text += f"[check.{kind}]\ninterval = {interval}\n"
        path = Path(name) / "config.toml"
        path.write_text(text)
        yield path
