"""Rinstrum's automatic output."""

from __future__ import annotations

import pytest

from drivers.catalogue import profile_of
from drivers.events import Event, Noise, Status, WeightReading
from drivers.scales.rinstrum import Rinstrum
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_no_weight, assert_reads


def parse(frame: str) -> Event:
    (event,) = Rinstrum().feed(b"\x02" + frame.encode() + b"\x03")
    return event


@pytest.mark.parametrize(
    ("frame", "digits", "unit", "stable", "status"),
    [
        ("   12.34G", "12.34", None, True, set()),
        ("-  12.34N", "-12.34", None, True, {Status.NET, Status.NEGATIVE}),
        ("+  12.34G", "12.34", None, True, set()),
        ("   12.30M", "12.30", None, False, {Status.MOTION}),
        ("     300G", "300", None, True, set()),
        ("   0.000G", "0.000", None, True, set()),
        # Format C
        ("   12.34G  - kg", "12.34", "kg", True, set()),
        ("   12.34N  -  g", "12.34", "g", True, {Status.NET}),
        ("-  12.34NM -   ", "-12.34", None, False, {Status.NET, Status.MOTION, Status.NEGATIVE}),
        ("   12.34G  1 lb", "12.34", "lb", True, set()),
        ("   0.000G Z- kg", "0.000", "kg", True, {Status.ZERO}),
        ("   0.000  Z2  t", "0.000", "t", True, {Status.ZERO}),
        # Eight columns
        ("   12.34GS    ", "12.34", None, True, set()),
        ("  -12.34NM    ", "-12.34", None, False, {Status.NET, Status.MOTION, Status.NEGATIVE}),
        ("   0.000GS Z  ", "0.000", None, True, {Status.ZERO}),
    ],
)
def test_a_frame_gives_weight_and_state(
    frame: str, digits: str, unit: str | None, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(frame), digits, unit, stable, status, raw=frame.encode())


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        ("  312.50O", Status.OVERLOAD),
        (" -------O", Status.OVERLOAD),
        ("-  12.50U", Status.UNDERLOAD),
        ("        E", Status.ERROR),
        ("  312.50O  - kg", Status.OVERLOAD),
        ("-  12.50UM -   ", Status.UNDERLOAD),
        ("   12.34E  -   ", Status.ERROR),
        ("   12.34GSO   ", Status.OVERLOAD),
        ("   12.34GSU   ", Status.UNDERLOAD),
        ("   12.34GMI   ", Status.ERROR),
    ],
)
def test_what_is_out_of_range_has_no_value(frame: str, status: Status) -> None:
    assert_no_weight(parse(frame), {status})


@pytest.mark.parametrize(
    "frame",
    [
        "  12.34G",
        "    12.34G",
        "   12.34",
        "   12.34X",
        "   12.34g",
        "12.34   G",
        "  1 2.34G",
        "  12..34G",
        " - 12.34G",
        "   1E+04G",
        "   12.34G  -kg",
        "   12.34G  - 12",
        "   12.34GM1   ",
        "   12.34GX - kg",
        "  12.34GS    ",
        "   12.34GS",
        "         G",
        # Rice Lake's stream and Toledo's weight lie between the same marks.
        "   12.34LG ",
        "05.250",
    ],
)
def test_a_fragment_or_a_frame_of_another_grammar_is_noise(frame: str) -> None:
    assert parse(frame) == Noise(discarded=len(frame), reason="not_rinstrum")


def test_a_byte_lost_inside_a_frame_is_never_a_weight() -> None:
    for frame in ("  112.34G", "  112.34N  - kg", "  112.34GS    "):
        assert isinstance(parse(frame), WeightReading)
        for lost in range(len(frame)):
            assert isinstance(parse(frame[:lost] + frame[lost + 1 :]), Noise), (frame, lost)


def test_a_start_byte_inside_a_frame_begins_it_anew() -> None:
    events = Rinstrum().feed(b"\x02   99.\x02   12.34G\x03\r\n\x02   12.34G\x03")
    assert [type(event) for event in events] == [Noise, WeightReading, WeightReading]


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_of_seven_bits_is_told_by_its_parity(parity: str) -> None:
    whole = Rinstrum().feed(b"\x02- 512.40N\x03" * 4)
    assert all(isinstance(event, WeightReading) for event in whole)
    # The marks change too, so that it may take a while until so many stray bytes are told.
    events = Rinstrum().feed(with_parity(b"\x02- 512.40N\x03" * 120, parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


def test_it_talks_by_itself_and_the_site_names_the_unit() -> None:
    profile = profile_of("rinstrum")
    assert not profile.names_unit
    assert profile.poll_command == profile.start_command == b""
