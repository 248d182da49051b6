"""MT-SICS levels 0 and 1."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.events import Answer, Event, Noise, Status, WeightReading
from drivers.scales.mt_sics import MtSics
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_reads


def parse(line: str) -> Event:
    (event,) = MtSics().feed(line.encode() + b"\r\n")
    return event


@pytest.mark.parametrize(
    ("line", "digits", "unit", "stable", "status"),
    [
        ("S S     100.00 g", "100.00", "g", True, set()),
        ("S D       7.25 kg", "7.25", "kg", False, {Status.MOTION}),
        ("S S      1.230 kg", "1.230", "kg", True, set()),
        ("S S     -0.050 kg", "-0.050", "kg", True, {Status.NEGATIVE}),
        ("S S      0.000 kg", "0.000", "kg", True, set()),
        ("S S       2.71 lb", "2.71", "lb", True, set()),
        ("SI S      12.30 kg", "12.30", "kg", True, set()),
        ("S S     100.00", "100.00", None, True, set()),
        ("S S    -100.00 g", "-100.00", "g", True, {Status.NEGATIVE}),
        ("S D     129.07 g", "129.07", "g", False, {Status.MOTION}),
        ("S S    0.00006 g", "0.00006", "g", True, set()),
        ("S S      1.234 lb", "1.234", "lb", True, set()),
        ("S S      1.234 oz", "1.234", "oz", True, set()),
        ("S S      1.234 ozt", "1.234", "ozt", True, set()),
        # Answered with the command's own name where the manual says S.
        ("SU S      12.30 kg", "12.30", "kg", True, set()),
        ("SIU D      12.30 kg", "12.30", "kg", False, {Status.MOTION}),
        ("SUI D      12.30 kg", "12.30", "kg", False, {Status.MOTION}),
        ("SIR S      12.30 kg", "12.30", "kg", True, set()),
        ("SR S      12.30 kg", "12.30", "kg", True, set()),
        # An approved scale marks the digits that must not be used for trade.
        ("S S    12.3[4] g", "12.34", "g", True, {Status.HIGH_RESOLUTION}),
        ("S S      12.3[4] g", "12.34", "g", True, {Status.HIGH_RESOLUTION}),
        ("S D    12.[34] g", "12.34", "g", False, {Status.HIGH_RESOLUTION, Status.MOTION}),
    ],
)
def test_a_weight_keeps_the_devices_digits(
    line: str, digits: str, unit: str | None, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(line), digits, unit, stable, status, raw=line.encode())


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("S S         12 PCS", Status.NOT_WEIGHT),
        ("S S      98.20 %", Status.NOT_WEIGHT),
        ("S I", Status.NOT_READY),
        ("S +", Status.OVERLOAD),
        ("S -", Status.UNDERLOAD),
        ("SI I", Status.NOT_READY),
        ("S L", Status.ERROR),
        ("ES", Status.ERROR),
        ("ET", Status.ERROR),
        ("EL", Status.ERROR),
        ("S S Error 10b", Status.ERROR),
        ("SI D    Error 3", Status.ERROR),
        ("SIR I", Status.NOT_READY),
        ("SU +", Status.OVERLOAD),
        ("SUI -", Status.UNDERLOAD),
        ("SIX1 +", Status.OVERLOAD),
        ("SIX1 - 0 N R R 0 0 0 1 N", Status.UNDERLOAD),
        ("SIX1 I", Status.NOT_READY),
        ("S S       1.25 pcs", Status.NOT_WEIGHT),
    ],
)
def test_a_status_in_place_of_a_weight_has_no_value(line: str, status: Status) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert (event.value, event.status) == (None, frozenset({status}))


@pytest.mark.parametrize(
    ("line", "command", "done", "text"),
    [
        ('I4 A "B123456789"', "I4", True, "B123456789"),
        ("T S       5.00 kg", "T", True, "5.00 kg"),
        ("Z A", "Z", True, ""),
        ("Z I", "Z", False, ""),
        ("Z +", "Z", False, ""),
        ("TA A       5.00 kg", "TA", True, "5.00 kg"),
        ("ZI S", "ZI", True, ""),
        ("ZI D", "ZI", True, ""),
        ("TI D       5.00 kg", "TI", True, "5.00 kg"),
        ("T +", "T", False, ""),
        ("TAC A", "TAC", True, ""),
        ("K C 4", "K", True, "4"),
        ("K A", "K", True, ""),
        ("D A", "D", True, ""),
        ("D R", "D", True, ""),
        ("DW A", "DW", True, ""),
        ("U A kg", "U", True, "kg"),
        ("M21 A 0 1", "M21", True, "0 1"),
        ('I0 B 0 "I0"', "I0", True, '0 "I0'),
        ('I1 A "0123" "2.30" "2.20"', "I1", True, '0123" "2.30" "2.20'),
        ('I2 A "ICS469 OU 60.18 kg"', "I2", True, "ICS469 OU 60.18 kg"),
        ("I4 I", "I4", False, ""),
    ],
)
def test_an_answer_that_is_not_the_weight_is_never_a_weight(
    line: str, command: str, done: bool, text: str
) -> None:
    event = parse(line)
    assert isinstance(event, Answer)
    assert (event.command, event.done, event.text) == (command, done, text)


@pytest.mark.parametrize(
    ("line", "digits", "stable", "tare", "status"),
    [
        ("SIX1 S 0 N R R 0 0 0 1 N     1.234     1.234     0.000 kg", "1.234", True, None, set()),
        ("SIX1 S 0 Z R R 0 0 0 1 N     0.000     0.000     0.000 kg", "0.000", True, None, {Status.ZERO}),
        (
            "SIX1 D 0 N R R 0 0 0 1 M     1.234     1.034     0.200 kg",
            "1.034",
            False,
            "0.200",
            {Status.NET, Status.MOTION},
        ),
        (
            "SIX1 S 0 N N R 0 0 0 1 P      1.234     -0.034      1.268 kg",
            "-0.034",
            True,
            "1.268",
            {Status.NET, Status.NEGATIVE},
        ),
    ],
)
def test_a_terminal_gives_net_and_tare(
    line: str, digits: str, stable: bool, tare: str | None, status: set[Status]
) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable, event.status) == (digits, "kg", stable, status)
    assert event.tare == (None if tare is None else Decimal(tare))


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "S S    12.3[4 g",
        "S S    12.3[] g",
        "SX S      1.234 kg",
        "SIX1 S 0 N R R 0 0 0 1 N     1.234    1.234     0.000 kg",
        "SIX1 S 0 N R R 0 0 0 1 N    1.234    1.234    0.000 kg",
        "SIX1 S 0 N R R 0 0 0 N     1.234     1.234     0.000 kg",
        "SI ?       18.5 kg ",
        "S    -      8.5 g  ",
        "S A",
        "S M      1.234 kg",
        "S S      1S S      1.234 kg",
        "   1.234 kg",
        "S X      1.234 kg",
        "S S      1,234 kg",
        "S S      1.234 k",
        "S S      1.234 b",
        "SIX1 S 0 N R R 0 0 0 1 N     1.234     1.234     0.000 k",
        "S S     1.2.34 kg",
        "S S      1E+19 kg",
        "SS      1.234 kg",
    ],
)
def test_a_line_of_another_grammar_is_noise(line: str) -> None:
    assert parse(line) == Noise(discarded=len(line), reason="not_mt_sics")


def test_a_digit_lost_on_the_line_is_noise_and_not_a_lighter_parcel() -> None:
    parser = MtSics()
    for _ in range(3):
        parser.feed(b"S S     112.34 kg\r\n")
    (cut,) = parser.feed(b"S S     12.34 kg\r\n")
    assert isinstance(cut, Noise)
    (strict,) = MtSics(width="ten").feed(b"S S     12.34 kg\r\n")
    assert isinstance(strict, Noise)


@pytest.mark.parametrize("line", ["S S 12.34 kg", "S S      12.345 g", "S D   7.10 g", "S S     12345.50 kg"])
def test_a_relative_may_write_another_width_and_then_keeps_to_it(line: str) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert event.value == Decimal(line.split()[2])
    (any_width,) = MtSics(width="any").feed(line.encode() + b"\r\n")
    assert any_width == event


def test_a_value_that_lost_its_unit_is_a_weight_in_ten_columns_only() -> None:
    assert isinstance(parse("S S     100.00"), WeightReading)
    assert isinstance(parse("S S     100.0"), Noise)
    assert isinstance(parse("S S 1.2"), Noise)


@pytest.mark.parametrize(
    ("line", "ounces", "stable"),
    [
        ("S D 12:07.50 lb:oz", "199.50", False),
        ("S S   0:03.00 lb:oz", "3.00", True),
        ("S S  -1:08 lb:oz", "-24", True),
    ],
)
def test_pounds_with_ounces_are_ounces(line: str, ounces: str, stable: bool) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert (event.value, event.unit, event.stable) == (Decimal(ounces), "oz", stable)


def test_more_than_a_pound_of_ounces_is_no_weight() -> None:
    assert isinstance(parse("S S   1:16.00 lb:oz"), Noise)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_device_that_sends_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = MtSics().feed(with_parity(b"S S      1.234 kg\r\nS S      1.235 kg\r\n", parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


def test_a_reading_that_is_over_or_under_cannot_carry_a_value() -> None:
    with pytest.raises(ValueError, match="overload has no value"):
        WeightReading(value=Decimal(1), unit="kg", stable=True, status=frozenset({Status.OVERLOAD}), raw=b"")
    with pytest.raises(ValueError, match="not a weight"):
        WeightReading(value=Decimal("NaN"), unit="kg", stable=True, status=frozenset(), raw=b"")
