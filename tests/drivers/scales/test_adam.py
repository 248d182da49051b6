"""Adam Equipment's weight lines."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.catalogue import profile_of
from drivers.events import Event, Noise, Status, WeightReading
from drivers.scales.adam import POLL, Adam
from drivers.scales.kern import Kern
from drivers.simulators.scale import with_parity


def parse(line: str) -> Event:
    (event,) = Adam().feed(line.encode() + b"\r\n")
    return event


@pytest.mark.parametrize(
    ("line", "digits", "unit", "status"),
    [
        ("G    +    2.00 kg", "2.00", "kg", set()),
        ("G    -    2.00 kg", "-2.00", "kg", {Status.NEGATIVE}),
        ("N    +    1.00 kg", "1.00", "kg", {Status.NET}),
        ("N    -  150.50 lb", "-150.50", "lb", {Status.NET, Status.NEGATIVE}),
        ("+  0.58  lb", "0.58", "lb", set()),
        ("+  5.00  lb", "5.00", "lb", set()),
        ("- 12.50  kg", "-12.50", "kg", {Status.NEGATIVE}),
        ("G/W  + 5.00 lb", "5.00", "lb", set()),
        ("G/W: + 2.00 kg", "2.00", "kg", set()),
        ("N/W: - 0.50 kg", "-0.50", "kg", {Status.NET, Status.NEGATIVE}),
        ("       123.45 g ", "123.45", "g", set()),
        ("-      123.45 g ", "-123.45", "g", {Status.NEGATIVE}),
        ("      0.12345lb ", "0.12345", "lb", set()),
        ("       123.45dwt", "123.45", "dwt", set()),
        ("GROSS   123.45 g ", "123.45", "g", set()),
        ("NET     123.45 g ", "123.45", "g", {Status.NET}),
        ("GS      123.45 g ", "123.45", "g", set()),
        ("NT       1.234 kg", "1.234", "kg", {Status.NET}),
        ("Gross Wt 1.234 Kg", "1.234", "kg", set()),
        ("Net Wt.  1.234 Kg", "1.234", "kg", {Status.NET}),
    ],
)
def test_a_weight_says_its_unit_and_never_that_it_is_stable(
    line: str, digits: str, unit: str, status: set[Status]
) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable, event.status) == (
        digits,
        unit,
        None,
        frozenset(status),
    )
    assert event.raw == line.encode()


@pytest.mark.parametrize("line", ["          125PCS", "GS        12 pcs", "GS 100.00%", "        98.20 % "])
def test_a_count_or_a_percentage_has_no_value(line: str) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert (event.value, event.status) == (None, {Status.NOT_WEIGHT})


@pytest.mark.parametrize("line", ["T    +    0.50 kg", "Tare      0.50 kg", "T/W: + 0.50 kg"])
def test_the_tare_in_memory_is_no_weight(line: str) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert (event.value, event.tare, event.status) == (None, Decimal("0.50"), {Status.TARE})


@pytest.mark.parametrize(
    "line",
    [
        "G    +   2.00 kg",
        "G    +    2.0 kg",
        "G    +    2.00kg",
        "G    +     2.00 kg",
        "G    +    2 00 kg",
        "G         2.00 kg",
        "X    +    2.00 kg",
        "    +    2.00 kg",
        "+ 0.58  lb",
        "+  0.5  lb",
        "+  0.58 lb",
        "+  0.58  lb ",
        "+  0.58  xx",
        "      123.45 g ",
        "        123.45 g ",
        "       12.45 g ",
        "No.           01",
        "Total   123.45 g ",
        "  1.234kg",
        "1.234kg",
        # Kern's older line, Sartorius, A&D, the comma family, Ohaus, MT-SICS
        "       1.234 kg ",
        "       1.234 kg",
        "+     0.00 g  ",
        "ST,+001234.5  g",
        "ST,GS    20.7g  ",
        "US,GROSS,     123.45 g ",
        "     192.21 g",
        "S S      1.234 kg",
        "^^^^^^kg",
    ],
)
def test_a_fragment_or_a_line_of_another_grammar_is_noise(line: str) -> None:
    assert parse(line) == Noise(discarded=len(line), reason="not_adam")


def test_a_byte_lost_before_the_unit_is_never_a_weight() -> None:
    for line in ("G    + 1252.00 kg", "+ 10.58  lb", "-     1123.45 g "):
        assert isinstance(parse(line), WeightReading)
        for lost in range(line.index(".") + 3):
            assert isinstance(parse(line[:lost] + line[lost + 1 :]), Noise), (line, lost)


def test_a_label_that_lost_a_digit_is_noise_once_its_width_is_known() -> None:
    parser = Adam()
    parser.feed(b"GROSS   123.45 g \r\n" * 3)
    assert parser.feed(b"GROSS   12.45 g \r\n") == [Noise(discarded=16, reason="width")]


def test_a_line_that_names_nothing_is_read_only_where_the_site_says_so() -> None:
    bare = Adam(label="bare")
    (event,) = bare.feed(b"  1.234kg\r\n")
    assert isinstance(event, WeightReading)
    assert (event.value, event.unit, event.stable) == (Decimal("1.234"), "kg", None)
    bare.feed(b"  1.234kg\r\n" * 2)
    assert bare.feed(b"  .234kg\r\n  1.24kg\r\n")[-1] == Noise(discarded=8, reason="width")
    assert isinstance(parse("  1.234kg"), Noise)
    (signed,) = Adam(label="bare").feed(b"+   0.500 kg\r\n")
    assert isinstance(signed, WeightReading)
    assert (signed.value, signed.unit) == (Decimal("0.500"), "kg")


def test_kern_does_not_take_the_sixteen_characters_for_its_own() -> None:
    (event,) = Kern().feed(b"       123.45 g \r\n")
    assert isinstance(event, Noise)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_of_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = Adam().feed(with_parity(b"G    -  550.05 kg\r\nG    -  550.06 kg\r\n", parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


def test_it_is_asked_for_the_gross_weight_which_changes_nothing() -> None:
    profile = profile_of("adam")
    assert profile.poll_command == profile.probe_command == POLL == b"G\r\n"
    assert any("stable" in point for point in profile.cannot_tell)
