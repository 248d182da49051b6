"""CAS PD-II: the handshake, the frame and what its sources disagree about."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import xor
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.catalogue import profile_of
from drivers.events import Answer, Event, Noise, Replying, Status, WeightReading
from drivers.scales.cas_pd2 import CasPd2
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import assert_no_weight, assert_reads

NEGATIVE, MOTION = Status.NEGATIVE, Status.MOTION


def frame(body: bytes, *, mask: int = 0, before: bytes = b"\x01\x02", after: bytes = b"\x03\x04") -> bytes:
    return before + body + bytes([reduce(xor, body) ^ mask]) + after


def parse(body: bytes, **switches: str) -> Event:
    (event,) = profile_of("cas-pd2").adapted(switches).new_parser().feed(frame(body))
    return event


WEIGHTS: list[tuple[bytes, str, str, bool, set[Status]]] = [
    (b"S  1.234kg", "1.234", "kg", True, set()),
    (b"U  0.565kg", "0.565", "kg", False, {MOTION}),
    (b"S 01.234KG", "1.234", "kg", True, set()),
    (b"S-12.345lb", "-12.345", "lb", True, {NEGATIVE}),
    (b"S   1234 g", "1234", "g", True, set()),
    (b"S  123.7g ", "123.7", "g", True, set()),
    (b"S  13.045kg", "13.045", "kg", True, set()),
    (b"U- 13.045kg", "-13.045", "kg", False, {NEGATIVE, MOTION}),
]


@pytest.mark.parametrize(("body", "digits", "unit", "stable", "status"), WEIGHTS)
def test_a_weight_keeps_the_devices_digits(
    body: bytes, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(body), digits, unit, stable, status, raw=frame(body, before=b"", after=b""))


@pytest.mark.parametrize("before", [b"\x01\x02", b"\x02", b"\x81\x02"])
@pytest.mark.parametrize("after", [b"\x03\x04", b"\x03", b"\x03\x04\x00", b"\x03\x04\x10", b"\x03\x04\x40"])
def test_clones_leave_out_the_soh_or_the_eot_or_add_a_byte_of_state(before: bytes, after: bytes) -> None:
    stream = frame(b"S  1.234kg", before=before, after=after) * 2
    assert CasPd2().feed(stream) == [parse(b"S  1.234kg")] * 2


def test_a_frame_recorded_from_a_clone_is_read() -> None:
    (event,) = CasPd2().feed(b"\x01\x02U 02.514kg\x65\x03\x04\x00")
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable) == ("2.514", "kg", False)


@pytest.mark.parametrize(
    ("body", "status"), [(b"F  0.000kg", Status.OVERLOAD), (b"F-------kg", Status.UNDERLOAD)]
)
def test_out_of_range_has_no_value(body: bytes, status: Status) -> None:
    assert_no_weight(parse(body), {status})


def test_the_order_is_due_once_after_the_scale_said_that_it_has_a_weight() -> None:
    parser = CasPd2()
    assert isinstance(parser, Replying)
    assert parser.pending_output() == b""
    assert parser.feed(b"\x06") == [Answer(command="ENQ", done=True, text="", raw=b"\x06")]
    assert (parser.pending_output(), parser.pending_output()) == (b"\x11", b"")


def test_a_scale_without_a_weight_is_not_ordered_to_send_one() -> None:
    parser = CasPd2()
    assert parser.feed(b"\x15") == [Answer(command="ENQ", done=False, text="", raw=b"\x15")]
    assert parser.pending_output() == b""


def test_a_check_byte_that_is_an_acknowledgement_is_no_answer() -> None:
    body = b"S       2 g"
    assert reduce(xor, body) == 0x06
    parser = CasPd2()
    (event,) = parser.feed(frame(body))
    assert isinstance(event, WeightReading)
    assert parser.pending_output() == b""


def test_an_acknowledgement_after_half_a_frame_is_heard() -> None:
    parser = CasPd2()
    assert parser.feed(b"\x01\x02S  1.2\x06") == [
        Noise(discarded=7, reason="cut_short"),
        Answer(command="ENQ", done=True, text="", raw=b"\x06"),
    ]
    assert parser.pending_output() == b"\x11"


@pytest.mark.parametrize("check", range(256))
def test_of_all_check_bytes_one_is_right_and_the_others_are_never_a_weight(check: int) -> None:
    body = b"S  1.234kg"
    (event,) = CasPd2().feed(b"\x01\x02" + body + bytes([check]) + b"\x03\x04")
    right = check == reduce(xor, body)
    assert event == (parse(body) if right else Noise(discarded=13, reason="bad_checksum"))


@pytest.mark.parametrize(("bcc", "mask"), [("data", 0x00), ("stx", 0x02), ("etx", 0x03), ("stx-etx", 0x01)])
@pytest.mark.parametrize("position", ["data", "stx", "etx", "stx-etx"])
def test_what_the_check_covers_is_the_sites_to_say(
    bcc: Literal["data", "stx", "etx", "stx-etx"], mask: int, position: str
) -> None:
    parser = profile_of("cas-pd2").adapted({"bcc": position}).new_parser()
    (event,) = parser.feed(frame(b"S  1.234kg", mask=mask))
    assert isinstance(event, WeightReading if position == bcc else Noise)


@pytest.mark.parametrize(
    ("decimals", "digits"), [("3", "1.234"), ("2", "12.34"), ("1", "123.4"), ("0", "1234")]
)
def test_without_a_point_the_site_says_where_it_stands(decimals: str, digits: str) -> None:
    event = parse(b"S 001234kg", point="no", decimals=decimals)
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit) == (digits, "kg")


def test_kilograms_without_a_point_are_noise_until_the_site_says_where_it_stands() -> None:
    assert parse(b"S 001234kg") == Noise(discarded=13, reason="no_point")
    assert parse(b"S  1.234kg", point="no") == Noise(discarded=13, reason="not_cas_pd2")


@pytest.mark.parametrize(
    "body",
    [
        b"X  1.234kg",
        b"S? 1.234kg",
        b"S  1.23 kg",
        b"S  1 234kg",
        b"S  1.2.4kg",
        b"S  1,234kg",
        b"S        kg",
        b"S  1.2341g",
    ],
)
def test_a_frame_of_another_grammar_is_noise_though_its_check_is_right(body: bytes) -> None:
    assert isinstance(parse(body), Noise)


@pytest.mark.parametrize("lost", range(14))
def test_a_lost_byte_costs_its_frame_and_no_other(lost: int) -> None:
    whole = frame(b"S  1.234kg")
    events = CasPd2().feed(whole[: lost + 1] + whole[lost + 2 :] + whole)
    assert events[-1] == parse(b"S  1.234kg")
    assert all(event == events[-1] or isinstance(event, Noise) for event in events)


def test_bytes_between_two_frames_are_noise() -> None:
    whole = frame(b"S  1.234kg")
    assert CasPd2().feed(b"234kg" + whole) == [
        Noise(discarded=5, reason="outside_frame"),
        parse(b"S  1.234kg"),
    ]


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_device_that_sends_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = CasPd2().feed(with_parity(frame(b"S  1.234kg") * 90, parity))
    reasons = [event.reason if isinstance(event, Noise) else "a reading" for event in events]
    assert set(reasons) <= {f"parity_{parity}", "outside_frame"}
    assert f"parity_{parity}" in reasons


@given(at=st.integers(2, 11), byte=st.integers(0, 255), grams=st.integers(0, 99_999))
def test_a_byte_read_wrongly_never_makes_another_weight(at: int, byte: int, grams: int) -> None:
    whole = bytearray(frame(b"S %6.3fkg" % (grams / 1000)))
    whole[at] = byte
    events = CasPd2().feed(bytes(whole))
    values = [event.value for event in events if isinstance(event, WeightReading)]
    assert all(value == Decimal(grams).scaleb(-3) for value in values)
