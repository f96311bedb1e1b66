"""What a check hands to its panel beyond state and findings: frozen values, no I/O.

Texts in here came from outside and have passed `checks.text.visible`.
"""

from __future__ import annotations

from checks.facts.changes import (
    BY_ITSELF,
    BY_PERSON,
    Change,
    ChangeFacts,
    DriftFacts,
    FileChange,
    Good,
)
from checks.facts.hardware import HardwareFacts, PowerFacts, RaidArray, Sensor, UpsFacts
from checks.facts.host import (
    ClockFacts,
    Disk,
    DiskFacts,
    Limit,
    LimitFacts,
    ListenerFacts,
    LoadFacts,
    Process,
    ProcessFacts,
    Unit,
    UnitFacts,
)
from checks.facts.log import LogFacts, LogKind, LogShape, LostMail
from checks.facts.outside import Alert, MonitorFacts, RouteFacts, Sight, VantageFacts
from checks.facts.queue import AGES, Patience, QueueFacts, Reason, Waiting
from checks.facts.trip import Hop, RoundTripFacts, Rung

Facts = (
    PowerFacts
    | ProcessFacts
    | UnitFacts
    | ListenerFacts
    | LimitFacts
    | ClockFacts
    | HardwareFacts
    | UpsFacts
    | LoadFacts
    | DiskFacts
    | QueueFacts
    | DriftFacts
    | ChangeFacts
    | RoundTripFacts
    | LogFacts
    | MonitorFacts
    | VantageFacts
    | RouteFacts
)

__all__ = (
    "AGES",
    "BY_ITSELF",
    "BY_PERSON",
    "Alert",
    "Change",
    "ChangeFacts",
    "ClockFacts",
    "Disk",
    "DiskFacts",
    "DriftFacts",
    "Facts",
    "FileChange",
    "Good",
    "HardwareFacts",
    "Hop",
    "Limit",
    "LimitFacts",
    "ListenerFacts",
    "LoadFacts",
    "LogFacts",
    "LogKind",
    "LogShape",
    "LostMail",
    "MonitorFacts",
    "Patience",
    "PowerFacts",
    "Process",
    "ProcessFacts",
    "QueueFacts",
    "RaidArray",
    "Reason",
    "RoundTripFacts",
    "RouteFacts",
    "Rung",
    "Sensor",
    "Sight",
    "Unit",
    "UnitFacts",
    "UpsFacts",
    "VantageFacts",
    "Waiting",
)
