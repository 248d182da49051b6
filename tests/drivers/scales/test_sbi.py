"""Sartorius SBI."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Event, Noise, Status, WeightReading
from drivers.scales.sbi import Sbi
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_reads

NEGATIVE, NET, MOTION, HIGH_RESOLUTION = Status.NEGATIVE, Status.NET, Status.MOTION, Status.HIGH_RESOLUTION


def parse(line: bytes) -> Event:
    (event,) = Sbi().feed(line + b"\r\n")
    return event


WEIGHTS: list[tuple[bytes, str, str | None, bool, set[Status]]] = [
    (b"+     0.00 g  ", "0.00", "g", True, set()),
    (b"+     0.00 g", "0.00", "g", True, set()),
    (b"-   12.345 mg ", "-12.345", "mg", True, {NEGATIVE}),
    (b"   111.255 g  ", "111.255", "g", True, set()),
    (b"+   1255.7 kg ", "1255.7", "kg", True, set()),
    (b"+    1255. lb ", "1255", "lb", True, set()),
    (b"+     0.00    ", "0.00", None, False, {MOTION}),
    (b"N     +    0.031    ", "0.031", None, False, {NET, MOTION}),
    (b"N     +    0.006 g  ", "0.006", "g", True, {NET}),
    (b"N1    +   123.56 g  ", "123.56", "g", True, {NET}),
    (b"G#    +   1255.7 g  ", "1255.7", "g", True, set()),
    (b"G     +    1.234 kg ", "1.234", "kg", True, set()),
    (b"      +    1.234 kg ", "1.234", "kg", True, set()),
    (b"+  123.5[6]g  ", "123.56", "g", True, {HIGH_RESOLUTION}),
    (b"+  123.5[6] g", "123.56", "g", True, {HIGH_RESOLUTION}),
    (b"N     +  123.5[6]g  ", "123.56", "g", True, {NET, HIGH_RESOLUTION}),
    (b"+ 008.12/2 g  ", "8.122", "g", True, {HIGH_RESOLUTION}),
    (b"+   12.345/lb ", "12.345", "lb", True, {HIGH_RESOLUTION}),
]


@pytest.mark.parametrize(("line", "digits", "unit", "stable", "status"), WEIGHTS)
def test_a_weight_keeps_the_devices_digits_and_without_a_unit_is_not_stable(
    line: bytes, digits: str, unit: str | None, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(line), digits, unit, stable, status, raw=line)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"H", Status.OVERLOAD),
        (b"          H   ", Status.OVERLOAD),
        (b"      High    ", Status.OVERLOAD),
        (b"Stat High", Status.OVERLOAD),
        (b"Stat        High    ", Status.OVERLOAD),
        (b"L", Status.UNDERLOAD),
        (b"      Low     ", Status.UNDERLOAD),
        (b"Stat Low", Status.UNDERLOAD),
        (b"Err 101", Status.ERROR),
        (b"   Err  54    ", Status.ERROR),
        (b"     E 101    ", Status.ERROR),
        (b"Stat     ERR 101    ", Status.ERROR),
        (b"ERR", Status.ERROR),
        (b"APP. ERR", Status.ERROR),
        (b"Stat     DIS.ERR    ", Status.ERROR),
        (b"Stat PRT. ERR", Status.ERROR),
        (b"Stat     Cal.Int.", Status.NOT_READY),
        (b"Stat Cal. Ext.", Status.NOT_READY),
        (b"    Cal.Ext.  ", Status.NOT_READY),
        (b"          C   ", Status.NOT_READY),
        (b"OFF", Status.NOT_READY),
        (b"      --      ", Status.NOT_READY),
        (b"      - -     ", Status.NOT_READY),
        (b"Qnt +    253 pcs", Status.NOT_WEIGHT),
        (b"Qnt   +      253 pcs", Status.NOT_WEIGHT),
        (b"+      253 pcs", Status.NOT_WEIGHT),
        (b"Prc   +    98.20 %  ", Status.NOT_WEIGHT),
        (b"nRef  +       10 pcs", Status.NOT_WEIGHT),
        (b"wRef  +    1.234 g  ", Status.NOT_WEIGHT),
        (b"*N    +   12.345 kg ", Status.NOT_WEIGHT),
        (b"Max   +   12.345 kg ", Status.NOT_WEIGHT),
    ],
)
def test_a_status_in_place_of_a_weight_has_no_value(line: bytes, status: Status) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert event.value is None
    assert status in event.status


@pytest.mark.parametrize("name", [b"T1    ", b"T2    ", b"T     ", b"PT2   "])
def test_a_tare_is_not_the_load(name: bytes) -> None:
    event = parse(name + b"+    0.500 kg ")
    assert isinstance(event, WeightReading)
    assert (event.value, event.tare, event.status) == (None, Decimal("0.500"), {Status.TARE})


@pytest.mark.parametrize(
    "line",
    [
        b"not a weight",
        b"WZA8202-N",
        b"BCE3202-1S",
        b"0.090",
        b"   079",
        b"SerNo.    0031801165",
        b"BAC:        00-39-21",
        b"+    0.00 g  ",
        b"     0.00 g  ",
        b"+      0.00 g  ",
        b"+     0.0  g  ",
        b"+     0.00g  ",
        b"+     0,00 g  ",
        b"+    1 .00 g  ",
        b"N    +    0.006 g  ",
        b"N     +   0.006 g  ",
        b"N     +    0.03    ",
        b"N     +N     +    0.006 g  ",
        b"+     0.00 g ",
        b"Stat",
        b"N     +    0.006 k",
        b"S S     100.00 g",
        b"ST,GS,   245.5 g",
    ],
)
def test_a_fragment_or_another_grammar_is_noise(line: bytes) -> None:
    assert parse(line) == Noise(discarded=len(line), reason="not_sbi")


def test_the_end_of_a_named_line_is_not_taken_for_a_weight() -> None:
    parser = Sbi()
    parser.feed(b"N     +    0.006 g  \r\n" * 3)
    assert parser.feed(b"+    0.500 g  \r\n") == [Noise(discarded=14, reason="width")]


def test_a_balance_set_to_shorter_lines_is_heard_again() -> None:
    events = Sbi().feed(b"N     +    0.006 g  \r\n" * 3 + b"+    0.006 g  \r\n" * 6)
    assert isinstance(events[-1], WeightReading)
    assert str(events[-1].value) == "0.006"


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_device_that_sends_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = Sbi().feed(with_parity(b"+     0.00 g  \r\nN     +    0.006 g  \r\n", parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


@given(cut=st.integers(0, 13), digits=st.integers(-99_999, 99_999), named=st.booleans())
def test_a_lost_byte_never_makes_another_weight(cut: int, digits: int, named: bool) -> None:
    sign = b"-" if digits < 0 else b"+"
    line = (b"N     " if named else b"") + sign + b"%9.3f kg " % (abs(digits) / 1000)
    assert isinstance(parse(line), WeightReading)
    event = parse(line[:cut] + line[cut + 1 :])
    shown = event.value if isinstance(event, WeightReading) and event.unit is not None else None
    assert shown is None or shown == Decimal(digits).scaleb(-3)
