"""The scale of a lane: what is said of a weight because of the scale it comes from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from agent.device_config import CardSection, ScaleSection
from agent.domain.physical import SCALE_CODES
from agent.scale import LaneScale, card_findings
from drivers.events import Status, WeightReading
from drivers.weighing import NoWeighing, Weighing

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


def claim(scale: LaneScale, *readings: WeightReading) -> Weighing | NoWeighing:
    now_ns = 1_000 * MS
    for one in (reading(0, readings[0].unit), *readings):
        now_ns += 50 * MS
        scale.feed(one, now_ns)
    found = scale.claim(now_ns)
    assert isinstance(found, Weighing | NoWeighing)
    return found


def codes(scale: LaneScale, *readings: WeightReading) -> list[str]:
    found = claim(scale, *readings)
    assert isinstance(found, Weighing)
    return [remark.code for remark in scale.weighed(found, TODAY).remarks]


@pytest.mark.parametrize(
    ("changes", "grams", "found"),
    [
        ({}, 500, []),
        ({"due_on": date(2026, 6, 1)}, 500, []),
        ({"due_on": date(2026, 5, 31)}, 500, ["SCALE_OVERDUE"]),
        ({}, 30_000, []),
        ({}, 30_001, ["SCALE_ABOVE_MAX"]),
        ({}, 200, []),
        ({}, 199, ["SCALE_BELOW_MIN"]),
        ({"due_on": date(2026, 5, 31)}, 30_001, ["SCALE_OVERDUE", "SCALE_ABOVE_MAX"]),
    ],
)
def test_the_metrology_card_speaks_of_every_weight(
    changes: dict[str, Any], grams: int, found: list[str]
) -> None:
    assert [finding.code for finding in card_findings(card(**changes), grams, TODAY)] == found


def test_a_weight_carries_the_remarks_on_its_scale() -> None:
    overdue = {**CARD, "due_on": date(2026, 1, 31)}
    scale = LaneScale(section(card=overdue))
    found = claim(scale, *[reading(500)] * 3)
    assert isinstance(found, Weighing)
    (remark,) = scale.weighed(found, TODAY).remarks
    assert (remark.code, remark.severity.value, remark.params) == (
        "SCALE_OVERDUE",
        "refer",
        {"due": "2026-01-31"},
    )


def test_a_unit_by_configuration_is_marked_as_such() -> None:
    scale = LaneScale(section(protocol="mt-sics", unit="KG"))
    assert codes(scale, *[reading(500, None)] * 3) == ["SCALE_UNIT_CONFIGURED"]
    assert codes(LaneScale(section(unit="lb")), *[reading(500, "kg")] * 3) == []
    assert isinstance(claim(LaneScale(section()), *[reading(500, None)] * 3), NoWeighing)


def test_a_net_weight_and_a_finer_display_say_so() -> None:
    marked = reading(500, "kg", Status.NET, Status.HIGH_RESOLUTION)
    assert codes(LaneScale(section()), *[marked] * 3) == ["SCALE_NET", "SCALE_HIGH_RESOLUTION"]


def test_every_remark_has_a_severity() -> None:
    assert {severity.value for severity in SCALE_CODES.values()} == {"refer", "note"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"max": "30"}, "give a weight and its unit"),
        ({"max": "30 stone"}, "give a weight and its unit"),
        ({"min": "40 kg"}, "must grow"),
        ({"due_on": date(2025, 6, 1)}, "must come after"),
        ({"due": date(2027, 1, 1)}, "Extra inputs"),
    ],
)
def test_a_card_that_cannot_be_right_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        card(**changes)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"protocol": "mt-sic"}, "known are mt-sics"),
        ({"switches": {"width": "nine"}}, "use one of ten, any"),
        ({"switches": {"eot": "over"}}, "cannot be"),
        ({"unit": "stone"}, "use one of kg"),
        ({"division": 0}, "more than 0"),
        ({"port": "/dev/ttyUSB0"}, "order of plugging"),
    ],
)
def test_a_scale_section_that_cannot_work_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        section(**fields)
