"""What a scale's own readings say against it: its zero, its stable flag, its holes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Status, WeightReading
from drivers.weighing.watch import Concern, ScaleWatch, WatchSettings

MS = 1_000_000
S = 1000 * MS
E = WatchSettings(e_g=Decimal(2))


def shown(
    digits: str | None, unit: str | None = "g", *, stable: bool | None = True, status: Iterable[Status] = ()
) -> WeightReading:
    value = None if digits is None else Decimal(digits)
    return WeightReading(value=value, unit=unit, stable=stable, status=frozenset(status), raw=b"")


class Lane:
    """A scale at ten readings a second, and parcels on it."""

    def __init__(self, settings: WatchSettings = E) -> None:
        self.watch = ScaleWatch(settings)
        self.at_ns = 0
        self.raised: list[Concern] = []

    def show(self, *readings: WeightReading, every_ns: int = 100 * MS) -> Lane:
        for reading in readings:
            self.raised += self.watch.feed(reading, self.at_ns)
            self.at_ns += every_ns
        return self

    def parcels(self, *zeros: str, unit: str = "g", stable: bool | None = True) -> Lane:
        """After each parcel the empty pan shows that."""
        for zero in zeros:
            moving = shown("400", unit="g", stable=False)
            self.show(moving, *[shown("850", unit="g")] * 5, moving)
            self.show(*[shown(zero, unit, stable=stable)] * 5)
        return self

    @property
    def concerns(self) -> set[Concern]:
        return set(self.watch.state().concerns)


# -- the zero --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zeros", "zero", "concerns"),
    [
        (["0", "0", "0", "0"], "0.000", set()),
        (["0", "1", "1", "1", "1"], "1.000", set()),
        (["0", "0", "-1.5", "-1.5", "-1.5"], "-1.500", {Concern.ZERO_DRIFTING}),
        (["0", "1.5", "2", "2", "2"], "2.000", {Concern.ZERO_DRIFTING}),
        (["0", "1.5", "2.5", "2.5", "2.5"], "2.500", {Concern.ZERO_OFF}),
        (["0", "0", "8", "0", "0"], "0.000", set()),
    ],
)
def test_the_empty_pan_is_held_against_the_interval(
    zeros: list[str], zero: str, concerns: set[Concern]
) -> None:
    lane = Lane().parcels(*zeros, zeros[-1])
    assert lane.watch.state().zero_g == Decimal(zero)
    assert lane.concerns == concerns


def test_each_step_of_a_drift_is_told_once_and_a_zeroed_scale_is_well_again() -> None:
    lane = Lane().parcels(*["0"] * 3, *["1.6"] * 4, *["2.4"] * 4)
    assert lane.raised == [Concern.ZERO_DRIFTING, Concern.ZERO_OFF]
    lane.parcels(*["0"] * 4)
    assert lane.concerns == set()
    assert len(lane.raised) == 2


def test_nothing_is_said_of_the_zero_before_the_pan_was_empty_three_times() -> None:
    lane = Lane().parcels("5", "5").parcels()
    assert lane.watch.state().zero_g is None
    assert lane.concerns == set()


def test_a_pan_that_stays_empty_over_night_is_judged_too() -> None:
    lane = Lane().show(*[shown("0.003", "kg")] * 4, every_ns=100 * MS)
    lane.show(*[shown("0.003", "kg")] * 40, every_ns=6 * S)
    assert lane.concerns == {Concern.ZERO_OFF}


def test_the_limit_of_the_site_counts_where_it_is_given() -> None:
    wide = WatchSettings(e_g=Decimal(2), limit_g=Decimal(6))
    assert Lane(wide).parcels(*["4"] * 4).concerns == {Concern.ZERO_DRIFTING}
    assert Lane(wide).parcels(*["7"] * 4).concerns == {Concern.ZERO_OFF}
    tight = WatchSettings(e_g=Decimal(10), limit_g=Decimal(1), near_zero_g=20)
    assert Lane(tight).parcels(*["1.5"] * 4).concerns == {Concern.ZERO_OFF}
    bare = WatchSettings(limit_g=Decimal(4))
    assert Lane(bare).parcels(*["3"] * 4).concerns == {Concern.ZERO_DRIFTING}
    assert Lane(WatchSettings()).parcels(*["9"] * 4).concerns == set()


@pytest.mark.parametrize(
    "readings",
    [
        [shown("5", stable=False)],
        [shown("5", status={Status.NET})],
        [shown("5", None)],
        [shown("5", "tl")],
        [shown(None, status={Status.UNDERLOAD})],
        [shown(None, stable=False, status={Status.ZERO, Status.MOTION})],
    ],
)
def test_what_is_no_gross_weight_at_rest_says_nothing_of_the_zero(readings: list[WeightReading]) -> None:
    lane = Lane()
    for _ in range(5):
        lane.show(shown("850"), *readings * 5)
    assert lane.watch.state().zero_g is None


def test_a_scale_that_only_says_zero_shows_zero() -> None:
    lane = Lane()
    for _ in range(4):
        lane.show(shown("850"), *[shown(None, status={Status.ZERO}, stable=None)] * 5, every_ns=S)
    assert lane.watch.state().zero_g == 0


def test_a_scale_without_a_stable_flag_is_judged_by_its_values() -> None:
    assert Lane().parcels(*["3"] * 4, stable=None).concerns == {Concern.ZERO_OFF}


def test_the_trend_is_told_in_grams_an_hour() -> None:
    lane = Lane()
    for tenth in range(11):
        lane.parcels(f"{tenth / 10:.1f}")
        lane.at_ns += 360 * S
    trend = lane.watch.state().trend_g_per_h
    assert trend is not None
    assert Decimal("0.9") < trend < Decimal("1.05")
    assert Lane().parcels("0").watch.state().trend_g_per_h is None


# -- the stable flag -------------------------------------------------------------------------------------

WALK = ["7.8", "7.8", "7.9", "8.0", "8.1", "8.2"]


@pytest.mark.parametrize("every_ns", [50 * MS, 200 * MS, 900 * MS])
def test_a_value_that_walks_under_a_stable_flag_makes_the_flag_not_credible(every_ns: int) -> None:
    lane = Lane().show(*map(shown, WALK), every_ns=every_ns)
    assert lane.concerns == {Concern.FLAG_NOT_CREDIBLE}
    assert lane.watch.state().walks == 1


def test_loads_that_come_and_go_between_two_readings_are_no_walk() -> None:
    lane = Lane().show(*map(shown, ["0", "290", "290", "0", "310", "0", "1205"]), every_ns=50 * MS)
    assert Concern.FLAG_NOT_CREDIBLE not in lane.concerns


def test_a_load_laid_down_under_a_stable_flag_makes_it_not_credible() -> None:
    lane = Lane().show(*map(shown, ["0", "300", "850", "858", "862", "863"]), every_ns=50 * MS)
    assert Concern.FLAG_NOT_CREDIBLE in lane.concerns


@pytest.mark.parametrize(
    "readings",
    [
        [shown("7.8"), shown("7.9"), shown("8.0"), shown("7.9")],
        [shown("7.8"), shown("8.0", stable=False), shown("8.3")],
        [shown(digits, stable=None) for digits in WALK],
        [shown("7.8"), shown(None, status={Status.NOT_READY}), shown("8.3")],
    ],
)
def test_a_value_that_stays_within_two_divisions_or_is_called_moving_is_well(
    readings: list[WeightReading],
) -> None:
    assert Lane().show(*readings).watch.state().walks == 0


def test_readings_far_apart_may_be_of_two_parcels() -> None:
    assert Lane().show(*map(shown, ["0", "850", "0", "310"]), every_ns=S).watch.state().walks == 0


def test_a_slow_creep_is_no_walk() -> None:
    assert Lane().show(*map(shown, WALK), every_ns=3 * S).watch.state().walks == 0


def test_a_wider_division_allows_a_wider_walk() -> None:
    settings = WatchSettings(division_g=Decimal("0.2"))
    assert Lane(settings).show(*map(shown, WALK)).watch.state().walks == 0


def test_a_walk_is_forgotten_after_a_while() -> None:
    lane = Lane().show(*map(shown, WALK))
    lane.at_ns += 601 * S
    assert lane.show(shown("8.2")).concerns == set()
    assert lane.watch.state().walks == 1


# -- holes -----------------------------------------------------------------------------------------------


def test_a_steady_stream_with_holes_is_told() -> None:
    lane = Lane().show(*[shown("0")] * 40)
    for hole in range(3):
        assert Concern.READINGS_DROPPED not in lane.concerns, hole
        lane.at_ns += S
        lane.show(*[shown("0")] * 3)
    assert lane.concerns == {Concern.READINGS_DROPPED}
    assert lane.watch.state().holes == 3


def test_a_scale_that_was_away_has_no_holes() -> None:
    lane = Lane().show(*[shown("0")] * 40)
    for _ in range(5):
        lane.watch.lost()
        lane.at_ns += 10 * S
        lane.show(shown("0"))
    assert lane.watch.state().holes == 0


def test_a_scale_that_speaks_when_it_likes_has_no_holes() -> None:
    lane = Lane()
    for number in range(200):
        lane.show(shown("0"), every_ns=(number * 7919 % 97 + 1) ** 2 * MS)
    assert lane.watch.state().holes == 0


# -- always ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"e_g": Decimal(0)},
        {"limit_g": Decimal(-1)},
        {"division_g": Decimal(0)},
        {"e_g": Decimal(10)},
        {"limit_g": Decimal(20)},
    ],
)
def test_settings_that_could_never_warn_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"0 g|passes for a load"):
        WatchSettings(**wrong)


READINGS = st.builds(
    shown,
    st.one_of(st.none(), st.decimals(-50, 50, places=1).map(str), st.just("850")),
    st.sampled_from(["g", "kg", None, "tl"]),
    stable=st.sampled_from([True, False, None]),
)


@given(
    readings=st.lists(st.tuples(READINGS, st.integers(0, 100 * S)), max_size=60), repeat=st.integers(1, 20)
)
def test_any_readings_are_watched_within_bounds_and_told_once(
    readings: list[tuple[WeightReading, int]], repeat: int
) -> None:
    watch, at_ns = ScaleWatch(E), 0
    there: frozenset[Concern] = frozenset()
    for reading, pause_ns in readings * repeat:
        at_ns += pause_ns
        raised = watch.feed(reading, at_ns)
        now = watch.state().concerns
        assert set(raised) == now - there
        assert not {Concern.ZERO_OFF, Concern.ZERO_DRIFTING} <= now
        there = now
    assert watch.held_values() <= 1000


@given(value=st.decimals(-100, 100, places=2), count=st.integers(1, 300), every_ms=st.integers(1, 2000))
def test_a_value_that_stands_still_is_never_a_walk_and_an_even_stream_has_no_hole(
    value: Decimal, count: int, every_ms: int
) -> None:
    lane = Lane(WatchSettings()).show(*[shown(str(value))] * count, every_ns=every_ms * MS)
    assert lane.raised == []
