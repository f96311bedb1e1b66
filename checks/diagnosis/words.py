"""What is lost, in an operator's words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from checks.diagnosis.people import OUTSIDE, READ, RECEIVE, SEND


def sentence(noun: str, names: Sequence[str], functions: Sequence[str]) -> str:
    """Who cannot do what.

    >>> sentence("host", ["mail1"], ["send", "receive", "read mail"])
    'nobody on mail1 can send, receive or read mail'
    >>> sentence("user", ["ana@lab.test"], ["receive from outside"])
    'ana@lab.test cannot receive mail from outside'
    """
    what = doing(functions)
    if noun == "user":
        return f"{listed(names)} cannot {what}"
    where = {"host": " on ", "domain": " of "}.get(noun, "")
    return f"nobody{where}{listed(names, last='or')} can {what}"


def doing(functions: Sequence[str]) -> str:
    """The functions as one clause; `mail` stands once.

    >>> doing(["send", "receive from outside"])
    'send mail or receive it from outside'
    """
    if tuple(functions) == (OUTSIDE,):
        return "receive mail from outside"
    plain = [one for one in (SEND, RECEIVE) if one in functions]
    if READ in functions:
        plain.append("read")
    clause = f"{listed(plain, last='or')} mail"
    return f"{clause} or receive it from outside" if OUTSIDE in functions else clause


def listed(names: Sequence[str], *, last: str = "and") -> str:
    """Names as one says them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
