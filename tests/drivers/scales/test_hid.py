"""USB HID scales: reports of six bytes."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.events import Event, Noise, Status, WeightReading
from drivers.scales.hid import LENGTH, PROFILE, HidScale

OUNCES = "03040BFF4E00"


def one(report: str) -> WeightReading:
    parser = HidScale()
    (event,) = parser.feed(bytes.fromhex(report))
    assert isinstance(event, WeightReading)
    assert parser.idle() == []
    return event


def values(events: list[Event]) -> list[Decimal]:
    return [event.value for event in events if isinstance(event, WeightReading) and event.value is not None]


@pytest.mark.parametrize(
    ("report", "digits", "unit"),
    [
        (OUNCES, "7.8", "oz"),
        ("03040BFF1900", "2.5", "oz"),
        ("03040BFF9700", "15.1", "oz"),
        ("030402006E03", "878", "g"),
        ("030401009000", "144", "mg"),
        ("030400009000", "144", None),
        ("0304FF009000", "144", None),
        ("03040D009000", "144", None),
        ("030403FD3930", "12.345", "kg"),
        ("03040CFE0500", "0.05", "lb"),
        ("03040CFFFFFF", "6553.5", "lb"),
        ("030402020C00", "1200", "g"),
        ("030402010C00", "120", "g"),
        ("030402020000", "0", "g"),
        ("03040BFF0000", "0.0", "oz"),
        ("030403FA0100", "0.000001", "kg"),
        ("030403FA0000", "0.000000", "kg"),
        ("030401070100", "10000000", "mg"),
        ("030404FF0A00", "1.0", "ct"),
        ("030405FF0A00", "1.0", "tl"),
        ("030406FF0A00", "1.0", "gr"),
        ("030407FF0A00", "1.0", "dwt"),
        ("030408FF0A00", "1.0", "t"),
        ("030409FF0A00", "1.0", "ton"),
        ("03040AFF0A00", "1.0", "ozt"),
    ],
)
def test_a_value_is_a_number_times_a_power_of_ten_in_plain_digits(
    report: str, digits: str, unit: str | None
) -> None:
    event = one(report)
    assert (str(event.value), event.unit, event.stable, event.status, event.raw) == (
        digits,
        unit,
        True,
        frozenset(),
        bytes.fromhex(report),
    )


@pytest.mark.parametrize(
    ("status_byte", "value", "stable", "status"),
    [
        (1, None, None, {Status.ERROR}),
        (2, "0.0", True, {Status.ZERO}),
        (3, "0.0", False, {Status.MOTION}),
        (4, "0.0", True, set()),
        (5, None, None, {Status.UNDERLOAD}),
        (6, None, None, {Status.OVERLOAD}),
        (7, None, None, {Status.ERROR}),
        (8, None, None, {Status.NOT_READY}),
    ],
)
def test_each_status_is_stated(
    status_byte: int, value: str | None, stable: bool | None, status: set[Status]
) -> None:
    event = one(f"03{status_byte:02x}0BFF0000")
    assert (event.value, event.stable, event.status) == (
        None if value is None else Decimal(value),
        stable,
        frozenset(status),
    )
    loaded = one(f"03{status_byte:02x}0BFF4E00")
    assert (loaded.value is None) is (value is None)
    assert loaded.unit == "oz"


@pytest.mark.parametrize("filler", ["", "00", "0000"])
def test_reports_may_follow_one_another_with_zeros_between_them(filler: str) -> None:
    stream = bytes.fromhex(filler + (OUNCES + filler) * 3 + "03020BFF0000" + filler + "030402006E03")
    assert [str(value) for value in values(HidScale().feed(stream))] == ["7.8", "7.8", "7.8", "0.0", "878"]


@pytest.mark.parametrize(
    "report",
    [
        "0201",
        "010400",
        "04040BFF4E00",
        "03000BFF4E00",
        "03090BFF4E00",
        "03FF0BFF4E00",
        "03040BF94E00",
        "03040B084E00",
        "03040B7F4E00",
        "FFFFFFFFFFFF",
    ],
)
def test_what_is_no_report_of_weight_is_thrown_away(report: str) -> None:
    parser = HidScale()
    events = [*parser.feed(bytes.fromhex(report)), *parser.idle()]
    assert events
    assert all(isinstance(event, Noise) for event in events)
    assert values(parser.feed(bytes.fromhex(report + OUNCES))) == [Decimal("7.8")]


def test_half_a_report_is_thrown_away_when_the_line_rests() -> None:
    parser = HidScale()
    assert parser.feed(bytes.fromhex("03040BFF")) == []
    assert parser.idle() == [Noise(discarded=4, reason="not_hid")]
    assert values(parser.feed(bytes.fromhex(OUNCES))) == [Decimal("7.8")]
    assert parser.idle() == []


def test_a_report_that_lost_its_beginning_costs_itself_alone() -> None:
    for cut in range(1, LENGTH):
        parser = HidScale()
        events = parser.feed(bytes.fromhex(OUNCES)[cut:] + bytes.fromhex(OUNCES) * 2)
        assert values(events) == [Decimal("7.8")] * 2


def test_the_scale_talks_by_itself() -> None:
    assert (PROFILE.start_command, PROFILE.poll_command, PROFILE.probe_command) == (b"", b"", b"")
    assert PROFILE.names_unit
