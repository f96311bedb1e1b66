"""DKIM of a message that has arrived: is it signed, is the key published, does it match (RFC 6376).

The selector is the signature's own: nobody has to configure it, and a key that is published under
another one counts for nothing. dkimpy computes; we look the key up, in bounds.
"""

from __future__ import annotations

import asyncio
import re
from enum import StrEnum

from msgspec import Struct

from checks.dns_errors import DnsError, LookupFailed
from checks.model import State
from checks.protocol._judged import Judged
from checks.resolver import Resolver
from checks.tags import BadTags, parse_tags
from checks.text import visible

FINDINGS = {
    "roundtrip.unsigned": "a message came without the DKIM signature that earlier ones had",
    "dkim.key.missing": "the key of a DKIM signature is not published: it counts for nothing",
    "dkim.key.revoked": "the key of a DKIM signature has been withdrawn",
    "dkim.key.unasked": "the key of a DKIM signature could not be looked up",
    "dkim.signature.invalid": "a DKIM signature does not match the message and the key",
    "dkim.signature.unaligned": "no DKIM signature is of the sender's own domain (RFC 7489 3.1.1)",
}

SIGNATURES_LIMIT = 5
"""Signatures of one message that are looked at: signers and mailing lists add one each."""

KEY_LIMIT = 2048
"""Characters of a key record: RSA with 4096 bits takes 740. Longer numbers take long to compute."""

_FIELD = re.compile(rb"^dkim-signature:((?:[^\n]|\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_BLANKS = re.compile(r"\s+")


class Outcome(StrEnum):
    """What became of one signature; the end of a finding's code where it is a fault."""

    VALID = "valid"
    INVALID = "signature.invalid"
    MISSING = "key.missing"
    REVOKED = "key.revoked"
    UNASKED = "key.unasked"
    UNVERIFIABLE = "unverifiable"


class Signature(Struct, frozen=True):
    """One signature: whose, by which key, and what became of it. `why` explains a failure."""

    domain: str
    selector: str
    outcome: Outcome = Outcome.UNVERIFIABLE
    why: str = ""

    @property
    def key(self) -> str:
        """The name that its key is published under."""
        return f"{self.selector}._domainkey.{self.domain}"

    def __str__(self) -> str:
        why = f": {self.why}" if self.why else ""
        return f"DKIM {self.key} {self.outcome.value.rpartition('.')[2]}{why}"


def parse_signatures(header: bytes) -> list[Signature]:
    r"""The signatures in a message's header, the topmost first; what is malformed names nobody.

    >>> parse_signatures(b"DKIM-Signature: v=1; d=lab.test;\r\n s=lab; b=x\r\n")[0].key
    'lab._domainkey.lab.test'
    """
    fields = _FIELD.findall(header.replace(b"\r\n", b"\n"))[:SIGNATURES_LIMIT]
    return [_signature(field.decode("ascii", "replace")) for field in fields]


def _signature(field: str) -> Signature:
    try:
        tags = parse_tags(field)
    except BadTags as error:
        return Signature("", "", Outcome.INVALID, str(error))
    domain, selector = (visible(_BLANKS.sub("", tags.get(tag, "")), 255).lower() for tag in "ds")
    if not domain or not selector:
        return Signature(domain, selector, Outcome.INVALID, "it names no domain or no selector")
    return Signature(domain, selector)


async def verify(
    header: bytes, body: bytes, resolver: Resolver, *, deadline: float
) -> list[Signature]:
    """The signatures of a whole message, each looked into by the deadline; never raises."""
    message = header.rstrip(b"\r\n") + b"\r\n\r\n" + body
    found = parse_signatures(header)
    return list(
        await asyncio.gather(
            *(_verify(one, place, message, resolver, deadline) for place, one in enumerate(found))
        )
    )


async def _verify(
    one: Signature, place: int, message: bytes, resolver: Resolver, deadline: float
) -> Signature:
    if one.outcome is Outcome.INVALID:
        return one
    try:
        answer = await resolver.answer(f"{one.key}.", "TXT", deadline=deadline)
    except LookupFailed as error:
        return Signature(one.domain, one.selector, Outcome.UNASKED, str(error))
    except DnsError as error:
        return Signature(one.domain, one.selector, Outcome.MISSING, str(error))
    outcome, why = judge_key([text.decode("latin-1") for text in answer.texts])
    if outcome is Outcome.UNVERIFIABLE and not why:
        key = answer.texts[0]
        outcome, why = await asyncio.to_thread(_compute, message, place, key)
    return Signature(one.domain, one.selector, outcome, why)


def judge_key(texts: list[str]) -> tuple[Outcome, str]:
    """What a key's records are worth (RFC 6376 3.6.1); UNVERIFIABLE and no reason: compute."""
    if len(texts) > 1:
        return Outcome.INVALID, f"{len(texts)} TXT records where one key belongs"
    if len(texts[0]) > KEY_LIMIT:
        return Outcome.UNVERIFIABLE, f"a key of {len(texts[0])} characters"
    try:
        tags = parse_tags(texts[0])
    except BadTags as error:
        return Outcome.INVALID, f"the key's record can't be read: {error}"
    if not tags.get("p"):
        return Outcome.REVOKED, "its record holds no key"
    kind = tags.get("k", "rsa")
    return Outcome.UNVERIFIABLE, "" if kind == "rsa" else f"a key of type {visible(kind, 20)}"


def _compute(message: bytes, place: int, key: bytes) -> tuple[Outcome, str]:
    """In a thread: importing dkimpy takes 200 ms, and arithmetic is slow in Python."""
    import dkim

    def published(*_: object, **__: object) -> bytes:
        return key

    try:
        dkim.evaluate_pk(b"", key)  # it says why; verify() would tell only the log
        is_valid = dkim.DKIM(message).verify(place, dnsfunc=published)
    except Exception as error:  # noqa: BLE001 - whatever a library makes of a stranger's bytes
        return Outcome.INVALID, visible(str(error) or repr(error), 120)
    if is_valid:
        return Outcome.VALID, ""
    return Outcome.INVALID, "it was made with another key, or what is signed was changed"


def judge(signatures: list[Signature], domain: str, signed_before: str) -> list[Judged]:
    """What the signatures of a canary's message mean; `signed_before` is the key of earlier ones.

    Whether the way that test mail takes signs at all is known only from before: many servers sign
    what leaves the house alone.
    """
    if not signatures and signed_before:
        text = f"a message came unsigned; earlier ones had a DKIM signature by {signed_before}"
        return [Judged(State.WARNING, "roundtrip.unsigned", text)]
    if signatures and not any(is_aligned(one.domain, domain) for one in signatures):
        text = f"no DKIM signature is of {domain}, but of {signatures[0].domain or 'nobody'}"
        return [Judged(State.OK, "dkim.signature.unaligned", text)]
    own = [one for one in signatures if is_aligned(one.domain, domain)]
    if any(one.outcome is Outcome.VALID for one in own):
        return []
    return [found for one in own if (found := _judge(one)) is not None]


def _judge(one: Signature) -> Judged | None:
    code = f"dkim.{one.outcome.value}"
    match one.outcome:
        case Outcome.MISSING:
            text = f"the DKIM key {one.key} is not published: receivers ignore the signature"
        case Outcome.REVOKED:
            text = f"the DKIM key {one.key} is withdrawn: receivers ignore the signature"
        case Outcome.INVALID:
            text = f"the DKIM signature of {one.domain} is not valid: {one.why}"
        case Outcome.UNASKED:
            return Judged(State.OK, code, f"the DKIM key {one.key} is not known: {one.why}")
        case _:
            return None
    return Judged(State.WARNING, code, text)


def is_aligned(signer: str, sender: str) -> bool:
    """Whether one is the other or a part of it, as DMARC's relaxed mode has it (RFC 7489 3.1.1).

    Short of a list of public suffixes: one of them signs nothing.
    """
    signer, sender = signer.rstrip("."), sender.lower()
    return signer == sender or sender.endswith(f".{signer}") or signer.endswith(f".{sender}")
