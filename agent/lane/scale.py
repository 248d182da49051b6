"""The scale of one lane: readings come in, the weight of one scan goes out, with remarks on the scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import ROUND_CEILING, Decimal

from agent.config.devices import ScaleSection
from agent.domain.checks.metrology import MetrologyCard, MetrologyFact
from agent.domain.checks.weight import scale_finding
from agent.domain.findings.finding import Finding
from agent.domain.piece import Weighed
from drivers.events import WeightReading
from drivers.weighing.machine import WeighingMachine
from drivers.weighing.outcome import Mark, NoWeighing, Pending, Weighing, WeighingSettings
from drivers.weighing.units import GRAMS_PER
from drivers.weighing.watch import Concern, ScaleWatch, WatchSettings, WatchState

_POLLS_MISSED = 5
"""A polled scale answers once per poll; after that many polls without an answer it counts as absent."""


class LaneScale:
    """One scale at work, between its driver and the decisions of its lane."""

    def __init__(self, section: ScaleSection) -> None:
        self._section = section
        self.card = None if section.card is None else section.card.card()
        step_g = step_of(section, self.card)
        self._machine = WeighingMachine(weighing_settings(section, step_g))
        self._watch = ScaleWatch(watch_settings(self.card, step_g))

    def feed(self, reading: WeightReading, at_ns: int) -> tuple[Concern, ...]:
        """Take one reading; return the concerns about the scale that it raised.

        A unit that the frame leaves out is the configured one, and is marked as such.
        """
        if reading.value is not None and reading.unit is None and self._section.unit is not None:
            reading = replace(reading, unit=self._section.unit, unit_source="configuration")
        self._machine.feed(reading, at_ns)
        return self._watch.feed(reading, at_ns)

    def lost(self, at_ns: int) -> None:
        """The scale was lost."""
        self._machine.lost(at_ns)
        self._watch.lost()

    def watched(self) -> WatchState:
        """What the scale's own readings say about it."""
        return self._watch.state()

    def claim(self, scan_ns: int) -> Weighing | Pending | NoWeighing:
        """The weighing of a scan made at that time, as the machine gives it."""
        return self._machine.claim(scan_ns)

    def loaded_since(self, at_ns: int) -> bool:
        """Whether something was laid on the scale after that time."""
        return self._machine.loaded_since(at_ns)

    def weighed(self, weighing: Weighing, on: date) -> Weighed:
        """The weight that a decision made on that day keeps."""
        return Weighed(
            digits=weighing.digits,
            unit=weighing.unit,
            grams=weighing.grams,
            u_grams=weighing.u_grams,
            remarks=(*self._of_card(weighing, on), *self._of_watch(), *_of_marks(weighing)),
        )

    def _of_card(self, weighing: Weighing, on: date) -> Iterator[Finding]:
        if self.card is None:
            return
        facts = self.card.facts_of_day(on) | self.card.facts_of_weight(Decimal(weighing.grams))
        if MetrologyFact.VERIFICATION_DUE in facts:
            yield scale_finding("SCALE_OVERDUE", due=self.card.due_on.isoformat())
        if MetrologyFact.NOT_YET_VERIFIED in facts:
            yield scale_finding("SCALE_NOT_YET_VERIFIED", verified=self.card.verified_on.isoformat())
        if MetrologyFact.ABOVE_MAX in facts:
            yield scale_finding("SCALE_ABOVE_MAX", max_g=int(self.card.max_g))
        if MetrologyFact.BELOW_MIN in facts:
            yield scale_finding("SCALE_BELOW_MIN", min_g=int(self.card.min_g))

    def _of_watch(self) -> Iterator[Finding]:
        state = self._watch.state()
        if Concern.FLAG_NOT_CREDIBLE in state.concerns:
            yield scale_finding("SCALE_NOT_CREDIBLE")
        if Concern.ZERO_OFF in state.concerns and state.zero_g is not None:
            yield scale_finding("SCALE_ZERO_OFF", zero_g=round(state.zero_g))


def _of_marks(weighing: Weighing) -> Iterator[Finding]:
    if Mark.NET in weighing.marks:
        yield scale_finding("SCALE_NET")
    if Mark.HIGH_RESOLUTION in weighing.marks:
        yield scale_finding("SCALE_HIGH_RESOLUTION")
    if Mark.UNIT_CONFIGURED in weighing.marks:
        yield scale_finding("SCALE_UNIT_CONFIGURED", unit=weighing.unit)
    if Mark.STABLE_BY_WINDOW in weighing.marks:
        yield scale_finding("SCALE_STABLE_BY_WINDOW")


def step_of(section: ScaleSection, card: MetrologyCard | None) -> Decimal:
    """The coarsest known step of a scale, in grams; 0 where none is known."""
    step_g = Decimal(0) if card is None else card.e_g
    if section.division is not None and section.unit is not None:
        step_g = max(step_g, section.division * GRAMS_PER[section.unit])
    return step_g


def weighing_settings(section: ScaleSection, step_g: Decimal) -> WeighingSettings:
    """The weighing rules of a scale: one with wide steps may flicker by a step without moving."""
    usual = WeighingSettings()
    step = int(step_g.to_integral_value(ROUND_CEILING))
    gap_s = max(usual.max_gap_s, _POLLS_MISSED * section.profile().poll_interval_s)
    return replace(
        usual,
        division=section.division,
        empty_band_g=max(usual.empty_band_g, 2 * step),
        agree_g=max(usual.agree_g, step),
        change_g=max(usual.change_g, 4 * step),
        max_gap_s=section.max_gap_s or gap_s,
    )


def watch_settings(card: MetrologyCard | None, step_g: Decimal) -> WatchSettings:
    """What is watched of a scale; its zero only where a card says how far it may be off."""
    usual = WatchSettings()
    step = int(step_g.to_integral_value(ROUND_CEILING))
    return replace(
        usual,
        e_g=None if card is None else card.e_g,
        division_g=step_g or None,
        near_zero_g=max(usual.near_zero_g, 2 * step + 1),
    )
