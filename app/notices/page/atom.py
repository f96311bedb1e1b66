"""The page as a feed (Atom, RFC 4287): an entry for each update. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from xml.sax.saxutils import escape

from app.notices.page.state import Page, PageIncident, Update

NAME = "status.atom"

ENTRIES = 100
"""Most entries, the newest first; a reader has the older ones already."""


def render(page: Page, feed: str) -> str:
    """The whole document; `feed` makes its ids its own, and stays the same for ever."""
    updates = sorted(_updates(page), key=lambda found: found[1].at, reverse=True)
    entries = "".join(_entry(feed, *found) for found in updates[:ENTRIES])
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f"<title>Mail status</title>\n<id>{_id(feed)}</id>\n"
        f"<updated>{escape(page.updated)}</updated>\n"
        "<author><name>Mail operations</name></author>\n"
        '<link rel="self" href="status.atom"/>\n<link rel="alternate" href="index.html"/>\n'
        f"{entries}</feed>\n"
    )


def _updates(page: Page) -> Iterator[tuple[PageIncident, Update]]:
    for incident in page.incidents:
        for update in incident.updates:
            yield incident, update


def _entry(feed: str, incident: PageIncident, update: Update) -> str:
    return (
        f"<entry>\n<title>{escape(update.subject)}</title>\n"
        f"<id>{_id(feed, incident.id, update.notice)}</id>\n"
        f"<updated>{escape(update.at)}</updated>\n"
        f'<category term="{escape(update.phase, {chr(34): "&quot;"})}"/>\n'
        f'<link rel="alternate" href="index.html"/>\n'
        f'<content type="text">{escape(update.text)}</content>\n</entry>\n'
    )


def _id(*words: str) -> str:
    """The same for the same words (RFC 4287, 4.2.6)."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "mailmedic:" + "/".join(words)).urn
