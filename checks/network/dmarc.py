"""Whether the DMARC record of a domain is there and sane (RFC 7489 6.3, 6.6.3).

It tells receivers what to do with mail that neither SPF nor DKIM stands for. A faulty one counts as
none; without one the domain above counts. Whether canaries' signatures are the domain's own
(alignment) the round trips tell.
"""

from __future__ import annotations

import re

from msgspec import Struct

from checks.dns_errors import DnsError, LookupFailed
from checks.model import CheckOptions, Finding, Result, State, System, Target
from checks.network._asking import FAILED, Asking
from checks.phases import Phases
from checks.tags import BadTags, parse_tags
from checks.text import visible

FINDINGS: dict[str, str] = {
    FAILED: "The resolver could not answer; nothing is known of the records.",
    "dmarc.missing": "Neither the domain nor one above it has a DMARC record.",
    "dmarc.several": "There are several DMARC records: receivers take none of them.",
    "dmarc.invalid": "The DMARC record has a fault: receivers take it for none.",
}

PARENTS_LIMIT = 4
"""Domains above that are asked, up to one of two labels: we have no list of public suffixes."""

POLICIES = ("none", "quarantine", "reject")

_ADDRESS = re.compile(r"(?i)mailto:[^\s@]+@[^\s@!]+(![0-9]+[kmgt]?)?")


class Options(CheckOptions, frozen=True, kw_only=True):
    """`required` is whether a domain without DMARC is a warning: many do well without."""

    interval: float = 60.0
    required: bool = False


class Dmarc(Struct, frozen=True):
    """What the record asks for; `strict` are the parts of ``dkim`` and ``spf`` that are."""

    policy: str
    strict: tuple[str, ...] = ()
    percent: int = 100


class BadDmarc(ValueError):
    """The record is none."""


def targets(system: System) -> list[Target]:
    """Every domain."""
    return system.each_domain("dmarc")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Ask for the record, of the domain or else of one above, and read it."""
    phases = Phases()
    asking = Asking(target.resolver, deadline)
    try:
        with phases.phase("record"):
            where, found = await _records(target.name, asking)
    except LookupFailed as error:
        return phases.result(State.UNKNOWN, str(error), Finding(FAILED, str(error)))
    state, text, code = judge(where, found, options)
    findings = [Finding(code, text)] if code else []
    shown = tuple(f"{where}: {visible(one)}" for one in found)
    return phases.result(state, text, *findings, evidence=shown)


async def _records(domain: str, asking: Asking) -> tuple[str, list[str]]:
    """The DMARC records, and the name that they stand at. Raises LookupFailed."""
    labels = domain.rstrip(".").split(".")
    for skipped in range(min(PARENTS_LIMIT, max(1, len(labels) - 1))):
        where = "_dmarc." + ".".join(labels[skipped:])
        try:
            texts = await asking.texts(f"{where}.")
        except LookupFailed:
            raise
        except DnsError:
            continue
        found = [text for text in texts if text.startswith("v=DMARC1")]
        if found:
            return where, found
    return f"_dmarc.{domain}", []


def judge(where: str, found: list[str], options: Options) -> tuple[State, str, str]:
    """State, words and finding code for the records at `where`."""
    if not found:
        state = State.WARNING if options.required else State.OK
        return state, f"no DMARC record at {where}", "dmarc.missing"
    if len(found) > 1:
        text = f"{len(found)} DMARC records at {where}: receivers take none of them"
        return State.WARNING, text, "dmarc.several"
    try:
        dmarc = parse_dmarc(found[0])
    except BadDmarc as error:
        return State.WARNING, f"the DMARC record at {where} is not valid: {error}", "dmarc.invalid"
    strict = f", strict for {' and '.join(dmarc.strict)}" if dmarc.strict else ""
    part = f" for {dmarc.percent} %" if dmarc.percent < 100 else ""
    return State.OK, f"DMARC: {dmarc.policy}{part}{strict}", ""


def parse_dmarc(text: str) -> Dmarc:
    """The record. Raises BadDmarc. A missing policy counts as none where reports are asked for.

    >>> parse_dmarc("v=DMARC1; p=reject; adkim=s")
    Dmarc(policy='reject', strict=('dkim',), percent=100)
    """
    try:
        tags = parse_tags(text)
    except BadTags as error:
        raise BadDmarc(str(error)) from error
    if next(iter(tags.items()), None) != ("v", "DMARC1"):
        raise BadDmarc("it does not begin with v=DMARC1")
    addresses = _addresses(tags.get("rua", ""))
    policy = tags.get("p", "none" if addresses else "").lower()
    for name, value in (("p", policy), ("sp", tags.get("sp", policy).lower())):
        if value not in POLICIES:
            raise BadDmarc(f"{name}={visible(value, 30)} is none of {', '.join(POLICIES)}")
    for name in ("adkim", "aspf"):
        if tags.get(name, "r").lower() not in ("r", "s"):
            raise BadDmarc(f"{name}={visible(tags[name], 30)} is neither r nor s")
    percent = tags.get("pct", "100")
    if not re.fullmatch("[0-9]{1,3}", percent) or int(percent) > 100:
        raise BadDmarc(f"pct={visible(percent, 30)} is no number from 0 to 100")
    parts = {"adkim": "dkim", "aspf": "spf"}
    strict = tuple(word for name, word in parts.items() if tags.get(name, "").lower() == "s")
    return Dmarc(policy, strict, int(percent))


def _addresses(text: str) -> list[str]:
    """Where reports go. Raises BadDmarc."""
    found = [one.strip() for one in text.split(",") if one.strip()]
    for one in found:
        if not _ADDRESS.fullmatch(one):
            raise BadDmarc(f"rua={visible(one, 60)} is no mailto: address")
    return found
