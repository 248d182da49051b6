"""TISA, the protocol of Dibal and Epelsa retail scales."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.catalogue import profile_of
from drivers.events import Event, Noise, Status, WeightReading
from drivers.scales.dibal import POLL, Dibal
from drivers.simulators.scale import with_parity


def checked(body: str) -> bytes:
    """The answer with its check behind it."""
    return body.encode() + bytes([reduce(xor, body.encode())])


def parse(frame: bytes, *, zero: str = "unknown") -> Event:
    (event,) = Dibal(zero=zero).feed(frame + b"\r\n")
    return event


@pytest.mark.parametrize(
    ("frame", "digits", "stable", "status"),
    [
        (b"9900031600000004", "0.316", True, set()),
        (b"9910021210000001", "0.212", False, {Status.MOTION}),
        (checked("990001231000150"), "0.123", True, set()),
        (checked("990150000001500"), "15.000", True, set()),
        # Correct weight, amount that does not fit.
        (checked("990012301000000"), "1.230", True, set()),
        (checked("991012300000000"), "1.230", False, {Status.MOTION}),
    ],
)
def test_a_weight_is_in_kilograms(frame: bytes, digits: str, stable: bool, status: set[Status]) -> None:
    event = parse(frame)
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.unit, event.stable, event.status) == (digits, "kg", stable, status)
    assert event.raw == frame


@pytest.mark.parametrize("body", ["990000000000000", "991000000000000", "991000001000000"])
def test_a_zero_is_not_evidence_of_an_empty_pan(body: str) -> None:
    event = parse(checked(body))
    assert isinstance(event, WeightReading)
    assert (event.value, event.stable, event.status) == (None, None, {Status.NOT_READY})


def test_a_zero_that_the_scale_calls_correct_is_believed_where_the_site_says_so() -> None:
    event = parse(checked("990000000000000"), zero="empty")
    assert isinstance(event, WeightReading)
    assert (str(event.value), event.stable, event.status) == ("0.000", True, {Status.ZERO})
    refused = parse(checked("991000001000000"), zero="empty")
    assert isinstance(refused, WeightReading)
    assert (refused.value, refused.status) == (None, {Status.NOT_READY})


def test_the_check_is_the_exclusive_or_of_every_character_before_it() -> None:
    assert checked("990003160000000") == b"9900031600000004"
    assert checked("991002121000000") == b"9910021210000001"
    assert checked("9800000") + b"\r\n" == POLL


@pytest.mark.parametrize(
    "frame",
    [
        b"9900031600000005",
        b"9900031600000014",
        b"990003160000000",
        b"900031600000004",
        b"99000316000000004",
        checked("992003160000000"),
        checked("980003160000000"),
        checked("990003162000000"),
        checked("99000.31000000 "),
        checked("990 03160000000"),
        b"98000001",
        b"S S      1.234 kg",
        b"0.316kg",
    ],
)
def test_a_wrong_check_a_fragment_or_another_grammar_is_noise(frame: bytes) -> None:
    assert parse(frame) == Noise(discarded=len(frame), reason="not_dibal")


@given(position=st.integers(0, 15), byte=st.integers(0x20, 0x7E))
def test_one_wrong_byte_is_never_a_weight(position: int, byte: int) -> None:
    frame = bytearray(b"9900031600000004")
    if frame[position] != byte:
        frame[position] = byte
        assert isinstance(parse(bytes(frame)), Noise)


def test_a_byte_lost_is_never_a_weight() -> None:
    frame = b"9900031600000004"
    for lost in range(len(frame)):
        assert isinstance(parse(frame[:lost] + frame[lost + 1 :]), Noise)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_line_of_seven_bits_is_told_by_its_parity(parity: str) -> None:
    stream = with_parity((checked("990147120014712") + b"\r\n") * 3, parity)
    events = Dibal().feed(stream)
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)


def test_it_is_asked_with_a_price_and_never_for_detection() -> None:
    profile = profile_of("dibal")
    assert profile.poll_command == POLL
    assert profile.probe_command == b""
    assert profile.silent_after_s > 7
    asked = profile.adapted({"zero": "empty"}).new_parser()
    (event,) = asked.feed(checked("990000000000000") + b"\r\n")
    assert isinstance(event, WeightReading)
    assert event.value == 0
