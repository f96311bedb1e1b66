"""What an entry can say: one frozen struct a kind, its tag the kind's name in the file.

Files outlive versions: fields are added with a default, and never renamed, retyped or taken away.
Times in them are texts made by `checks.when.iso`; states are the words of the design.
"""

from __future__ import annotations

from app.incident.kinds._data import Data, Unknown
from app.incident.kinds.course import (
    Acknowledged,
    ActionItem,
    CauseNamed,
    CheckTurned,
    Closed,
    Detected,
    EtaChanged,
    Opened,
    Resolved,
    Reviewed,
    SeveritySet,
    VerdictChanged,
)
from app.incident.kinds.mail import Measured, QueueSize
from app.incident.kinds.session import (
    ClockStepped,
    Joined,
    Left,
    Mended,
    Reminded,
    RoleTaken,
    Unlocked,
)
from app.incident.kinds.work import (
    BodyRead,
    Bundled,
    CommandBegun,
    CommandEnded,
    Delivery,
    Hypothesis,
    ItemChanged,
    Note,
    NoticeBegun,
    NoticeSent,
    SignedOff,
    fared,
)

__all__ = [
    "Acknowledged",
    "ActionItem",
    "BodyRead",
    "Bundled",
    "CauseNamed",
    "CheckTurned",
    "ClockStepped",
    "Closed",
    "CommandBegun",
    "CommandEnded",
    "Data",
    "Delivery",
    "Detected",
    "EtaChanged",
    "Hypothesis",
    "ItemChanged",
    "Joined",
    "Known",
    "Left",
    "Measured",
    "Mended",
    "Note",
    "NoticeBegun",
    "NoticeSent",
    "Opened",
    "QueueSize",
    "Reminded",
    "Resolved",
    "Reviewed",
    "RoleTaken",
    "SeveritySet",
    "SignedOff",
    "Unknown",
    "Unlocked",
    "VerdictChanged",
    "fared",
]

Known = (
    Opened | Detected | Acknowledged | ItemChanged | CheckTurned | CauseNamed | Note | NoticeBegun
    | NoticeSent | CommandBegun | CommandEnded | SignedOff | VerdictChanged | SeveritySet | Resolved
    | Closed | Reviewed | RoleTaken | Hypothesis | Joined | Left | Unlocked | ClockStepped | Mended
    | Measured | Reminded | EtaChanged | Bundled | BodyRead
)  # fmt: skip
