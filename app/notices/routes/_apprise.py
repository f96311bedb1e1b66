"""The child of `apprise`, which alone imports Apprise: an errand comes in, a status goes out."""

from __future__ import annotations

import sys

import msgspec

from app.notices.routes.apprise import ABSENT, NO_URL, NOT_SENT, SENT, Errand


def main() -> int:
    """Send it; how it went."""
    errand = msgspec.json.decode(sys.stdin.buffer.read(), type=Errand)
    try:
        from apprise import Apprise
    except ImportError:
        return ABSENT
    sender = Apprise()
    if not sender.add(errand.url):
        return NO_URL
    return SENT if sender.notify(title=errand.title, body=errand.body) else NOT_SENT


if __name__ == "__main__":
    sys.exit(main())
