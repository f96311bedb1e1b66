"""The frame of an HTML document of ours: one file that loads nothing and runs nothing. Pure."""

from __future__ import annotations

from html import escape

_DOCUMENT = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{link}<style>
{style}
</style>
</head>
<body>
{body}</body>
</html>
"""


def document(title: str, style: str, body: str, link: str = "") -> str:
    """The whole of it; `title` is text, the others are HTML and CSS as they are."""
    return _DOCUMENT.format(title=escape(title), link=link, style=style, body=body)
