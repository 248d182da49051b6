"""Honeywell's data packets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Event, Noise, NoRead, ScanRead
from drivers.scanners.honeywell import PROFILE, HoneywellPackets

LABEL = b"RR473124829GB"


def packet(data: bytes, code: bytes = b"jC0") -> bytes:
    """A packet as the scanner sends it; its digits count the suffix."""
    return b"\x16\xfe\x00\x00\x00\x00\rMSGGET%04d" % len(data) + code + b"\x1d" + data


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, ScanRead)]


@pytest.mark.parametrize(
    ("data", "code", "aim", "text"),
    [
        (b"9" * 13 + b"\r", b"dE0", "]E0", "9" * 13),
        (b"9" * 2047 + b"\r", b"dE0", "]E0", "9" * 2047),
        (LABEL + b"\r\n", b"jC0", "]C0", "RR473124829GB"),
        (b"010401234512345610L\x1d21S\r", b"wd2", "]d2", "010401234512345610L\x1d21S"),
        (b"]C0A1\r", b"jC0", "]C0", "]C0A1"),
        (b"A\r\x16\xfeB\r", b"sQ1", "]Q1", None),
    ],
)
def test_a_packet_is_one_scan_with_its_aim_identifier(
    data: bytes, code: bytes, aim: str, text: str | None
) -> None:
    (event,) = HoneywellPackets().feed(packet(data, code))
    assert isinstance(event, ScanRead)
    assert (event.aim, event.payload) == (aim, data.rstrip(b"\r\n"))
    assert text is None or event.text == text


@pytest.mark.parametrize(
    ("place", "byte"),
    [(0, 0x00), (1, 0x00), (6, 0x00), (9, 0x00), (16, 0x40), (16, 0x30), (20, 0x0D), (34, 0x00)],
)
def test_a_packet_that_is_not_of_the_form_is_noise(place: int, byte: int) -> None:
    spoilt = bytearray(packet(b"9" * 13 + b"\r"))
    spoilt[place] = byte
    if place == 16 and byte == 0x30:
        spoilt[15] = 0x30
    parser = HoneywellPackets()
    events = parser.feed(bytes(spoilt)) + parser.idle()
    assert events == [Noise(discarded=35, reason="not_honeywell")]
    assert texts(parser.feed(packet(LABEL + b"\r"))) == [LABEL.decode()]


@pytest.mark.parametrize("lost", range(36))
def test_a_lost_byte_costs_its_own_packet_and_is_never_another_number(lost: int) -> None:
    whole = packet(b"9" * 13 + b"\r")
    parser = HoneywellPackets()
    events = parser.feed(whole[:lost] + whole[lost + 1 :] + packet(LABEL + b"\r")) + parser.idle()
    assert texts(events)[-1] == LABEL.decode()
    assert set(texts(events)) <= {LABEL.decode(), "9" * 13}


def test_a_no_read_message_is_never_a_payload() -> None:
    assert HoneywellPackets().feed(packet(b"NR\r")) == [NoRead(raw=b"NR")]
    parser = PROFILE.adapted({"gs": "|"}).new_parser()
    assert texts(parser.feed(packet(b"A|B\r"))) == ["A\x1dB"]


@given(
    data=st.lists(st.one_of(st.binary(max_size=40), st.just(packet(LABEL + b"\r"))), max_size=6).map(
        b"".join
    ),
    sizes=st.lists(st.integers(1, 30), max_size=40),
)
def test_chunking_never_changes_the_scans(data: bytes, sizes: list[int]) -> None:
    parser, events, rest = HoneywellPackets(), [], data
    for size in sizes:
        events += parser.feed(rest[:size])
        rest = rest[size:]
    whole = HoneywellPackets()
    assert events + parser.feed(rest) + parser.idle() == whole.feed(data) + whole.idle()


@pytest.mark.parametrize("piece", [b"\x16", b"\x16\xfe", b"\xff", packet(b"9" * 4095)[:40]])
def test_a_quarter_of_a_megabyte_of_anything_is_not_kept(piece: bytes) -> None:
    parser = HoneywellPackets()
    for _ in range(16):
        parser.feed(piece * (16_384 // len(piece)))
    assert parser.held_bytes() < 32_768
