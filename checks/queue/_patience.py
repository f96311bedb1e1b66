"""How long an MTA goes on trying, as its configuration says. Pure.

Postfix: ``postconf -xh`` (postconf(5)): a number and a unit (s, m, h, d, w), and each parameter has
one of its own for a bare number. Exim: ``1d2h30m`` (spec, 6.15), `delay_warning` as a list of such,
and the retry rule of an address (``exim -brt``, spec 32.6), after whose last cutoff mail is
returned.
"""

from __future__ import annotations

import re

from checks.facts import Patience

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}

POSTFIX = {
    "delay_warning_time": "h",
    "maximal_queue_lifetime": "d",
    "maximal_backoff_time": "s",
    "queue_run_delay": "s",
}
"""What is asked of Postfix, in that order, and the unit of a bare number."""

_WORD = re.compile(r"(\d{1,9})([smhdw]?)", re.ASCII)
_EXIM_WORDS = re.compile(r"(?:\d{1,9}[smhdw])+", re.ASCII)
_RULE = re.compile(r"[FGH],\s*((?:\d{1,9}[smhdw])+),", re.ASCII)


def postfix_seconds(text: str, unit: str = "s") -> float | None:
    """A time of main.cf in seconds; None for what is none.

    >>> [postfix_seconds(text, "d") for text in ("5d", "5", "300s", "${x}")]
    [432000.0, 432000.0, 300.0, None]
    """
    found = _WORD.fullmatch(text.strip())
    return float(found[1]) * _UNITS[found[2] or unit] if found else None


def of_postfix(lines: list[str]) -> Patience | None:
    """What the lines say that ``postconf -xh`` answered for `POSTFIX`; None where it did not."""
    if len(lines) < len(POSTFIX):
        return None
    values = [
        postfix_seconds(line, unit) for line, unit in zip(lines, POSTFIX.values(), strict=False)
    ]
    notice, lifetime, backoff, run = values
    retry = None if backoff is None else backoff + (run or 0.0)
    return Patience(delay_notice=notice or None, lifetime=lifetime, retry=retry)


def exim_seconds(text: str) -> float | None:
    """A time of Exim's in seconds; None for what is none.

    >>> exim_seconds("1d2h")
    93600.0
    """
    if not _EXIM_WORDS.fullmatch(text.strip()):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _WORD.findall(text))


def of_exim(delay_warning: str, rule: str) -> Patience:
    """What `delay_warning` and the retry rule say.

    >>> of_exim("4h:8h", "Retry rule: *  *  F,2h,15m; G,16h,1h,1.5; F,4d,6h; ")
    Patience(delay_notice=14400.0, lifetime=345600.0, retry=21600.0)
    """
    notices = [exim_seconds(word) for word in delay_warning.split(":")]
    cutoffs = [exim_seconds(word) for word in _RULE.findall(rule)]
    pauses = [exim_seconds(word) for word in re.findall(r"[FGH],[^,;]*,\s*(\w+)", rule)]
    return Patience(
        delay_notice=min((one for one in notices if one), default=None),
        lifetime=max((one for one in cutoffs if one), default=None),
        retry=max((one for one in pauses if one), default=None),
    )
