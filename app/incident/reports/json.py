"""JSON, one document: every field of every entry, also those of other versions."""

from __future__ import annotations

import json

from msgspec import to_builtins

from app.incident.metrics import measures, onset
from app.incident.reports import Story
from checks.when import iso

SUFFIX = ".json"
SCHEMA = "mailmedic.incident/1"


def render(story: Story) -> str:
    """The whole document. It is ASCII: what terminals obey is escaped in it."""
    began = onset(story.entries)
    document = {
        "schema": SCHEMA,
        "id": story.id,
        "title": story.title,
        "onset": iso(began) if began else None,
        "measures": [to_builtins(one) for one in measures(story.entries)],
        "verified": to_builtins(story.verified),
        "head": story.head,
        "entries": [entry.document for entry in story.entries],
    }
    return json.dumps(document, indent=1) + "\n"
