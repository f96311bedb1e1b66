"""Whether Exim would relay for everybody, by the ACL that judges recipients. Pure.

An ACL is read from above, and the first statement whose conditions all hold decides (spec, access
control lists). Found is an ``accept`` that asks for nothing but the host, of a list that has
everybody, before anything has refused domains that are not ours; or one that asks for nothing at
all. What depends on an expansion or a lookup is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from checks.drift._relay import is_everybody

VERBS = ("accept", "defer", "deny", "discard", "drop", "require", "warn")
"""What statements begin with."""

MODIFIERS = frozenset({
    *("add_header", "continue", "control", "delay", "endpass", "log_message"),
    *("log_reject_target", "logwrite", "message", "queue", "remove_header", "set", "udpsend"),
})  # fmt: skip
"""What a statement does beside; all else in it is a condition."""

UNCLEAR = frozenset({"acl", "condition"})
"""Conditions that may ask anything."""


class Statement(Struct, frozen=True):
    """A verb, and its conditions by name, a ``!`` before what must not hold."""

    verb: str
    conditions: dict[str, str]

    @property
    def is_of_hosts_alone(self) -> bool:
        """Whether it asks for nothing but the host, or for nothing."""
        return set(self.conditions) <= {"hosts"}


def open_relays(lines: Iterable[str]) -> Iterator[str]:
    """Why strangers may relay; `lines` are those that `_proof.SCRIPT` prints of the ACL.

    >>> list(open_relays(["hostlist relay_from_hosts = 127.0.0.1 : 0.0.0.0/0",
    ...     "accept", "hosts = +relay_from_hosts", "deny"]))
    ['hosts = +relay_from_hosts is accepted and has 0.0.0.0/0: everybody may relay']
    """
    lists, statements = _read(lines)
    may_protect = False
    for one in statements:
        if _protects(one, lists):
            return
        may_protect |= one.verb in ("deny", "drop", "require") and bool(
            {name.removeprefix("!") for name in one.conditions} & UNCLEAR
        )
        if one.verb != "accept" or not one.is_of_hosts_alone:
            continue
        if "hosts" not in one.conditions:
            if not may_protect:
                yield "every recipient is accepted from every host: everybody may relay"
            return
        hosts = one.conditions["hosts"]
        if everybody := _everybody(hosts, lists):
            yield f"hosts = {hosts} is accepted and has {everybody}: everybody may relay"


def _read(lines: Iterable[str]) -> tuple[dict[str, str], list[Statement]]:
    lists: dict[str, str] = {}
    statements: list[Statement] = []
    for line in lines:
        name, _, value = (part.strip() for part in line.partition("="))
        name = name.replace("! ", "!")
        if name.startswith("hostlist "):
            lists[name.removeprefix("hostlist ").strip()] = value
        elif name in VERBS:
            statements.append(Statement(name, {}))
        elif statements and name and name not in MODIFIERS:
            conditions = statements[-1].conditions
            # Of a condition that is there twice both must hold: so nothing is known of it.
            conditions[f"{name} twice" if name in conditions else name] = value
    return lists, statements


def _protects(one: Statement, lists: Mapping[str, str]) -> bool:
    """Whether only domains of ours come by it."""
    if one.verb == "require":
        return "domains" in one.conditions
    if one.verb not in ("deny", "drop", "defer"):
        return False
    rest = dict(one.conditions)
    others = rest.pop("!hosts", None)  # who is on a list comes by it, domains of others or not
    rest.pop("!authenticated", None)
    if others is not None and _everybody(others, lists):
        return False
    if not rest:
        return True
    is_of_others = "!domains" in rest or rest.get("domains", "").startswith("!")
    return len(rest) == 1 and is_of_others


def _everybody(value: str, lists: Mapping[str, str]) -> str:
    """The item of a host list, or of one named in it, that has everybody; empty where none has.

    A list that ends with who is not on it has all the others (spec, 10, negated items). Each list
    is looked into once: lists may name each other.
    """
    waiting, known = [value], set[str]()
    while waiting:
        items = _items(waiting.pop())
        for item in items:
            if _is_wide(item):
                return item
            name = item[1:] if item.startswith("+") else ""
            if name in lists and name not in known:
                known.add(name)
                waiting.append(lists[name])
        last = items[-1]
        if last.startswith("!") and not _is_wide(last[1:].strip()):
            return last
    return ""


def _is_wide(item: str) -> bool:
    return item == "*" or is_everybody(item)


def _items(value: str) -> list[str]:
    """Those of a list; ``<;`` before it names another separator, and a doubled one is none."""
    separator = ":"
    if value.startswith("<") and len(value) > 1:
        separator, value = value[1], value[2:]
    whole = value.replace(separator * 2, "\0").split(separator)
    return [item.replace("\0", separator).strip() for item in whole]
