"""What a host's power supply and hardware say, whoever is asked; and why nobody answered.

::

    Blind                    bmc.silent       nobody answers there
    ├── Denied               bmc.denied       it does not let us in
    ├── Untrusted            bmc.untrusted    its certificate is not the expected one
    ├── NoSuchSystem         bmc.not-found    it answers, and knows no such system
    ├── Babbles              bmc.garbled      what it says makes no sense
    └── NoTool               bmc.no-tool      the program that asks it is not installed
"""

from __future__ import annotations

from collections.abc import Mapping

POWER_STATES: Mapping[str, str] = {
    "on": "on",
    "off": "off",
    "poweringon": "changing",
    "poweringoff": "changing",
}
"""Redfish' words (DSP2046, PowerState) and ours."""


class Blind(Exception):
    """Nobody answers there: off as well, or not reachable from here."""

    code = "bmc.silent"
    mend = ""

    def __init__(self, text: str, mend: str = "") -> None:
        super().__init__(text)
        self.mend = mend


class Denied(Blind):
    """It does not let us in."""

    code = "bmc.denied"


class Untrusted(Blind):
    """Its certificate is not the one that was expected."""

    code = "bmc.untrusted"


class NoSuchSystem(Blind):
    """It answers, and knows no such system."""

    code = "bmc.not-found"


class Babbles(Blind):
    """What it says makes no sense, or is an error of its own."""

    code = "bmc.garbled"


class NoTool(Blind):
    """The program that asks it is not installed here."""

    code = "bmc.no-tool"


FINDINGS = {
    error.code: error.__doc__ or ""
    for error in (Blind, Denied, Untrusted, NoSuchSystem, Babbles, NoTool)
}
