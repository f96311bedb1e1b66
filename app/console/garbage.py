"""When the collector of cyclic garbage works: not at the start, and not on what stays anyway."""

from __future__ import annotations

import gc


def rest() -> None:
    """Let it rest: it would cost a fifth of Textual's import time."""
    gc.disable()


def collect_garbage() -> None:
    """Let it work again, on what is made from now on.

    A full collection of all that Textual and its libraries consist of takes 50 ms: a key pressed in
    that moment would wait for it.
    """
    gc.freeze()
    gc.enable()
