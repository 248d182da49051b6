"""A transcript on the disk: whole lines, a ceiling, and a disk that fills up or hangs."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from drivers.clock import DeviceClock
from drivers.transcripts.file import TranscriptFile
from drivers.transcripts.transcript import Record, Recorder, read_transcript


@pytest.fixture
def recorder() -> Recorder:
    return Recorder("/dev/serial/by-id/scale", "9600 8N1", wall=DeviceClock())


def test_what_passes_is_in_the_file_once_it_is_finished(tmp_path: Path, recorder: Recorder) -> None:
    path = tmp_path / "scale.jsonl"
    path.write_text("an older one")
    recorder("in", b"before", 1)
    file = recorder.sink = TranscriptFile(path)
    recorder("out", b"SI\r\n", 2)
    recorder("in", b"S S      1.230 kg\r\n", 3)
    assert path.read_text() == "an older one"
    recorder.sink = None
    recorder("in", b"after", 4)
    ended = file.finish()
    assert (ended.path, ended.records, ended.lost, ended.full, ended.error) == (path, 2, 0, False, None)
    assert read_transcript(path) == recorder.recent()[1:3]
    assert [p.name for p in tmp_path.iterdir()] == ["scale.jsonl"]
    assert path.stat().st_mode & 0o077 == 0


def test_the_file_ends_at_its_ceiling_and_says_how_much_is_missing(
    tmp_path: Path, recorder: Recorder
) -> None:
    file = recorder.sink = TranscriptFile(tmp_path / "scale.jsonl", max_bytes=500)
    for number in range(10):
        recorder("in", b"x" * (100 if number == 2 else 10), number)
    ended = file.finish()
    kept = read_transcript(ended.path)
    assert ended.path.stat().st_size <= 500
    # The third did not fit; the fourth would have, and would hide that something is missing.
    assert [r.mono_ns for r in kept] == [0, 1]
    assert (ended.records, ended.lost, ended.full) == (2, 8, True)


def test_a_full_disk_ends_the_file_at_a_whole_line_and_disturbs_nobody(
    tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, left = os.write, [400]

    def full(file: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = write(file, data[: left[0]])
        left[0] -= taken
        return taken

    file = recorder.sink = TranscriptFile(tmp_path / "scale.jsonl")
    monkeypatch.setattr(os, "write", full)
    for number in range(10):
        recorder("in", b"S S      1.230 kg\r\n", number)
    ended = file.finish()
    assert ended.error == "No space left on device"
    assert (ended.records, ended.lost, ended.full) == (2, 8, False)
    assert [r.mono_ns for r in read_transcript(ended.path)] == [0, 1]
    assert len(recorder.recent()) == 10


def test_a_disk_that_hangs_loses_records_and_holds_up_nobody(
    tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, hung, freed = os.write, threading.Event(), threading.Event()

    def hangs(file: int, data: bytes) -> int:
        hung.set()
        assert freed.wait(10)
        return write(file, data)

    file = recorder.sink = TranscriptFile(tmp_path / "scale.jsonl", waiting=4)
    monkeypatch.setattr(os, "write", hangs)
    recorder("in", b"x", 0)
    assert hung.wait(10)
    for number in range(1, 20):
        recorder("in", b"x", number)
    freed.set()
    ended = file.finish()
    # One was being written and four waited.
    assert (ended.records, ended.lost, ended.error) == (5, 15, None)


def test_a_folder_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TranscriptFile(tmp_path / "nowhere" / "scale.jsonl")


def test_a_record_is_one_line_however_it_is_named(tmp_path: Path) -> None:
    recorder = Recorder("a\nport", "9600 8N1", wall=DeviceClock())
    file = recorder.sink = TranscriptFile(tmp_path / "scale.jsonl")
    recorder("in", b"\n\r", 1)
    record: Record
    (record,) = read_transcript(file.finish().path)
    assert (record.port, record.data) == ("a\nport", b"\n\r")
