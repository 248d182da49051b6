"""Double reads of one label are one scan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import ScanRead
from drivers.scanners.folding import FoldedScan, Folder

MS = 1_000_000


def read_of(payload: bytes, aim: str | None = None) -> ScanRead:
    text = payload.decode()
    return ScanRead(aim=aim, payload=payload, text=text, encoding="utf-8", raw=(aim or "").encode() + payload)


@pytest.mark.parametrize("window_ms", [300, 800])
def test_reads_within_the_window_of_the_first_are_one_scan(window_ms: int) -> None:
    folder = Folder(window_ms=window_ms)
    read = read_of(b"A")
    assert folder.feed(read, 0) == FoldedScan(read=read, at_ns=0)
    assert folder.feed(read, 200 * MS) is None
    assert folder.feed(read, (window_ms - 1) * MS) is None
    assert folder.last == FoldedScan(read=read, at_ns=0, repeats=2)
    assert folder.feed(read, window_ms * MS) is not None


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


def test_the_same_label_read_by_two_devices_is_two_scans() -> None:
    ours, theirs = Folder(), Folder()
    assert ours.feed(read_of(b"A"), 0) is not None
    assert theirs.feed(read_of(b"A"), 100 * MS) is not None
    shared = Folder()
    first, second = (replace(read_of(b"A"), origin=origin) for origin in ("192.0.2.1", "192.0.2.2"))
    assert shared.feed(first, 0) is not None
    assert shared.feed(second, 100 * MS) is not None
    assert shared.feed(first, 200 * MS) is None


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
        assert folder.held_scans() <= 64
    assert counted == len(reads)
