"""Cardinal's two continuous outputs."""

from __future__ import annotations

import pytest

from drivers.catalogue import profile_of
from drivers.events import Event, Noise, Status, WeightReading
from drivers.scales.cardinal import ENQUIRE, Cardinal, CardinalScoreboard
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_no_weight, assert_reads


def parse(frame: str) -> Event:
    (event,) = Cardinal().feed(b"\r" + frame.encode() + b"\x03")
    return event


def parse_board(line: str) -> Event:
    (event,) = CardinalScoreboard().feed(line.encode() + b"\r")
    return event


@pytest.mark.parametrize(
    ("frame", "digits", "unit", "stable", "status"),
    [
        ("+0012.34  lb g  ", "12.34", "lb", True, set()),
        ("+001234.  lb g  ", "1234", "lb", True, set()),
        ("+001234.m lb g  ", "1234", "lb", False, {Status.MOTION}),
        ("-0012.34  kg n  ", "-12.34", "kg", True, {Status.NET, Status.NEGATIVE}),
        (" 001.230  kg g  ", "1.230", "kg", True, set()),
        (" 001234  lb g  ", "1234", "lb", True, set()),
        (" 00.0000m oz g  ", "0.0000", "oz", False, {Status.MOTION}),
        ("+0012.34  tn g  ", "12.34", "ton", True, set()),
        # As the 200 series prints it, without the blanks between the fields.
        ("-0012.34mkgN", "-12.34", "kg", False, {Status.MOTION, Status.NET, Status.NEGATIVE}),
        ("+0012.34 lbg", "12.34", "lb", True, set()),
    ],
)
def test_a_frame_of_the_738_gives_weight_and_state(
    frame: str, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(frame), digits, unit, stable, status, raw=frame.encode())


@pytest.mark.parametrize(
    ("line", "digits", "unit", "stable", "status"),
    [
        ("   12.34 LB G    ", "12.34", "lb", True, set()),
        ("   12.34 LB G MO ", "12.34", "lb", False, {Status.MOTION}),
        ("   0.000 KG G CZ ", "0.000", "kg", True, {Status.ZERO}),
        ("-  1.500 KG N    ", "-1.500", "kg", True, {Status.NET, Status.NEGATIVE}),
        ("   1234. OZ G    ", "1234", "oz", True, set()),
        ("   1234 OZ G    ", "1234", "oz", True, set()),
        ("   1234  G G    ", "1234", "g", True, set()),
        ("   12.34LBGMO", "12.34", "lb", False, {Status.MOTION}),
        ("   12.34LBG  ", "12.34", "lb", True, set()),
    ],
)
def test_a_line_of_the_scoreboard_gives_weight_and_state(
    line: str, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse_board(line), digits, unit, stable, status, raw=line.encode())


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        ("+0999.99o lb g  ", Status.OVERLOAD),
        ("-0999.99o lb n  ", Status.OVERLOAD),
        ("+0999.99c lb g  ", Status.OVERLOAD),
        ("+0012.34e lb g  ", Status.NOT_READY),
        ("+-------o lb g  ", Status.OVERLOAD),
        ("+0999.99olbG", Status.OVERLOAD),
    ],
)
def test_a_frame_of_the_738_that_is_no_weight_has_no_value(frame: str, status: Status) -> None:
    assert_no_weight(parse(frame), {status})


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("  999.99 LB G OC ", Status.OVERLOAD),
        ("-   0.50 LB G BZ ", Status.UNDERLOAD),
        ("   12.34 LB G EE ", Status.NOT_READY),
        ("   12.34 LB G ee ", Status.NOT_READY),
        ("         LB G OC ", Status.OVERLOAD),
        ("   12.34LBGOC", Status.OVERLOAD),
    ],
)
def test_a_line_of_the_scoreboard_that_is_no_weight_has_no_value(line: str, status: Status) -> None:
    assert_no_weight(parse_board(line), {status})


@pytest.mark.parametrize(
    "frame",
    [
        "+012.34  lb g  ",
        "+00012.34  lb g  ",
        "0012.34  lb g  ",
        "+0012.34  lb x  ",
        "+0012.34x lb g  ",
        "+0012.34  l g  ",
        "+0012.34  l/o g  ",
        "+0012.34  lb g   ",
        "+00 2.34  lb g  ",
        "+0.12.34  lb g  ",
        "+0012.34",
        "   12.34LG ",
        "0000.25LB",
    ],
)
def test_a_fragment_or_a_frame_of_another_grammar_is_noise(frame: str) -> None:
    assert parse(frame) == Noise(discarded=len(frame), reason="not_cardinal")


@pytest.mark.parametrize(
    "line",
    [
        "  12.34 LB G    ",
        "    12.34 LB G    ",
        "   1 .34 LB G    ",
        "   12.34 LB X    ",
        "   12.34 LB G XX ",
        "  12.34 lb GR  ",
        "   12.34 LB GR  ",
        "%1   12.34 G",
        "S S      1.234 kg",
        "       1.234 kg ",
    ],
)
def test_a_line_of_another_grammar_is_noise_to_the_scoreboard(line: str) -> None:
    assert parse_board(line) == Noise(discarded=len(line), reason="not_cardinal_scoreboard")


def test_a_digit_lost_inside_a_frame_is_never_a_weight() -> None:
    for lost in range(8):
        frame = "+1234.56m lb g  "
        event = parse(frame[:lost] + frame[lost + 1 :])
        assert isinstance(event, Noise) or lost == 5, lost
        line = "-1234.56 LB G    "
        board = parse_board(line[:lost] + line[lost + 1 :])
        assert isinstance(board, Noise) or lost == 5, lost


def test_a_point_lost_is_noise_once_the_width_is_known() -> None:
    parser = Cardinal()
    parser.feed(b"\r+1234.56m lb g  \x03" * 3)
    assert parser.feed(b"\r+123456m lb g  \x03") == [Noise(discarded=15, reason="width")]
    board = CardinalScoreboard()
    board.feed(b"-1234.56 LB G    \r" * 3)
    assert board.feed(b"-123456 LB G    \r") == [Noise(discarded=16, reason="width")]


def test_a_start_byte_inside_a_frame_begins_it_anew() -> None:
    events = Cardinal().feed(b"\r+0099.\r+0012.34  lb g  \x03\r+0012.34  lb g  \x03")
    assert [type(event) for event in events] == [Noise, WeightReading, WeightReading]


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_of_seven_bits_is_told_by_its_parity(parity: str) -> None:
    stream = with_parity(b"\r-0512.40m kg g  \x03" * 120, parity)
    events = Cardinal().feed(stream)
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)
    events = CardinalScoreboard().feed(with_parity(b"-0512.40 KG G MO \r" * 20, parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


def test_the_738_talks_by_itself_and_the_scoreboard_answers_an_enquiry() -> None:
    assert profile_of("cardinal").poll_command == b""
    board = profile_of("cardinal-scoreboard")
    assert board.poll_command == board.probe_command == ENQUIRE == b"\x05"
