"""Sizes as people read them."""

from __future__ import annotations


def size(count: float) -> str:
    """Bytes in the unit that leaves one to three digits before the point, in powers of 1000.

    >>> [size(n) for n in (0, 999, 1000, 12_345_678, 2.1e12)]
    ['0 B', '999 B', '1.0 kB', '12.3 MB', '2.1 TB']
    """
    if count < 1000:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= 1000
        if count < 999.95:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} TB"
