"""How bad it is: a table from what is hit to SEV1 to SEV4, which ``[severity]`` may change."""

from __future__ import annotations

from msgspec import Struct

from checks.model import Severity


class Severities(Struct, frozen=True, kw_only=True):
    """The severity of each row, worst first."""

    all_users: Severity = Severity.SEV1
    one_host: Severity = Severity.SEV1
    one_domain: Severity = Severity.SEV1
    one_service: Severity = Severity.SEV2
    part: Severity = Severity.SEV2
    abuse: Severity = Severity.SEV2
    one_user: Severity = Severity.SEV3
    redundancy: Severity = Severity.SEV3
    flaw: Severity = Severity.SEV3
    canary: Severity = Severity.SEV4
    risk: Severity = Severity.SEV4

    def of(self, row: str) -> Severity:
        """The severity of `row`."""
        severity: Severity = getattr(self, row)
        return severity

    def reason(self, row: str) -> str:
        """Why it is that severity, with the key that would change it."""
        return f"{self.of(row).value}: {MEANINGS[row]} ([severity] {row})"


ROWS = Severities.__struct_fields__

MEANINGS = {
    "all_users": "nobody can do something that everybody needs of mail",
    "one_host": "nobody of a whole host can send, receive or read",
    "one_domain": "nobody of a whole domain can send, receive or read",
    "one_service": "a service is down for everybody, or several places at once",
    "part": "many are hit in part: there is another way, or mail waits",
    "abuse": "our mail is abused, and others will block us for it",
    "one_user": "one user is hit",
    "redundancy": "what stands in when another fails is lost; nobody is hit",
    "flaw": "mail flows, and not as it should",
    "canary": "test mail alone is known to be hit",
    "risk": "nobody is hit yet",
}

DEFAULT = Severities()
"""What counts where the config says nothing else."""
