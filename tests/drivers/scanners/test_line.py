"""Line scanners: framing, identifiers, separators."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.catalogue import profile_of
from drivers.errors import BadSwitch
from drivers.events import Event, Noise, NoRead, ScanRead
from drivers.scanners.line import PROFILE, PROFILES, LineScanner
from drivers.simulators.scale import with_parity

ENDS = {"crlf": b"\r\n", "cr": b"\r", "lf": b"\n", "stx-etx": b"\x03", "idle": b""}


def read_of(payload: bytes, aim: str | None = None) -> ScanRead:
    text = payload.decode()
    return ScanRead(aim=aim, payload=payload, text=text, encoding="utf-8", raw=(aim or "").encode() + payload)


def the_scan(message: bytes, **options: Any) -> ScanRead:
    (event,) = LineScanner(**options).feed(message + b"\r\n")
    assert isinstance(event, ScanRead)
    return event


@pytest.mark.parametrize(
    ("message", "aim", "text", "encoding"),
    [
        (b"RR473124829GB", None, "RR473124829GB", "utf-8"),
        (b"]C0RR473124829GB", "]C0", "RR473124829GB", "utf-8"),
        (b"]C100340123450000000018", "]C1", "00340123450000000018", "utf-8"),
        (b"]d2010401234512345610LOT\x1d21SER", "]d2", "010401234512345610LOT\x1d21SER", "utf-8"),
        ("]Q1Größe".encode(), "]Q1", "Größe", "utf-8"),
        (b"]Q1Gr\xf6\xdfe", "]Q1", "Größe", "latin-1"),
        (b"]not an aim id", None, "]not an aim id", "utf-8"),
        # From the makers' guides: UPC-A as thirteen digits, UPC-A with an add-on in one message, Code 39.
        (b"]E00012345678905", "]E0", "0012345678905", "utf-8"),
        (b"]E00012345678905]E110", "]E0", "0012345678905]E110", "utf-8"),
        (b"]A7AIMID", "]A7", "AIMID", "utf-8"),
        (b"]C1AIMID", "]C1", "AIMID", "utf-8"),
        (b"]X0412356", "]X0", "412356", "utf-8"),
        (b"]e00110012345678902", "]e0", "0110012345678902", "utf-8"),
        (b"]zCrune", "]zC", "rune", "utf-8"),
        (b"(01)09521234543213", None, "(01)09521234543213", "utf-8"),
    ],
)
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_label_is_split_and_decoded_and_its_bytes_are_kept(
    message: bytes, aim: str | None, text: str, encoding: str, end: bytes
) -> None:
    (event,) = LineScanner().feed(message + end)
    assert isinstance(event, ScanRead)
    assert (event.aim, event.text, event.encoding, event.raw) == (aim, text, encoding, message)
    assert event.payload == message[len(aim or "") :]
    assert event.authenticated
    assert event.origin is None


@pytest.mark.parametrize(
    ("ends", "data", "payloads"),
    [
        ("crlf", b"A1\rB2\nC3\r\n\r\nD4\n", [b"A1", b"B2", b"C3", b"D4"]),
        ("cr", b"A\n1\rB2\r", [b"A\n1", b"B2"]),
        ("lf", b"A\r1\nB2\n", [b"A\r1", b"B2"]),
        ("stx-etx", b"\x02A1\r\n\x03\r\n\x02B2\x03", [b"A1\r\n", b"B2"]),
    ],
)
def test_each_setting_of_the_ends_parts_the_stream_at_its_own_bytes(
    ends: str, data: bytes, payloads: list[bytes]
) -> None:
    parser = PROFILE.adapted({"ends": ends}).new_parser()
    assert [event.payload for event in parser.feed(data) if isinstance(event, ScanRead)] == payloads
    assert parser.idle() == []


def test_a_scanner_without_any_end_is_read_by_the_rest_of_its_line() -> None:
    parser = LineScanner(ends="idle")
    assert parser.feed(b"]C0RR473") == []
    assert parser.feed(b"124829GB\r\n") == []
    assert parser.idle() == [read_of(b"RR473124829GB", "]C0")]
    assert parser.idle() == []
    assert parser.feed(b"\r\n") == parser.idle() == []


def test_more_than_a_symbol_can_hold_without_a_rest_is_noise() -> None:
    parser = LineScanner(ends="idle")
    assert parser.feed(b"A" * 10_000) == []
    assert parser.idle() == [Noise(discarded=10_000, reason="too_long")]
    parser.feed(b"A1")
    assert parser.idle() == [read_of(b"A1")]


@pytest.mark.parametrize("message", [b"NR", b"?", b"NOREAD", b"]X0NOREAD"])
def test_a_no_read_message_is_never_a_payload(message: bytes) -> None:
    assert LineScanner().feed(message + b"\r\n") == [NoRead(raw=message)]


def test_the_no_read_messages_are_the_sites_choice() -> None:
    scanner = LineScanner(no_read={b"FEHLER"})
    first, second = scanner.feed(b"FEHLER\rNR\r")
    assert first == NoRead(raw=b"FEHLER")
    assert isinstance(second, ScanRead)


def test_a_barcode_of_ten_kilobytes_is_one_noise_that_names_the_size() -> None:
    assert LineScanner().feed(b"A" * 10_000 + b"\r\n") == [Noise(discarded=10_000, reason="too_long")]


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"\x00\x00\x7f\x7f\r\n", [Noise(discarded=4, reason="power_up")]),
        (b"\x00\x00A1\r\n", [Noise(discarded=2, reason="power_up"), read_of(b"A1")]),
        (b"]C0\r\n", [Noise(discarded=3, reason="no_payload")]),
    ],
)
def test_power_up_bytes_and_empty_messages_are_noise(data: bytes, events: list[Event]) -> None:
    assert LineScanner().feed(data) == events


@pytest.mark.parametrize(
    ("gs", "sent"),
    [
        ("keep", b"\x1d"),
        ("^]", b"^]"),
        ("<GS>", b"<GS>"),
        ("{GS}", b"{GS}"),
        ("[GS]", b"[GS]"),
        ("|", b"|"),
        ("~", b"~"),
        ("\\x1d", b"\\x1d"),
        ("\u241d", b"\xe2\x90\x9d"),
    ],
)
def test_what_stands_for_the_separator_becomes_the_separator(gs: str, sent: bytes) -> None:
    message = b"]d2010401234512345610LOT" + sent + b"21SER"
    parser = PROFILE.adapted({"gs": gs}).new_parser()
    (event,) = parser.feed(message + b"\r\n")
    assert isinstance(event, ScanRead)
    assert event.text == "010401234512345610LOT\x1d21SER"
    assert event.raw == message


def test_a_substitute_that_nobody_configured_is_kept_as_it_is() -> None:
    assert the_scan(b"]C0A|B^]C<GS>D").payload == b"A|B^]C<GS>D"


def test_the_aim_identifier_is_left_in_the_payload_where_the_site_says_there_is_none() -> None:
    event = the_scan(b"]C0A1", aim="no")
    assert (event.aim, event.payload) == (None, b"]C0A1")


def test_a_message_without_its_preamble_or_postamble_is_not_whole() -> None:
    scanner = LineScanner(preamble=b"<", postamble=b">")
    whole, cut, torn, empty, none = scanner.feed(b"<]C0A12>\r]C0A12>\r<]C0A1\r<>\r<NR>\r")
    assert isinstance(whole, ScanRead)
    assert (whole.aim, whole.payload, whole.raw) == ("]C0", b"A12", b"<]C0A12>")
    assert cut == Noise(discarded=7, reason="no_affix")
    assert torn == Noise(discarded=6, reason="no_affix")
    assert empty == Noise(discarded=2, reason="no_payload")
    assert none == NoRead(raw=b"<NR>")


@pytest.mark.parametrize("parity", ["even", "odd"])
@pytest.mark.parametrize("ends", ["crlf", "stx-etx", "idle"])
def test_a_scanner_that_sends_seven_bits_is_told_by_its_parity(parity: str, ends: str) -> None:
    start = b"\x02" if ends == "stx-etx" else b""
    parser = LineScanner(ends=ends)
    events = parser.feed(with_parity(start + b"]C0RR473124829GB" + ENDS[ends], parity)) + parser.idle()
    events += parser.feed(with_parity(start + b"]C0RR473124829GB" + ENDS[ends], parity) * 80) + parser.idle()
    assert events
    assert {event.reason for event in events if isinstance(event, Noise)} == {f"parity_{parity}"}
    assert not any(isinstance(event, ScanRead) for event in events)


def test_scans_of_an_open_network_say_so() -> None:
    assert not the_scan(b"A1", authenticated=False).authenticated


@given(
    data=st.binary(max_size=300),
    sizes=st.lists(st.integers(1, 9), max_size=40),
    ends=st.sampled_from(list(ENDS)),
)
def test_chunking_never_changes_the_scans(data: bytes, sizes: list[int], ends: str) -> None:
    text = data + b"\r\n\x02]C0A1\x03\r\n" + data + b"\n"
    parser, events, rest = LineScanner(ends=ends), [], text
    for size in sizes:
        events += parser.feed(rest[:size])
        rest = rest[size:]
    whole = LineScanner(ends=ends)
    assert events + parser.feed(rest) + parser.idle() == whole.feed(text) + whole.idle()


@pytest.mark.parametrize("ends", list(ENDS))
def test_a_quarter_of_a_megabyte_of_anything_is_not_kept(ends: str) -> None:
    parser = LineScanner(ends=ends)
    for byte in (b"A", b"\x02", b"\xff"):
        parser.feed(byte * 262_144)
        assert parser.held_bytes() < 2 * 4096


def test_every_scanner_of_the_catalogue_has_a_title_and_takes_each_position_of_its_switches() -> None:
    for profile in PROFILES:
        assert profile.title
        assert profile.source
        assert profile_of(profile.name) is profile
        for switch in profile.switches:
            for value in switch.values:
                assert profile.adapted({switch.name: value}).new_parser().feed(b"") == []
    with pytest.raises(BadSwitch):
        PROFILE.adapted({"ends": "tab"})


def test_a_makers_scanner_is_a_line_scanner_that_can_be_told_to_beep() -> None:
    commands = {profile.name: (profile.beep_good, profile.beep_bad) for profile in PROFILES}
    assert commands == {
        "line-scanner": (b"", b""),
        "stx-etx-scanner": (b"", b""),
        "honeywell-scanner": (b"\x1b7,", b"\x1b8,\x1b8,"),
        "zebra-scanner": (b"", b"\x07"),
        "datalogic-scanner": (b"\x01", b"FE"),
        "cipherlab-scanner": (b"", b"#@////\r"),
    }
