"""Line scanners, and the folding of double reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import Event, Noise, NoRead, ScanRead
from drivers.scanners.folding import Folder, Scan
from drivers.scanners.line import LineScanner

MS = 1_000_000


def read_of(payload: bytes, aim: str | None = None) -> ScanRead:
    text = payload.decode()
    return ScanRead(aim=aim, payload=payload, text=text, encoding="utf-8", raw=(aim or "").encode() + payload)


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


def test_a_scanner_that_frames_with_stx_and_etx_is_read() -> None:
    (event,) = LineScanner(stx_etx=True).feed(b"\x02]C0A1\r\x03")
    assert isinstance(event, ScanRead)
    assert event.payload == b"A1\r"


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


@given(data=st.binary(max_size=300), sizes=st.lists(st.integers(1, 9), max_size=40), stx_etx=st.booleans())
def test_chunking_never_changes_the_scans(data: bytes, sizes: list[int], stx_etx: bool) -> None:
    text = data + b"\r\n\x02]C0A1\x03\r\n" + data + b"\n"
    parser, events, rest = LineScanner(stx_etx=stx_etx), [], text
    for size in sizes:
        events += parser.feed(rest[:size])
        rest = rest[size:]
    assert events + parser.feed(rest) == LineScanner(stx_etx=stx_etx).feed(text)


def test_reads_within_the_window_of_the_first_are_one_scan() -> None:
    folder = Folder(window_ms=800)
    read = read_of(b"A")
    assert folder.feed(read, 0) == Scan(read=read, at_ns=0)
    assert folder.feed(read, 500 * MS) is None
    assert folder.feed(read, 799 * MS) is None
    assert folder.last == Scan(read=read, at_ns=0, repeats=2)


def test_a_repeat_extends_the_count_and_not_the_window() -> None:
    folder = Folder(window_ms=800)
    scans = [folder.feed(read_of(b"A"), at_ms * MS) for at_ms in range(0, 2000, 400)]
    assert [scan is not None for scan in scans] == [True, False, True, False, True]


def test_two_labels_read_in_turn_are_two_scans() -> None:
    folder = Folder()
    assert folder.feed(read_of(b"A"), 0) is not None
    assert folder.feed(read_of(b"B"), 100 * MS) is not None
    assert folder.feed(read_of(b"A"), 200 * MS) is None
    assert folder.feed(read_of(b"A", aim="]Q1"), 300 * MS) is not None


def test_a_window_of_zero_folds_nothing_and_a_negative_one_is_refused() -> None:
    folder = Folder(window_ms=0)
    assert folder.feed(read_of(b"A"), 0) is not None
    assert folder.feed(read_of(b"A"), 0) is not None
    with pytest.raises(ValueError, match="in the past"):
        Folder(window_ms=-1)


@given(reads=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 400)), max_size=200))
def test_every_read_is_counted_once_and_memory_is_bounded(reads: list[tuple[int, int]]) -> None:
    folder, now_ns, counted = Folder(), 0, 0
    for label, pause_ms in reads:
        now_ns += pause_ms * MS
        scan = folder.feed(read_of(b"%d" % label), now_ns)
        assert folder.last is not None
        assert folder.last.read.payload == b"%d" % label
        counted += scan is not None or folder.last.repeats > 0
        assert len(folder._recent) <= 64
    assert counted == len(reads)
