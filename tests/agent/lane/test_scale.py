"""The scale of a lane: the remarks on a weight that come from its scale."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from agent.config.devices import CardSection, ScaleSection
from agent.domain.findings.codes import CODES, SCALE_CODES
from agent.lane.scale import LaneScale
from drivers.events import Status, WeightReading
from drivers.weighing.outcome import NoWeighing, Weighing

MS = 1_000_000
TODAY = date(2026, 6, 1)
CARD = {
    "maker": "Example",
    "model": "PS60",
    "serial": "0001",
    "max": "30 kg",
    "min": "200 g",
    "e": "10 g",
    "verified_on": date(2025, 6, 1),
    "due_on": date(2027, 6, 1),
}


def card(**changes: Any) -> CardSection:
    return CardSection.model_validate({**CARD, **changes})


def section(**fields: Any) -> ScaleSection:
    return ScaleSection.model_validate({"port": "/dev/serial/by-id/x", **fields})


def reading(grams: int, unit: str | None = "kg", *status: Status) -> WeightReading:
    value = Decimal(grams).scaleb(-3)
    return WeightReading(value=value, unit=unit, stable=True, status=frozenset(status), raw=b"")


MOVING = WeightReading(value=None, unit=None, stable=False, status=frozenset({Status.MOTION}), raw=b"")


class Lane:
    """A scale that is fed a reading every 50 ms, and moves before it shows another load."""

    def __init__(self, scale: LaneScale) -> None:
        self.scale = scale
        self.now_ns = 1_000 * MS

    def feed(self, *readings: WeightReading) -> Lane:
        for one in readings:
            self.now_ns += 50 * MS
            self.scale.feed(one, self.now_ns)
        return self

    def claim(self) -> Weighing | NoWeighing:
        claim = self.scale.claim(self.now_ns)
        assert isinstance(claim, Weighing | NoWeighing)
        return claim

    def codes(self) -> list[str]:
        weighing = self.claim()
        assert isinstance(weighing, Weighing)
        return [remark.code for remark in self.scale.weighed(weighing, TODAY).remarks]


def claim(scale: LaneScale, *readings: WeightReading) -> Weighing | NoWeighing:
    return Lane(scale).feed(reading(0, readings[0].unit), MOVING, *readings).claim()


def codes(scale: LaneScale, *readings: WeightReading) -> list[str]:
    weighing = claim(scale, *readings)
    assert isinstance(weighing, Weighing)
    return [remark.code for remark in scale.weighed(weighing, TODAY).remarks]


@pytest.mark.parametrize(
    ("changes", "grams", "expected"),
    [
        ({}, 500, []),
        ({"due_on": date(2026, 6, 1)}, 500, []),
        ({"due_on": date(2026, 5, 31)}, 500, ["SCALE_OVERDUE"]),
        ({}, 30_000, []),
        ({}, 30_001, ["SCALE_ABOVE_MAX"]),
        ({}, 200, []),
        ({}, 199, ["SCALE_BELOW_MIN"]),
        ({"due_on": date(2026, 5, 31)}, 30_001, ["SCALE_OVERDUE", "SCALE_ABOVE_MAX"]),
        ({"verified_on": date(2026, 6, 2)}, 500, ["SCALE_NOT_YET_VERIFIED"]),
    ],
)
def test_the_metrology_card_speaks_of_every_weight(
    changes: dict[str, Any], grams: int, expected: list[str]
) -> None:
    scale = LaneScale(section(card={**CARD, **changes}))
    assert codes(scale, *[reading(grams)] * 3) == expected


def test_a_weight_carries_the_remarks_on_its_scale() -> None:
    overdue = {**CARD, "due_on": date(2026, 1, 31)}
    scale = LaneScale(section(card=overdue))
    weighing = claim(scale, *[reading(500)] * 3)
    assert isinstance(weighing, Weighing)
    (remark,) = scale.weighed(weighing, TODAY).remarks
    assert (remark.code, remark.severity.value, remark.params) == (
        "SCALE_OVERDUE",
        "refer",
        {"due": "2026-01-31"},
    )


def test_a_unit_by_configuration_is_marked_as_such() -> None:
    scale = LaneScale(section(protocol="mt-sics", unit="KG"))
    assert codes(scale, *[reading(500, None)] * 3) == ["SCALE_UNIT_CONFIGURED"]
    assert codes(LaneScale(section(unit="lb")), *[reading(500, "kg")] * 3) == []  # the frame's own counts
    assert isinstance(claim(LaneScale(section()), *[reading(500, None)] * 3), NoWeighing)


def test_a_net_weight_and_a_finer_display_say_so() -> None:
    marked = reading(500, "kg", Status.NET, Status.HIGH_RESOLUTION)
    assert codes(LaneScale(section()), *[marked] * 3) == ["SCALE_NET", "SCALE_HIGH_RESOLUTION"]


def test_every_remark_has_a_severity() -> None:
    assert {CODES[code].severity.value for code in SCALE_CODES} == {"refer", "note"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"max": "30"}, "give a weight and its unit"),
        ({"max": "30 stone"}, "give a weight and its unit"),
        ({"min": "40 kg"}, "must grow"),
        ({"due_on": date(2025, 5, 31)}, "one of them is wrong"),
        ({"due": date(2027, 1, 1)}, "Extra inputs"),
    ],
)
def test_a_card_that_cannot_be_right_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        card(**changes)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"protocol": "mt-sic"}, "choose one of mt-sics"),
        ({"protocol": "template"}, "go together"),
        ({"template": {"pattern": "(?P<weight>[0-9.]+)"}}, "go together"),
        ({"protocol": "template", "template": {"pattern": "(?P<value>[0-9.]+)"}}, "names no weight"),
        ({"protocol": "toledo-8217"}, "name no unit"),
        ({"switches": {"width": "nine"}}, "use one of learned, ten, any"),
        ({"switches": {"eot": "over"}}, "cannot be"),
        ({"unit": "stone"}, "choose one of kg"),
        ({"division": 0, "unit": "kg"}, "more than 0"),
        ({"division": "0.005"}, "say its unit"),
        ({"port": "/dev/ttyUSB0"}, "order of plugging"),
    ],
)
def test_a_scale_section_that_cannot_work_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        section(**fields)


def test_a_scale_that_steps_wide_may_flicker_by_a_step() -> None:
    lane = Lane(LaneScale(section(card={**CARD, "e": "20 g", "min": "400 g"})))
    lane.feed(reading(0), reading(20), reading(0), MOVING, reading(500), reading(520), reading(500))
    assert lane.codes() == []


def test_a_zero_that_is_off_by_more_than_an_interval_refers_every_weight() -> None:
    lane = Lane(LaneScale(section(card=CARD)))
    for _ in range(4):
        lane.feed(*[reading(12)] * 4, MOVING, *[reading(500)] * 4, MOVING)
    lane.feed(*[reading(12)] * 4, MOVING, *[reading(500)] * 4)
    weighing = lane.claim()
    assert isinstance(weighing, Weighing)
    (remark,) = lane.scale.weighed(weighing, TODAY).remarks
    assert (remark.code, remark.params) == ("SCALE_ZERO_OFF", {"zero_g": 12})


def test_a_stable_flag_that_stays_on_while_the_value_walks_is_not_believed() -> None:
    lane = Lane(LaneScale(section()))
    lane.feed(reading(0), MOVING, *[reading(grams) for grams in range(500, 560, 2)], MOVING, reading(0))
    lane.feed(MOVING, *[reading(700)] * 3)
    assert lane.codes() == ["SCALE_NOT_CREDIBLE"]


def test_a_scale_that_the_site_describes_is_read_and_marked_as_not_verified() -> None:
    described = section(
        protocol="template",
        template={
            "start": "\x02",
            "end": "\r",
            "columns": {"sign": [1, 1], "weight": [2, 8], "unit": [9, 9], "state": [10, 10]},
            "units": {"K": "kg"},
            "marks": {"state": {"": "stable", "M": "motion"}},
        },
    )
    profile = described.profile()
    assert (profile.verified, profile.names_unit) == (False, True)
    (event,) = profile.new_parser().feed(b"\x02   12.34K \r")
    assert isinstance(event, WeightReading)
    assert (event.value, event.unit, event.stable) == (Decimal("12.34"), "kg", True)


def test_a_site_may_say_how_its_scale_is_asked() -> None:
    profile = section(protocol="comma", poll="READ\r\n").profile()
    assert (profile.start_command, profile.poll_command) == (b"", b"READ\r\n")
