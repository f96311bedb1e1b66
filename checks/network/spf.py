"""Whether receivers elsewhere take our hosts for senders of our domains: SPF (RFC 7208).

One record, without faults, within ten look-ups; and the addresses of the hosts that send pass it.
Which hosts send is not known from here: those that take mail from users count, or those set.
"""

from __future__ import annotations

import asyncio

from msgspec import Struct
from msgspec.structs import replace

from checks.dns_errors import DnsError, LookupFailed
from checks.etc_hosts import address_literal
from checks.model import CheckOptions, Finding, Host, Result, State, System, Target, split_service
from checks.network._asking import FAILED, Asking
from checks.network._spf import LOOKUPS_LIMIT, VOID_LIMIT, NoSpf, Policy, Spf
from checks.network._spf_record import BadSpf, TooManyLookups
from checks.phases import Phases
from checks.public import is_reserved, is_seen

FINDINGS: dict[str, str] = {
    FAILED: "The resolver could not answer; nothing is known of the records.",
    "spf.missing": "The domain has no SPF record.",
    "spf.invalid": "The SPF record has a fault: receivers take it for none, or refuse the mail.",
    "spf.too-many-lookups": "The SPF record costs more than ten look-ups: receivers give it up.",
    "spf.void-lookups": "The SPF record names more than two names that do not exist.",
    "spf.allows-all": "The SPF record allows everybody to send.",
    "spf.sender-refused": "A host of ours that sends is not allowed to by SPF.",
}


class Options(CheckOptions, frozen=True, kw_only=True):
    """`senders` are names of hosts, or addresses, that mail of ours leaves by.

    Left out, the hosts with a submission service, else those with smtp. `required` is whether a
    domain without SPF is a warning; one under a reserved name (``.test``) needs none.
    """

    interval: float = 60.0
    deadline: float = 15.0
    senders: tuple[str, ...] = ()
    required: bool = True


class Sender(Struct, frozen=True):
    """An address of a host that sends, and what SPF says of it."""

    name: str
    address: str
    result: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.address}: {self.result}"


def targets(system: System) -> list[Target]:
    """Every domain, with all hosts: any may send for it."""
    return [replace(one, hosts=system.hosts) for one in system.each_domain("spf")]


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Read the record with all its parts, and evaluate it for each sending address."""
    phases = Phases()
    spf = Spf(asking := Asking(target.resolver, deadline))
    senders: list[Sender] = []
    try:
        async with asyncio.timeout(deadline):
            with phases.phase("record"):
                policy = await spf.policy(target.name)
            with phases.phase("senders"):
                for one in await _senders(target, options, asking):
                    result = await spf.evaluate(policy, one.address)
                    senders.append(replace(one, result=result))
    except NoSpf as error:
        is_wanted = options.required and not is_reserved(target.name)
        state = State.WARNING if is_wanted else State.OK
        return phases.result(state, str(error), Finding("spf.missing", str(error)))
    except BadSpf as error:
        is_costly = isinstance(error, TooManyLookups)
        text = f"the SPF record is not valid: {error}"
        code = "spf.too-many-lookups" if is_costly else "spf.invalid"
        return phases.result(State.WARNING, text, Finding(code, text))
    except (LookupFailed, TimeoutError) as error:
        text = str(error) or f"resolver {target.resolver.name} does not answer in time"
        return phases.result(State.UNKNOWN, text, Finding(FAILED, text))
    findings = judge(policy, senders, spf.voids)
    return phases.result(
        State.WARNING if findings else State.OK,
        findings[0].text if findings else _well(policy, senders),
        *findings,
        metrics={"lookups": float(policy.lookups)},
        evidence=(*(f"{one.domain}: {one.text}" for one in policy.walk()), *map(str, senders)),
    )


def judge(policy: Policy, senders: list[Sender], voids: int) -> list[Finding]:
    """What is wrong with a record that can be read."""
    found = []
    refused = [one for one in senders if one.result in ("fail", "softfail")]
    if refused:
        who = ", ".join(f"{one.name} ({one.address})" for one in refused)
        text = f"SPF of {policy.domain} refuses our own {who}: {refused[0].result}"
        found.append(Finding("spf.sender-refused", text))
    if policy.lookups > LOOKUPS_LIMIT:
        text = f"{policy.lookups} look-ups in SPF of {policy.domain}; receivers stop at ten"
        found.append(Finding("spf.too-many-lookups", text))
    if voids > VOID_LIMIT:
        text = f"SPF of {policy.domain} names {voids} names that are not there; two are allowed"
        found.append(Finding("spf.void-lookups", text))
    if any(one.name == "all" and one.result == "pass" for one in policy.record.terms):
        text = f"SPF of {policy.domain} allows everybody to send (+all)"
        found.append(Finding("spf.allows-all", text))
    return found


def _well(policy: Policy, senders: list[Sender]) -> str:
    passing = sum(one.result == "pass" for one in senders)
    of_ours = f", {passing} of {len(senders)} addresses of ours pass" if senders else ""
    return f"SPF good, {policy.lookups} look-ups{of_ours}"


async def _senders(target: Target, options: Options, asking: Asking) -> list[Sender]:
    """The addresses that mail leaves by, as far as others see them."""
    chosen = [(one, one) for one in options.senders if address_literal(one)]
    for host in _sending(target.hosts, options.senders):
        try:
            addresses = await asking.addresses(host.address)
        except LookupFailed:
            raise
        except DnsError:
            continue  # the dns check tells of it
        chosen += [(host.name, one) for one in addresses if is_seen(one, host.address)]
    return [Sender(name, address) for name, address in chosen]


def _sending(hosts: tuple[Host, ...], named: tuple[str, ...]) -> list[Host]:
    if named:
        return [host for host in hosts if host.name in named]
    users = [host for host in hosts if _offers(host, "submission", "smtps")]
    return users or [host for host in hosts if _offers(host, "smtp")]


def _offers(host: Host, *services: str) -> bool:
    return any(split_service(one)[0] in services for one in host.services)
