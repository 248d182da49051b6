"""Batches: what travels comes back whole, or is refused."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import wire
from sync.errors import BadBatch, SyncError, UnknownVersion
from sync.log import Entry, leaf_of


def entries(count: int, first: int = 0) -> list[Entry]:
    found = []
    for seq in range(first, first + count):
        payload = f'{{"seq":{seq}}}'.encode()
        found.append(
            Entry(
                seq=seq,
                kind="event",
                payload=payload,
                leaf=leaf_of("event", payload),
                signature=bytes([seq % 256]) * 64,
            )
        )
    return found


def packed(content: Any) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(content))


ROW = [0, "event", b"x", b"y"]
GOOD = wire.pack("00ff", entries(3))


@pytest.mark.parametrize(("count", "first"), [(1, 0), (3, 0), (500, 0), (7, 100_000)])
def test_a_batch_comes_back_whole(count: int, first: int) -> None:
    sent = entries(count, first)
    assert wire.unpack(wire.pack("00ff", sent)) == ("00ff", sent)


def test_the_leaf_does_not_travel_but_is_computed_by_whoever_receives() -> None:
    true = entries(1)[0]
    lie = Entry(seq=0, kind="event", payload=true.payload, leaf=bytes(32), signature=true.signature)
    assert wire.unpack(wire.pack("00ff", [lie]))[1] == [true]


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_has_one_to_five_hundred_entries(count: int) -> None:
    with pytest.raises(BadBatch, match=f"batch of {count} entries"):
        wire.unpack(wire.pack("00ff", entries(count)))


@pytest.mark.parametrize("order", [(0, 2), (1, 0), (0, 0), (0, 1, 3), (-1, 0)])
def test_a_batch_has_no_gap(order: tuple[int, ...]) -> None:
    with pytest.raises(BadBatch, match="gap"):
        wire.unpack(packed([1, "00ff", [[seq, "event", b"", b""] for seq in order]]))


@pytest.mark.parametrize("content", [[2, "00ff", [ROW]], [2], [2, {"another": "shape"}], [0, "00ff", []]])
def test_an_unknown_version_is_refused_by_its_number_whatever_its_shape(content: list[Any]) -> None:
    with pytest.raises(UnknownVersion, match=f"the batch has version {content[0]},"):
        wire.unpack(packed(content))


@pytest.mark.parametrize(
    "padding", [bytes(64 * 1024 * 1024), bytes(wire.MAX_BODY + 1)], ids=["64 MB", "1 byte over"]
)
def test_a_bomb_is_refused_while_it_is_unpacked(padding: bytes) -> None:
    bomb = zlib.compress(padding)
    assert len(bomb) < 70_000
    with pytest.raises(BadBatch, match="larger than"):
        wire.unpack(bomb)


def test_a_stream_is_complete_and_nothing_stands_behind_it() -> None:
    for cut in range(len(GOOD)):
        with pytest.raises(BadBatch):
            wire.unpack(GOOD[:cut])
    for tail in (b"\x00", b"garbage", GOOD):
        with pytest.raises(BadBatch, match="behind its end"):
            wire.unpack(GOOD + tail)
    with pytest.raises(BadBatch, match="trailing"):
        wire.unpack(zlib.compress(zlib.decompress(GOOD) + b"\x00"))


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        "x",
        ["1", "00ff", [ROW]],
        [1],
        [1, "00ff"],
        [1, 7, [ROW]],
        [1, "00ff", {}],
        [1, "00ff", [[0, "event", b"x"]]],
        [1, "00ff", [["0", "event", b"x", b"y"]]],
        [1, "00ff", [[0, "event", "x", b"y"]]],
        [1, "00ff", [[0.5, "event", b"x", b"y"]]],
    ],
    ids=str,
)
def test_a_batch_of_another_shape_is_refused(content: object) -> None:
    with pytest.raises(BadBatch):
        wire.unpack(packed(content))


@pytest.mark.parametrize(
    "raw",
    [
        b"\x93\x01\xa2\xff\xfe\x91\x94\x00\xa5event\xc4\x00\xc4\x00",
        b"\x93\x01\xa1l\x91\x95\x00\xa1e\xc4\x00\xc4\x00" + b"\x91" * 100_000 + b"\xc0",
        b"\x93\x01\xa1l\xdd\xff\xff\xff\xff",
        b"\x93\x01\xa1l\x91\x94\x00\xa1e\xc6\xff\xff\xff\xff",
    ],
    ids=["not UTF-8", "nested deeply", "4 billion entries announced", "4 GB announced"],
)
def test_hostile_msgpack_is_refused(raw: bytes) -> None:
    with pytest.raises(BadBatch):
        wire.unpack(zlib.compress(raw))


@settings(deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_garbage_raises_nothing_unnamed(data: bytes, compress: bool) -> None:
    with pytest.raises(SyncError):
        wire.unpack(zlib.compress(data) if compress else data)


@settings(deadline=None)
@given(st.data())
def test_an_altered_stream_never_passes_for_the_one_that_was_sent(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != GOOD[at]))
    altered = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    try:
        found = wire.unpack(altered)
    except BadBatch:
        return
    assert found == wire.unpack(GOOD)  # only a flag of the zlib header that changes no byte of the content


def test_progress_is_a_number() -> None:
    assert msgspec.json.decode(msgspec.json.encode(wire.Progress(12)), type=wire.Progress) == wire.Progress(
        12
    )
