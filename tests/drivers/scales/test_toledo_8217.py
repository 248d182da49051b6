"""Toledo 8217 and PS60: weights between STX and CR, and status bytes in place of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from drivers.events import Answer, Event, Noise, Parser, Status, WeightReading
from drivers.scales.toledo_8217 import PROFILE, PROFILES, PS60_PROFILE, Toledo8217
from drivers.simulators.scale import with_parity


def parse(frame: bytes, parser: Parser | None = None) -> Event:
    (event,) = (parser or Toledo8217()).feed(b"\x02" + frame + b"\r")
    return event


@pytest.mark.parametrize(
    ("frame", "digits", "unit", "status"),
    [
        (b"05.250", "5.250", None, set()),
        (b"1.234N", "1.234", None, {Status.NET}),
        (b"0.000", "0.000", None, set()),
        (b"005.25", "5.25", None, set()),
        (b"00.735", "0.735", None, set()),
        (b"01.62", "1.62", None, set()),
        (b" 5.250", "5.250", None, set()),
        (b"0012.34", "12.34", None, set()),
        (b"005250", "5250", None, set()),
        (b"0005250", "5250", None, set()),
        (b"12345", "12345", None, set()),
        (b"12345.", "12345", None, set()),
        (b"0005.0lb", "5.0", "lb", set()),
        (b"0005.0 KG", "5.0", "kg", set()),
        (b"00.735kgN", "0.735", "kg", {Status.NET}),
        (b"012lb03.4oz", "195.4", "oz", set()),
        (b"  1LB 12.30OZ", "28.30", "oz", set()),
    ],
)
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_weight_is_stable_and_keeps_its_digits(
    profile: object, frame: bytes, digits: str, unit: str | None, status: set[Status]
) -> None:
    parser = PS60_PROFILE.new_parser() if profile is PS60_PROFILE else PROFILE.new_parser()
    event = parse(frame, parser)
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable, event.status, event.raw) == (
        digits,
        unit,
        True,
        frozenset(status),
        frame,
    )


@pytest.mark.parametrize(
    ("byte", "status"),
    [
        (0x40, set()),
        (0x41, {Status.MOTION}),
        (0x42, {Status.OVERLOAD}),
        (0x44, {Status.UNDERLOAD}),
        (0x48, {Status.NOT_READY}),
        (0x50, {Status.ZERO}),
        (0x60, {Status.NET}),
        (0x70, {Status.ZERO, Status.NET}),
        (0x43, {Status.MOTION, Status.OVERLOAD}),
        (0x61, {Status.MOTION, Status.NET}),
        (0x62, {Status.OVERLOAD, Status.NET}),
        (0x64, {Status.UNDERLOAD, Status.NET}),
        (0x51, {Status.ZERO, Status.MOTION}),
        (
            0x7F,
            {
                Status.MOTION,
                Status.OVERLOAD,
                Status.UNDERLOAD,
                Status.NOT_READY,
                Status.ZERO,
                Status.NET,
            },
        ),
    ],
)
def test_every_bit_of_a_status_byte_is_stated_and_none_is_a_weight(byte: int, status: set[Status]) -> None:
    event = parse(b"?" + bytes([byte]))
    assert isinstance(event, WeightReading)
    assert (event.value, event.unit, event.status) == (None, None, frozenset(status))
    assert event.stable is (Status.MOTION not in status)


@pytest.mark.parametrize(
    ("byte", "status"),
    [(0x70, {Status.ZERO}), (0x60, set()), (0x61, {Status.MOTION}), (0x41, {Status.MOTION})],
)
def test_bit_5_says_nothing_on_a_ps60(byte: int, status: set[Status]) -> None:
    event = parse(b"?" + bytes([byte]), PS60_PROFILE.new_parser())
    assert isinstance(event, WeightReading)
    assert event.status == frozenset(status)


def test_an_echo_test_is_an_answer_and_its_text_is_never_a_weight() -> None:
    parser = Toledo8217()
    assert parser.feed(b"\x02E\rhello") == [Answer(command="E", done=True, text="", raw=b"E")]
    events = parser.feed(b"05.250\r\x02F\r")
    assert events == [
        Noise(discarded=11, reason="outside_frame"),
        Answer(command="F", done=True, text="", raw=b"F"),
    ]


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"hello",
        b"1.23",
        b"1234",
        b"12345678",
        b"1234567.89",
        b"1.2.34",
        b".....",
        b"-1.234",
        b"1.234n",
        b"1.234NN",
        b"1.234 N",
        b"1.234M",
        b"1.23 4",
        b"1.234kgs",
        b"12lb16.0oz",
        b"?",
        b"?AB",
        b"?\x31",
        b"?\xc1",
        b" 1 .234",
        b"1,234",
        b"CAL DONE ",
        b"S S      1.234 kg",
    ],
)
def test_what_is_not_of_the_grammar_is_never_a_weight(frame: bytes) -> None:
    events = Toledo8217().feed(b"\x02" + frame + b"\r")
    assert all(isinstance(event, Noise) for event in events)
    assert bool(events) is bool(frame)


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_frame_without_its_beginning_or_its_end_is_never_a_weight(cut: int) -> None:
    frame = b"\x0205.250\r"
    after = Toledo8217().feed(frame[cut:] + frame)
    before = Toledo8217().feed(frame[:-cut] + frame)
    for events in (after, before):
        values = [event.value for event in events if isinstance(event, WeightReading)]
        assert values == [Decimal("5.250")]


def test_noise_costs_the_frame_it_touches_and_no_other() -> None:
    events = Toledo8217().feed(b"\xff\x00\x7f\x0205.250\r\x0205.\xff50\r\n\x0206.000\r")
    assert [event.value for event in events if isinstance(event, WeightReading)] == [
        Decimal("5.250"),
        Decimal("6.000"),
    ]


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_read_with_eight_bits_is_told_by_its_parity(parity: str) -> None:
    events = Toledo8217().feed(with_parity(b"\x0205.250\r" * 200, parity))
    assert f"parity_{parity}" in {event.reason for event in events if isinstance(event, Noise)}
    assert not [event for event in events if isinstance(event, WeightReading)]


def test_both_profiles_ask_only_for_the_weight() -> None:
    assert [(profile.name, profile.poll_command, profile.probe_command) for profile in PROFILES] == [
        ("toledo-8217", b"W", b"W"),
        ("toledo-ps60", b"W", b"W"),
    ]
    assert {str(profile.settings) for profile in PROFILES} == {"9600 7E1"}
    assert not any(profile.names_unit for profile in PROFILES)
