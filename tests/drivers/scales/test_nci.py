"""NCI: SCP-01, SCP-02, SCP-12 and P Ship."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.events import Answer, Event, Noise, Status, WeightReading
from drivers.scales.nci import PROFILE, Nci
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_reads

ETX = b"\x03"
WHOLE = b"\n  12.34lb\r\n00\r\x03"


def parse(frame: bytes, **switches: str) -> Event:
    (event,) = PROFILE.adapted(switches).new_parser().feed(frame)
    return event


def values(events: list[Event]) -> list[Decimal]:
    return [event.value for event in events if isinstance(event, WeightReading) and event.value is not None]


@pytest.mark.parametrize(
    ("frame", "digits", "unit", "stable", "status"),
    [
        (b"\n0000.25LB\r\n00\r\x03", "0.25", "lb", True, set()),
        (b"\n00.250LB\r\nS00\r\x03", "0.250", "lb", True, set()),
        (b"\n  12.34lb\r\n10\r\x03", "12.34", "lb", False, {Status.MOTION}),
        (b"\n   0.00kg\r\n20\r\x03", "0.00", "kg", True, {Status.ZERO}),
        (b"\n  2.10lb\r00\x03", "2.10", "lb", True, set()),
        (b"\n  2.10lb\r10\x03", "2.10", "lb", False, {Status.MOTION}),
        (b"\n-  2.10lb\r00\x03", "-2.10", "lb", True, {Status.NEGATIVE}),
        (b"\n 00012.34OZ\r00\x03", "12.34", "oz", True, set()),
        (b"\n012.34KG\r\nS00\r\x03", "12.34", "kg", True, set()),
        (b"\n 1234g \r\n00\r\x03", "1234", "g", True, set()),
        (b"\n 12.345 kg\r\n0p0\r\x03", "12.345", "kg", True, set()),
        (b"\n 12.345kg\r\n0p4\r\x03", "12.345", "kg", True, {Status.NET}),
        (b"\n 12.345kg\r\n0p3\r\x03", "12.345", "kg", True, set()),
        (b"\n 12.345kg\r\nS0pp7\r\x03", "12.345", "kg", True, set()),
        (b"\n 12.345kg\r\n1pt2\r\x03", "12.345", "kg", False, {Status.MOTION, Status.NET}),
        (b"\n00.250LB\n\rS00\r\x03", "0.250", "lb", True, set()),
        (b"\n12lb  3.4oz\r\n00\r\x03", "195.4", "oz", True, set()),
        (b"\n12lb  3.4oz\r\n10\r\x03", "195.4", "oz", False, {Status.MOTION}),
        (b"\n 0LB 12.30OZ\r\nS0pp0\r\x03", "12.30", "oz", True, set()),
        (b"\n0012lb03.4oz\r\n0p0\r\x03", "195.4", "oz", True, set()),
    ],
)
def test_a_weight_carries_its_unit_and_the_states_of_the_scale(
    frame: bytes, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(frame), digits, unit, stable, status, raw=frame.strip(b"\n\r\x03"))


@pytest.mark.parametrize(
    ("frame", "unit", "status"),
    [
        (b"\n  68.05kg\r\n02\r\x03", "kg", {Status.OVERLOAD}),
        (b"\n- 0.20kg\r\n01\r\x03", "kg", {Status.UNDERLOAD, Status.NEGATIVE}),
        (b"\n  12.34lb\r\n40\r\x03", "lb", {Status.ERROR}),
        (b"\n  12.34lb\r\n80\r\x03", "lb", {Status.ERROR}),
        (b"\n  12.34lb\r\n04\r\x03", "lb", {Status.ERROR}),
        (b"\n  12.34lb\r\n08\r\x03", "lb", {Status.ERROR}),
        (b"\n  12.34lb\r\n0p8\r\x03", "lb", {Status.NOT_READY}),
        (b"\n  12.34lb\r\n0r0\r\x03", "lb", {Status.OVERLOAD}),
        (b"\n  68.05kg\r02\x03", "kg", {Status.OVERLOAD}),
        (b"\n12lb  3.4oz\r\n02\r\x03", "oz", {Status.OVERLOAD}),
        (b"\n^^^^^^kg\r\n02\r\x03", "kg", {Status.OVERLOAD}),
        (b"\n^^^^^^lb\r\n00\r\x03", "lb", {Status.OVERLOAD}),
        (b"\n______lb\r\n01\r\x03", "lb", {Status.UNDERLOAD}),
        (b"\n________kg\r\n00\r\x03", "kg", {Status.UNDERLOAD}),
        (b"\n---------oz\r\n0p0\r\x03", "oz", {Status.ERROR}),
        (b"\n------LB\r\nS00\r\x03", "lb", {Status.ERROR}),
        (b"\n   12.5%\r\n00\r\x03", "%", {Status.NOT_WEIGHT}),
        (b"\n    125pcs\r\n0pp1\r\x03", "pcs", {Status.NOT_WEIGHT}),
    ],
)
def test_what_stands_beside_such_a_status_is_no_weight(frame: bytes, unit: str, status: set[Status]) -> None:
    event = parse(frame)
    assert isinstance(event, WeightReading)
    assert (event.value, event.unit, event.status) == (None, unit, frozenset(status))


@pytest.mark.parametrize(
    ("frame", "stable", "status"),
    [
        (b"\n00\r\x03", True, set()),
        (b"\n10\r\x03", False, {Status.MOTION}),
        (b"\n20\r\x03", True, {Status.ZERO}),
        (b"\n30\r\x03", False, {Status.MOTION, Status.ZERO}),
        (b"\n02\r\x03", True, {Status.OVERLOAD}),
        (b"\n01\r\x03", True, {Status.UNDERLOAD}),
        (b"\n0p8\r\x03", True, {Status.NOT_READY}),
        (b"\nS00\r\x03", True, set()),
        (b"\nS10\r\x03", False, {Status.MOTION}),
        (b"\rS02\r\x03", True, {Status.OVERLOAD}),
        (b"\r\n\n20\r\x03", True, {Status.ZERO}),
    ],
)
def test_the_status_alone_is_stated_without_a_weight(frame: bytes, stable: bool, status: set[Status]) -> None:
    event = parse(frame)
    assert isinstance(event, WeightReading)
    assert (event.value, event.unit, event.stable, event.status) == (None, None, stable, frozenset(status))


@pytest.mark.parametrize(
    ("motion", "states", "stable", "status"),
    [
        ("normal", b"00", True, set()),
        ("normal", b"10", False, {Status.MOTION}),
        ("inverted", b"10", True, set()),
        ("inverted", b"00", False, {Status.MOTION}),
        ("inverted", b"30", True, {Status.ZERO}),
        ("inverted", b"12", True, {Status.OVERLOAD}),
        ("all_inverted", b"?0", True, set()),
        ("all_inverted", b">0", False, {Status.MOTION}),
        ("all_inverted", b"=0", True, {Status.ZERO}),
        ("all_inverted", b";0", True, {Status.ERROR}),
        ("all_inverted", b"70", True, {Status.ERROR}),
    ],
)
def test_a_site_says_which_way_round_the_first_status_character_is(
    motion: str, states: bytes, stable: bool, status: set[Status]
) -> None:
    event = parse(b"\n  2.10lb\r" + states + ETX, motion=motion)
    assert isinstance(event, WeightReading)
    assert (event.stable, event.status) == (stable, frozenset(status))
    assert (event.value is None) is bool(status & {Status.ERROR, Status.OVERLOAD})


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (b"\n?\r\x03", Answer(command="?", done=False, text="", raw=b"?")),
        (b"\n? \r\x03", Answer(command="?", done=False, text="", raw=b"? ")),
        (b"\nkg\r\n00\r\x03", Answer(command="U", done=True, text="kg", raw=b"kg\r\n00")),
        (b"\nlb:oz\r\n00\r\x03", Answer(command="U", done=True, text="lb:oz", raw=b"lb:oz\r\n00")),
        (b"\n012345MM\r\n00\r\x03", Answer(command="M", done=True, text="12345", raw=b"012345MM\r\n00")),
    ],
)
def test_an_answer_to_another_question_is_never_a_weight(frame: bytes, answer: Answer) -> None:
    assert parse(frame) == answer


@pytest.mark.parametrize(
    "frame",
    [
        b"hello",
        b"  12.34lb\r\n00\r",
        b"\n12.3lb\r\n00\r",
        b"\n2.34lb\r\n00\r",
        b"\n  12.34b\r\n00\r",
        b"\n  12.34K\r\n00\r",
        b"\n  12.34lb\r\n0\r",
        b"\n 0LB 12.30OZ\r\nS00pp0\r",
        b"\n  12.34lb\r\nA0\r",
        b"\n  12.34lb\r\np0\r",
        b"\n  12.34lb\r\n0p\r",
        b"\n  12.34lb\r\n000\r",
        b"\n  12.34lb00\r",
        b"\n  12.34lb\r\n",
        b"\n  12.34\r\n00\r",
        b"\n 1 2.34lb\r\n00\r",
        b"\n 1.2.34lb\r\n00\r",
        b"\n  12,34lb\r\n00\r",
        b"\n 1.2E+19kg\r\n00\r",
        b"\n12345678901lb\r\n00\r",
        b"\n12lb 16.0oz\r\n00\r",
        b"\n^^_^^^kg\r\n02\r",
        b"\nErr  \r\n00\r",
        b"\n\xb1\xb2.34lb\r\n00\r",
        b"S S      1.234 kg\r\n",
        b" 1G       5.025lb ",
    ],
)
def test_a_frame_of_another_grammar_is_noise(frame: bytes) -> None:
    (event,) = Nci().feed(frame + ETX)
    assert isinstance(event, Noise)


@pytest.mark.parametrize("cut", range(1, len(WHOLE)))
def test_a_cut_answer_neither_is_a_weight_nor_costs_the_next_one(cut: int) -> None:
    before, after = Nci().feed(WHOLE[:-cut] + WHOLE), Nci().feed(WHOLE[cut:] + WHOLE)
    assert values(before) == [Decimal("12.34")]
    assert values(after) == [Decimal("12.34")]


def test_noise_costs_the_frame_it_touches_and_no_other() -> None:
    events = Nci().feed(b"\x00\x7f\xff\n" + WHOLE + b"\n  \xff2.34lb\r\n00\r\x03" + WHOLE)
    assert values(events) == [Decimal("12.34"), Decimal("12.34")]


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_read_with_eight_bits_is_told_by_its_parity(parity: str) -> None:
    events = Nci().feed(with_parity(b"\n  12.34lb\r\n10\r\x03" * 8, parity))
    assert {event.reason for event in events if isinstance(event, Noise)} == {f"parity_{parity}"}
    assert not values(events)


def test_the_scale_is_only_asked_for_its_weight() -> None:
    assert (PROFILE.poll_command, PROFILE.probe_command, PROFILE.start_command) == (b"W\r", b"W\r", b"")
    assert str(PROFILE.settings) == "9600 7E1"
