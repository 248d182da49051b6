"""What a simulated scanner sends: lines as its barcodes set it up, and packets that wait for their answer."""

from __future__ import annotations

import pytest

from drivers.simulators.scanner import ACK, DECODE_DATA, NAK, ScannerSettings, SsiModel, packet

S = 1_000_000_000
HOST_ACK = packet(ACK, source=4)


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({}, b"]C0A1\r\n"),
        ({"suffix": "cr"}, b"]C0A1\r"),
        ({"suffix": "lf", "aim": False}, b"A1\n"),
        ({"prefix": "stx", "suffix": "etx"}, b"\x02]C0A1\x03"),
        ({"suffix": "none"}, b"]C0A1"),
    ],
)
def test_a_label_is_framed_as_the_scanner_was_set_up(settings: dict[str, object], sent: bytes) -> None:
    assert ScannerSettings(**settings).line("A1", "]C0") == sent  # type: ignore[arg-type]


def test_a_scanner_that_was_set_up_wrongly_is_refused() -> None:
    with pytest.raises(ValueError, match="a prefix is one of none, stx, a suffix one of crlf"):
        ScannerSettings(suffix="tab")
    with pytest.raises(ValueError, match="ack_timeout_s must be above 0"):
        ScannerSettings(ack_timeout_s=0)


def test_a_packet_counts_itself_and_sums_to_zero() -> None:
    # Zebra's parameter request, as printed in its guide and in drivers for it.
    assert packet(0xC6, bytes.fromhex("fff4f03e04ff")) == bytes.fromhex("0ac60000fff4f03e04fffb0c")
    with pytest.raises(ValueError, match="300 bytes do not fit into one packet"):
        packet(DECODE_DATA, b"x" * 300)


def test_a_label_is_sent_again_until_it_is_acknowledged() -> None:
    scanner = SsiModel(ScannerSettings())
    first = scanner.scan("A1", "]C0", 0)
    assert first == packet(DECODE_DATA, b"\x03]C0A1")
    assert scanner.tick(1 * S) == b""
    again = scanner.tick(2 * S)
    assert again == packet(DECODE_DATA, b"\x03]C0A1", status=1)
    assert scanner.receive(HOST_ACK[:3], 2 * S) == b""
    assert scanner.receive(HOST_ACK[3:], 2 * S) == b""
    assert scanner.tick(9 * S) == b""


def test_a_label_nobody_acknowledges_is_given_up_after_three_times() -> None:
    scanner = SsiModel(ScannerSettings())
    sent = [scanner.scan("A1", "]C0", 0)] + [scanner.tick(at * 3 * S) for at in range(1, 6)]
    assert [bool(data) for data in sent] == [True, True, True, False, False, False]


def test_a_second_label_waits_for_the_answer_to_the_first() -> None:
    scanner = SsiModel(ScannerSettings(aim=False))
    scanner.scan("A1", "]C0", 0)
    assert scanner.scan("B2", "]Q1", 0) == b""
    assert scanner.receive(HOST_ACK, 0) == packet(DECODE_DATA, b"\x1cB2")


def test_a_host_that_asks_again_gets_it_again_and_a_denial_ends_it() -> None:
    scanner = SsiModel(ScannerSettings())
    scanner.scan("A1", "", 0)
    assert scanner.receive(packet(NAK, b"\x01", source=4), 0) == packet(DECODE_DATA, b"\x00A1", status=1)
    assert scanner.receive(packet(NAK, b"\x06", source=4), 0) == b""
    assert scanner.tick(9 * S) == b""


def test_commands_are_acknowledged_and_damaged_or_unknown_ones_refused() -> None:
    scanner = SsiModel(ScannerSettings())
    beep = packet(0xE6, b"\x00", source=4)
    assert scanner.receive(beep, 0) == packet(ACK)
    assert scanner.receive(beep[:-1] + bytes([beep[-1] ^ 1]), 0) == packet(NAK, b"\x01")
    assert scanner.receive(packet(0x99, source=4), 0) == packet(NAK, b"\x06")
    assert scanner.receive(b"\x00\x02" + beep, 0) == packet(ACK)
