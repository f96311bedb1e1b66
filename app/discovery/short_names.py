"""Short names for hosts: ``mail1`` of ``mail1.lab.test``, as long as no other is called so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from app.config import rules
from checks.etc_hosts import address_literal


def short_names(full: Sequence[str]) -> dict[str, str]:
    """A name of our own for each full name: its first labels, as many as tell it from the others.

    >>> short_names(["mail1.lab.test", "mail1.dept.test", "mx.lab.test", "2a00::1"]).values()
    dict_values(['mail1.lab', 'mail1.dept', 'mx', 'ip-2a00--1'])
    """
    chosen: dict[str, str] = {}
    for length in range(1, 128):
        missing = [name for name in full if name not in chosen]
        candidates = {name: _first_labels(name, length) for name in missing}
        times = Counter([*candidates.values(), *chosen.values()])
        chosen |= {name: one for name, one in candidates.items() if times[one] == 1}
    return {name: _fitting(chosen.get(name, name), number) for number, name in enumerate(full, 1)}


def _first_labels(name: str, length: int) -> str:
    if address_literal(name):
        return "ip-" + name.replace(":", "-")
    return ".".join(name.split(".")[:length])


def _fitting(name: str, number: int) -> str:
    """`name`, or another where ours may not be so long or so odd."""
    try:
        rules.name(name)
    except ValueError:
        return f"host{number}"
    return name
