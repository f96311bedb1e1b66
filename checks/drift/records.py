"""What changed in the DNS of our domains and hosts: MX, addresses, PTR, SPF, DMARC, DKIM, TLSA.

It asks nothing. What the name servers said last to the other checks (`checks/seen_records.py`) is
compared with the baseline, which is taken on first sight, by itself while all is healthy
(`_versions`) and by `take`. A record that is another is no fault in itself: OK, with a finding.
What no name server says any more stays as it was last seen, and that is said; where none of them
says anything, as when DNS is down, UNKNOWN. Addresses that rotate are not compared (`_turns`).
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from checks.drift import _baseline
from checks.drift._baseline import BaselineError
from checks.drift._compare import Seen
from checks.drift._copy import Copy
from checks.drift._diff import change
from checks.drift._remembered import Remembered, between
from checks.drift._turns import OFTEN, WITHIN, Turns
from checks.drift._versions import Health, compared, good_of
from checks.etc_hosts import address_literal
from checks.facts import Change, ChangeFacts
from checks.mask import mask
from checks.model import CheckOptions, Finding, Result, State, System, Target, now
from checks.phases import Phases
from checks.seen_records import Said
from checks.text import visible
from checks.when import clock, span

FINDINGS = {
    "change.dns": "a record of our domains or hosts is not as it was",
    "change.unseen": "a record that no name server told of for a while, or that rotates",
    "config.baseline": "the baseline cannot be read",
    "config.not-kept": "the baseline cannot be written, and is lost when the program ends",
}

KINDS = ("MX", "A", "AAAA", "CNAME", "TXT", "TLSA", "PTR")

TEXTS = {"v=spf1": "SPF", "v=dmarc1": "DMARC", "v=stsv1": "MTA-STS"}
"""How the TXT records of mail begin; others of the same name are not ours to tell of."""

STALE = timedelta(minutes=15)
"""What no name server has told in that time may be another now."""

RECORDS_LIMIT = 50
"""Records of a name and type."""

RECORD_LIMIT = 2_000
"""Characters of a record: a DKIM key of 4,096 bits has 750."""

NAMED = 3
"""Records not seen any more that are named; of more it is said how many they are."""

VALUE_LIMIT = 120
"""Characters of a record that are shown in a row; its diff has all."""

CHANGES_KEPT = 100

MEND = "`mailmedic status` shows what the name servers say to the checks of DNS and the resolver"


class Options(CheckOptions, frozen=True, kw_only=True):
    """`folder` is the state folder that baselines are kept in; the user's own when empty."""

    interval: float = 30.0
    folder: str = ""


class Memory(Remembered):
    """Records as last seen, and which of them rotate."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._turns = Turns()
        self.rotating: frozenset[str] = frozenset()

    def steady(
        self, copies: Mapping[str, tuple[Copy, datetime]]
    ) -> dict[str, tuple[Copy, datetime]]:
        """`copies` without those that rotate, which are noted."""
        told = {name: (copy.text or "", at) for name, (copy, at) in copies.items()}
        self.rotating = frozenset(self._turns.rotating(told))
        return {name: one for name, one in copies.items() if name not in self.rotating}


_memories: dict[tuple[str, str], Memory] = {}


def targets(system: System) -> list[Target]:
    """All domains and hosts that have a name, together: others ask for what belongs to them."""
    all_of_them = Target(
        name="dns",
        about="records",
        resolver=system.resolver,
        hosts=system.hosts,
        domains=tuple(system.domains),
    )
    is_named = any(not address_literal(host.address) for host in system.hosts)
    return [all_of_them] if is_named or system.domains else []


async def check(target: Target, options: Options, *, deadline: float) -> Result:  # noqa: ARG001
    """Compare the records that were seen last with the baseline, taken when there is none."""
    return await _compare(target, options, retake=False)


async def take(target: Target, options: Options, *, deadline: float) -> Result:  # noqa: ARG001
    """Take a new baseline: the records that were seen last count as good from now on."""
    return await _compare(target, options, retake=True)


def healthy(target: Target, options: Options, since: datetime | None, seen: datetime) -> None:
    """Say that all is healthy since then, as was `seen`; None where it is not."""
    _memory_of(target, options).health = Health(since, seen) if since else None


def _memory_of(target: Target, options: Options) -> Memory:
    key = (" ".join(target.domains), options.folder)
    if key not in _memories:
        _memories[key] = Memory(_baseline.place(options.folder, "dns records"))
    return _memories[key]


async def _compare(target: Target, options: Options, *, retake: bool) -> Result:
    phases = Phases()
    memory = _memory_of(target, options)
    names = {*target.domains, *(host.address for host in target.hosts)}
    names = {name.lower().rstrip(".") for name in names}
    at = now()
    said = list(target.resolver.seen)
    copies = await asyncio.to_thread(lambda: dict(ours(said, names)))
    if not copies and await _is_without_dns(target):
        return phases.result(State.OK, "the hosts file has every name: no record to compare")
    stale = {name: seen for name, (_, seen) in copies.items() if seen < at - STALE}
    try:
        with phases.phase("baseline"):
            await asyncio.to_thread(memory.load, retake=retake)
    except BaselineError as error:
        text = f"the baseline {error}; `mailmedic baseline` takes a new one"
        finding = Finding("config.baseline", visible(str(memory.path)))
        return phases.result(State.UNKNOWN, text, finding)
    memory.notice(memory.steady(copies), stale)
    if len(stale) == len(copies):
        return _blind(phases, memory, stale)
    not_kept = await asyncio.to_thread(memory.keep, retake=retake)
    return judge(phases, memory, stale, not_kept)


async def _is_without_dns(target: Target) -> bool:
    names = [host.address for host in target.hosts if not address_literal(host.address)]
    known = [await target.resolver.in_hosts_file(name) for name in names]
    return not target.domains and all(known)


def ours(
    said: Iterable[tuple[str, str, Said]], names: Collection[str]
) -> Iterator[tuple[str, tuple[Copy, datetime]]]:
    """The records of those names and what is below them, by what they are called in the list.

    Secrets are looked for in each: a name server's longest answers take seconds.
    """
    answers = [one for one in said if one[1] in KINDS]
    found = [one for one in answers if one[1] != "PTR" and _belongs(one[0], names)]
    # One with a zone (fe80::1%eth0) is of a link alone, and has no name (RFC 4007).
    addresses = {name for name in names if address_literal(name) and "%" not in name}
    for _, kind, one in found:
        if kind in ("A", "AAAA") and one.answer is not None:
            addresses.update(one.answer.records)
    pointers = {ipaddress.ip_address(one).reverse_pointer: one for one in addresses}
    found += [one for one in answers if one[1] == "PTR" and one[0] in pointers]
    for name, kind, one in found:
        for label, text in _named(pointers.get(name, name), kind, one):
            yield visible(label), (Copy(stamp="", mtime=0.0, access="", text=mask(text)), one.at)


def _belongs(name: str, names: Collection[str]) -> bool:
    labels = name.split(".")
    return any(".".join(labels[skipped:]) in names for skipped in range(len(labels)))


def _named(name: str, kind: str, said: Said) -> Iterator[tuple[str, str]]:
    """What the records are called, and their text; empty where there are none."""
    records = said.answer.records if said.answer else ()
    if kind != "TXT":
        yield f"{kind} {name}", _text(record.rstrip(".") for record in records)
        return
    texts = [text.decode("latin-1") for text in said.answer.texts] if said.answer else []
    first, _, rest = name.partition(".")
    if "._domainkey." in name:
        yield f"DKIM {name}", _text(texts)
        return
    wanted = {"_dmarc": "DMARC", "_mta-sts": "MTA-STS"}.get(first, "SPF")
    owner = name if wanted == "SPF" else rest
    yield f"{wanted} {owner}", _text(one for one in texts if _kind_of(one) == wanted)


def _kind_of(text: str) -> str:
    begin = text[:12].lower()
    return next((kind for start, kind in TEXTS.items() if begin.startswith(start)), "")


def _text(records: Iterator[str] | list[str]) -> str:
    shown = sorted(visible(record, RECORD_LIMIT) for record in records)
    return "\n".join(shown[:RECORDS_LIMIT])


def judge(phases: Phases, memory: Memory, stale: Mapping[str, datetime], not_kept: str) -> Result:
    """What to say of the records, of which `stale` were last seen long ago."""
    changes = _changes(memory)
    findings = [Finding("change.dns", one.text) for one in changes[:10]]
    findings += [Finding("change.unseen", one) for one in _unseen(memory, stale)]
    if not_kept:
        findings.append(Finding("config.not-kept", not_kept))
    begin = compared(memory.versions)[0].at
    return phases.result(
        State.OK,
        _summary(changes) or f"{len(memory.seen)} records as they were at {begin:%a %d %b %H:%MZ}",
        *findings,
        metrics={"records": len(memory.seen), "changes": len(changes)},
        facts=_facts(memory, changes, stale),
    )


def _blind(phases: Phases, memory: Memory, stale: Mapping[str, datetime]) -> Result:
    """What to say where no name server has said anything of late: the changes known until then."""
    text = f"no check has seen a record of ours in {span(STALE.total_seconds())}"
    if stale:
        text = f"no check has seen a record of ours since {clock(max(stale.values()))}"
    changes = _changes(memory) if memory.versions else []
    return phases.result(
        State.UNKNOWN,
        "; ".join(filter(None, (text, _summary(changes)))),
        *(Finding("change.dns", one.text) for one in changes[:10]),
        *(Finding("change.unseen", one) for one in _unseen(memory, stale)),
        facts=_facts(memory, changes, stale) if memory.versions else None,
        mend=MEND,
    )


def _unseen(memory: Memory, stale: Mapping[str, datetime]) -> Iterator[str]:
    """``A mx.lab.test, MX lab.test, SPF lab.test and 4 more since 03:10:53Z``, and what rotates."""
    if stale:
        yield f"{_named_some(stale)} since {clock(max(stale.values()))}"
    if memory.rotating:
        often = f"{OFTEN} times or more in {span(WITHIN.total_seconds())}"
        yield f"{_named_some(memory.rotating)}: not compared, as other addresses came {often}"


def _named_some(names: Collection[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(sorted(names)[:NAMED]) + more


def _facts(memory: Memory, changes: list[Change], stale: Mapping[str, datetime]) -> ChangeFacts:
    begin = compared(memory.versions)[0].at
    return ChangeFacts(
        begin, tuple(changes), tuple(_unseen(memory, stale)), good_of(memory.versions)
    )


def _changes(memory: Memory) -> list[Change]:
    """The latest first."""
    changes = list(_differing(memory.versions[-1].files, memory.seen, None))
    for before, after, since in between(memory.versions):
        changes += _differing(before, after, since)
    return sorted(changes, key=lambda one: one.at, reverse=True)[:CHANGES_KEPT]


def _differing(
    before: Mapping[str, Copy], after: Mapping[str, Seen], since: datetime | None
) -> Iterator[Change]:
    for name, seen in after.items():
        old = before.get(name)
        if old is None or old.text == seen.copy.text:
            continue
        yield Change(
            "dns",
            name,
            seen.first,
            seen.before,
            old=_shown(old),
            new=_shown(seen.copy),
            diff=change(name, (old, seen.copy)).diff,
            good_since=since,
        )


def _shown(copy: Copy) -> str:
    return visible((copy.text or "").replace("\n", ", "), VALUE_LIMIT)


def _summary(changes: list[Change]) -> str:
    if not changes:
        return ""
    age = span((now() - (changes[0].after or changes[0].at)).total_seconds())
    more = f"; {len(changes) - 1} more" if len(changes) > 1 else ""
    return visible(f"{changes[0].text}, in the last {age}{more}", 300)
