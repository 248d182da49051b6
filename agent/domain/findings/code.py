"""What is fixed about a finding by its code: weight, who may read it, who corrects it, which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

EMPTY: Mapping[str, str | int] = MappingProxyType({})


class Severity(StrEnum):
    """How much a finding weighs. A NOTE is recorded and never changes a disposition."""

    NOTE = "note"
    CORRECTABLE = "mend"
    """Something a sender can correct; by default RFI. Packs and signed statements call it ``mend``."""
    REFER = "refer"
    """Could not be checked, or is likely bad; by default RFS."""
    STOP = "stop"
    """Must not fly; by default DNL."""


class Disclosure(StrEnum):
    """Who may read a finding: everybody at the hub, or only the authority."""

    OPEN = "open"
    SEALED = "sealed"


class Corrector(StrEnum):
    """Who can put right what a finding says."""

    SENDER = "sender"
    """The party that declared the goods: the code has a text in each language of ``agent/texts/findings``."""
    OPERATOR = "operator"
    """The operator at the lane."""
    HUB = "hub"
    """The hub's staff: devices, rules, lists, models, clock."""
    AUTHORITY = "authority"
    """Nobody but the customs authority."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What one parameter of a finding holds."""

    type: type[str] | type[int]
    unit: str
    """Of a number: its unit, ``1`` for a count. Of a text: what it names. Empty for a pack's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingCode:
    """One code. The program's own stand in ``codes.CODES``; what a signed pack brings is a ``pack_code``."""

    name: str
    severity: Severity
    """What a finding weighs unless its check or the pack weighs it otherwise."""
    disclosure: Disclosure = Disclosure.OPEN
    corrected_by: Corrector
    params: Mapping[str, Parameter]
    """All that a finding may carry; a finding may leave out any of them."""
    with_weight: bool = False
    """Whether it is a remark on the scale, which goes wherever the weight goes."""
    always_shown: bool = False
    """Whether it stands in a decision however many findings there are; others may only be counted."""
    types: Mapping[str, type] = field(init=False, compare=False, repr=False)
    """The types of ``params``, which every new finding is held to."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", {name: param.type for name, param in self.params.items()})

    def check(self, params: Mapping[str, str | int]) -> None:
        """Refuse parameters that a finding of this code does not have.

        Raises:
            ValueError: A parameter is unknown, or its value is not of its type.
        """
        types = self.types
        for name, value in params.items():
            if not isinstance(value, types.get(name, _Never)):
                raise ValueError(self._fault(name, value))  # noqa: TRY004 - or its name is unknown

    def _fault(self, name: str, value: str | int) -> str:
        if name not in self.params:
            known = ", ".join(self.params) or "none"
            return f"{self.name} has no parameter {name!r}; its parameters are: {known}"
        return f"{self.name}: parameter {name!r} is {type(value).__name__}, not {self.types[name].__name__}"


class _Never:
    """The type of a parameter that a code does not have: no value is of it."""
