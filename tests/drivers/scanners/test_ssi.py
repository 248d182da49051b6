"""Zebra SSI: packets, acknowledgements, repetitions, barcodes in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Event, Noise, NoRead, Replying, ScanRead
from drivers.scanners.ssi import PROFILE, SsiScanner
from drivers.scanners.ssi_packet import (
    ACK,
    CONTINUED,
    RESEND,
    RETRANSMITTED,
    SEGMENT_ACK,
    Beep,
    Opcode,
    beep,
    checksum,
    led,
    packet,
    scanning,
)
from drivers.simulators.scanner import ScannerSettings, SsiModel

LABEL = b"RR473124829GB"


def decoded(payload: bytes, kind: int = 0x03, status: int = 0) -> bytes:
    """A DECODE_DATA packet as a scanner sends it."""
    return packet(Opcode.DECODE_DATA, bytes([kind]) + payload, source=0, status=status)


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, ScanRead)]


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        (ACK, "04 d0 04 00 ff 28"),
        (RESEND, "05 d1 04 00 01 ff 25"),
        (SEGMENT_ACK, "04 74 04 00 ff 84"),
        (packet(0xE4), "04 e4 04 00 ff 14"),
        (packet(0xE9, status=0x08), "04 e9 04 08 ff 07"),
        (packet(Opcode.ACK, source=0, status=0x80), "04 d0 00 80 fe ac"),
        (packet(Opcode.EVENT, b"\x20", source=0), "05 f6 00 00 20 fe e5"),
        (beep(Beep.SHORT_HIGH), "05 e6 04 00 00 ff 11"),
        (beep(Beep.THREE_LONG_LOW), "05 e6 04 00 11 ff 00"),
        (led(1, on=True), "05 e7 04 00 01 ff 0f"),
        (led(1, on=False), "05 e8 04 00 01 ff 0e"),
        (scanning(on=True), "04 e9 04 00 ff 0f"),
        (scanning(on=False), "04 ea 04 00 ff 0e"),
    ],
)
def test_our_packets_are_the_manuals(command: bytes, sent: str) -> None:
    assert command.hex(" ") == sent


def test_a_packet_holds_251_bytes_of_data_and_no_more() -> None:
    assert packet(Opcode.DECODE_DATA, bytes(251))[0] == 255
    with pytest.raises(ValueError, match="251 bytes, not 252"):
        packet(Opcode.DECODE_DATA, bytes(252))


@pytest.mark.parametrize(
    ("kind", "data", "aim", "text"),
    [
        (0x03, LABEL, "]C0", "RR473124829GB"),
        (0x0F, b"00340123450000000018", "]C1", "00340123450000000018"),
        (0x01, b"CODE39", "]A0", "CODE39"),
        (0x0B, b"7032069804988", "]E0", "7032069804988"),
        (0x0A, b"49123562", "]E4", "49123562"),
        (0x06, b"10012345678902", "]I0", "10012345678902"),
        (0x1B, b"010401234512345610LOT\x1d21SER", None, "010401234512345610LOT\x1d21SER"),
        (0xC1, b"010401234512345610LOT\x1d21SER", "]d2", "010401234512345610LOT\x1d21SER"),
        (0x1C, b"https://example.org", None, "https://example.org"),
        (0x1B, b"]d20104012345123456", "]d2", "0104012345123456"),
        (0x03, b"]C0RR473124829GB\r\n", "]C0", "RR473124829GB"),
        (0xEE, b"UNKNOWN", None, "UNKNOWN"),
    ],
)
def test_decoded_data_is_a_scan_and_is_acknowledged(
    kind: int, data: bytes, aim: str | None, text: str
) -> None:
    scanner = SsiScanner()
    (event,) = scanner.feed(decoded(data, kind))
    assert isinstance(event, ScanRead)
    assert (event.aim, event.text) == (aim, text)
    assert event.raw == data.rstrip(b"\r\n")
    assert isinstance(scanner, Replying)
    assert (scanner.pending_output(), scanner.pending_output()) == (ACK, b"")


def test_a_no_read_message_is_never_a_payload() -> None:
    assert SsiScanner().feed(decoded(b"NR", 0xFF)) == [NoRead(raw=b"NR")]


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ("0A C6 00 00 FF F4 F0 3E 04 FF FB 0C", ACK),
        ("09 C6 00 00 FF 01 00 9C 07 FD 8E", ACK),
        (
            "21 80 00 00 00 1D 02 00 27 4D 41 01 42 00 0E 00 00 00 00 01"
            " 03 02 03 03 03 04 03 05 03 06 03 FF FF FC 15",
            ACK,
        ),
        ("0c 80 00 80 00 08 20 00 00 f0 00 f0 fc ec", ACK),
        ("0f 80 00 80 00 0b 02 00 01 92 42 07 00 ff ff fc 0a", ACK),
        ("05 f6 00 00 20 fe e5", ACK),
        ("04 d0 00 80 fe ac", b""),
        ("05 d1 00 00 06 ff 24", b""),
    ],
)
def test_what_is_not_a_barcode_is_answered_as_it_must_be_and_says_nothing(sent: str, answer: bytes) -> None:
    scanner = SsiScanner()
    assert scanner.feed(bytes.fromhex(sent)) == []
    assert scanner.pending_output() == answer
    assert texts(scanner.feed(decoded(LABEL))) == [LABEL.decode()]


def test_a_packet_sent_again_is_acknowledged_again_and_is_one_scan() -> None:
    scanner = SsiScanner()
    assert len(scanner.feed(decoded(LABEL))) == 1
    assert scanner.feed(decoded(LABEL, status=RETRANSMITTED)) == []
    assert scanner.pending_output() == ACK + ACK
    assert texts(scanner.feed(decoded(b"RR473124830GB", status=RETRANSMITTED))) == ["RR473124830GB"]
    assert texts(scanner.feed(decoded(b"RR473124830GB"))) == ["RR473124830GB"]


def test_a_spoilt_packet_is_asked_for_again_and_its_repetition_is_a_scan() -> None:
    scanner = SsiScanner()
    scanner.feed(decoded(LABEL))
    scanner.pending_output()
    spoilt = decoded(LABEL).replace(b"473", b"478")
    assert scanner.feed(spoilt) == []
    assert scanner.pending_output() == RESEND
    noise, scan = scanner.feed(decoded(LABEL, status=RETRANSMITTED))
    assert noise == Noise(discarded=len(spoilt), reason="not_ssi")
    assert texts([scan]) == [LABEL.decode()]
    assert scanner.pending_output() == ACK


def test_nothing_is_answered_where_the_handshake_is_off() -> None:
    scanner = PROFILE.adapted({"handshake": "no"}).new_parser()
    assert isinstance(scanner, SsiScanner)
    assert texts(scanner.feed(decoded(LABEL) + b"\x05\xf3\x00\x00\x03\x00\x00")) == [LABEL.decode()]
    assert scanner.pending_output() == b""


@pytest.mark.parametrize("cut", range(1, len(decoded(LABEL))))
def test_half_a_packet_is_given_up_when_the_line_rests_and_the_next_one_is_whole(cut: int) -> None:
    scanner = SsiScanner()
    assert scanner.feed(decoded(LABEL)[:cut]) == []
    (noise,) = scanner.idle()
    assert noise == Noise(discarded=cut, reason="not_ssi")
    assert scanner.pending_output() == RESEND
    assert texts(scanner.feed(decoded(LABEL))) == [LABEL.decode()]


@pytest.mark.parametrize("noise", [b"\x00\x00\x7f\x7f", b"S S      1.234 kg\r\n", b"\x00" * 40, b"\x03\x03"])
def test_noise_before_a_packet_costs_the_packet_nothing(noise: bytes) -> None:
    scanner = SsiScanner()
    events = scanner.feed(noise + decoded(LABEL)) + scanner.idle()
    assert texts(events) == [LABEL.decode()]


def test_a_barcode_in_continued_packets_is_one_scan() -> None:
    scanner = SsiScanner()
    first, second, last = b"Z" * 250, b"Z" * 250, b"end"
    events = scanner.feed(decoded(first, 0x11, CONTINUED))
    events += scanner.feed(decoded(first, 0x11, CONTINUED | RETRANSMITTED))
    events += scanner.feed(decoded(second, 0x11, CONTINUED))
    assert events == []
    (event,) = scanner.feed(decoded(last, 0x11))
    assert isinstance(event, ScanRead)
    assert (event.payload, event.aim) == (first + second + last, "]L0")
    assert scanner.pending_output() == ACK * 4


def test_a_barcode_whose_later_part_never_comes_is_not_the_beginning_of_the_next_one() -> None:
    scanner = SsiScanner()
    scanner.feed(decoded(b"Z" * 250, 0x03, CONTINUED))
    assert scanner.idle() == [Noise(discarded=250, reason="cut_short")]
    assert texts(scanner.feed(decoded(LABEL))) == [LABEL.decode()]
    scanner.feed(decoded(b"Z" * 250, 0x11, CONTINUED))
    noise, scan = scanner.feed(decoded(LABEL))
    assert noise == Noise(discarded=250, reason="cut_short")
    assert texts([scan]) == [LABEL.decode()]


def test_parts_without_end_are_given_up_at_the_ceiling() -> None:
    scanner = SsiScanner()
    events = [event for _ in range(17) for event in scanner.feed(decoded(b"Z" * 250, 0x11, CONTINUED))]
    assert events == [Noise(discarded=4250, reason="too_long")]


FIRST_SEGMENT = bytes.fromhex("FF 73 02 00 00 F3 00 00 01 F7 1C 01 01 F4") + b"Z" * 241 + b"\xa6\xd5"
SECOND_SEGMENT = bytes.fromhex("FF 73 00 00 01") + b"Z" * 250 + b"\xa6\xa9"
LAST_SEGMENT = bytes.fromhex("0E 73 00 00 02") + b"Z" * 9 + b"\xfc\x53"


def test_the_segments_of_a_real_scanner_make_the_barcode_it_read() -> None:
    scanner = SsiScanner()
    assert scanner.feed(FIRST_SEGMENT) == []
    assert scanner.feed(SECOND_SEGMENT) == []
    assert scanner.feed(SECOND_SEGMENT) == []
    assert scanner.pending_output() == SEGMENT_ACK * 3
    (event,) = scanner.feed(LAST_SEGMENT)
    assert isinstance(event, ScanRead)
    assert event.payload == b"Z" * 500
    assert scanner.feed(LAST_SEGMENT) == []
    assert scanner.pending_output() == ACK * 2


@pytest.mark.parametrize(
    ("segments", "reasons"),
    [
        ([SECOND_SEGMENT], ["out_of_order"]),
        ([FIRST_SEGMENT, LAST_SEGMENT], ["cut_short", "out_of_order"]),
        ([FIRST_SEGMENT, decoded(b"Z")], ["cut_short"]),
    ],
)
def test_segments_that_do_not_follow_each_other_are_no_barcode(
    segments: list[bytes], reasons: list[str]
) -> None:
    scanner = SsiScanner()
    events = [event for segment in segments for event in scanner.feed(segment)]
    assert [event.reason for event in events if isinstance(event, Noise)] == reasons
    assert texts(events) in ([], ["Z"])


def test_a_first_segment_that_contradicts_itself_is_noise() -> None:
    body = FIRST_SEGMENT[:13] + b"\xf5" + FIRST_SEGMENT[14:-2]
    assert SsiScanner().feed(body + checksum(body)) == [Noise(discarded=257, reason="not_ssi")]
    huge = FIRST_SEGMENT[:6] + bytes.fromhex("00 00 20 03 1C 01 20 00") + FIRST_SEGMENT[14:-2]
    assert SsiScanner().feed(huge + checksum(huge)) == [Noise(discarded=257, reason="too_long")]


def test_a_stream_of_another_protocol_is_reported_while_it_lasts_and_is_never_a_scan() -> None:
    scanner = SsiScanner()
    events = [event for _ in range(200) for event in scanner.feed(b"]C0RR473124829GB\r\n")]
    assert events
    assert texts(events) == []
    assert {event.reason for event in events if isinstance(event, Noise)} == {"not_ssi"}


def test_a_simulated_scanner_and_its_host_agree_on_what_was_scanned_and_answered() -> None:
    model, scanner = SsiModel(ScannerSettings()), SsiScanner()
    events = scanner.feed(model.scan("RR473124829GB", "]C0", 0))
    events += scanner.feed(model.scan("00340123450000000018", "]C1", 1))
    scanner.pending_output()  # lost on the way
    events += scanner.feed(model.tick(3 * 10**9))
    events += scanner.feed(model.receive(scanner.pending_output(), 3 * 10**9))
    events += scanner.feed(model.receive(scanner.pending_output(), 4 * 10**9))
    assert texts(events) == ["RR473124829GB", "00340123450000000018"]
    assert model.tick(99 * 10**9) == b""
    assert scanner.feed(model.receive(PROFILE.beep_bad, 5 * 10**9)) == []
    assert scanner.pending_output() == b""


PIECES = st.one_of(
    st.binary(max_size=30),
    st.builds(decoded, st.binary(max_size=20), st.integers(0, 255), st.sampled_from([0, 1, 2, 3])),
    st.sampled_from([FIRST_SEGMENT, SECOND_SEGMENT, LAST_SEGMENT, ACK, decoded(LABEL)[:-3]]),
)


@given(pieces=st.lists(PIECES, max_size=12), sizes=st.lists(st.integers(1, 60), max_size=40))
def test_chunking_never_changes_the_events_nor_the_answers(pieces: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(pieces)
    parser, events, rest = SsiScanner(), [], stream
    for size in sizes:
        events += parser.feed(rest[:size])
        rest = rest[size:]
    events += parser.feed(rest) + parser.idle()
    whole = SsiScanner()
    assert events == whole.feed(stream) + whole.idle()
    assert parser.pending_output() == whole.pending_output()


@given(data=st.binary(max_size=400))
def test_random_bytes_neither_raise_nor_grow(data: bytes) -> None:
    parser = SsiScanner()
    for _ in range(3):
        parser.feed(data)
        assert parser.held_bytes() <= 257


@pytest.mark.parametrize("byte", [b"\x00", b"\x04", b"\xff", b"\xf3"])
def test_a_quarter_of_a_megabyte_of_anything_is_not_kept(byte: bytes) -> None:
    parser = SsiScanner()
    for _ in range(64):
        parser.feed(byte * 4096)
        parser.feed(decoded(LABEL))
    assert parser.held_bytes() <= 16_384
