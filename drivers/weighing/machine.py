"""From a stream of weight readings to one weighing per parcel, given to one scan or to none.

A weighing starts when the load leaves the empty band, is stable when the device says so and its readings
agree, and is taken when the load is lifted off or clearly changes. It is given to at most one scan, made
between its start and a short while after it was taken. No scan ever gets the weight of a parcel that was
there before.

What the machine must not guess, it leaves without a weight: times in which the scale was not heard or the
load was never seen empty, and the moments in which one load gives way to another.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from drivers.events import NO_WEIGHT, Status, WeightReading
from drivers.weighing.outcome import (
    Mark,
    NoWeighing,
    NoWeighingReason,
    Pending,
    Weighing,
    WeighingSettings,
)
from drivers.weighing.steadiness import Steadiness
from drivers.weighing.units import to_grams

_REMEMBERED = 16
"""Ended weighings; more parcels than that do not cross a scale within the seconds a scan may wait."""

_OFF_SCALE = frozenset({Status.OVERLOAD, Status.OUT_OF_RANGE})


_UNHEARD = frozenset({NoWeighingReason.DEVICE_LOST, NoWeighingReason.DEVICE_SILENT})
_KNOWN_BEFORE = _UNHEARD | {NoWeighingReason.NEVER_EMPTY}


@dataclass(slots=True, kw_only=True)
class _Load:
    """A load on the pan, from its start to its end, and the scan that has it."""

    started_ns: int
    ended_ns: int | None = None
    weighing: Weighing | None = None
    refused: NoWeighingReason | None = None
    reserved_for: int | None = None
    given: bool = False
    off_scale: bool = False

    def reserve(self, scan_ns: int) -> bool:
        """Keep the load for that scan, unless another scan has it."""
        if self.reserved_for is None:
            self.reserved_for = scan_ns
        return self.reserved_for == scan_ns and not self.given

    def end(self, at_ns: int) -> None:
        self.ended_ns = at_ns
        if self.weighing is not None:
            self.weighing = replace(self.weighing, taken_ns=at_ns)
        else:
            self.refused = NoWeighingReason.OUT_OF_RANGE if self.off_scale else NoWeighingReason.NEVER_STABLE

    def resume(self) -> None:
        """It has not ended after all."""
        self.ended_ns = None
        if self.weighing is not None:
            self.weighing = replace(self.weighing, taken_ns=None)


@dataclass(slots=True, kw_only=True)
class _Leaving:
    """A settled load that became lighter: being lifted off, or giving way to a lighter one; not known yet.

    ``unseen``: the scale said only that it moves, and not what it weighs meanwhile.
    """

    started_ns: int
    was: _Load
    least_g: int
    scan_ns: int | None = None
    unseen: bool = False


@dataclass(slots=True, kw_only=True)
class _Blind:
    """A time in which the load is not known."""

    started_ns: int
    reason: NoWeighingReason
    ended_ns: int | None = None


_Period = _Load | _Leaving | _Blind


class WeighingMachine:
    """The weighing rules of one scale. Times given to it never run backwards."""

    def __init__(self, settings: WeighingSettings | None = None) -> None:
        self._settings = settings or WeighingSettings()
        # What lies on the pan when we begin was put there unseen.
        self._now: _Period | None = _Blind(started_ns=0, reason=NoWeighingReason.NEVER_EMPTY)
        self._past: deque[_Load | _Blind] = deque(maxlen=_REMEMBERED)
        self._steady: list[tuple[int, int]] = []
        self._last_reading_ns: int | None = None
        self._steadiness = Steadiness(
            agree_g=self._settings.agree_g, window_s=self._settings.unflagged_window_s
        )
        self._settled_before_loss_g: int | None = None

    def feed(self, reading: WeightReading, at_ns: int) -> None:
        """One reading, and when the chunk that completed it arrived."""
        if self._last_reading_ns is not None and at_ns > self._deaf_from_ns(self._last_reading_ns):
            self._go_blind(NoWeighingReason.DEVICE_SILENT, self._deaf_from_ns(self._last_reading_ns))
        self._last_reading_ns = at_ns
        if isinstance(self._now, _Blind) and self._now.reason in _UNHEARD:
            self._go_blind(NoWeighingReason.NEVER_EMPTY, at_ns)
        if reading.value is None:
            self._feed_status(reading.status, at_ns)
            return
        if reading.unit is None and reading.stable is False:
            # Some scales leave the unit out while the load moves; what its digits say is not known then.
            self._feed_status(frozenset({Status.MOTION}), at_ns)
            return
        converted = to_grams(reading.value, reading.unit or "", division=self._settings.division)
        if converted is None:
            self._go_blind(NoWeighingReason.NO_UNIT, at_ns)
            return
        steady = reading.stable
        if steady is None:
            steady = self._steadiness.feed(converted[0], at_ns)
        if converted[0] > self._settings.empty_band_g:
            self._feed_load(reading, *converted, at_ns, steady=steady)
        else:
            self._feed_empty(converted[0], at_ns, moving=not steady)

    def lost(self, at_ns: int) -> None:
        """The device went away: nothing is known of its load until the pan is seen empty again."""
        self._last_reading_ns = None
        self._steadiness.clear()
        self._go_blind(NoWeighingReason.DEVICE_LOST, at_ns)

    def held_periods(self) -> int:
        """Loads and times without knowledge that a late scan could still ask for."""
        return len(self._past)

    def claim(self, scan_ns: int) -> Weighing | Pending | NoWeighing:
        """The weighing for a scan made at that time, which no other scan will get.

        The first claim on a load that has not settled reserves it: ``Pending`` means ask again, with the same
        ``scan_ns``. A weighing is given once; asking again after it was given is refused.
        """
        period = self._period_of(scan_ns)
        if isinstance(period, _Blind):
            over = period.ended_ns is not None and scan_ns >= period.ended_ns
            return NoWeighing(NoWeighingReason.EMPTY_SCALE if over else period.reason)
        if self._last_reading_ns is not None and scan_ns > self._deaf_from_ns(self._last_reading_ns):
            return NoWeighing(NoWeighingReason.DEVICE_SILENT)
        match period:
            case None:
                return NoWeighing(NoWeighingReason.EMPTY_SCALE)
            case _Leaving():
                return self._claim_leaving(period, scan_ns)
            case _Load():
                return self._claim_load(period, scan_ns)

    def loaded_since(self, at_ns: int) -> bool:
        """Whether a load was put on after that time: what is scanned now may be another parcel."""
        return any(isinstance(p, _Load) and p.started_ns > at_ns for p in (*self._past, self._now))

    def _claim_leaving(self, leaving: _Leaving, scan_ns: int) -> Pending | NoWeighing:
        if leaving.scan_ns is None and leaving.was.reserved_for is None:
            leaving.scan_ns = scan_ns
        if leaving.scan_ns != scan_ns:
            return NoWeighing(NoWeighingReason.ALREADY_GIVEN)
        return Pending(leaving.was.started_ns)

    def _claim_load(self, load: _Load, scan_ns: int) -> Weighing | Pending | NoWeighing:
        grace_ns = int(self._settings.taken_grace_s * 1e9)
        if load.ended_ns is not None and scan_ns > load.ended_ns + grace_ns:
            return NoWeighing(NoWeighingReason.TOO_LATE)
        if load.refused is not None:
            return NoWeighing(load.refused)
        if not load.reserve(scan_ns):
            return NoWeighing(NoWeighingReason.ALREADY_GIVEN)
        if load.weighing is None:
            return Pending(load.started_ns)
        load.given = True
        return load.weighing

    def _period_of(self, scan_ns: int) -> _Period | None:
        """What was going on at that time: the latest period that had begun."""
        if self._now is not None and self._now.started_ns <= scan_ns:
            return self._now
        return next((period for period in reversed(self._past) if period.started_ns <= scan_ns), None)

    def _deaf_from_ns(self, last_reading_ns: int) -> int:
        return last_reading_ns + int(self._settings.max_gap_s * 1e9)

    def _feed_status(self, status: frozenset[Status], at_ns: int) -> None:
        """A reading without a value; errors say nothing of the load, they only end agreement."""
        self._steady.clear()
        if Status.UNDERLOAD in status:
            self._go_blind(NoWeighingReason.BELOW_ZERO, at_ns)
        elif status & _OFF_SCALE and not isinstance(self._now, _Blind):
            if isinstance(self._now, _Load) and self._now.weighing is None:
                self._now.off_scale = True
            else:
                self._begin(at_ns).off_scale = True
        elif Status.MOTION in status:
            self._feed_motion(at_ns)
        elif Status.ZERO in status and not status & NO_WEIGHT:
            self._feed_empty(0, at_ns, moving=False)

    def _feed_motion(self, at_ns: int) -> None:
        """The scale says that it moves, and not what it weighs meanwhile."""
        match self._now:
            case None:
                self._begin(at_ns)
            case _Load(weighing=Weighing(grams=settled_g)) as load:
                self._end_now(at_ns)
                self._now = _Leaving(started_ns=at_ns, was=load, least_g=settled_g, unseen=True)
            case _:
                pass

    def _feed_empty(self, grams: int, at_ns: int, *, moving: bool) -> None:
        settings = self._settings
        rebound_g = settings.empty_band_g + (settings.change_g if moving else 0)
        if grams < -rebound_g:
            # A tare was taken off, or zero has moved: what comes next would be weighed from a wrong zero.
            self._go_blind(NoWeighingReason.BELOW_ZERO, at_ns)
        elif isinstance(self._now, _Blind):
            # A reading in motion may be a load passing through zero.
            if not moving:
                self._end_now(at_ns)
        else:
            self._lift(at_ns)

    def _feed_load(
        self, reading: WeightReading, grams: int, u_grams: int, at_ns: int, *, steady: bool
    ) -> None:
        change_g = self._settings.change_g
        match self._now:
            case None:
                self._begin(at_ns)
            case _Blind():
                before_g = self._settled_before_loss_g
                if before_g is None or not steady or abs(grams - before_g) <= change_g:
                    return
                self._begin(at_ns)
            case _Leaving(unseen=True, was=_Load(weighing=Weighing(grams=settled_g)) as load) as leaving if (
                abs(grams - settled_g) <= change_g
            ):
                # It only shook: the same load, and it stays with the scan that has it.
                self._past.pop()
                load.resume()
                if leaving.scan_ns is not None:
                    load.reserve(leaving.scan_ns)
                self._now = load
            case _Leaving() as leaving:
                leaving.least_g = min(leaving.least_g, grams)
                if not steady and grams <= leaving.least_g + change_g:
                    return
                # It stays or it grows, so this is another load; whose the scans meanwhile were, nobody can
                # tell.
                self._begin(at_ns)
            case _Load(weighing=Weighing(grams=settled_g)) as load if abs(grams - settled_g) > change_g:
                if grams < settled_g and not steady:
                    self._end_now(at_ns)
                    self._now = _Leaving(started_ns=at_ns, was=load, least_g=grams)
                    return
                self._begin(at_ns)
            case _:
                pass
        assert isinstance(self._now, _Load)
        self._now.off_scale = False
        if self._now.weighing is None:
            self._settle(self._now, reading, grams, u_grams, at_ns, steady=steady)

    def _settle(
        self, load: _Load, reading: WeightReading, grams: int, u_grams: int, at_ns: int, *, steady: bool
    ) -> None:
        """Weigh the load once enough readings in a row are stable and agree."""
        if not steady or reading.value is None or reading.unit is None:
            self._steady.clear()
            return
        needed = self._settings.agreeing_readings
        self._steady = [*self._steady, (grams, at_ns)][-needed:]
        weights = [weight for weight, _ in self._steady]
        if len(weights) == needed and max(weights) - min(weights) <= self._settings.agree_g:
            load.weighing = Weighing(
                started_ns=load.started_ns,
                stable_ns=self._steady[0][1],
                taken_ns=None,
                digits=format(reading.value, "f"),
                unit=reading.unit,
                grams=grams,
                u_grams=u_grams,
                last_byte_ns=at_ns,
                marks=_marks(reading),
            )

    def _begin(self, at_ns: int) -> _Load:
        self._end_now(at_ns)
        self._steady.clear()
        self._now = load = _Load(started_ns=at_ns)
        return load

    def _lift(self, at_ns: int) -> None:
        """The pan is empty; a scan made while the load was being lifted was that load's."""
        if isinstance(self._now, _Leaving):
            if self._now.scan_ns is not None:
                self._now.was.reserve(self._now.scan_ns)
            self._now = None
        else:
            self._end_now(at_ns)
        self._steady.clear()

    def _end_now(self, at_ns: int, leaving_reason: NoWeighingReason = NoWeighingReason.LOAD_CHANGED) -> None:
        match self._now:
            case _Load() as load:
                load.end(at_ns)
                self._past.append(load)
            case _Leaving(started_ns=started_ns):
                self._past.append(_Blind(started_ns=started_ns, reason=leaving_reason, ended_ns=at_ns))
            case _Blind() as blind:
                blind.ended_ns = at_ns
                self._past.append(blind)
            case None:
                pass
        self._now = None

    def _go_blind(self, reason: NoWeighingReason, at_ns: int) -> None:
        before = self._now
        if isinstance(before, _Blind) and before.reason is reason:
            return
        if not isinstance(before, _Blind):
            self._settled_before_loss_g = self._settled_g() if reason in _UNHEARD else None
        elif reason not in _KNOWN_BEFORE:
            self._settled_before_loss_g = None
        if reason is NoWeighingReason.BELOW_ZERO and not isinstance(before, _Blind):
            self._lift(at_ns)
        else:
            self._end_now(at_ns, reason)
            if isinstance(before, _Load):
                before.refused = reason
        self._steady.clear()
        self._now = _Blind(started_ns=at_ns, reason=reason)

    def _settled_g(self) -> int | None:
        """What lay there for certain, to compare with after a loss; None where that is not enough."""
        if self._settings.require_empty_after_loss:
            return None
        if isinstance(self._now, _Load):
            return self._now.weighing.grams if self._now.weighing is not None else None
        return 0 if self._now is None else None


def _marks(reading: WeightReading) -> frozenset[Mark]:
    marks = {
        Mark.NET: Status.NET in reading.status,
        Mark.HIGH_RESOLUTION: Status.HIGH_RESOLUTION in reading.status,
        Mark.UNIT_CONFIGURED: reading.unit_source == "configuration",
        Mark.STABLE_BY_WINDOW: reading.stable is None,
    }
    return frozenset(mark for mark, there in marks.items() if there)
