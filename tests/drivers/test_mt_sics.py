"""MT-SICS levels 0 and 1."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Answer, Event, Noise, Status, WeightReading
from drivers.scales.mt_sics import MtSics
from drivers.simulators.scale import with_parity


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
    ],
)
def test_a_weight_keeps_the_devices_digits(
    line: str, digits: str, unit: str | None, stable: bool, status: set[Status]
) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable, event.status) == (
        digits,
        unit,
        stable,
        frozenset(status),
    )
    assert event.raw == line.encode()


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
    ],
)
def test_an_answer_that_is_not_the_weight_is_never_a_weight(
    line: str, command: str, done: bool, text: str
) -> None:
    event = parse(line)
    assert isinstance(event, Answer)
    assert (event.command, event.done, event.text) == (command, done, text)


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "S S      1S S      1.234 kg",
        "   1.234 kg",
        "S X      1.234 kg",
        "S S      1,234 kg",
        "S S     1.2.34 kg",
        "S S      1E+19 kg",
        "SS      1.234 kg",
    ],
)
def test_a_line_of_another_grammar_is_noise(line: str) -> None:
    assert parse(line) == Noise(discarded=len(line), reason="not_mt_sics")


def test_a_digit_lost_on_the_line_is_noise_and_not_a_lighter_parcel() -> None:
    assert isinstance(parse("S S     12.34 kg"), Noise)
    (relative,) = MtSics(width="any").feed(b"S S 12.34 kg\r\n")
    assert isinstance(relative, WeightReading)
    assert relative.value == Decimal("12.34")


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_device_that_sends_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = MtSics().feed(with_parity(b"S S      1.234 kg\r\nS S      1.235 kg\r\n", parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


@given(data=st.binary(max_size=300), sizes=st.lists(st.integers(1, 9), max_size=40))
def test_chunking_never_changes_the_events(data: bytes, sizes: list[int]) -> None:
    text = b"S S      1.234 kg\r\n" + data + b"\r\nS D      1.234 kg\r\n"
    parser, events, rest = MtSics(), [], text
    for size in sizes:
        events += parser.feed(rest[:size])
        rest = rest[size:]
    assert events + parser.feed(rest) == MtSics().feed(text)


@given(
    chunks=st.lists(
        st.one_of(
            st.binary(max_size=80), st.text("SIDTZ@E 0123456789.+-kg\r\n", max_size=80).map(str.encode)
        ),
        max_size=20,
    )
)
def test_random_bytes_neither_raise_nor_grow(chunks: list[bytes]) -> None:
    parser = MtSics()
    for chunk in chunks:
        parser.feed(chunk)
        assert len(parser._framer._frame._bytes) <= 256


def test_a_reading_that_is_over_or_under_cannot_carry_a_value() -> None:
    with pytest.raises(ValueError, match="overload has no value"):
        WeightReading(value=Decimal(1), unit="kg", stable=True, status=frozenset({Status.OVERLOAD}), raw=b"")
    with pytest.raises(ValueError, match="not a weight"):
        WeightReading(value=Decimal("NaN"), unit="kg", stable=True, status=frozenset(), raw=b"")
