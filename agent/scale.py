"""The scale of one lane: readings come in, a weight for one scan goes out, with what must be said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from agent.device_config import CardSection, ScaleSection
from agent.domain.findings import Finding
from agent.domain.physical import Weighed, scale_finding
from drivers.events import WeightReading
from drivers.weighing import Mark, NoWeighing, Pending, Weighing, WeighingMachine, WeighingSettings

_POLLS_MISSED = 5
"""A scale that is asked is heard once a poll; after so many of them without an answer it is not there."""


class LaneScale:
    """One scale at work, between its driver and the decisions of its lane."""

    def __init__(self, section: ScaleSection) -> None:
        self._section = section
        usual = WeighingSettings()
        gap_s = max(usual.max_gap_s, _POLLS_MISSED * section.profile().poll_interval_s)
        self._machine = WeighingMachine(replace(usual, division=section.division, max_gap_s=gap_s))

    def feed(self, reading: WeightReading, at_ns: int) -> None:
        """One reading; a unit that its frame leaves out is the configured one, and is marked so."""
        if reading.value is not None and reading.unit is None and self._section.unit is not None:
            reading = replace(reading, unit=self._section.unit, unit_source="configuration")
        self._machine.feed(reading, at_ns)

    def lost(self, at_ns: int) -> None:
        """The scale went away."""
        self._machine.lost(at_ns)

    def claim(self, scan_ns: int) -> Weighing | Pending | NoWeighing:
        """The weighing of a scan made at that time, as the machine gives it."""
        return self._machine.claim(scan_ns)

    def loaded_since(self, at_ns: int) -> bool:
        """Whether something was laid down after that time."""
        return self._machine.loaded_since(at_ns)

    def weighed(self, found: Weighing, on: date) -> Weighed:
        """The weight that a decision made on that day keeps."""
        return Weighed(
            digits=found.digits,
            unit=found.unit,
            grams=found.grams,
            u_grams=found.u_grams,
            remarks=tuple(self._remarks(found, on)),
        )

    def _remarks(self, found: Weighing, on: date) -> Iterator[Finding]:
        card = self._section.card
        if card is not None:
            yield from card_findings(card, found.grams, on)
        if Mark.NET in found.marks:
            yield scale_finding("SCALE_NET")
        if Mark.HIGH_RESOLUTION in found.marks:
            yield scale_finding("SCALE_HIGH_RESOLUTION")
        if Mark.UNIT_CONFIGURED in found.marks:
            yield scale_finding("SCALE_UNIT_CONFIGURED", unit=found.unit)
        if Mark.STABLE_BY_WINDOW in found.marks:
            yield scale_finding("SCALE_STABLE_BY_WINDOW")


def card_findings(card: CardSection, grams: int, on: date) -> Iterator[Finding]:
    """What a scale's metrology card says of a weight taken on that day.

    A verification holds to the end of its last day. Scales may show a few divisions more than Max (OIML
    R 76-1, limits of indication); what one shows there is outside its verification.
    """
    if on > card.due_on:
        yield scale_finding("SCALE_OVERDUE", due=card.due_on.isoformat())
    if Decimal(grams) > card.max_g:
        yield scale_finding("SCALE_ABOVE_MAX", max_g=int(card.max_g))
    elif Decimal(grams) < card.min_g:
        yield scale_finding("SCALE_BELOW_MIN", min_g=int(card.min_g))
