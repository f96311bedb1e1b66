"""JSON, one document: every field of every entry, also those of other versions."""

from __future__ import annotations

import json

from msgspec import structs, to_builtins

from app.incident.metrics import Measure
from app.incident.story import Story
from checks.when import iso

SUFFIX = ".json"
SCHEMA = "mailmedic.incident/1"


def render(story: Story) -> str:
    """The whole document. It is ASCII: what terminals obey is escaped in it."""
    now = story.situation
    document = {
        "schema": SCHEMA,
        "id": story.id,
        "title": story.title,
        "phase": now.phase,
        "severity": now.severity,
        "onset": iso(now.onset) if now.onset else None,
        "measures": [_measure(one) for one in story.measures],
        "masked": story.is_masked,
        "verified": to_builtins(story.verified),
        "head": story.head,
        "entries": [entry.document for entry in story.entries],
    }
    return json.dumps(document, indent=1) + "\n"


def _measure(one: Measure) -> dict[str, object]:
    at = iso(one.at) if one.at else None
    return {**structs.asdict(one), "at": at, "met": one.is_met}
