"""Whatever happens on a lane, no scan gets another parcel's weight."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from drivers.events import Status, WeightReading
from drivers.weighing.machine import WeighingMachine
from drivers.weighing.outcome import Pending, Weighing, WeighingSettings

MS = 1_000_000
RULES = WeighingSettings()
GRACE_NS = int(RULES.taken_grace_s * 1e9)

weights = st.integers(40, 30_000)
fractions = st.floats(0.05, 0.95)
stable_readings = st.lists(st.integers(-1, 1), max_size=5)


def no_value(status: Status) -> WeightReading:
    return WeightReading(value=None, unit=None, stable=None, status=frozenset({status}), raw=b"")


class Lane(RuleBasedStateMachine):
    """An operator, parcels, a scale and a scanner; the truth is kept beside what the machine is told.

    ``pan`` is the parcel (an index into ``parcels``) that lies there, ``owner`` the one a scan is of: the
    one on the pan, else the last one that was there. What a scale cannot tell is left out: a parcel exchanged
    before it was ever stable or for one of the same weight, and one that came and went between two readings.
    """

    @initialize(quick=st.booleans(), trusting=st.booleans(), silent=st.booleans())
    def begin(self, quick: bool, trusting: bool, silent: bool) -> None:
        self.silent_while_moving = silent
        self.machine = WeighingMachine(WeighingSettings(require_empty_after_loss=not trusting))
        self.now_ns = 1_000 * MS
        self.step_ns = (20 if quick else 100) * MS
        self.parcels: list[int] = []
        self.pan: int | None = None
        self.owner: int | None = None
        self.lift_g = 0
        self.phase = "empty"
        self.steady = 0
        self.scans: dict[int, int | None] = {}
        self.pending: list[int] = []
        self.given: dict[int, int] = {}
        self._reads(0, stable=True)

    @precondition(lambda self: self.phase == "empty")
    @rule(grams=weights, part=fractions, readings=stable_readings)
    def lays_a_parcel(self, grams: int, part: float, readings: list[int]) -> None:
        self._put(grams)
        self._reads(max(RULES.empty_band_g + 1, int(grams * part)), stable=False)
        self._settles(readings)

    @precondition(lambda self: self.phase == "settled")
    @rule(grams=weights, part=fractions, scan_between=st.booleans(), readings=stable_readings)
    def exchanges_a_settled_parcel_for_another(
        self, grams: int, part: float, scan_between: bool, readings: list[int]
    ) -> None:
        was_g = self._weight()
        between_g = int(was_g + (grams - was_g) * part)
        shown_g = grams if self.silent_while_moving else between_g
        if abs(shown_g - was_g) <= RULES.change_g + 2:
            return
        self._put(grams)
        self._reads(between_g, stable=False)
        if scan_between:
            self.scans_a_label(0)
        self._settles([0, *readings])

    @precondition(lambda self: self.phase in {"loading", "settled", "lifting"})
    @rule(part=fractions)
    def begins_to_lift(self, part: float) -> None:
        self.lift_g = int((self.lift_g if self.phase == "lifting" else self._weight()) * part)
        if self.lift_g > RULES.empty_band_g:
            self.phase = "lifting"
            self._reads(self.lift_g, stable=False)

    @precondition(lambda self: self.phase in {"loading", "settled", "lifting"})
    @rule(stable=st.booleans(), rest_g=st.integers(-10, 10), still=st.integers(0, 30))
    def lifts(self, stable: bool, rest_g: int, still: int) -> None:
        self.pan = None
        self.phase = "empty"
        # A pan that only moves was not seen empty, and a like parcel laid on it looks like the last.
        self._reads(rest_g, stable=stable or self.silent_while_moving)
        for _ in range(still):
            self._reads(rest_g, stable=True)

    @precondition(lambda self: self.phase in {"loading", "settled"})
    @rule(readings=stable_readings)
    def leaves_it_there(self, readings: list[int]) -> None:
        self._settles(readings)

    @precondition(lambda self: self.phase in {"loading", "settled"})
    @rule(off_g=st.integers(-20, 20), status=st.sampled_from([None, Status.NOT_READY, Status.ERROR]))
    def bumps_the_table(self, off_g: int, status: Status | None) -> None:
        self.steady = 0
        if status is None:
            self._reads(max(RULES.empty_band_g + 1, self._weight() + off_g), stable=False)
        else:
            self.now_ns += self.step_ns
            self.machine.feed(no_value(status), self.now_ns)

    @precondition(lambda self: self.phase in {"empty", "settled"} and self.parcels)
    @rule(
        lost=st.booleans(),
        change=st.sampled_from(["same", "empty", "other"]),
        grams=weights,
        scan_unseen=st.booleans(),
        readings=stable_readings,
    )
    def loses_the_scale_for_a_while(
        self, lost: bool, change: str, grams: int, scan_unseen: bool, readings: list[int]
    ) -> None:
        self.now_ns += self.step_ns
        if lost:
            self.machine.lost(self.now_ns)
        else:
            self.now_ns += int(RULES.max_gap_s * 1e9)
        self.steady = 0
        if change == "other":
            self._put(grams)
        elif change == "empty":
            self.pan = None
        if scan_unseen:
            self.scans_a_label(1)
        if self.pan is None:
            self.phase = "empty"
            self._reads(0, stable=True)
        else:
            self.phase = "loading"
            self._settles(readings)

    @precondition(lambda self: len(self.scans) <= 3 * len(self.parcels))
    @rule(after_ms=st.integers(0, 15))
    def scans_a_label(self, after_ms: int) -> None:
        self.now_ns += after_ms * MS + 1
        self.scans[self.now_ns] = self.owner
        self._claims(self.now_ns)

    @precondition(lambda self: self.pending)
    @rule(which=st.integers(0, 9))
    def asks_again(self, which: int) -> None:
        self._claims(self.pending[which % len(self.pending)])

    def _claims(self, scan_ns: int) -> None:
        claim = self.machine.claim(scan_ns)
        self.pending = [ns for ns in self.pending if ns != scan_ns]
        if isinstance(claim, Pending):
            self.pending.append(scan_ns)
        if not isinstance(claim, Weighing):
            return
        owner = self.scans[scan_ns]
        assert owner is not None, "a scan that belongs to no parcel got a weight"
        assert abs(claim.grams - self.parcels[owner]) <= 1, "a scan got another parcel's weight"
        assert scan_ns not in self.given.values(), "a scan got two weights"
        assert claim.started_ns not in self.given, "a weighing was given twice"
        self.given[claim.started_ns] = scan_ns
        assert claim.started_ns <= claim.stable_ns <= claim.last_byte_ns
        assert claim.started_ns <= scan_ns
        if claim.taken_ns is not None:
            assert claim.last_byte_ns <= claim.taken_ns
            assert scan_ns <= claim.taken_ns + GRACE_NS

    def _put(self, grams: int) -> None:
        self.parcels.append(grams)
        self.pan = self.owner = len(self.parcels) - 1

    def _settles(self, readings: list[int]) -> None:
        for off_g in readings:
            self._reads(self._weight() + off_g, stable=True)
        self.phase = "settled" if self.steady >= RULES.agreeing_readings else "loading"

    def _weight(self) -> int:
        assert self.pan is not None
        return self.parcels[self.pan]

    def _reads(self, grams: int, *, stable: bool) -> None:
        self.now_ns += self.step_ns
        self.steady = self.steady + 1 if stable and self.pan is not None else 0
        status = frozenset() if stable else frozenset({Status.MOTION})
        if self.silent_while_moving and not stable:
            self.machine.feed(no_value(Status.MOTION), self.now_ns)
            return
        value = Decimal(grams).scaleb(-3)
        self.machine.feed(
            WeightReading(value=value, unit="kg", stable=stable, status=status, raw=b""), self.now_ns
        )


Lane.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLane = Lane.TestCase
