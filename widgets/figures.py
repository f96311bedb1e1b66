"""Figures as a person at 03:10 reads them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

AGE_STEP = 5
BLOCKS = " ▁▂▃▄▅▆▇█"


def brief(seconds: float) -> str:
    """A duration in its largest unit.

    >>> [brief(s) for s in (41, 401, 11400, 432000)]
    ['41s', '6m', '3h', '5d']
    """
    whole = max(0, int(seconds))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def age(seconds: float) -> str:
    """An age in steps, so that it seldom changes: 5 s up to a minute, then minutes.

    >>> [age(s) for s in (1, 9.2, 11, 63)]
    ['5s', '10s', '10s', '1m']
    """
    if seconds >= 60:
        return brief(seconds)
    return f"{max(AGE_STEP, round(seconds / AGE_STEP) * AGE_STEP)}s"


def milliseconds(seconds: float) -> str:
    """A round trip time: tenths under 10 ms, whole ones above.

    >>> [milliseconds(s) for s in (0.00042, 0.0123, 2.5)]
    ['0.4ms', '12ms', '2500ms']
    """
    value = seconds * 1000
    return f"{value:.1f}ms" if value < 9.95 else f"{value:.0f}ms"


def size(count: int) -> str:
    """Bytes in their largest unit.

    >>> [size(count) for count in (317, 2900, 12582912, 1 << 31)]
    ['317', '2.8K', '12.0M', '2.0G']
    """
    if count < 1024:
        return str(count)
    power, unit = (1, "K") if count < 1 << 20 else (2, "M") if count < 1 << 30 else (3, "G")
    return f"{count / 1024**power:.1f}{unit}"


def sparkline(values: Sequence[float | None]) -> str:
    """One block per value, an eighth of the largest each; a gap where there is no value.

    >>> sparkline([0, 1, 4, None, 8])
    '▁▁▄ █'
    """
    top = max((value for value in values if value is not None), default=0.0)
    return "".join(
        " " if value is None else BLOCKS[max(1, min(8, round(8 * value / top)))] if top else "▁"
        for value in values
    )
