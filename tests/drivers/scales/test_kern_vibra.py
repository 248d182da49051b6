"""ViBRA's packets of fourteen and fifteen bytes."""

from __future__ import annotations

import pytest

from drivers.catalogue import profile_of
from drivers.events import Answer, Event, Noise, Status, WeightReading
from drivers.line_settings import LineSettings
from drivers.scales.kern_vibra import POLL, KernVibra
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_no_weight, assert_reads


def parse(line: str) -> Event:
    (event,) = KernVibra().feed(line.encode() + b"\r\n")
    return event


@pytest.mark.parametrize(
    ("line", "digits", "unit", "stable", "status"),
    [
        ("+0123.45 G U", "123.45", "g", False, {Status.MOTION}),
        ("-0001.20CT S", "-1.20", "ct", True, {Status.NEGATIVE}),
        ("+00123.4 G S", "123.4", "g", True, set()),
        ("-65.4321KG U", "-65.4321", "kg", False, {Status.MOTION, Status.NEGATIVE}),
        ("    1.23 G S", "1.23", "g", True, set()),
        ("+   1.23 G  ", "1.23", "g", None, set()),
        ("+0001.230KG S", "1.230", "kg", True, set()),
        ("+0012.345KGGS", "12.345", "kg", True, set()),
        ("+0012.345KGLS", "12.345", "kg", True, set()),
        ("+0012.345KGHU", "12.345", "kg", False, {Status.MOTION}),
        ("+000002.5LB S", "2.5", "lb", True, set()),
        ("+000040.0OZ S", "40.0", "oz", True, set()),
        ("+000040.0OT S", "40.0", "ozt", True, set()),
        ("+000040.0DW S", "40.0", "dwt", True, set()),
        ("+000040.0GR S", "40.0", "gr", True, set()),
        ("+000040.0TL S", "40.0", "TL", True, set()),
        ("+000040.0MO S", "40.0", "MO", True, set()),
        ("+000040.0to S", "40.0", "to", True, set()),
        ("+001234  G S", "1234", "g", True, set()),
        ("+0012.345kg S", "12.345", "kg", True, set()),
        # The digit behind the slash is shown and counts, but not for trade.
        ("+008.12/2 G S", "8.122", "g", True, {Status.HIGH_RESOLUTION}),
        ("-0008.12/2 G U", "-8.122", "g", False, {Status.HIGH_RESOLUTION, Status.MOTION, Status.NEGATIVE}),
    ],
)
def test_a_packet_gives_its_digits_unit_and_state(
    line: str, digits: str, unit: str, stable: bool | None, status: set[Status]
) -> None:
    assert_reads(parse(line), digits, unit, stable, status, raw=line.encode())


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("+0000.00 G E", {Status.ERROR}),
        ("+0012.345KG E", {Status.ERROR}),
        ("+         G E", {Status.ERROR}),
        ("-008.12/2 G E", {Status.ERROR}),
        ("+0000012PC S", {Status.NOT_WEIGHT}),
        ("+0098.20 % U", {Status.NOT_WEIGHT, Status.MOTION}),
        ("+0098.20 %  ", {Status.NOT_WEIGHT}),
    ],
)
def test_an_error_a_count_or_a_percentage_has_no_value(line: str, status: set[Status]) -> None:
    assert_no_weight(parse(line), status)


@pytest.mark.parametrize(("line", "done"), [("A00", True), ("E01", False), ("E04", False)])
def test_the_answer_to_a_command_is_no_weight(line: str, done: bool) -> None:
    event = parse(line)
    assert isinstance(event, Answer)
    assert (event.done, event.text) == (done, line)


@pytest.mark.parametrize(
    "line",
    [
        "0123.45 G U",
        "+123.45 G U",
        "+0123.45 GU",
        "+0123.45G U",
        "+0123.45 G X",
        "+0123.45 GXS",
        "+00001.230KG S",
        "+01-3.45 G S",
        "+01 3.45 G S",
        "+0123.45 1 S",
        "+008.12/22 G S",
        "+008./12 G S S",
        "+008.12/ G S",
        "+12/2 G S",
        "A000",
        "       1.234 kg ",
        "S S      1.234 kg",
        "+     0.00 g  ",
        "+    0.00 g  ",
        "+ 008.12/2 g  ",
        "ST,+0123.45  g",
    ],
)
def test_a_fragment_or_a_line_of_another_grammar_is_noise(line: str) -> None:
    assert parse(line) == Noise(discarded=len(line), reason="not_kern_vibra")


def test_a_byte_lost_from_the_narrow_packet_is_never_a_weight() -> None:
    line = "+0123.45 G S"
    for lost in range(len(line)):
        assert isinstance(parse(line[:lost] + line[lost + 1 :]), Noise)


def test_a_digit_lost_from_the_wide_packet_is_noise_once_the_width_is_known() -> None:
    wide, cut = b"+00123.45 G S\r\n", b"+0023.45 G S\r\n"
    parser = KernVibra()
    parser.feed(wide * 3)
    assert parser.feed(cut) == [Noise(discarded=12, reason="width")]
    changing = KernVibra(width="any")
    changing.feed(wide * 3)
    assert isinstance(changing.feed(cut)[0], WeightReading)


def test_a_marked_digit_does_not_change_the_width() -> None:
    parser = KernVibra()
    events = parser.feed(b"+0008.12 G S\r\n" * 3 + b"+008.12/2 G S\r\n")
    assert all(isinstance(event, WeightReading) for event in events)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_of_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = KernVibra().feed(with_parity(b"+0123.45 G S\r\n+0123.46 G S\r\n", parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


def test_the_balance_is_asked_for_one_packet_and_its_output_mode_left_alone() -> None:
    profile = profile_of("kern-vibra")
    assert profile.poll_command == profile.probe_command == POLL == b"O8\r\n"
    assert profile.settings == LineSettings(baudrate=1200, stop_bits=2)
