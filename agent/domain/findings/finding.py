"""What one check found on one piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

EMPTY: Mapping[str, str | int] = MappingProxyType({})


class Severity(StrEnum):
    """How much a finding weighs. A NOTE is recorded and never changes a disposition."""

    NOTE = "note"
    MEND = "mend"
    """Something a sender can mend; by default RFI."""
    REFER = "refer"
    """Could not be checked, or is likely bad; by default RFS."""
    STOP = "stop"
    """Must not fly; by default DNL."""


class Disclosure(StrEnum):
    """Who may read a finding: everybody at the hub, or only the authority."""

    OPEN = "open"
    SEALED = "sealed"


SEALED_CODES = frozenset(
    {
        "LISTED_PARTY", "RISK", "RANDOM_AUDIT",
        "VALUES_BELOW_LIMIT", "ORDER_SPLIT", "ADDRESS_SHARED", "CONTACT_SHARED",
    }
)  # fmt: skip
"""Codes that would tell people at the hub what the authority looks for; never OPEN."""

NEUTRAL_CODE = "SCREENING"
"""What the open part of a decision says when a sealed finding refers the piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found on one piece.

    ``params`` holds strings and integers with their unit in the name (``declared_g``), never a sentence and
    never a name, an address or a contact: sentences are made where they are shown.
    """

    code: str
    severity: Severity
    disclosure: Disclosure = Disclosure.OPEN
    params: Mapping[str, str | int] = field(default_factory=lambda: EMPTY)

    def __post_init__(self) -> None:
        if self.disclosure is Disclosure.OPEN and self.code in SEALED_CODES:
            raise ValueError(f"{self.code} must be sealed")
