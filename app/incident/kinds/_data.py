"""What every kind of entry has."""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import Struct


class Data(Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What an entry holds beside its text."""

    IS_AUTO: ClassVar[bool] = False
    """Whether mailmedic says it by itself; otherwise it is what the operator did."""

    @property
    def is_auto(self) -> bool:
        """Whether nobody did it."""
        return self.IS_AUTO

    @property
    def kind(self) -> str:
        """The name of the kind, as it stands in the file."""
        return str(self.__struct_config__.tag)

    def lines(self) -> list[str]:
        """It in words, what happened first; empty lines and none at all mean nothing to say."""
        return [self.kind]


class Unknown(Struct, frozen=True):
    """What another version wrote: kept as it is, and shown."""

    fields: dict[str, Any]

    def lines(self) -> list[str]:
        """Its fields are shown as what they are: unknown."""
        return ["(written by another version of mailmedic)"]
