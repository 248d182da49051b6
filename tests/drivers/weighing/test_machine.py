"""The weighing rules, as tables of what the scale said and what a scan then gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest

from drivers.events import Status, WeightReading
from drivers.weighing.machine import WeighingMachine
from drivers.weighing.outcome import Mark, NoWeighing, Pending, Weighing, WeighingSettings

MS = 1_000_000
STEP = 50 * MS


def stable(grams: int, unit: str | None = "kg") -> WeightReading:
    value = Decimal(grams).scaleb(-3)
    return WeightReading(value=value, unit=unit, stable=True, status=frozenset(), raw=b"")


def moving(grams: int) -> WeightReading:
    value = Decimal(grams).scaleb(-3)
    return WeightReading(value=value, unit="kg", stable=False, status=frozenset({Status.MOTION}), raw=b"")


def without_value(status: Status) -> WeightReading:
    return WeightReading(value=None, unit=None, stable=None, status=frozenset({status}), raw=b"")


EMPTY = stable(0)
SETTLED = [moving(200), stable(500), stable(500), stable(500)]


class Scale:
    """A machine that is fed one reading every 50 ms."""

    def __init__(self, settings: WeighingSettings | None = None, *, starts_empty: bool = True) -> None:
        self.machine = WeighingMachine(settings)
        self.now_ns = 1_000 * MS
        if starts_empty:
            self.feed([EMPTY])

    def feed(self, readings: Iterable[WeightReading]) -> Scale:
        for reading in readings:
            self.now_ns += STEP
            self.machine.feed(reading, self.now_ns)
        return self

    def scan(self) -> Weighing | Pending | NoWeighing:
        return self.machine.claim(self.now_ns)


def grams_or_reason(claim: Weighing | Pending | NoWeighing) -> int | str:
    match claim:
        case Weighing():
            return claim.grams
        case NoWeighing():
            return claim.reason.value
        case Pending():
            return "pending"


@pytest.mark.parametrize(
    ("readings", "outcome"),
    [
        ([EMPTY], "empty_scale"),
        ([stable(10)], "empty_scale"),
        ([stable(-10)], "empty_scale"),
        ([moving(200)], "pending"),
        ([stable(11)], "pending"),
        ([stable(500)] * 2, "pending"),
        ([stable(500)] * 3, 500),
        ([stable(500), stable(502), stable(501)], 501),
        ([stable(500), stable(503), stable(501)], "pending"),
        ([stable(500), stable(500), moving(500), stable(500)], "pending"),
        ([stable(500), stable(500), without_value(Status.NOT_READY), stable(500)], "pending"),
        ([*SETTLED, stable(520)], 500),
        ([*SETTLED, EMPTY], 500),
        ([*SETTLED, moving(300), moving(100), moving(-15), EMPTY], 500),
        ([*SETTLED, moving(300), stable(-5)], 500),
        ([*SETTLED, moving(300)], "pending"),
        ([*SETTLED, stable(900)], "pending"),
        ([*SETTLED, stable(900), stable(900), stable(900)], 900),
        ([*SETTLED, moving(300), stable(200)], "pending"),
        ([*SETTLED, moving(300), stable(200), stable(200), stable(200)], 200),
        ([*SETTLED, moving(300), moving(700), stable(800), stable(800), stable(800)], 800),
        ([moving(200), EMPTY], "never_stable"),
        ([*SETTLED, EMPTY, moving(200), EMPTY], "never_stable"),
        ([without_value(Status.OVERLOAD)], "pending"),
        ([without_value(Status.OVERLOAD), EMPTY], "out_of_range"),
        ([moving(900), without_value(Status.OVERLOAD), *[stable(500)] * 3], 500),
        ([*SETTLED, without_value(Status.OVERLOAD), EMPTY], "out_of_range"),
        ([*SETTLED, without_value(Status.ERROR)], 500),
        ([without_value(Status.UNDERLOAD)], "below_zero"),
        ([stable(-200)], "below_zero"),
        ([stable(-200), *SETTLED], "below_zero"),
        ([stable(-200), moving(5), *SETTLED], "below_zero"),
        ([stable(-200), EMPTY, *SETTLED], 500),
        ([stable(500, None)] * 3, "no_unit"),
        ([stable(500, "PCS")] * 3, "no_unit"),
        ([stable(500, None), *SETTLED], "no_unit"),
        ([*SETTLED, stable(500, None)], "no_unit"),
        ([stable(500, None), EMPTY, *SETTLED], 500),
    ],
)
def test_what_a_scan_gets_after_these_readings(readings: list[WeightReading], outcome: int | str) -> None:
    assert grams_or_reason(Scale().feed(readings).scan()) == outcome


def test_a_scale_that_leaves_its_unit_out_while_the_load_moves_is_weighed_all_the_same() -> None:
    unitless = [replace(moving(grams), unit=None) for grams in (200, 430)]
    weighing = Scale().feed([*unitless, stable(500), stable(500), stable(500)]).scan()
    assert isinstance(weighing, Weighing)
    assert (weighing.grams, weighing.unit) == (500, "kg")


def test_a_weighing_carries_the_devices_digits_and_its_own_times() -> None:
    scale = Scale().feed([moving(200)])
    started_ns = scale.now_ns
    scale.feed([stable(1230)])
    stable_ns = scale.now_ns
    scale.feed([stable(1230), stable(1230)])
    settled_ns = scale.now_ns
    scale.feed([EMPTY])
    assert scale.scan() == Weighing(
        started_ns=started_ns,
        stable_ns=stable_ns,
        taken_ns=scale.now_ns,
        digits="1.230",
        unit="kg",
        grams=1230,
        u_grams=1,
        last_byte_ns=settled_ns,
    )


def test_a_pending_scan_gets_the_weight_once_it_is_stable() -> None:
    scale = Scale().feed([moving(200)])
    scan_ns = scale.now_ns
    assert isinstance(scale.machine.claim(scan_ns), Pending)
    scale.feed([stable(500)] * 3)
    assert grams_or_reason(scale.machine.claim(scan_ns)) == 500


def test_a_pending_scan_keeps_its_weighing_from_every_other_scan() -> None:
    scale = Scale().feed([moving(200)])
    first_ns = scale.now_ns
    scale.machine.claim(first_ns)
    scale.feed([stable(500)] * 3)
    assert grams_or_reason(scale.scan()) == "already_given"
    scale.feed([EMPTY])
    assert grams_or_reason(scale.scan()) == "already_given"
    assert grams_or_reason(scale.machine.claim(first_ns)) == 500


def test_a_pending_scan_whose_load_is_taken_before_it_is_stable_gets_nothing() -> None:
    scale = Scale().feed([moving(200)])
    scan_ns = scale.now_ns
    scale.machine.claim(scan_ns)
    scale.feed([EMPTY, *SETTLED])
    assert grams_or_reason(scale.machine.claim(scan_ns)) == "never_stable"
    assert grams_or_reason(scale.scan()) == 500


def test_a_weighing_is_given_once_even_to_the_scan_that_had_it() -> None:
    scale = Scale().feed(SETTLED)
    assert grams_or_reason(scale.scan()) == 500
    assert grams_or_reason(scale.scan()) == "already_given"


def test_a_scan_during_the_lift_gets_the_load_that_was_lifted() -> None:
    scale = Scale().feed([*SETTLED, moving(300)])
    scan_ns = scale.now_ns
    assert isinstance(scale.machine.claim(scan_ns), Pending)
    scale.feed([EMPTY])
    assert grams_or_reason(scale.machine.claim(scan_ns)) == 500


@pytest.mark.parametrize("next_load", [[stable(200)] * 3, [moving(700), *[stable(800)] * 3]])
def test_a_scan_while_one_load_gives_way_to_another_gets_neither(next_load: list[WeightReading]) -> None:
    scale = Scale().feed([*SETTLED, moving(300)])
    scan_ns = scale.now_ns
    scale.machine.claim(scan_ns)
    scale.feed(next_load)
    assert grams_or_reason(scale.machine.claim(scan_ns)) == "load_changed"
    assert grams_or_reason(scale.scan()) == next_load[-1].value * 1000  # type: ignore[operator]


def test_a_scan_during_the_lift_of_a_load_that_was_given_gets_nothing() -> None:
    scale = Scale().feed(SETTLED)
    scale.scan()
    scale.feed([moving(300)])
    assert grams_or_reason(scale.scan()) == "already_given"


@pytest.mark.parametrize(("after_ms", "outcome"), [(0, 500), (2000, 500), (2001, "too_late")])
def test_a_scan_may_come_two_seconds_after_the_load_was_taken(after_ms: int, outcome: int | str) -> None:
    scale = Scale().feed([*SETTLED, EMPTY])
    scan_ns = scale.now_ns + after_ms * MS
    scale.feed([EMPTY] * (after_ms // 50 + 1))
    assert grams_or_reason(scale.machine.claim(scan_ns)) == outcome


def test_a_scan_made_before_the_load_was_laid_gets_nothing() -> None:
    scale = Scale()
    scan_ns = scale.now_ns
    scale.feed(SETTLED)
    assert grams_or_reason(scale.machine.claim(scan_ns)) == "empty_scale"
    assert grams_or_reason(scale.scan()) == 500


def test_the_next_parcel_never_gets_the_weight_of_the_one_before() -> None:
    scale = Scale().feed([*SETTLED, EMPTY, moving(100)])
    scan_ns = scale.now_ns
    assert isinstance(scale.machine.claim(scan_ns), Pending)
    scale.feed([stable(900)] * 3)
    assert grams_or_reason(scale.machine.claim(scan_ns)) == 900


def test_what_lies_on_the_pan_at_the_start_is_not_a_weighing_until_it_was_seen_empty() -> None:
    scale = Scale(starts_empty=False).feed(SETTLED)
    assert grams_or_reason(scale.scan()) == "not_seen_empty"
    assert grams_or_reason(scale.feed([EMPTY, *SETTLED]).scan()) == 500


def test_a_lost_device_ends_the_weighing_and_its_load_must_be_seen_empty() -> None:
    scale = Scale().feed(SETTLED)
    before_ns = scale.now_ns
    scale.machine.lost(scale.now_ns + 1)
    assert grams_or_reason(scale.machine.claim(before_ns)) == "device_lost"
    assert grams_or_reason(scale.machine.claim(scale.now_ns + STEP)) == "device_lost"
    scale.now_ns += 10_000 * MS
    assert grams_or_reason(scale.feed([stable(900)] * 5).scan()) == "not_seen_empty"
    assert grams_or_reason(scale.feed([EMPTY, *SETTLED]).scan()) == 500


def test_a_taken_weight_is_not_given_to_a_scan_after_the_loss() -> None:
    scale = Scale().feed([*SETTLED, EMPTY])
    taken_ns = scale.now_ns
    scale.machine.lost(taken_ns + STEP)
    assert grams_or_reason(scale.machine.claim(taken_ns + 2 * STEP)) == "device_lost"
    assert grams_or_reason(scale.machine.claim(taken_ns)) == 500


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (SETTLED, 510, "not_seen_empty"),
        (SETTLED, 900, 900),
        ([EMPTY], 900, 900),
        ([moving(300)], 900, "not_seen_empty"),
        ([*SETTLED, moving(300)], 900, "not_seen_empty"),
    ],
)
def test_a_site_may_trust_a_clear_change_over_the_loss(
    before: list[WeightReading], after: int, outcome: int | str
) -> None:
    scale = Scale(WeighingSettings(require_empty_after_loss=False)).feed(before)
    scale.machine.lost(scale.now_ns + 1)
    scale.now_ns += 10_000 * MS
    assert grams_or_reason(scale.feed([moving(after), *[stable(after)] * 3]).scan()) == outcome


def test_a_zero_that_moved_after_the_loss_is_not_trusted() -> None:
    scale = Scale(WeighingSettings(require_empty_after_loss=False))
    scale.machine.lost(scale.now_ns + 1)
    assert grams_or_reason(scale.feed([stable(-300), *[stable(900)] * 3]).scan()) == "below_zero"


@pytest.mark.parametrize("readings", [SETTLED, [*SETTLED, EMPTY], [moving(300)], [*SETTLED, moving(300)]])
def test_a_scale_that_is_not_heard_gives_nothing(readings: list[WeightReading]) -> None:
    scale = Scale().feed(readings)
    scan_ns = scale.now_ns + 800 * MS
    assert grams_or_reason(scale.machine.claim(scan_ns)) == "device_silent"
    scale.now_ns = scan_ns
    scale.feed([stable(900)] * 3)
    assert grams_or_reason(scale.machine.claim(scan_ns)) == "device_silent"
    assert grams_or_reason(scale.scan()) == "not_seen_empty"


def test_a_scale_that_steps_wider_than_its_digits_says_so_in_the_uncertainty() -> None:
    claim = Scale(WeighingSettings(division=Decimal("0.020"))).feed(SETTLED).scan()
    assert isinstance(claim, Weighing)
    assert claim.u_grams == 11


@pytest.mark.parametrize(
    "bad", [{"empty_band_g": -1}, {"agree_g": -1}, {"agreeing_readings": 0}, {"change_g": 2}]
)
def test_rules_that_cannot_work_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must exceed|cannot be"):
        WeighingSettings(**bad)  # type: ignore[arg-type]


def test_five_hundred_parcels_leave_no_more_memory_behind_than_sixteen() -> None:
    scale = Scale()
    for _ in range(500):
        scale.feed([*SETTLED, EMPTY])
    assert scale.machine.held_periods() <= 16
    assert grams_or_reason(scale.scan()) == 500


MOTION = without_value(Status.MOTION)
ZERO = without_value(Status.ZERO)


def unflagged(grams: int) -> WeightReading:
    return replace(stable(grams), stable=None)


@pytest.mark.parametrize(
    ("readings", "outcome"),
    [
        ([MOTION], "pending"),
        ([MOTION] * 4 + [stable(500)] * 3, 500),
        ([MOTION, ZERO], "never_stable"),
        ([stable(500)] * 3 + [MOTION], "pending"),
        ([stable(500)] * 3 + [MOTION, stable(501)], 500),
        ([stable(500)] * 3 + [MOTION, stable(700), stable(700), stable(700)], 700),
        ([stable(500)] * 3 + [MOTION, ZERO], 500),
    ],
)
def test_a_scale_that_says_only_that_it_moves(readings: list[WeightReading], outcome: int | str) -> None:
    assert grams_or_reason(Scale().feed(readings).scan()) == outcome


def test_a_load_that_only_shook_is_not_given_twice() -> None:
    scale = Scale().feed([stable(500)] * 3)
    assert grams_or_reason(scale.scan()) == 500
    scale.feed([MOTION, stable(500), stable(500), stable(500)])
    assert grams_or_reason(scale.scan()) == "already_given"


def test_a_scan_while_it_shook_gets_the_load_if_it_stays() -> None:
    scale = Scale().feed([stable(500)] * 3 + [MOTION])
    scan_ns = scale.now_ns
    assert grams_or_reason(scale.machine.claim(scan_ns)) == "pending"
    scale.feed([stable(500)])
    assert grams_or_reason(scale.machine.claim(scan_ns)) == 500


def test_a_zero_without_digits_is_an_empty_pan() -> None:
    scale = Scale(starts_empty=False).feed([ZERO]).feed([stable(500)] * 3)
    assert grams_or_reason(scale.scan()) == 500


@pytest.mark.parametrize(
    ("readings", "outcome"),
    [
        ([unflagged(500)] * 16, "pending"),
        ([unflagged(500)] * 20, 500),
        ([unflagged(g) for g in range(100, 500, 20)], "pending"),
        ([unflagged(500)] * 12 + [unflagged(600)] * 12, "pending"),
    ],
)
def test_a_scale_without_a_stable_flag_is_judged_by_its_values(
    readings: list[WeightReading], outcome: int | str
) -> None:
    scale = Scale().feed([unflagged(0)] * 20)
    claim = scale.feed(readings).scan()
    assert grams_or_reason(claim) == outcome
    if isinstance(claim, Weighing):
        assert claim.marks == {Mark.STABLE_BY_WINDOW}


def test_a_weighing_says_what_must_be_known_of_its_digits() -> None:
    net = replace(stable(500), status=frozenset({Status.NET, Status.HIGH_RESOLUTION}))
    claim = Scale().feed([replace(net, unit_source="configuration")] * 3).scan()
    assert isinstance(claim, Weighing)
    assert claim.marks == {Mark.NET, Mark.HIGH_RESOLUTION, Mark.UNIT_CONFIGURED}
