"""Why a look-up gave no record. The text of each is for people.

The tree::

    DnsError
    ├── LookupFailed   no server could answer (silent, SERVFAIL, REFUSED…): nothing is known
    ├── NoSuchName     NXDOMAIN (RFC 2308): the name does not exist
    │   └── BadName    what was asked for cannot be a name at all
    └── NoRecords      the name exists and has no record of that type (NODATA, RFC 2308)
        └── AliasLoop  its CNAME records lead in a circle, or without end
"""

from __future__ import annotations


class DnsError(Exception):
    """A look-up that gave no record. The text is for people."""


class LookupFailed(DnsError):
    """No name server could answer; nothing is known of the name."""


class NoSuchName(DnsError):
    """The name does not exist."""


class BadName(NoSuchName):
    """The text cannot be a name: empty, too long, or with an empty label."""


class NoRecords(DnsError):
    """The name exists, and has no such record."""


class AliasLoop(NoRecords):
    """The name's CNAME records lead in a circle, or too far."""
