"""What a scale's plate and its last verification say, and what follows from it for one weight.

Sources: OIML R 76-1:2006, terminology (maximum capacity, minimum capacity, verification scale interval) and
clauses 3.2 and 4.2.3; Directive 2014/31/EU for instruments in legal use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

AccuracyClass = Literal["I", "II", "III", "IIII"]

DUE_SOON_DAYS = 30
"""A verification has to be booked; a month ahead is early enough and not too early."""


class MetrologyFact(StrEnum):
    """What is known of one weight, or of the scale on one day; a policy decides what it means."""

    ABOVE_MAX = "above_max"
    BELOW_MIN = "below_min"
    FINER_THAN_E = "finer_than_e"
    """The digits are finer than the verified interval: an expanded display, not for trade."""
    VERIFICATION_DUE = "verification_due"
    VERIFICATION_DUE_SOON = "verification_due_soon"
    NOT_YET_VERIFIED = "not_yet_verified"
    """The day lies before the verification: a wrong clock, or a wrong card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetrologyCard:
    """One scale's card; weights in grams, exact.

    Args:
        max_g: Maximum capacity, Max.
        min_g: Minimum capacity, Min: a weight below it is uncertain by more than its class allows.
        e_g: Verification scale interval, e.
        due_on: The last day on which the verification holds.
        seals: Numbers of the seals, as they are on the scale.
    """

    maker: str
    model: str
    serial: str
    accuracy_class: AccuracyClass
    max_g: Decimal
    min_g: Decimal
    e_g: Decimal
    verified_on: date
    due_on: date
    seals: tuple[str, ...] = ()
    certificate: str | None = None

    def __post_init__(self) -> None:
        for name, text in (("maker", self.maker), ("model", self.model), ("serial", self.serial)):
            if not text.strip():
                raise ValueError(f"a metrology card needs the scale's {name}; it is on its plate")
        if not all(grams.is_finite() for grams in (self.max_g, self.min_g, self.e_g)):
            raise ValueError("Max, Min and e are weights; copy them from the scale's plate")
        if not 0 < self.e_g <= self.min_g < self.max_g:
            raise ValueError(
                f"e ({self.e_g} g), Min ({self.min_g} g) and Max ({self.max_g} g) must grow in this order"
            )
        if self.verified_on > self.due_on:
            raise ValueError(f"verified on {self.verified_on} and due on {self.due_on}: one of them is wrong")

    @property
    def intervals(self) -> Decimal:
        """How many verification intervals the scale has, n = Max / e."""
        return self.max_g / self.e_g

    def is_due(self, on: date) -> bool:
        """Whether the verification no longer holds on that day; it still does on ``due_on`` itself."""
        return on > self.due_on

    def facts_of_day(self, on: date) -> frozenset[MetrologyFact]:
        """What the card says of that day, in the hub's own calendar."""
        if on < self.verified_on:
            return frozenset({MetrologyFact.NOT_YET_VERIFIED})
        if self.is_due(on):
            return frozenset({MetrologyFact.VERIFICATION_DUE})
        if (self.due_on - on).days < DUE_SOON_DAYS:
            return frozenset({MetrologyFact.VERIFICATION_DUE_SOON})
        return frozenset()

    def facts_of_weight(self, grams: Decimal, *, step_g: Decimal | None = None) -> frozenset[MetrologyFact]:
        """What the card says of one gross weight.

        An empty pan is not a weight, and is never below Min. A scale may show up to nine intervals more
        than Max (R 76-1, 4.2.3); that is above Max all the same.

        Args:
            step_g: One step of the last digit that the scale showed, if that is known.
        """
        holds = {
            MetrologyFact.ABOVE_MAX: grams > self.max_g,
            MetrologyFact.BELOW_MIN: 0 < grams < self.min_g,
            MetrologyFact.FINER_THAN_E: step_g is not None and step_g < self.e_g,
        }
        return frozenset(fact for fact, applies in holds.items() if applies)
