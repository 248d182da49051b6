"""Batches: what travels comes back whole, or is refused."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import BadBatch, SyncError, UnknownVersion
from sync.log.entries import Entry, leaf_of
from sync.transport import wire


def entries(count: int, first: int = 0) -> list[Entry]:
    result = []
    for seq in range(first, first + count):
        payload = f'{{"seq":{seq}}}'.encode()
        result.append(
            Entry(
                seq=seq,
                kind="event",
                payload=payload,
                leaf=leaf_of("event", payload),
                signature=bytes([seq % 256]) * 64,
            )
        )
    return result


def packed(content: Any) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(content))


ROW = ["event", b"x", False, None]
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


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ([1, "00ff", -1, b"", [ROW], [b"y"]], "do not fit"),
        ([1, "00ff", 0, b"", [ROW], []], "do not fit"),
        ([1, "00ff", 0, b"", [ROW], [b"y", b"z"]], "do not fit"),
        ([1, "00ff", 0, bytes(31), [ROW], [b"y"]], "do not fit"),
        ([1, "00ff", 0, bytes(32), [["event", b"{}", True, None]], [b"y"]], "one elision"),
        (
            [1, "00ff", 0, bytes(32), [["event", b'"prev":"""prev":""', True, None]], [b"y"]],
            "one elision",
        ),
        ([1, "00ff", 0, b"", [["event", b"{}", False, bytes(256)]], [b"y"]], "one elision"),
        ([1, "00ff", 0, b"", [["event", b'"sealed":""', False, bytes(255)]], [b"y"]], "instead of 256"),
    ],
)
def test_a_batch_whose_parts_do_not_fit_together_is_refused(content: list[Any], why: str) -> None:
    with pytest.raises(BadBatch, match=why):
        wire.unpack(packed(content))


def chain(payloads: list[str]) -> list[Entry]:
    """Entries that name the leaf before them, as those of a log do."""
    result: list[Entry] = []
    for seq, text in enumerate(payloads):
        prev = result[-1].leaf.hex() if result else "null"
        payload = text.replace("PREV", prev).encode()
        result.append(
            Entry(seq=seq, kind="event", payload=payload, leaf=leaf_of("event", payload), signature=b"s" * 64)
        )
    return result


SEALED = base64.b64encode(bytes(range(256))).decode()


@given(
    st.lists(
        st.sampled_from(
            [
                '{"prev":"PREV","sealed":"' + SEALED + '"}',
                '{"prev":"PREV"}',
                '{"prev":""}',
                '{"params":{"prev":"PREV"},"prev":"PREV"}',
                '{"sealed":"","prev":"PREV"}',
                '{"sealed":"' + SEALED + '","params":{"sealed":"","prev":""}}',
                '{"sealed":"' + SEALED.replace("=", "+") + '"}',
            ]
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 11),
)
def test_whatever_payloads_look_like_the_signed_bytes_come_back(payloads: list[str], first: int) -> None:
    sent = chain(payloads)[min(first, len(payloads) - 1) :]
    assert wire.unpack(wire.pack("00ff", sent))[1] == sent


def test_what_the_receiver_can_put_back_does_not_travel() -> None:
    sent = chain([f'{{"n":{n},"prev":"PREV","sealed":"{SEALED}"}}' for n in range(50)])
    raw = zlib.decompress(wire.pack("00ff", sent))
    assert SEALED.encode() not in raw
    assert not any(e.leaf.hex().encode() in raw for e in sent)


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


def test_a_stream_is_complete_and_nothing_follows_it() -> None:
    for cut in range(len(GOOD)):
        with pytest.raises(BadBatch):
            wire.unpack(GOOD[:cut])
    for tail in (b"\x00", b"garbage", GOOD):
        with pytest.raises(BadBatch, match="trailing bytes"):
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
        result = wire.unpack(altered)
    except BadBatch:
        return
    assert result == wire.unpack(GOOD)  # only a flag of the zlib header that changes no byte of the content
