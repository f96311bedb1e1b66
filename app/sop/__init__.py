"""The procedure that the sidebar carries a team through: data in TOML, and how it stands."""

from __future__ import annotations

from app.sop.load import best, load
from app.sop.procedure import Item, Step

__all__ = ["Item", "Step", "best", "load"]
