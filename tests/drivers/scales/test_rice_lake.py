"""Rice Lake's stream and its RS-485 answer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.catalogue import profile_of
from drivers.events import Event, Noise, Status, WeightReading
from drivers.scales.rice_lake import RiceLake
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_no_weight, assert_reads

NEGATIVE, NET, ZERO, MOTION = Status.NEGATIVE, Status.NET, Status.ZERO, Status.MOTION


def parse(frame: bytes) -> Event:
    (event,) = RiceLake().feed(b"\x02" + frame + b"\r\n")
    return event


WEIGHTS: list[tuple[bytes, str, str | None, bool, set[Status]]] = [
    (b"   12.34LG ", "12.34", "lb", True, set()),
    (b"+  12.34LG ", "12.34", "lb", True, set()),
    (b"-   1.50KN ", "-1.50", "kg", True, {NEGATIVE, NET}),
    (b"   12.30LGM", "12.30", "lb", False, {MOTION}),
    (b"    0.00KGZ", "0.00", "kg", True, {ZERO}),
    (b"    1234OG ", "1234", "oz", True, set()),
    (b"   123.4GG ", "123.4", "g", True, set()),
    (b"   1.234TN ", "1.234", "T", True, {NET}),
    (b"   12.34 G ", "12.34", None, True, set()),
    (b" 1234567KG ", "1234567", "kg", True, set()),
]


@pytest.mark.parametrize(("frame", "digits", "unit", "stable", "status"), WEIGHTS)
def test_a_weight_keeps_the_devices_digits(
    frame: bytes, digits: str, unit: str | None, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(frame), digits, unit, stable, status, raw=frame)


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (b"   150.1KGO", Status.OVERLOAD),
        (b"-  150.1KGO", Status.UNDERLOAD),
        (b" -------KGO", Status.OVERLOAD),
        (b"        KGO", Status.OVERLOAD),
        (b"     0.0LGI", Status.ERROR),
        (b"A??", Status.ERROR),
    ],
)
def test_a_status_in_place_of_a_weight_has_no_value(frame: bytes, status: Status) -> None:
    assert_no_weight(parse(frame), {status})


@pytest.mark.parametrize("address", [b"A", b"\x01", b" ", b"\xff"])
def test_an_answer_on_an_rs_485_line_is_a_weight_of_unknown_stability(address: bytes) -> None:
    (event,) = RiceLake().feed(b"\x02" + address + b" 1234.00 lb\r\n\x03\r")
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable) == ("1234.00", "lb", None)
    assert event.raw == address + b" 1234.00 lb"


def test_the_end_of_an_answer_is_not_noise() -> None:
    parser = RiceLake()
    stream = b"\x02A 1234.00 lb\r\n\x03\r" * 2 + b"\x02A??\x03\r" + b"\x02   12.34LG \r"
    assert not any(isinstance(event, Noise) for event in parser.feed(stream))


def test_an_answer_that_lost_a_digit_is_noise_once_the_width_is_known() -> None:
    events = RiceLake().feed(b"\x02A 1234.00 lb\r\n\x03\r" * 3 + b"\x02A 134.00 lb\r\n\x03\r")
    assert events[-1] == Noise(discarded=11, reason="width")


def test_the_letter_g_is_grains_where_the_site_says_so() -> None:
    parser = profile_of("rice-lake").adapted({"g": "grains"}).new_parser()
    (event,) = parser.feed(b"\x02   123.4GG \r\n")
    assert isinstance(event, WeightReading)
    assert event.unit == "gr"


@pytest.mark.parametrize(
    "frame",
    [
        b"  12.34LG ",
        b"    12.34LG ",
        b"   12.34LG",
        b"   12.34L ",
        b"   12.34XG ",
        b"   12.34LGX",
        b"   12.3 LG ",
        b"   1 .34LG ",
        b"   1.2.4LG ",
        b"   12,34LG ",
        b"  -12.34LG ",
        b"1.234",
        b"A lb",
        b"A 1234.00",
        b"ST,GS,+  1.25 lb",
        b"   12.34  G",
        b" 1234567M",
    ],
)
def test_a_fragment_or_another_grammar_is_noise(frame: bytes) -> None:
    assert parse(frame) == Noise(discarded=len(frame), reason="not_rice_lake")


def test_what_precedes_a_start_byte_is_noise_and_the_frame_is_whole() -> None:
    assert RiceLake().feed(b"34LG \r\n\x02   12\x02   12.34LG \r\n") == [
        Noise(discarded=5, reason="outside_frame"),
        Noise(discarded=5, reason="cut_short"),
        parse(b"   12.34LG "),
    ]


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_device_that_sends_seven_bits_is_told_by_its_parity(parity: str) -> None:
    stream = with_parity(b"\x02   12.34LG \r\n\x02   12.30LGM\r\n" * 60, parity)
    events = RiceLake().feed(stream)
    reasons = [event.reason if isinstance(event, Noise) else "a reading" for event in events]
    # With odd parity STX and CR are what they were, and the LF behind them is a byte by itself.
    assert set(reasons) <= {f"parity_{parity}", "outside_frame"}
    assert f"parity_{parity}" in reasons


@given(cut=st.integers(0, 10), digits=st.integers(0, 99_999))
def test_a_lost_byte_never_makes_a_weight_of_the_stream(cut: int, digits: int) -> None:
    frame = b" %7.2fKG " % (digits / 100)
    whole = parse(frame)
    assert isinstance(whole, WeightReading)
    assert whole.value == Decimal(digits).scaleb(-2)
    assert isinstance(parse(frame[:cut] + frame[cut + 1 :]), Noise)
