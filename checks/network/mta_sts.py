"""Whether the MTA-STS policy that a domain publishes lets mail through to its MX (RFC 8461).

A record at ``_mta-sts`` says that there is one, a page under HTTPS holds it. Senders who know it
deliver to no exchange that it does not name, and it outlives a change of MX by its age.
"""

from __future__ import annotations

import asyncio

from checks import connect, trust
from checks.dns_errors import DnsError, LookupFailed
from checks.http import Answer, Client, HttpError, Untrusted
from checks.model import CheckOptions, Finding, Host, Result, State, System, Target
from checks.network._asking import FAILED, OWN_SHARE, Asking
from checks.network._mta_sts import BadSts, Policy, parse_id, parse_policy
from checks.network._mx import parse_mx
from checks.phases import Phases
from checks.text import visible

FINDINGS: dict[str, str] = {
    FAILED: "The resolver could not answer; nothing is known of the records.",
    "mta-sts.record-invalid": "The MTA-STS record has a fault: senders take it for none.",
    "mta-sts.unreachable": "The MTA-STS policy is announced, and can't be fetched.",
    "mta-sts.untrusted": "The MTA-STS policy's server has no certificate that senders trust.",
    "mta-sts.invalid": "The MTA-STS policy has a fault: senders take no notice of it.",
    "mta-sts.mx-mismatch": "An MX is not in the MTA-STS policy: senders do not deliver to it.",
}

PATH = "/.well-known/mta-sts.txt"
PORT = 443

BODY_LIMIT = 64 << 10
"""Bytes of a policy, as RFC 8461 3.3 recommends."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """`ca_file` is whom the policy's server is trusted by, where that is a CA of one's own."""

    interval: float = 60.0
    deadline: float = 10.0
    ca_file: str = ""


def targets(system: System) -> list[Target]:
    """Every domain."""
    return system.each_domain("mta_sts")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Ask for the record; where there is one, fetch the policy and hold the MX to it."""
    phases = Phases()
    asking = Asking(target.resolver, deadline)
    domain = target.name
    try:
        with phases.phase("record"):
            records = await _records(domain, asking)
        if not records:
            return phases.result(State.OK, "no MTA-STS is published")
        _read_record(records)
        async with asyncio.timeout(deadline * OWN_SHARE):
            answer = await _fetch(target, options, phases, asking.left)
        policy = read(answer)
        with phases.phase("mx"):
            exchanges = [one.name for one in parse_mx(await _mx(domain, asking))]
    except LookupFailed as error:
        return phases.result(State.UNKNOWN, str(error), Finding(FAILED, str(error)))
    except BadSts as error:
        # Before there is an answer it was the record that could not be read.
        code = "mta-sts.invalid" if "ask" in phases.lasted() else "mta-sts.record-invalid"
        text = f"the MTA-STS of {domain} is not valid: {error}"
        return phases.result(State.WARNING, text, Finding(code, text))
    except (OSError, HttpError, connect.NotConnected, trust.CaFileError) as error:
        return _unreached(domain, error, phases)
    return _judge(domain, policy, exchanges, phases)


async def _records(domain: str, asking: Asking) -> list[str]:
    try:
        texts = await asking.texts(f"_mta-sts.{domain}.")
    except LookupFailed:
        raise
    except DnsError:
        return []
    return [text for text in texts if text.startswith("v=STSv1")]


def _read_record(records: list[str]) -> None:
    """Raise BadSts where it is none."""
    if len(records) > 1:
        raise BadSts(f"there are {len(records)} records")
    parse_id(records[0])


async def _mx(domain: str, asking: Asking) -> tuple[str, ...]:
    try:
        return await asking.records(f"{domain}.", "MX")
    except LookupFailed:
        raise
    except DnsError:
        return ()  # the dns check tells of it


async def _fetch(target: Target, options: Options, phases: Phases, left: float) -> Answer:
    name = f"mta-sts.{target.name}"
    host = Host(name=name, address=name, ca_file=options.ca_file)
    where = Target(
        name=name, about="mta_sts", address=name, port=PORT, host=host, resolver=target.resolver
    )
    client = Client(where, phases, is_tls=True, deadline=left)
    try:
        return await client.ask(PATH, headers={"User-Agent": "mailmedic"}, limit=BODY_LIMIT)
    finally:
        client.close()


def read(answer: Answer) -> Policy:
    """The policy in an answer; redirects are not followed (RFC 8461 3.3). Raises BadSts."""
    if answer.status != 200:
        raise BadSts(f"its page answers {answer.status}")
    if answer.is_cut:
        raise BadSts("its page is longer than 64 KiB")
    return parse_policy(answer.body.decode("utf-8", "replace"))


def _unreached(domain: str, error: Exception, phases: Phases) -> Result:
    code = "mta-sts.untrusted" if isinstance(error, Untrusted) else "mta-sts.unreachable"
    why = visible(str(error), 200) or "no answer in time"
    text = f"the MTA-STS policy of {domain} is announced, and not to be had: {why}"
    if isinstance(error, connect.NotTried | connect.ResolverFailed | trust.CaFileError):
        return phases.result(State.UNKNOWN, text, Finding(code, text))
    return phases.result(State.WARNING, text, Finding(code, text))


def _judge(domain: str, policy: Policy, exchanges: list[str], phases: Phases) -> Result:
    evidence = (
        f"mode {policy.mode}, max_age {policy.max_age}",
        *(f"mx {one}" for one in policy.mx),
    )
    outside = [one for one in exchanges if not policy.allows(one)]
    if outside and policy.mode != "none":
        is_hard = policy.mode == "enforce"
        means = "senders do not deliver to it" if is_hard else "would be refused if enforced"
        text = f"MX {', '.join(outside)} not in the MTA-STS policy of {domain}: {means}"
        state = State.CRITICAL if is_hard else State.WARNING
        finding = Finding("mta-sts.mx-mismatch", text)
        return phases.result(state, text, finding, evidence=evidence)
    return phases.result(State.OK, f"MTA-STS {policy.mode}, its mx are ours", evidence=evidence)
