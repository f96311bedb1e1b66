"""The page itself: one file, readable without scripts, by eye and by ear, and on paper. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo
from html import escape

from app.html import document
from app.notices import zone as times
from app.notices.components import OUT, PARTLY, UNKNOWN, WORDS, WORKS
from app.notices.page.state import Page, PageIncident, Update
from checks.when import from_iso, iso

NAME = "index.html"

FEED = '<link rel="alternate" type="application/atom+xml" title="Mail status" href="status.atom">\n'

STYLE = """\
body { font: 1.05rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff;
  max-width: 44rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .2rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #767676; }
h3 { font-size: 1.05rem; margin: 1.2rem 0 .2rem; }
.now { border-left: .5rem solid; padding: .4rem 1rem; margin: 1rem 0; }
.out { border-color: #b3261e; } .partly { border-color: #8a5a00; }
.works { border-color: #1b6e3c; } .unknown { border-color: #595959; }
ul { list-style: none; padding: 0; }
li.part { display: flex; justify-content: space-between; gap: 1rem; padding: .3rem 0;
  border-bottom: 1px solid #ddd; }
li.part.out b { color: #b3261e; } li.part.partly b { color: #8a5a00; }
li.part.works b { color: #1b6e3c; } li.part.unknown b { color: #595959; }
.text { white-space: pre-line; overflow-wrap: break-word; margin: .2rem 0 .8rem; }
time, .phase { color: #595959; }
.phase { font-weight: 600; text-transform: capitalize; }
a { color: #0b57a4; }
@media print { body { margin: 0; max-width: none; } }"""

GLYPHS = {WORKS: "✓", PARTLY: "!", OUT: "✗", UNKNOWN: "?"}


def render(page: Page, zone: tzinfo | None) -> str:
    """The whole document; times are those of `zone`, and say so."""
    state, sentence = _now(page)
    parts = [f"<header>\n<h1>Mail status</h1>\n{_updated(page, zone)}</header>\n<main>\n"]
    parts.append(f'<p class="now {state}"><strong>{escape(sentence)}</strong></p>\n')
    parts.append(_components(page))
    for one in page.open:
        parts.append(f"<section>\n<h2>{escape(one.updates[0].subject)}</h2>\n{_updates(one, zone)}")
        parts.append("</section>\n")
    parts.append(_history(page, zone))
    parts.append('</main>\n<footer>\n<p>This page needs no scripts. <a href="status.atom">')
    parts.append('Atom feed</a>, <a href="status.json">JSON</a>.</p>\n</footer>\n')
    return document(f"Mail status: {sentence}", STYLE, "".join(parts), FEED)


def _now(page: Page) -> tuple[str, str]:
    """How it stands, in a word for its look and in a sentence."""
    states = page.components.values()
    if not page.open:
        return WORKS, "No disturbance is known"
    if OUT in states:
        return OUT, "Mail is disturbed"
    return PARTLY, "Mail is disturbed in part" if PARTLY in states else "Mail is being watched"


def _updated(page: Page, zone: tzinfo | None) -> str:
    at = from_iso(page.updated)
    return f"<p>As of {_time(at, zone, at)}.</p>\n" if at else ""


def _time(at: datetime, zone: tzinfo | None, near: datetime) -> str:
    shown = f"{at.astimezone(zone):%Y-%m-%d} " if at is near else ""
    return f'<time datetime="{iso(at)}">{shown}{escape(times.time(at, zone, near))}</time>'


def _components(page: Page) -> str:
    if not page.components:
        return ""
    rows = "".join(
        f'<li class="part {state if state in WORDS else UNKNOWN}"><span>{escape(name)}</span>'
        f"<b>{GLYPHS.get(state, '?')} {WORDS.get(state, WORDS[UNKNOWN])}</b></li>\n"
        for name, state in page.components.items()
    )
    return f"<section>\n<h2>What works</h2>\n<ul>\n{rows}</ul>\n</section>\n"


def _updates(incident: PageIncident, zone: tzinfo | None) -> str:
    """The newest first: that is what one comes for."""
    return "".join(_update(one, zone) for one in reversed(incident.updates))


def _update(update: Update, zone: tzinfo | None) -> str:
    at = update.moment
    when = f", {_time(at, zone, at)}" if at else ""
    text = escape(update.text.strip())
    return (
        f'<article>\n<h3><span class="phase">{escape(update.phase)}</span>{when}</h3>\n'
        f'<p class="text">{text}</p>\n</article>\n'
    )


def _history(page: Page, zone: tzinfo | None) -> str:
    head = "<section>\n<h2>History</h2>\n"
    if not page.over:
        return f"{head}<p>Nothing before.</p>\n</section>\n"
    parts = [head]
    for one in page.over:
        begun = one.updates[0].moment
        day = f"{begun.astimezone(zone):%Y-%m-%d} " if begun else ""
        parts.append(f"<details>\n<summary>{day}{escape(one.updates[0].subject)}</summary>\n")
        parts.append(f"{_updates(one, zone)}</details>\n")
    return "".join([*parts, "</section>\n"])
