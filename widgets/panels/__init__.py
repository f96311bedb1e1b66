"""One panel, one file: which kinds it shows, its columns, how a result becomes a row."""

from __future__ import annotations

import importlib
import pkgutil

from widgets.panel import Panel


def panels() -> list[type[Panel]]:
    """Every panel, by number."""
    found: set[type[Panel]] = set()
    for module in pkgutil.iter_modules(__path__):
        names = vars(importlib.import_module(f"{__name__}.{module.name}"))
        found |= {
            value
            for value in names.values()
            if isinstance(value, type) and issubclass(value, Panel) and value is not Panel
        }
    return sorted(found, key=lambda panel: panel.NUMBER)
