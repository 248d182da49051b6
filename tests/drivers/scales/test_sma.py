"""SMA SCP-0499, levels 1 and 2."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.events import Answer, Event, Noise, Status, WeightReading
from drivers.scales.sma import PROFILE, Sma
from drivers.simulators.scale import with_parity

WHOLE = b"\n 1G       5.025lb \r"


def parse(text: bytes) -> Event:
    (event,) = Sma().feed(b"\n" + text + b"\r")
    return event


def values(events: list[Event]) -> list[Decimal]:
    return [event.value for event in events if isinstance(event, WeightReading) and event.value is not None]


@pytest.mark.parametrize(
    ("text", "digits", "unit", "stable", "status"),
    [
        (b" 1G       5.025lb ", "5.025", "lb", True, set()),
        (b"Z1G       0.000lb ", "0.000", "lb", True, {Status.ZERO}),
        (b"Z1G       0.000kg_", "0.000", "kg", True, {Status.ZERO}),
        (b" 1GM      7.650kg ", "7.650", "kg", False, {Status.MOTION}),
        (b"Z1GM      0.000kg ", "0.000", "kg", False, {Status.ZERO, Status.MOTION}),
        (b" 1g      5.0025lb ", "5.0025", "lb", True, {Status.HIGH_RESOLUTION}),
        (b" 1n      1.2520kg_", "1.2520", "kg", True, {Status.HIGH_RESOLUTION, Status.NET}),
        (b" 1N        2.76lb_", "2.76", "lb", True, {Status.NET}),
        (b" 1N      100000lb ", "100000", "lb", True, {Status.NET}),
        (b" 1N      -0.250kg ", "-0.250", "kg", True, {Status.NET, Status.NEGATIVE}),
        (b" 2G       5.025 lb", "5.025", "lb", True, set()),
        (b" 3G        1250g  ", "1250", "g", True, set()),
        (b" 1G       12.50ozt", "12.50", "ozt", True, set()),
        (b" 1G *     5.025kg ", "5.025", "kg", True, set()),
    ],
)
def test_a_weight_keeps_the_devices_digits(
    text: bytes, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    event = parse(text)
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable, event.status, event.tare) == (
        digits,
        unit,
        stable,
        frozenset(status),
        None,
    )
    assert event.raw == text


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"O1G      31.250kg ", {Status.OVERLOAD}),
        (b"U1G      -0.100kg_", {Status.UNDERLOAD, Status.NEGATIVE}),
        (b"E1G  ----------kg ", {Status.ERROR}),
        (b"E1GM ----------kg_", {Status.ERROR, Status.MOTION}),
        (b"I1G  ----------kg ", {Status.NOT_READY}),
        (b"T1G  ----------lb ", {Status.ERROR}),
        (b" 1G  ----------lb ", {Status.ERROR}),
        (b"O1G  ----------lb ", {Status.OVERLOAD, Status.ERROR}),
        (b"E1G    ------  kg ", {Status.ERROR}),
        (b"E1G       5.025kg ", {Status.ERROR}),
        (b" 1G         125pcs", {Status.NOT_WEIGHT}),
        (b" 1G       98.20%  ", {Status.NOT_WEIGHT}),
    ],
)
def test_what_stands_beside_such_a_state_is_no_weight(text: bytes, status: set[Status]) -> None:
    event = parse(text)
    assert isinstance(event, WeightReading)
    assert (event.value, event.status) == (None, frozenset(status))


def test_the_tare_is_told_as_a_tare_and_never_as_a_weight() -> None:
    event = parse(b" 1T       0.200kg ")
    assert isinstance(event, WeightReading)
    assert (event.value, event.tare, event.unit, event.status) == (
        None,
        Decimal("0.200"),
        "kg",
        frozenset({Status.TARE}),
    )
    error = parse(b"T1T  ----------kg ")
    assert isinstance(error, WeightReading)
    assert (error.value, error.tare, error.status) == (None, None, frozenset({Status.TARE, Status.ERROR}))


@pytest.mark.parametrize(
    ("text", "command", "done", "answer"),
    [
        (b"?", "?", False, ""),
        (b"!", "!", False, ""),
        (b"SMA:2/1.0 ", "SMA", True, "2/1.0"),
        (b"MFG:Weigh-Tronix", "MFG", True, "Weigh-Tronix"),
        (b"MOD:SMA 15kg", "MOD", True, "SMA 15kg"),
        (b"TYP:S ", "TYP", True, "S"),
        (b"CAP:kg :6000:1:0 ", "CAP", True, "kg :6000:1:0"),
        (b"CAP:kg_:15.000:5:3", "CAP", True, "kg_:15.000:5:3"),
        (b"CMD:HPTMCR ", "CMD", True, "HPTMCR"),
        (b"END:", "END", True, ""),
        (b"    ", "D", True, ""),
        (b"R C ", "D", False, "RC"),
    ],
)
def test_an_answer_that_is_not_the_weight_is_never_a_weight(
    text: bytes, command: str, done: bool, answer: str
) -> None:
    assert parse(text) == Answer(command=command, done=done, text=answer, raw=text)


@pytest.mark.parametrize(
    "text",
    [
        b"hello",
        b"5.025lb ",
        b" 1G      5.025lb ",
        b" 1G       5.025lb",
        b" 1G*      5.025kg ",
        b" 1G        5.025lb ",
        b" 1G     5.025 lb ",
        b"X1G       5.025lb ",
        b" AG       5.025lb ",
        b" 1X       5.025lb ",
        b" 1GS      5.025lb ",
        b" 1G       5,025lb ",
        b" 1G     5.0 25lb ",
        b" 1G     1.0.25lb ",
        b" 1G    1E+0019lb ",
        b" 1G            lb ",
        b" 1G       5.025   ",
        b" 1G       5.025lb  x",
        b" 1G  ^^^^^^^^^^kg ",
        b"cap:kg :6000:1:0",
        b"  12.34lb",
        b"S S      1.234 kg",
    ],
)
def test_a_line_of_another_grammar_is_noise(text: bytes) -> None:
    assert parse(text) == Noise(discarded=len(text), reason="not_sma")


@pytest.mark.parametrize("lost", range(18))
def test_a_lost_byte_is_never_another_weight(lost: int) -> None:
    text = b" 1N      123.45kg "
    event = parse(text[:lost] + text[lost + 1 :])
    assert not values([event])


@pytest.mark.parametrize("cut", range(1, len(WHOLE)))
def test_a_cut_answer_neither_is_a_weight_nor_costs_the_next_one(cut: int) -> None:
    assert values(Sma().feed(WHOLE[:-cut] + WHOLE)) == [Decimal("5.025")]
    assert values(Sma().feed(WHOLE[cut:] + WHOLE)) == [Decimal("5.025")]


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_read_with_eight_bits_is_told_by_its_parity(parity: str) -> None:
    events = Sma().feed(with_parity(WHOLE * 80, parity))
    assert {event.reason for event in events if isinstance(event, Noise)} == {f"parity_{parity}"}
    assert not values(events)


def test_the_scale_is_only_asked_for_its_weight() -> None:
    assert (PROFILE.poll_command, PROFILE.probe_command, PROFILE.start_command) == (b"\nW\r", b"\nW\r", b"")
    assert str(PROFILE.settings) == "9600 8N1"
