"""The procedure as values: steps, and what is to be done in each."""

from __future__ import annotations

from msgspec import Struct


class Item(Struct, frozen=True, kw_only=True):
    """One thing to do: `what`, `why` and, in words, how it is evidenced.

    `checks` names the kinds of check that evidence it, and `when` their hard states: ``bad`` one is
    CRITICAL, ``good`` all are OK, ``any`` all could be determined. What `tells` audiences is
    evidenced by a delivered notice to each; with `over`, by one that says it is over to each that
    was told anything. With `auto` that is enough, otherwise a person ticks it. `action` names the
    operator command that does it, `needs` the items before it, and `signoffs` is how many different
    persons must agree that it is done. `call` is the role of whom to call for it.
    """

    id: str
    title: str
    what: str
    why: str
    evidence: str = ""
    checks: tuple[str, ...] = ()
    when: str = "any"
    tells: tuple[str, ...] = ()
    over: bool = False
    auto: bool = False
    action: str = ""
    needs: tuple[str, ...] = ()
    signoffs: int = 1
    call: str = ""


class Step(Struct, frozen=True, kw_only=True):
    """One step of the procedure."""

    id: str
    title: str
    items: tuple[Item, ...]
