"""Whether the resolver answers soon, and says of our domains what their own servers say.

It is asked for the MX records of a domain, and so is each of the domain's name servers: RFC 1034
4.2 (authorities), 4.3.4 (caching), RFC 1912 2.8 (lame delegation). A slow resolver makes every
part of a mail server slow, and one that is wrong sends mail astray.
"""

from __future__ import annotations

import asyncio

from checks.dns_errors import DnsError
from checks.model import CheckOptions, Finding, Result, State, System, Target
from checks.network._asking import FAILED, OWN_SHARE, Asking
from checks.network._authorities import View, view, views
from checks.phases import Phases

FINDINGS: dict[str, str] = {
    FAILED: "The resolver could not answer; nothing is known of the records.",
    "dns.resolver.slow": "The resolver takes long to answer, and so does all that needs names.",
    "dns.resolver.wrong": "The resolver says something else than the domain's own servers.",
    "dns.authority.failed": "A name server of the domain does not answer for it.",
    "dns.authority.disagrees": "The domain's own name servers do not say the same.",
    "dns.authority.unasked": "None of the domain's name servers could be asked from here.",
}


class Options(CheckOptions, frozen=True, kw_only=True):
    """`slow` is how many seconds an answer may take.

    `compare` is whether the domain's own name servers are asked too.
    """

    interval: float = 30.0
    deadline: float = 12.0
    slow: float = 1.0
    compare: bool = True


def targets(system: System) -> list[Target]:
    """Every domain: resolvers may know one and not another."""
    return system.each_domain("resolver")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Time one answer of the resolver, then ask the domain's own servers the same."""
    phases = Phases()
    asking = Asking(target.resolver, deadline)
    domain = target.name
    with phases.phase("resolver"):
        said = await view(domain, "MX", asking)
    took = phases.lasted()["resolver"]
    theirs: list[View] = []
    if options.compare and not said.failure:
        with phases.phase("authorities"):
            theirs = await _theirs(domain, asking, deadline * OWN_SHARE - took)
    found = judge(said, took, theirs, options)
    state, first = found[0] if found else (State.OK, None)
    return phases.result(
        state,
        first.text if first else _well(took, theirs),
        *(finding for _, finding in found),
        metrics={"answer": took},
        evidence=tuple(map(str, [said, *theirs])),
        mend=_MEND if any(one.code == "dns.authority.unasked" for _, one in found) else "",
    )


_MEND = "allow this machine port 53, UDP and TCP, to them; or set [check.resolver] compare = false"


async def _theirs(domain: str, asking: Asking, left: float) -> list[View]:
    try:
        async with asyncio.timeout(left):
            return await views(domain, "MX", asking)
    except DnsError as error:
        return [View("name servers", failure=str(error))]
    except TimeoutError:
        return [View("name servers", failure="their names could not be looked up in time")]


def judge(
    said: View, took: float, theirs: list[View], options: Options
) -> list[tuple[State, Finding]]:
    """What is wrong, the worst first."""
    if said.failure:
        return [(State.UNKNOWN, Finding(FAILED, said.failure))]
    found = []
    if took > options.slow:
        text = f"resolver {said.server} is slow: {took:.1f} s for an answer"
        found.append((State.WARNING, Finding("dns.resolver.slow", text)))
    return found + _compare(said, theirs)


def _compare(said: View, theirs: list[View]) -> list[tuple[State, Finding]]:
    failed = [one for one in theirs if one.failure]
    answers = [one for one in theirs if not one.failure]
    if failed and not answers:
        text = f"no name server of the domain could be asked from here: {failed[0].failure}"
        return [(State.UNKNOWN, Finding("dns.authority.unasked", text))]
    found = []
    if len({one.records for one in answers}) > 1:
        text = f"the domain's own servers disagree: {answers[0]}, but {_other(answers)}"
        found.append(Finding("dns.authority.disagrees", text))
    elif answers and answers[0].records != said.records:
        text = f"resolver {said}; but {answers[0]}"
        found.append(Finding("dns.resolver.wrong", text))
    found += [
        Finding("dns.authority.failed", f"name server {one.server} fails: {one.failure}")
        for one in failed
    ]
    return [(State.WARNING, one) for one in found]


def _other(answers: list[View]) -> View:
    return next(one for one in answers if one.records != answers[0].records)


def _well(took: float, theirs: list[View]) -> str:
    same = f", as {len(theirs)} of the domain's own do" if theirs else ""
    return f"answers in {took * 1000:.0f} ms{same}"
