"""Files of secrets that the config names: beside the config, unless they say otherwise."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from checks.secret import Secret


def beside(secret: Secret, config: Path) -> Secret:
    """`secret` with a relative file taken from the folder of `config`."""
    folder = config.parent.absolute()
    return replace(secret, file=str(folder / secret.file)) if secret.file else secret
