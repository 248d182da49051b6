"""Transcripts: the ring that is always on, what is read back, and what is parsed again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.clock import DeviceClock
from drivers.events import Event, Noise
from drivers.scales.mt_sics import MtSics
from drivers.transcripts import transcript as transcripts
from drivers.transcripts.transcript import (
    RECORD_BYTES,
    RECORD_COST,
    Record,
    Recorder,
    TranscriptInvalid,
    TranscriptReader,
    is_transcript,
    read_transcript,
    replay,
    replayed,
)

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KG = b"S S      1.230 kg\r\n"


class Wall:
    """A wall clock that we turn."""

    def __init__(self) -> None:
        self.at = AT

    def now(self) -> datetime:
        return self.at


class Waits:
    """A clock that only notes how long it was asked to wait."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic_ns(self) -> int:
        return 0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))


class Holding:
    """A parser that gives each chunk away only when the line rests."""

    def __init__(self) -> None:
        self.held = 0

    def feed(self, data: bytes) -> list[Event]:
        self.held += len(data)
        return []

    def idle(self) -> list[Event]:
        held, self.held = self.held, 0
        return [Noise(discarded=held, reason="rested")] if held else []

    def held_bytes(self) -> int:
        return self.held


def record(data: bytes = KG, *, at_ms: int = 0, **other: Any) -> Record:
    fields: dict[str, Any] = {
        "port": "/dev/serial/by-id/scale",
        "settings": "9600 8N1",
        "direction": "in",
        "mono_ns": at_ms * 1_000_000,
        "wall": AT,
        "data": data,
    }
    return Record(**fields | other)


def read(text: bytes) -> list[Record]:
    return list(TranscriptReader(BytesIO(text), name="scale.jsonl"))


# -- the ring --------------------------------------------------------------------------------------------


def test_what_passed_is_remembered_with_both_times_and_both_directions() -> None:
    wall = Wall()
    recorder = Recorder("scale", "9600 8N1", wall=wall)
    recorder("out", b"SI\r\n", 5)
    wall.at += timedelta(seconds=1)
    recorder("in", KG, 9)
    assert [(r.direction, r.data, r.mono_ns, r.wall) for r in recorder.recent()] == [
        ("out", b"SI\r\n", 5, AT),
        ("in", KG, 9, AT + timedelta(seconds=1)),
    ]
    assert {(r.port, r.settings) for r in recorder.recent()} == {("scale", "9600 8N1")}


@given(chunks=st.lists(st.integers(0, 3 * RECORD_BYTES), max_size=60), ring=st.integers(4160, 40_000))
def test_the_ring_never_outgrows_its_bytes_and_drops_whole_records_from_the_front(
    chunks: list[int], ring: int
) -> None:
    recorder = Recorder("scale", "9600 8N1", wall=Wall(), ring_bytes=ring)
    everything = b""
    for number, size in enumerate(chunks):
        data = bytes([number]) * size
        everything += data
        recorder("in", data, number)
        kept = recorder.recent()
        assert sum(len(r.data) + RECORD_COST for r in kept) <= ring
        assert everything.endswith(b"".join(r.data for r in kept))
        assert bool(kept) == bool(everything)


def test_a_ring_too_small_for_one_record_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no record"):
        Recorder("scale", "9600 8N1", wall=Wall(), ring_bytes=100)


def test_the_machines_own_clock_gives_aware_times() -> None:
    recorder = Recorder("scale", "9600 8N1", wall=DeviceClock())
    recorder("in", b"x", 1)
    assert recorder.recent()[0].wall.tzinfo is UTC


# -- lines -----------------------------------------------------------------------------------------------


@given(
    data=st.binary(max_size=100),
    direction=st.sampled_from(["in", "out"]),
    mono_ns=st.integers(0, 2**62),
    wall=st.datetimes(timezones=st.just(UTC)),
    port=st.text(max_size=20),
)
def test_a_record_is_read_back_as_it_was(**fields: Any) -> None:
    written = Record(settings="2400 7E1", **fields)
    line = written.as_line()
    assert line.count(b"\n") == 1
    assert is_transcript(line)
    assert read(line) == [written]


def test_a_line_is_plain_json() -> None:
    assert json.loads(record(b"\x02\xff", at_ms=5).as_line()) == {
        "v": 1,
        "port": "/dev/serial/by-id/scale",
        "settings": "9600 8N1",
        "direction": "in",
        "mono_ns": 5_000_000,
        "wall": "2026-03-01T09:30:00.000000Z",
        "hex": "02ff",
    }


def changed(**other: Any) -> bytes:
    return json.dumps(json.loads(record().as_line()) | other).encode()


def without(key: str) -> bytes:
    fields = json.loads(record().as_line())
    del fields[key]
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "not JSON"),
        (b'"text"', "not an object"),
        (b"[" * 50_000, "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (changed(v=2), "version 2 is not known"),
        (without("v"), "version None is not known"),
        (without("hex"), "'hex' is missing"),
        (changed(hex="5g"), "non-hexadecimal"),
        (changed(hex=5), "wall and hex must be text"),
        (changed(port=None), "port and settings must be text"),
        (changed(direction="up"), "must be in or out"),
        (changed(direction=[]), "must be in or out"),
        (changed(mono_ns=1.5), "whole number"),
        (changed(mono_ns=True), "whole number"),
        (changed(mono_ns=2**63), "whole number"),
        (changed(wall="yesterday"), "yesterday"),
        (changed(wall="2026-03-01T09:30:00"), "must say its offset"),
        (changed(port="another"), "of another, and those before it are of /dev/serial/by-id/scale"),
        (b" " * 300_000 + b"x", "longer than"),
    ],
)
def test_a_damaged_line_is_named(line: bytes, message: str) -> None:
    with pytest.raises(TranscriptInvalid) as caught:
        read(record().as_line() + b"\n" + line + b"\n" + record().as_line())
    assert str(caught.value).startswith("scale.jsonl, line 3: ")
    assert message in str(caught.value)
    assert caught.value.line == 3


@given(
    text=st.lists(st.one_of(st.binary(max_size=60), st.just(record().as_line())), max_size=8).map(b"".join)
)
def test_any_bytes_are_records_or_a_named_line(text: bytes) -> None:
    try:
        records = read(text)
    except TranscriptInvalid:
        return
    assert read(b"".join(r.as_line() for r in records)) == records


@given(cut=st.integers(0, 700))
def test_where_the_head_was_cut_off_changes_nothing(cut: int) -> None:
    text = b"".join(record(at_ms=n).as_line() for n in range(3))
    rest = TranscriptReader(BytesIO(text[cut:]), name="scale", head=text[:cut])
    assert list(rest) == read(text)


def test_a_raw_recording_is_no_transcript() -> None:
    assert not is_transcript(KG)
    assert not is_transcript(b"")
    assert is_transcript(b"\xef\xbb\xbf\n" + record().as_line())


def test_a_file_is_read_whole_up_to_its_ceiling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "scale.jsonl"
    path.write_bytes(record(at_ms=1).as_line() + record(b"SI\r\n", direction="out").as_line())
    assert [r.direction for r in read_transcript(path)] == ["in", "out"]
    monkeypatch.setattr(transcripts, "MAX_FILE", 100)
    with pytest.raises(TranscriptInvalid, match="larger than 100 bytes"):
        read_transcript(path)


# -- parsed again ----------------------------------------------------------------------------------------


def session() -> Iterable[Record]:
    yield record(b"SIR\r\n", at_ms=0, direction="out")
    yield record(KG[:7], at_ms=100)
    yield record(KG[7:] + KG, at_ms=150)
    yield record(KG, at_ms=2150)


async def test_a_replay_gives_what_the_parser_gave_then_with_the_times_of_then() -> None:
    clock = Waits()
    pairs = [pair async for pair in replay(session(), MtSics(), clock=clock)]
    ((live,),) = {(event,) for event, _ in pairs}
    assert live == MtSics().feed(KG)[0]
    assert [at_ns // 1_000_000 for _, at_ns in pairs] == [150, 150, 2150]
    assert clock.slept == []


@pytest.mark.parametrize(("speed", "slept"), [(1.0, [0.05, 2.0]), (4.0, [0.0125, 0.5])])
async def test_a_replay_takes_the_time_it_took_then_divided_by_its_speed(
    speed: float, slept: list[float]
) -> None:
    clock = Waits()
    assert len([pair async for pair in replay(session(), MtSics(), clock=clock, speed=speed)]) == 3
    assert clock.slept == slept


async def test_a_replay_at_no_speed_is_refused() -> None:
    with pytest.raises(ValueError, match="never ends"):
        async for _ in replay(session(), MtSics(), clock=Waits(), speed=0):
            pass


async def test_pauses_complete_what_the_parser_holds_as_they_did_on_the_line() -> None:
    chunks = [(b"ab", 0), (b"c", 10_000_000), (b"d", 80_000_000)]
    rested = [(3, 10_000_000), (1, 80_000_000)]
    fast = replayed(chunks, Holding(), idle_gap_s=0.05)
    assert [(event.discarded, at_ns) for event, at_ns in fast if isinstance(event, Noise)] == rested
    clock = Waits()
    records = [record(data, at_ms=at_ns // 1_000_000) for data, at_ns in chunks]
    slow = [pair async for pair in replay(records, Holding(), clock=clock, idle_gap_s=0.05, speed=1.0)]
    assert [(event.discarded, at_ns) for event, at_ns in slow if isinstance(event, Noise)] == rested
    assert clock.slept == [0.01, 0.05, 0.02]


async def test_a_clock_that_went_back_is_not_waited_for() -> None:
    clock = Waits()
    records = [record(at_ms=500), record(at_ms=100)]
    assert len([pair async for pair in replay(records, MtSics(), clock=clock, speed=1.0)]) == 2
    assert clock.slept == []


def test_raw_bytes_have_no_times_and_rest_only_at_their_end() -> None:
    pairs = list(replayed([(b"ab", None), (b"c", None)], Holding(), idle_gap_s=0.05))
    assert pairs == [(Noise(discarded=3, reason="rested"), None)]
