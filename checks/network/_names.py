"""What the DNS tells of a host: its addresses, and their names back."""

from __future__ import annotations

from msgspec import Struct

from checks.model import Finding, State
from checks.network._asking import FAILED


class Reverse(Struct, frozen=True):
    """The names of an address, whether one of them leads back to it, or why nothing is known."""

    address: str
    names: tuple[str, ...] = ()
    is_confirmed: bool = False
    failure: str = ""

    def __str__(self) -> str:
        return f"PTR {self.address}: {', '.join(self.names) or self.failure or 'none'}"


def judge_names(
    addresses: tuple[str, ...], reverses: list[Reverse]
) -> tuple[State, str, list[Finding]]:
    """State, words and findings for a host's addresses, and for the names of those that send."""
    troubles = [trouble for one in reverses if (trouble := _judge(one)) is not None]
    if not troubles:
        return State.OK, ", ".join(addresses), []
    state, first = max(troubles, key=lambda trouble: trouble[0].badness)
    return state, first.text, [finding for _, finding in troubles]


def _judge(one: Reverse) -> tuple[State, Finding] | None:
    """What is wrong with the name of an address that sends mail (RFC 1912 2.1)."""
    if one.failure:
        return State.UNKNOWN, Finding(FAILED, one.failure)
    if not one.names:
        text = f"{one.address} has no PTR record: receivers may refuse its mail"
        return State.WARNING, Finding("dns.ptr.missing", text)
    if not one.is_confirmed:
        text = f"the PTR of {one.address} is {one.names[0]}, which does not lead back"
        return State.WARNING, Finding("dns.ptr.mismatch", text)
    return None
