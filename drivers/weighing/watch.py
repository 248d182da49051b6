"""Whether a scale can still be trusted, from its own readings: its zero, its stable flag, its gaps.

Three things go wrong without any error. The zero wanders while dirt gathers and the room warms up, and every
parcel is off by as much. Some scales keep saying "stable" while the value still walks. And readings get lost
on the way to us, so that a load seems steady because nothing was heard of it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from statistics import median

from drivers.events import NO_WEIGHT, Status, WeightReading
from drivers.weighing.units import GRAMS_PER, unit_name

_FEWEST = 3
"""Readings of one time in which the pan was empty, and such times, before anything is said of the zero."""

_WALK_STEPS = 3
"""Values under one stable flag that make a walk."""

_LEAP_STEPS = 10
"""Divisions between two readings that are a load put down or taken off, and no walk."""

_MOST_READINGS = 256
_MOST_EMPTY_TIMES = 16
_MOST_INTERVALS = 64
_NS = 1_000_000_000
_HOUR_NS = 3600 * _NS
_GAP_INTERVALS = 3
_SHORTEST_GAP_NS = _NS // 5


class Concern(StrEnum):
    """What speaks against a scale."""

    ZERO_DRIFTING = "zero_drifting"
    """The empty pan shows more than half the verification interval, or half the limit."""
    ZERO_OFF = "zero_off"
    """It shows more than the limit: no weight of this scale should be used until it is zeroed."""
    FLAG_NOT_CREDIBLE = "flag_not_credible"
    """Values walked over more than two divisions while the scale called each of them stable."""
    READINGS_DROPPED = "readings_dropped"
    """A steady stream has holes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """What is watched, in grams and seconds.

    Args:
        e_g: The verification scale interval; None if the scale has none, and ``limit_g`` must say it all.
        limit_g: What an empty pan may show at most; None for one interval. Without either the zero is not
            judged.
        division_g: The scale's step, where it is wider than the last digit shown.
        near_zero_g: What counts as an empty pan. It must be wider than the limit, or no drift would be seen.
        empty_time_s: A pan that stays empty is judged again after that long.
        window_s: The time in which a walk under a stable flag is looked for.
        apart_s: Readings further apart may be of two loads.
        dropped: Holes within ``remember_s`` before they are told.
        remember_s: How long a walk or a hole speaks against the scale.
    """

    e_g: Decimal | None = None
    limit_g: Decimal | None = None
    division_g: Decimal | None = None
    near_zero_g: int = 10
    empty_time_s: float = 60.0
    window_s: float = 5.0
    apart_s: float = 0.5
    dropped: int = 3
    remember_s: float = 600.0

    def __post_init__(self) -> None:
        if any(given is not None and given <= 0 for given in (self.e_g, self.limit_g, self.division_g)):
            raise ValueError("an interval, a limit and a division are more than 0 g")
        if self.alarm_g is not None and self.alarm_g >= self.near_zero_g:
            raise ValueError(
                f"near_zero_g ({self.near_zero_g}) must exceed the limit ({self.alarm_g} g), "
                "or a pan that is off by that much passes for a load"
            )

    @property
    def alarm_g(self) -> Decimal | None:
        """What an empty pan may show at most."""
        return self.limit_g if self.limit_g is not None else self.e_g

    @property
    def warn_g(self) -> Decimal | None:
        """What an empty pan should show at most: half an interval, never more than the limit."""
        base = self.e_g if self.e_g is not None else self.limit_g
        return None if base is None or self.alarm_g is None else min(base / 2, self.alarm_g)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchState:
    """A scale at one moment; ``zero_g`` and ``trend_g_per_h`` are None until enough was seen."""

    concerns: frozenset[Concern]
    zero_g: Decimal | None
    trend_g_per_h: Decimal | None
    walks: int
    holes: int


class ScaleWatch:
    """Watches one scale. Times given to it never run backwards; what it holds is bounded."""

    def __init__(self, settings: WatchSettings | None = None) -> None:
        self._settings = settings or WatchSettings()
        self._zero = _Zero(self._settings)
        self._flag = _Flag(self._settings)
        self._stream = _Stream(self._settings)
        self._concerns: frozenset[Concern] = frozenset()

    def feed(self, reading: WeightReading, at_ns: int) -> tuple[Concern, ...]:
        """One reading, and when it arrived; the concerns that were not there before it."""
        self._stream.feed(at_ns)
        shown = _milligrams(reading, self._settings)
        if shown is None:
            self._flag.broken()
            self._zero.broken()
        else:
            mg, step_mg = shown
            self._flag.feed(mg, step_mg, at_ns, stable=reading.stable is True)
            if reading.stable is not False and Status.NET not in reading.status:
                self._zero.feed(mg, at_ns)
        before, self._concerns = self._concerns, self._concerns_at(at_ns)
        return tuple(sorted(self._concerns - before))

    def lost(self) -> None:
        """The scale went away: the pause is not a hole, and what lies on it later is another load."""
        self._stream.broken()
        self._flag.broken()
        self._zero.broken()

    def state(self) -> WatchState:
        """As of the last reading."""
        return WatchState(
            concerns=self._concerns,
            zero_g=self._zero.grams(),
            trend_g_per_h=self._zero.trend(),
            walks=self._flag.times,
            holes=self._stream.times,
        )

    def held_values(self) -> int:
        """Values kept for what is judged over time; bounded, however long the scale runs."""
        return self._zero.held() + self._flag.held() + self._stream.held()

    def _concerns_at(self, at_ns: int) -> frozenset[Concern]:
        present = {
            Concern.FLAG_NOT_CREDIBLE: self._flag.speaks(at_ns),
            Concern.READINGS_DROPPED: self._stream.speaks(at_ns),
        }
        off_g = abs(self._zero.grams() or Decimal(0))
        alarm_g, warn_g = self._settings.alarm_g, self._settings.warn_g
        if alarm_g is not None and off_g > alarm_g:
            present[Concern.ZERO_OFF] = True
        elif warn_g is not None and off_g > warn_g:
            present[Concern.ZERO_DRIFTING] = True
        return frozenset(concern for concern, there in present.items() if there)


class _Zero:
    """What the pan shows between parcels: the median of each time it was empty, and of the last of them."""

    def __init__(self, settings: WatchSettings) -> None:
        self._near_mg = settings.near_zero_g * 1000
        self._empty_ns = int(settings.empty_time_s * _NS)
        self._since_ns: int | None = None
        self._now: deque[int] = deque(maxlen=_MOST_READINGS)
        self._times: deque[tuple[int, int]] = deque(maxlen=_MOST_EMPTY_TIMES)
        self._mg: int | None = None

    def held(self) -> int:
        return len(self._now) + len(self._times)

    def feed(self, mg: int, at_ns: int) -> None:
        if abs(mg) > self._near_mg:
            self.broken()
            return
        if self._since_ns is None:
            self._since_ns = at_ns
        self._now.append(mg)
        if at_ns - self._since_ns >= self._empty_ns:
            self.broken()

    def broken(self) -> None:
        """The pan is no longer seen empty."""
        if self._since_ns is not None and len(self._now) >= _FEWEST:
            self._times.append((self._since_ns, int(median(self._now))))
            if len(self._times) >= _FEWEST:
                self._mg = int(median(mg for _, mg in list(self._times)[-_FEWEST:]))
        self._since_ns = None
        self._now.clear()

    def grams(self) -> Decimal | None:
        """Of the last three times that it was empty: one of them may have been a hand on the pan."""
        return None if self._mg is None else Decimal(self._mg).scaleb(-3)

    def trend(self) -> Decimal | None:
        """Median slope between any two of the times (Theil and Sen): one odd time does not bend it."""
        slopes = [
            (later_mg - mg) * _HOUR_NS / (later_ns - at_ns)
            for (at_ns, mg), (later_ns, later_mg) in combinations(self._times, 2)
            if later_ns > at_ns
        ]
        return Decimal(round(median(slopes))).scaleb(-3) if len(self._times) >= _FEWEST and slopes else None


class _Recent:
    """How often something happened, and whether the last times of it still count."""

    def __init__(self, remember_s: float, needed: int) -> None:
        self.times = 0
        self._needed = needed
        self._remember_ns = int(remember_s * _NS)
        self._last: deque[int] = deque(maxlen=needed)

    def happened(self, at_ns: int) -> None:
        self.times += 1
        self._last.append(at_ns)

    def speaks(self, at_ns: int) -> bool:
        return len(self._last) == self._needed and at_ns - self._last[0] <= self._remember_ns


class _Flag(_Recent):
    """A run of readings that the scale called stable, which must then agree."""

    def __init__(self, settings: WatchSettings) -> None:
        super().__init__(settings.remember_s, 1)
        self._window_ns = int(settings.window_s * _NS)
        self._apart_ns = int(settings.apart_s * _NS)
        self._run: deque[tuple[int, int]] = deque(maxlen=_MOST_READINGS)

    def held(self) -> int:
        return len(self._run)

    def feed(self, mg: int, step_mg: int, at_ns: int, *, stable: bool) -> None:
        if not stable:
            self._run.clear()
            return
        while self._run and self._run[0][1] < at_ns - self._window_ns:
            self._run.popleft()
        if self._run:
            before_mg, before_ns = self._run[-1]
            # A leap is a load put down or taken off, between two readings of a slow scale or a quick hand; a
            # walk has small steps. Between readings further apart even a small one may be another load.
            far = at_ns - before_ns > self._apart_ns
            if abs(mg - before_mg) > (2 if far else _LEAP_STEPS) * step_mg:
                self._run.clear()
        self._run.append((mg, at_ns))
        values = {value for value, _ in self._run}
        if len(values) >= _WALK_STEPS and max(values) - min(values) > 2 * step_mg:
            self.happened(at_ns)
            self._run.clear()

    def broken(self) -> None:
        self._run.clear()


class _Stream(_Recent):
    """The intervals of a stream; only one that is regular can have holes."""

    def __init__(self, settings: WatchSettings) -> None:
        super().__init__(settings.remember_s, settings.dropped)
        self._intervals: deque[int] = deque(maxlen=_MOST_INTERVALS)
        self._usual_ns: int | None = None
        self._fed = 0
        self._last_reading_ns: int | None = None

    def held(self) -> int:
        return len(self._intervals)

    def feed(self, at_ns: int) -> None:
        if self._last_reading_ns is not None:
            interval_ns = at_ns - self._last_reading_ns
            usual_ns = self._usual_ns
            if usual_ns is not None and interval_ns > max(_GAP_INTERVALS * usual_ns, _SHORTEST_GAP_NS):
                self.happened(at_ns)
            self._intervals.append(interval_ns)
            self._fed += 1
            if self._fed % (_MOST_INTERVALS // 2) == 0:
                self._usual_ns = self._regular()
        self._last_reading_ns = at_ns

    def broken(self) -> None:
        self._last_reading_ns = None

    def _regular(self) -> int | None:
        """The usual interval, if three of four are within half of it; several readings may come at once."""
        usual_ns = int(median(self._intervals))
        near = sum(abs(interval - usual_ns) * 2 <= usual_ns for interval in self._intervals)
        return usual_ns if usual_ns and near * 4 >= len(self._intervals) * 3 else None


def _milligrams(reading: WeightReading, settings: WatchSettings) -> tuple[int, int] | None:
    """What the scale shows and its step; None where it shows no weight."""
    if reading.value is None:
        zero = Status.ZERO in reading.status and not reading.status & (NO_WEIGHT | {Status.MOTION})
        return (0, 0) if zero else None
    per = GRAMS_PER.get(unit_name(reading.unit or "") or "")
    exponent = reading.value.as_tuple().exponent
    if per is None or not isinstance(exponent, int):
        return None
    step = max(per.scaleb(exponent), settings.division_g or Decimal(0))
    return round(reading.value * per * 1000), round(step * 1000)
