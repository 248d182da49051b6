"""Radwag's protocol, and its likeness to MT-SICS."""

from __future__ import annotations

import pytest

from drivers.catalogue import profile_of
from drivers.events import Answer, Event, Noise, Status, WeightReading
from drivers.scales.mt_sics import MtSics
from drivers.scales.radwag import POLL, Radwag
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_no_weight

WEIGHTS = [
    ("S    -      8.5 g  ", "-8.5", "g", True, {Status.NEGATIVE}),
    # As the manual's example is also printed, with a blank more before the minus.
    ("S     -      8.5 g  ", "-8.5", "g", True, {Status.NEGATIVE}),
    ("S           8.5 g  ", "8.5", "g", True, set()),
    ("SI ?       18.5 kg ", "18.5", "kg", False, {Status.MOTION}),
    ("SI ?       18.5 kg", "18.5", "kg", False, {Status.MOTION}),
    ("SI         18.5 kg ", "18.5", "kg", True, set()),
    ("SI ? -  0.00020 g  ", "-0.00020", "g", False, {Status.MOTION, Status.NEGATIVE}),
    ("SU   -  172.135 N  ", "-172.135", "N", True, {Status.NEGATIVE}),
    ("SUI? -   58.237 kg ", "-58.237", "kg", False, {Status.MOTION, Status.NEGATIVE}),
    ("SUI      58.237 lb ", "58.237", "lb", True, set()),
    ("SI        1.230 kg ", "1.230", "kg", True, set()),
    ("SI        0.000 kg ", "0.000", "kg", True, set()),
    ("S        18.32[0] g  ", "18.320", "g", True, {Status.HIGH_RESOLUTION}),
    ("SI ?     1.83[20] g  ", "1.8320", "g", False, {Status.MOTION, Status.HIGH_RESOLUTION}),
]


def parse(line: str) -> Event:
    (event,) = Radwag().feed(line.encode() + b"\r\n")
    return event


@pytest.mark.parametrize(("line", "digits", "unit", "stable", "status"), WEIGHTS)
def test_a_weight_keeps_the_devices_digits(
    line: str, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    event = parse(line)
    assert isinstance(event, WeightReading)
    assert event.value is not None
    assert (f"{event.value:f}", event.unit, event.stable, event.status) == (
        digits,
        unit,
        stable,
        frozenset(status),
    )
    assert event.raw == line.encode()


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("SI_^______31.250_kg_", Status.OVERLOAD),
        ("SI_v_-____31.250_kg_", Status.UNDERLOAD),
        ("SI_^________________", Status.OVERLOAD),
        ("S_^", Status.OVERLOAD),
        ("SI_v", Status.UNDERLOAD),
        ("SI_I", Status.NOT_READY),
        ("SUI_I", Status.NOT_READY),
        ("S_E", Status.NOT_READY),
        ("ES", Status.ERROR),
        ("SI__________125_pcs", Status.NOT_WEIGHT),
        ("SI_________98.2_%__", Status.NOT_WEIGHT),
    ],
)
def test_a_status_in_place_of_a_weight_has_no_value(line: str, status: Status) -> None:
    assert_no_weight(parse(line.replace("_", " ")), {status})


@pytest.mark.parametrize(
    ("line", "command", "done", "text"),
    [
        ("S A", "S", True, ""),
        ("SI A", "SI", True, ""),
        ("SUI A", "SUI", True, ""),
        ("C1 A", "C1", True, ""),
        ("C0 I", "C0", False, ""),
        ("T D", "T", True, ""),
        ("T v", "T", False, ""),
        ("Z ^", "Z", False, ""),
        ("UT OK", "UT", True, ""),
        ('NB A "123456"', "NB", True, "123456"),
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
        "SI ?      18.5 kg ",
        "SI ?        18.5 kg ",
        "SI ?      +18.5 kg ",
        "SI ?      1 8.5 kg ",
        "SI ?        . kg ",
        "SI ?     1,8.5 kg ",
        "SI !       18.5 kg ",
        "SI ?       18.5 g ",
        "SI ?       18.5 k ",
        "SI ?       18.5 k",
        "SI ?       18.5kg  ",
        "I ?       18.5 kg ",
        "SIA?       18.5 kg ",
        "P1 ?       18.5 kg ",
        "SI ?   18.5[20 g  ",
        "SI ?   123456789.12 g  ",
        "              18.5 kg ",
        "       1.234 kg ",
        "X1 A",
        "",
    ],
)
def test_a_fragment_or_a_line_of_another_grammar_is_noise(line: str) -> None:
    events = Radwag().feed(line.encode() + b"\r\n")
    assert events == ([Noise(discarded=len(line), reason="not_radwag")] if line else [])


@pytest.mark.parametrize("line", [row[0] for row in WEIGHTS])
def test_mt_sics_does_not_take_its_weights_for_its_own(line: str) -> None:
    for parser in (MtSics(), MtSics(width="any")):
        (event,) = parser.feed(line.encode() + b"\r\n")
        assert event == Noise(discarded=len(line), reason="not_mt_sics")


@pytest.mark.parametrize(
    "line",
    [
        "S S     100.00 g",
        "S D       7.25 kg",
        "SI S      12.30 kg",
        "SI D     -12.30 kg",
        "S S         12 PCS",
        "S +",
        "S -",
        "SI L",
        "SIX1 S 0 Z R R 0 0 0 1 N     1.234     1.234     0.000 kg",
        "S S Error 10b",
        'I4 A "B123456789"',
        "T S       5.00 kg",
    ],
)
def test_it_does_not_take_a_line_of_mt_sics_for_its_own(line: str) -> None:
    assert parse(line) == Noise(discarded=len(line), reason="not_radwag")


def test_a_byte_lost_before_the_unit_is_never_another_weight() -> None:
    for line in ("SI ?       18.5 kg ", "S    -     18.5 g  ", "SUI? -   58.237 kg "):
        whole = parse(line)
        assert isinstance(whole, WeightReading)
        for lost in range(16):
            event = parse(line[:lost] + line[lost + 1 :])
            value = event.value if isinstance(event, WeightReading) else None
            assert value in (None, whole.value)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_of_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = Radwag().feed(with_parity(b"SI ?       18.5 kg \r\nSI         18.5 kg \r\n", parity))
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


def test_it_is_asked_each_time_so_that_nothing_is_left_switched_on() -> None:
    profile = profile_of("radwag")
    assert profile.poll_command == profile.probe_command == POLL
    assert profile.start_command == b""
