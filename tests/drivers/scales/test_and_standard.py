"""A&D standard format."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Answer, Event, Noise, Status, WeightReading
from drivers.scales.and_standard import AndStandard
from drivers.simulators.scale import with_parity

NEGATIVE, MOTION = Status.NEGATIVE, Status.MOTION


def parse(line: bytes) -> Event:
    (event,) = AndStandard().feed(line + b"\r\n")
    return event


WEIGHTS: list[tuple[bytes, str, str, bool, set[Status]]] = [
    (b"ST,+00000.00  g", "0.00", "g", True, set()),
    (b"ST,+001234.5  g", "1234.5", "g", True, set()),
    (b"US,+001234.5  g", "1234.5", "g", False, {MOTION}),
    (b"ST,-00001234  g", "-1234", "g", True, {NEGATIVE}),
    (b"ST,+00123.45 kg", "123.45", "kg", True, set()),
    (b"ST,OK,+0001.234 kg", "1.234", "kg", True, set()),
    (b"US,HI,+00123.45 kg", "123.45", "kg", False, {MOTION}),
    (b"ST,LO,+00001.23 lb", "1.23", "lb", True, set()),
    (b"ST,--,+00123.45 oz", "123.45", "oz", True, set()),
    (b"WT,+0012.345ozt", "12.345", "ozt", True, set()),
    (b"ST,+0000.1278,  g", "0.1278", "g", True, set()),
    (b"\x06ST,+001234.5  g", "1234.5", "g", True, set()),
    (b"ST,+001234.5 tl", "1234.5", "tl", True, set()),
]


@pytest.mark.parametrize(("line", "digits", "unit", "stable", "status"), WEIGHTS)
def test_a_weight_keeps_the_devices_digits(
    line: bytes, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert (event.value, event.unit, event.stable) == (Decimal(digits), unit, stable)
    assert str(event.value).partition(".")[2] == digits.partition(".")[2]
    assert (event.status, event.raw) == (frozenset(status), line)


@pytest.mark.parametrize(
    ("line", "device_time", "record"),
    [
        (b"LAB-0123,2004/07/01, 12:34:56, ST,+0000.1278,  g", "2004/07/01 12:34:56", "LAB-0123"),
        (b"LAB-0123, No,012, 2004/07/01, 12:34:56, ST,+000.1278,  g", "2004/07/01 12:34:56", "012"),
        (b"No.345, ST,+0000.1278,  g", None, "345"),
        (b"01/07/2004,ST,+0000.1278,  g", "01/07/2004", None),
        (b"12:34:56,US,+0000.1278,  g", "12:34:56", None),
    ],
)
def test_what_is_put_in_front_of_a_weight_is_kept(
    line: bytes, device_time: str | None, record: str | None
) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit) == ("0.1278", "g")
    assert (event.device_time, event.record) == (device_time, record)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"OL,+999999.9  g", Status.OVERLOAD),
        (b"OL,-999999.9  g", Status.UNDERLOAD),
        (b"OL,-99999999 PC", Status.UNDERLOAD),
        (b"OL,+9999999E+19", Status.OVERLOAD),
        (b"OL,-9999999E+19", Status.UNDERLOAD),
        (b"OL,+9999999E+19,  g", Status.OVERLOAD),
        (b"OL,+00000.234 kg", Status.OVERLOAD),
        (b"OL,HI,+99999.99 kg", Status.OVERLOAD),
        (b"EC,E00", Status.ERROR),
        (b"EC,E11", Status.ERROR),
        (b"QT,+00012345 PC", Status.NOT_WEIGHT),
        (b"QT,OK,+00001234 PC", Status.NOT_WEIGHT),
        (b"US,+00012345 PC", Status.NOT_WEIGHT),
        (b"ST,+000123.4  %", Status.NOT_WEIGHT),
        (b"ST,+0001.234 DS", Status.NOT_WEIGHT),
    ],
)
def test_a_status_in_place_of_a_weight_has_no_value(line: bytes, status: Status) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert event.value is None
    assert status in event.status


def test_a_preset_tare_is_not_the_load() -> None:
    event = parse(b"PT,+00012.34  g")
    assert isinstance(event, WeightReading)
    assert (event.value, event.tare, event.status) == (None, Decimal("12.34"), {Status.TARE})


def test_a_tola_is_not_taken_for_a_tonne() -> None:
    event = parse(b"ST,+00012.34  t")
    assert isinstance(event, WeightReading)
    assert event.unit == "T"


def test_an_acknowledgement_is_an_answer() -> None:
    assert parse(b"\x06") == Answer(command="ACK", done=True, text="", raw=b"\x06")


@pytest.mark.parametrize(
    "line",
    [
        b"T,+001234.5  g",
        b",+001234.5  g",
        b"+001234.5  g",
        b"ST,001234.5  g",
        b"ST,+01234.5  g",
        b"ST,+1234.5  g",
        b"ST,+001234.5",
        b"ST,+001234.5 k",
        b"ST,+9999999E+19",
        b"US,+9999999E+19  g",
        b"ST,+12.34.56  g",
        b"ST,+00123,45 kg",
        b"ST,+  1234.5  g",
        b"ST,GS,+001234.5  g",
        b"ST,GS,  1.23kg",
        b"ST,+001234ST,+001234.5  g",
        b"EC,E1",
        b"S S      1.234 kg",
        b"2004/07/01",
    ],
)
def test_a_fragment_or_another_grammar_is_noise(line: bytes) -> None:
    assert parse(line) == Noise(discarded=len(line), reason="not_and")


def test_a_digit_lost_from_a_wider_field_shows_by_the_width_of_those_before() -> None:
    whole, cut = b"ST,+0000.1278,  g\r\n", b"ST,+000.1278,  g\r\n"
    events = AndStandard().feed(whole * 3 + cut + whole)
    assert events[3] == Noise(discarded=16, reason="width")
    assert events[4] == events[0]


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_device_that_sends_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = AndStandard().feed(with_parity(b"ST,+001234.5  g\r\nUS,+001234.6  g\r\n", parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


@given(cut=st.integers(0, 14), digits=st.integers(-99_999, 999_999))
def test_a_lost_byte_never_makes_another_weight(cut: int, digits: int) -> None:
    line = b"ST,%+09.2f kg" % (digits / 100)
    parser = AndStandard()
    (whole, *_) = parser.feed((line + b"\r\n") * 3)
    (rest,) = parser.feed(line[:cut] + line[cut + 1 :] + b"\r\n")
    assert isinstance(whole, WeightReading)
    assert isinstance(rest, Noise)
