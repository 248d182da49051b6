"""Bodies that the centre refuses: too large, cut, malformed, random. None of them is an internal error."""

from __future__ import annotations

import os
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.log.note import MAX_NOTE, Checkpoint, origin_of, sign_checkpoint
from sync.transport import wire

ENTRIES = "00/entries"
CHECKPOINTS = "00/checkpoints"


async def test_a_batch_of_too_many_entries_is_refused(centre: Any, make_log: Any) -> None:
    log = make_log(1)
    centre.register(log)
    body = wire.pack(log.log_id, log.entries * (wire.MAX_ENTRIES + 1))
    status, answer = await centre.post(f"{log.log_id}/entries", body, wire.CONTENT_TYPE)
    assert (status, answer["error"]) == (400, "bad-batch")
    assert str(wire.MAX_ENTRIES) in answer["detail"]


async def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(centre: Any) -> None:
    bomb = zlib.compress(bytes(wire.MAX_BODY * 8), 9)
    assert len(bomb) < wire.MAX_BODY // 100
    status, answer = await centre.post(ENTRIES, bomb, wire.CONTENT_TYPE)
    assert (status, answer["error"]) == (400, "bad-batch")


LIMITS = [(ENTRIES, wire.CONTENT_TYPE, wire.MAX_BODY), (CHECKPOINTS, "text/plain", MAX_NOTE)]


@pytest.mark.parametrize(("path", "kind", "limit"), LIMITS)
async def test_a_body_that_announces_too_much_is_refused_before_it_comes(
    centre: Any, path: str, kind: str, limit: int
) -> None:
    reader, writer = await centre.begin(path, f"Content-Type: {kind}\r\nContent-Length: {limit + 1}")
    assert await centre.status_of(reader) == 413
    writer.close()


@pytest.mark.parametrize(("path", "kind", "limit"), LIMITS)
async def test_a_body_that_grows_past_the_limit_is_refused(
    centre: Any, path: str, kind: str, limit: int
) -> None:
    reader, writer = await centre.begin(path, f"Content-Type: {kind}\r\nTransfer-Encoding: chunked")
    for _ in range(limit // 65_536):
        writer.write(b"10000\r\n" + bytes(65_536) + b"\r\n")
        await writer.drain()
    writer.write(b"1\r\n")
    writer.write(b"x\r\n")
    assert await centre.status_of(reader) == 413
    writer.close()


async def test_a_second_compression_around_a_batch_is_refused(centre: Any) -> None:
    async with centre.session.post(
        f"{centre.url}v1/logs/{ENTRIES}",
        data=b"x",
        headers={"Content-Type": wire.CONTENT_TYPE, "Content-Encoding": "identity"},
    ) as response:
        assert (response.status, (await response.json())["error"]) == (415, "bad-content-encoding")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "v1/logs/UPPER/entries", 404, "not-found"),
        ("POST", "v1/logs/00%0A/entries", 404, "not-found"),
        ("GET", "v1/logs/00/entries", 405, "method-not-allowed"),
        ("POST", ENTRIES.replace("00", "v1/logs/00"), 415, "bad-content-type"),
    ],
)
async def test_what_is_no_request_of_ours_is_answered_in_json(
    centre: Any, method: str, path: str, status: int, code: str
) -> None:
    async with centre.session.request(method, f"{centre.url}{path}", data=b"x") as response:
        assert (response.status, (await response.json())["error"]) == (status, code)


async def test_a_batch_of_another_log_or_version_is_refused(centre: Any, make_log: Any) -> None:
    log = make_log(1)
    status, answer = await centre.post(ENTRIES, wire.pack(log.log_id, log.entries), wire.CONTENT_TYPE)
    assert (status, answer["error"]) == (400, "bad-batch")
    newer = zlib.compress(msgspec.msgpack.encode([2, "00", []]))
    status, answer = await centre.post(ENTRIES, newer, wire.CONTENT_TYPE)
    assert status == 400
    assert "version 2" in answer["detail"]


@pytest.mark.parametrize("alter", ["other-log", "extension", "empty", "not-utf8", "no-signature"])
async def test_a_note_that_is_no_head_of_this_log_is_refused(centre: Any, make_log: Any, alter: str) -> None:
    log = make_log(2)
    centre.register(log)
    empty = Checkpoint(origin=origin_of(log.log_id), size=0, root=bytes(32))
    note = {
        "other-log": make_log(2, log_id="ff").note().encode(),
        "extension": log.note().replace("\n\n", "\nmore\n\n").encode(),
        "empty": sign_checkpoint(empty, log.checkpoints).encode(),
        "not-utf8": b"\xff" + log.note().encode(),
        "no-signature": log.head().body().encode(),
    }[alter]
    status, answer = await centre.post(f"{log.log_id}/checkpoints", note)
    assert (status, answer["error"]) == (400, "bad-note")


RANDOM = st.binary(max_size=300)
PACKED = RANDOM.map(zlib.compress)
FIELDS = st.one_of(
    st.none(), st.integers(-(2**63), 2**64 - 1), st.text(max_size=8), st.binary(max_size=70), st.booleans()
)
ROWS = st.lists(st.lists(FIELDS, max_size=5), max_size=3)
ENTRY = st.tuples(
    st.integers(0, 2**64 - 1) | st.just(0),
    st.sampled_from(["opened", "decision", "checkpoint", ""]),
    st.binary(max_size=70) | st.just(b'{"v":1,"kind":"opened"}'),
    st.binary(min_size=64, max_size=64),
)
SHAPED = st.one_of(
    st.tuples(FIELDS, FIELDS, ROWS), st.tuples(st.just(1), st.just("00"), st.lists(ENTRY, max_size=3))
).map(lambda value: zlib.compress(msgspec.msgpack.encode(value)))
NOTES = st.builds(
    lambda lines, tail: ("\n".join(lines) + "\n\n" + tail).encode(),
    st.lists(st.sampled_from([origin_of("00"), "5", "0", "9" * 20, "A" * 43 + "=", ""]), max_size=5),
    st.sampled_from(["", "\n", "\u2014 a b\n", f"\u2014 {origin_of('00')} {'A' * 96}\n"]),
)


@pytest.mark.parametrize("path", [ENTRIES, CHECKPOINTS])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(RANDOM, PACKED, SHAPED, NOTES))
async def test_no_body_makes_the_centre_fail(centre: Any, path: str, body: bytes) -> None:
    status, answer = await centre.post(path, body, wire.CONTENT_TYPE)
    assert status in (400, 403, 409)
    assert "error" in answer


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_flipped_byte_of_a_batch_is_stored(centre: Any, make_log: Any, data: Any) -> None:
    log = make_log(2, hub=f"hub/{os.urandom(8).hex()}", log_id=os.urandom(16).hex())
    centre.register(log)
    raw = bytearray(zlib.decompress(wire.pack(log.log_id, log.entries)))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    status, _ = await centre.post(f"{log.log_id}/entries", zlib.compress(bytes(raw)), wire.CONTENT_TYPE)
    assert status in (400, 403, 409)
