"""Ohaus text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Answer, Event, Noise, Status, WeightReading
from drivers.scales.ohaus import Ohaus
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_reads

NEGATIVE, NET, MOTION = Status.NEGATIVE, Status.NET, Status.MOTION


def parse(line: bytes) -> Event:
    (event,) = Ohaus().feed(line + b"\r\n")
    return event


WEIGHTS: list[tuple[bytes, str, str, bool, set[Status]]] = [
    (b"     192.21 g", "192.21", "g", True, set()),
    (b"       0.00 g     ", "0.00", "g", True, set()),
    (b"       0.01 g ?", "0.01", "g", False, {MOTION}),
    (b"      12.73 g    ?", "12.73", "g", False, {MOTION}),
    (b"      0.4500 oz    ", "0.4500", "oz", True, set()),
    (b"      0.5950 oz   ?", "0.5950", "oz", False, {MOTION}),
    (b"     -12.73 g", "-12.73", "g", True, {NEGATIVE}),
    (b"       0.211 kg ?", "0.211", "kg", False, {MOTION}),
    (b"   0.360 kg    G", "0.360", "kg", True, set()),
    (b"    20.0 kg    G", "20.0", "kg", True, set()),
    (b"    78.2 kg   ?G", "78.2", "kg", False, {MOTION}),
    (b"-  1.640 kg    N", "-1.640", "kg", True, {NEGATIVE, NET}),
    (b"-  1.645 kg   ?N", "-1.645", "kg", False, {NEGATIVE, NET, MOTION}),
    (b"    12.340 lb    NET", "12.340", "lb", True, {NET}),
    (b"-   12.345 kg ? NET", "-12.345", "kg", False, {NEGATIVE, NET, MOTION}),
    (b"    12.345 kg   B/G", "12.345", "kg", True, set()),
    (b"     12.345    kg ? G", "12.345", "kg", False, {MOTION}),
    (b"      12.345 kg      N   Over ", "12.345", "kg", True, {NET}),
    (b"      12.345 kg      G  Under ", "12.345", "kg", True, set()),
    (b"      12.345 kg      G Accept", "12.345", "kg", True, set()),
    (b"     192.08 g   00:00:30", "192.08", "g", True, set()),
    (b"     176.30 g ? 00:00:15", "176.30", "g", False, {MOTION}),
]


@pytest.mark.parametrize(("line", "digits", "unit", "stable", "status"), WEIGHTS)
def test_a_weight_keeps_the_devices_digits(
    line: bytes, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(line), digits, unit, stable, status, raw=line)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"           3 PCS  ?", Status.NOT_WEIGHT),
        (b"           3 PCS", Status.NOT_WEIGHT),
        (b"       98.25 %", Status.NOT_WEIGHT),
        (b"        0.85 g     WET WT", Status.NOT_WEIGHT),
        (b"ES", Status.ERROR),
        (b"Err 8.3", Status.OVERLOAD),
        (b"Error 8.4", Status.UNDERLOAD),
        (b"   Overload", Status.OVERLOAD),
        (b"   UNDERLOAD ", Status.UNDERLOAD),
        (b"Err 9.5", Status.ERROR),
        (b"   ------ kg    G", Status.OUT_OF_RANGE),
    ],
)
def test_a_status_in_place_of_a_weight_has_no_value(line: bytes, status: Status) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert event.value is None
    assert status in event.status


@pytest.mark.parametrize("legend", [b"T", b"PT"])
def test_a_tare_is_not_the_load(legend: bytes) -> None:
    event = parse(b"   0.360 kg    " + legend)
    assert isinstance(event, WeightReading)
    assert (event.value, event.tare, event.status) == (None, Decimal("0.360"), {Status.TARE})


def test_a_command_that_was_done_is_an_answer() -> None:
    assert parse(b"OK!") == Answer(command="OK", done=True, text="", raw=b"OK!")


@pytest.mark.parametrize(
    "line",
    [
        b" N",
        b" kg    N",
        b"0 kg    N",
        b"  1.640 kg    N",
        b"1.640 kg    N",
        b"     192.21",
        b"     192.21 ",
        b"     192.21     ?",
        b"+    192.21 g",
        b"     192.21 g !",
        b"     192.21 g X",
        b"     192.21 g00:00:30",
        b"     192.21 g   00:00:3",
        b"     192.21 g   00:30",
        b"     207.80 g TOTAL",
        b"     19.2.1 g",
        b"     192,21 g",
        b"     1 2.21 g",
        b"     192.21g",
        b"  12 lb     3.4 oz   G",
        b"     192.21 g     192.21 g",
        b"                192.21 g",
        b"ST,GS,   192.21 g",
        b"      0.5950 o   ?",
        b"S S     192.21 g",
        b"N     +    0.031 g",
    ],
)
def test_a_fragment_or_another_grammar_is_noise(line: bytes) -> None:
    assert parse(line) == Noise(discarded=len(line), reason="not_ohaus")


def test_a_digit_lost_on_the_line_is_noise_and_not_a_lighter_parcel() -> None:
    whole, cut = b"     192.21 g\r\n", b"     19.21 g\r\n"
    events = Ohaus().feed(whole * 3 + cut + whole)
    assert events[3] == Noise(discarded=12, reason="width")
    assert events[4] == events[0]


def test_a_scale_set_to_another_unit_is_heard_again() -> None:
    events = Ohaus().feed(b"      0.5950 oz\r\n" * 3 + b"      16.87 g\r\n" * 6)
    assert isinstance(events[-1], WeightReading)
    assert str(events[-1].value) == "16.87"


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_device_that_sends_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = Ohaus().feed(with_parity(b"-  1.640 kg    N\r\n    78.2 kg   ?G\r\n", parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


@given(cut=st.integers(0, 16), digits=st.integers(0, 99_999))
def test_a_lost_byte_never_makes_another_weight_of_a_known_device(cut: int, digits: int) -> None:
    line = b"%8.3f kg   ?N" % (digits / 1000)
    parser = Ohaus()
    parser.feed((line + b"\r\n") * 3)
    (event,) = parser.feed(line[:cut] + line[cut + 1 :] + b"\r\n")
    shown = (event.value, event.unit) if isinstance(event, WeightReading) else None
    assert shown in {None, (Decimal(digits).scaleb(-3), "kg")}
