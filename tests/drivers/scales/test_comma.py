"""The comma family: ST,GS and what its makers put around it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.catalogue import profile_of
from drivers.events import Event, Noise, Status, WeightReading
from drivers.scales.comma import Comma
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_reads

NEGATIVE, NET, ZERO, MOTION = Status.NEGATIVE, Status.NET, Status.ZERO, Status.MOTION
HIGH_RESOLUTION = Status.HIGH_RESOLUTION


def parse(line: bytes) -> Event:
    (event,) = Comma().feed(line + b"\r\n")
    return event


def values(events: Iterable[Event]) -> list[str | None]:
    """Each reading's digits, and None for a noise."""
    return [str(event.value) if isinstance(event, WeightReading) else None for event in events]


WEIGHTS: list[tuple[bytes, str, str, bool, set[Status]]] = [
    (b"ST,GS    20.7g  ", "20.7", "g", True, set()),
    (b"ST,GS,   245.5 g", "245.5", "g", True, set()),
    (b"ST,GS 1.000KG", "1.000", "kg", True, set()),
    (b"US,GS 1.342KG", "1.342", "kg", False, {MOTION}),
    (b"ST,GS+   5.12KG", "5.12", "kg", True, set()),
    (b"ST,NT-  12.50,lb", "-12.50", "lb", True, {NEGATIVE, NET}),
    (b"US,NT    3.10,oz", "3.10", "oz", False, {MOTION, NET}),
    (b"ST,GS,+  4.876kg", "4.876", "kg", True, set()),
    (b"ST,GS,  0.500,kg", "0.500", "kg", True, set()),
    (b"ST,GS, + 01042.40 kg", "1042.40", "kg", True, set()),
    (b"US,GS,+01234.56  lb", "1234.56", "lb", False, {MOTION}),
    (b"ST,NT,+0012.34kg", "12.34", "kg", True, {NET}),
    (b"ST,NET,  0.500kg", "0.500", "kg", True, {NET}),
    (b"ST,G ,+  12.34 kg", "12.34", "kg", True, set()),
    (b"ST,N ,-  12.34 kg", "-12.34", "kg", True, {NEGATIVE, NET}),
    (b"ST,GS,+123.456tl.g", "123.456", "tl.g", True, set()),
    (b"ST,GS,+0012450kg", "12450", "kg", True, set()),
    (b"01ST,GS,     0.0,kg", "0.0", "kg", True, set()),
    (b"\x02ST,GS,+  1.25 lb", "1.25", "lb", True, set()),
    (b"ST,GS,1\xc4,000013.5 kg", "13.5", "kg", True, set()),
    (b"US,GS,1\x84,000013.5 kg", "13.5", "kg", False, {MOTION}),
    (b"ST,NT,1\xc2,-00001.2 kg", "-1.2", "kg", True, {NEGATIVE, NET}),
    (b"ST,GS,1\xc5,000000.0 kg", "0.0", "kg", True, {ZERO}),
    (b"ST,GS,=\xe4,00001.25\x81kg", "1.25", "kg", True, set()),
    (b"ST,GS,1\xc4,   13.50  t", "13.50", "t", True, set()),
    (b"ST,GS    0.0(0) g ", "0.00", "g", True, {HIGH_RESOLUTION}),
    (b"ST,NT- 492.5(5) ct", "-492.55", "ct", True, {NEGATIVE, NET, HIGH_RESOLUTION}),
]


@pytest.mark.parametrize(("line", "digits", "unit", "stable", "status"), WEIGHTS)
def test_a_weight_keeps_the_devices_digits(
    line: bytes, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(line), digits, unit, stable, status, raw=line.lstrip(b"\x02"))


@pytest.mark.parametrize(
    ("line", "digits", "tare", "status", "device_time"),
    [
        (b"ST,1,   16.25kg,    0.00kg", "16.25", "0.00", set(), None),
        (b"ST,1,   16.25kg,PT  0.50kg", "16.25", "0.50", set(), None),
        (b"01US,2,     16.25 g,       1.00 g", "16.25", "1.00", {MOTION}, None),
        (b"1,ST,     15.75,       0.50,         0,         0,kg", "15.75", "0.50", {NET}, None),
        (b"1,ST,     15.75,  0.00, 0,kg", "15.75", "0.00", set(), None),
        (
            b"011,ST,     2.0,PT  20.8,       0,kg,01/02/19 11:12:13",
            "2.0",
            "20.8",
            {NET},
            "01/02/19 11:12:13",
        ),
    ],
)
def test_dini_argeo_names_its_tare_and_the_time(
    line: bytes, digits: str, tare: str, status: set[Status], device_time: str | None
) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert (str(event.value), str(event.tare)) == (digits, tare)
    assert (event.status, event.device_time) == (frozenset(status), device_time)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"OL,GS,+------kg", Status.OVERLOAD),
        (b"\x02OL,GS,+------ lb", Status.OVERLOAD),
        (b"OL,GS,-------kg", Status.OVERLOAD),
        (b"OL,GS,+            ", Status.OVERLOAD),
        (b"OL,GS,-            ", Status.UNDERLOAD),
        (b"OL,GS,+99999.99kg", Status.OVERLOAD),
        (b"OL,GS,-99999.99kg", Status.UNDERLOAD),
        (b"OL,GS,1\x84,00000000 kg", Status.OVERLOAD),
        (b"OL,GS", Status.OVERLOAD),
        (b"OL,1,    0.00kg,    0.00kg", Status.OVERLOAD),
        (b"UL,1,-  10.00kg,    0.00kg", Status.UNDERLOAD),
        (b"UL,GS,   -0.00,kg", Status.UNDERLOAD),
        (b"1,OL,     15.75,       0.00,         0,         0,kg", Status.OVERLOAD),
        (b"LO,GS,        kg", Status.OUT_OF_RANGE),
        (b"ER,1,    0.00kg,    0.00kg", Status.ERROR),
        (b"ERR04", Status.ERROR),
        (b"ERR 12", Status.ERROR),
        (b"US,GS,+------kg", Status.OUT_OF_RANGE),
        (b"ST,GS,      12pcs", Status.NOT_WEIGHT),
        (b"ST,GS,    98.2%", Status.NOT_WEIGHT),
    ],
)
def test_a_status_in_place_of_a_weight_has_no_value(line: bytes, status: Status) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert event.value is None
    assert status in event.status


def test_a_line_that_tells_the_tare_is_not_the_load() -> None:
    event = parse(b"ST,TR,+012.3456  kg")
    assert isinstance(event, WeightReading)
    assert (event.value, str(event.tare), event.unit) == (None, "12.3456", "kg")
    assert event.status == {Status.TARE}


@pytest.mark.parametrize(
    "line",
    [
        b"S    20.7g",
        b"T,GS,  1.23kg",
        b",GS,  1.23kg",
        b"GS,  1.2kg",
        b"  1.2kg",
        b"ST,GS,  12",
        b"ST,GS,  1.234 k",
        b"ST,GS,kg",
        b"ST,GS,  1.2ST,GS,  1.23kg",
        b"ST,GS,  1,23kg",
        b"ST,GS,  1.kg",
        b"ST,GS,  .kg",
        b"ST,GS,  1.2.3kg",
        b"ST,GS,  1 2kg",
        b"ST,GS,1E+19kg",
        b"ST,VL,  1.234,mV",
        b"ST,+0001.234 kg",
        b"ST,OK,+0001.234 kg",
        b"st,gs,  1.23kg",
        b"ST,1,   16.25kg",
        b"ST,1,   16.25kg,    0.00lb",
        b"S S      1.234 kg",
        b"ST,GS,1\xc4,00013.5 kg",
        b"ST,GS    0.0(0 g ",
        b"ST,GS    0.() g ",
        b"ST,GS    492(5) g ",
        b"ST,TR    0.0(5) g ",
        b"ST,GS,1\xc4,0 0013.5 kg",
    ],
)
def test_a_fragment_or_another_grammar_is_noise(line: bytes) -> None:
    assert parse(line) == Noise(discarded=len(line), reason="not_comma")


@pytest.mark.parametrize("lamp", sorted({*range(256)} - {0x0A, 0x0D, 0x02, 0x03}))
def test_the_lamp_byte_may_be_any_byte(lamp: int) -> None:
    event = parse(b"ST,GS,1" + bytes([lamp]) + b",000013.5 kg")
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable) == ("13.5", "kg", True)
    assert (ZERO in event.status) == (lamp >= 0x80 and lamp % 2 == 1)


def test_a_line_shorter_than_the_devices_others_has_lost_a_byte() -> None:
    whole, cut = b"ST,GS,   245.5 g\r\n", b"ST,GS,   45.5 g\r\n"
    events = Comma().feed(whole * 3 + cut + whole)
    assert values(events) == ["245.5", "245.5", "245.5", None, "245.5"]
    assert events[3] == Noise(discarded=15, reason="width")


def test_an_overload_or_a_longer_line_does_not_change_what_the_width_is() -> None:
    whole, cut = b"ST,GS,   245.5 g\r\n", b"ST,GS,   45.5 g\r\n"
    parser = Comma()
    parser.feed(whole * 3 + b"OL,GS,-----g\r\n" * 9 + b"ST,GS,    245.5 g\r\n")
    assert values(parser.feed(cut + whole)) == [None, "245.5"]


def test_a_width_that_really_changes_is_learned_again() -> None:
    parser = Comma()
    parser.feed(b"ST,GS,    0.250 kg\r\n" * 3)
    assert values(parser.feed(b"ST,GS,   250.0 g\r\n" * 6)) == [None] * 4 + ["250.0"] * 2
    assert values(parser.feed(b"ST,GS,    0.250 kg\r\n")) == ["0.250"]


def test_a_device_that_pads_nothing_may_send_any_width() -> None:
    profile = profile_of("comma").adapted({"width": "any"})
    lines = b"ST,GS 10.000KG\r\n" * 5 + b"ST,GS 9.995KG\r\n"
    assert values(profile.new_parser().feed(lines))[-1] == "9.995"


def test_a_start_byte_inside_a_line_begins_a_new_one() -> None:
    assert Comma().feed(b"\x02ST,GS,+  1\x02ST,GS,+  1.25 lb\r") == [
        Noise(discarded=12, reason="cut_short"),
        *Comma().feed(b"ST,GS,+  1.25 lb\r"),
    ]


@pytest.mark.parametrize("end", [b"\x03", b"\x03\r\n", b"\r\x03"])
def test_an_end_byte_may_stand_in_place_of_the_line_end_or_beside_it(end: bytes) -> None:
    assert values(Comma().feed((b"\x02ST,GS,+02.450kg" + end) * 2)) == ["2.450", "2.450"]


def test_a_stream_that_begins_inside_a_line_gives_the_second_line() -> None:
    assert values(Comma().feed(b"S    20.7g  \r\nST,GS    20.7g  \r\n")) == [None, "20.7"]


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_device_that_sends_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = Comma().feed(with_parity(b"ST,GS,   245.5 g\r\nUS,GS,   245.6 g\r\n", parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


@given(cut=st.integers(0, 17), digits=st.integers(0, 99_999))
def test_a_lost_byte_never_makes_a_weight_of_a_known_device(cut: int, digits: int) -> None:
    line = b"ST,GS,%8.3fkg" % (digits / 1000)
    parser = Comma()
    parser.feed((line + b"\r\n") * 3)
    (event,) = parser.feed(line[:cut] + line[cut + 1 :] + b"\r\n")
    shown = (event.value, event.unit) if isinstance(event, WeightReading) else None
    assert shown in {None, (Decimal(digits).scaleb(-3), "kg")}
