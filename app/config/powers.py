"""From the ``power…`` keys of a ``[[host]]`` to who knows whether it is switched on."""

from __future__ import annotations

from pathlib import Path

from app.config.secret_files import beside
from app.config.tables import HostTable
from checks.model import Power


def power(table: HostTable, config: Path) -> Power | None:
    """Who is asked; None for nobody. The table has passed `rules.power`."""
    kind, _, where = table.power.partition(":")
    if kind == "none":
        return None
    return Power(
        kind=kind,
        where=where.strip(),
        user=table.power_user,
        password=beside(table.power_password, config) if table.power_password else None,
        fingerprint=table.power_fingerprint,
        on=table.power_on,
        off=table.power_off,
    )
