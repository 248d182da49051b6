"""The process that reads: what a hostile file does to it, and what it may not do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.consignment.declaration import decode
from agent.domain.errors import DeclarationInvalid
from agent.errors import FileRefused
from agent.formats.batch import Batch
from agent.intake import supervisor
from agent.intake.protocol import (
    MAX_FRAME,
    Ended,
    Fault,
    FileHeader,
    FilePart,
    FileRefusal,
    Frame,
    ReadRequest,
    Unpacker,
    pack,
)
from agent.intake.supervisor import opened, read_apart
from agent.runtime.clock import SystemClock

HEAD = "tracking_number,transport,gross_weight_g\n"
_CODE = (
    "import sys, os, time\n"
    "from agent.intake import reader_process\n"
    "{setting}\n"
    "def read(file, name, order):\n"
    "    {does}\n"
    "reader_process.read = read\n"
    "reader_process.main()\n"
)


def frames_of(path: Path, **asked: Any) -> list[Frame]:
    request = ReadRequest(name=path.name, received=datetime(2026, 3, 2, tzinfo=UTC), **asked)
    with opened(path) as file, contextlib.closing(read_apart(file, request, SystemClock())) as frames:
        return list(frames)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.csv"
    path.write_text(HEAD + "BOX-000001,mail,5\nBOX-000002,mail,five\n")
    return path


def test_a_file_gives_its_header_its_rows_and_its_end(manifest: Path) -> None:
    header, part, ended = frames_of(manifest)
    assert isinstance(header, FileHeader)
    assert isinstance(part, FilePart)
    assert isinstance(ended, Ended)
    assert (header.format, header.columns) == ("csv", ("tracking_number", "transport", "gross_weight_g"))
    assert [decode(body).consignment for body in part.batch.bodies] == ["BOX-000001"]
    (fault,) = part.faults
    assert (fault.line, fault.column, fault.cells) == (3, "gross_weight_g", ("BOX-000002", "mail", "five"))
    assert part.done == manifest.stat().st_size
    assert ended.peak_kb > 1000


def test_rows_come_in_the_order_of_the_file_with_the_numbers_that_are_not_their_own(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    last_mile = "9400111206206406260787"
    path.write_text(
        "tracking_number,last_mile_number,transport\n"
        f"BOX-000002,,mail\nBOX-000001,{last_mile},mail\nBOX-000003,BOX-000003,mail\n"
    )
    _, part, _ = frames_of(path)
    assert isinstance(part, FilePart)
    assert part.batch.numbers == ["BOX-000002", "BOX-000001", "BOX-000003"]
    assert [decode(body).consignment for body in part.batch.bodies] == part.batch.numbers
    assert part.batch.labels == [(last_mile, "plain", "BOX-000001")]
    assert (part.batch.houses, part.batch.masters) == ([], [])


def test_a_row_that_stands_twice_is_refused_as_it_stood(manifest: Path) -> None:
    manifest.write_text(HEAD + "BOX-000001,mail,5\nbox-000001,mail,7\n")
    part = frames_of(manifest)[1]
    assert isinstance(part, FilePart)
    (fault,) = part.faults
    assert (fault.code, fault.line, fault.cells) == ("E112", 3, ("box-000001", "mail", "7"))


def test_a_preview_ends_after_its_rows(manifest: Path) -> None:
    manifest.write_text(HEAD + "".join(f"BOX-{number:06},mail,5\n" for number in range(500)))
    part = frames_of(manifest, rows=20)[1]
    assert isinstance(part, FilePart)
    assert len(part.batch.bodies) == 20


def test_a_profile_that_is_not_there_is_said(manifest: Path) -> None:
    refused = frames_of(manifest, profile="acme")[-1]
    assert isinstance(refused, FileRefusal)
    assert (refused.code, "acme" in refused.message) == ("E024", True)


# -- hostile files -------------------------------------------------------------------------------------------


def test_a_line_without_an_end_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.write(HEAD.encode() + b"BOX-000001,mail,5\n")
        for _ in range(32):
            file.write(b"A" * (1 << 20))
        file.write(b"\nBOX-000002,mail,5\n")
    tracemalloc.start()
    frames = frames_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(frames[-1], Ended)
    assert peak < 100 << 20, "more than three times the line was held"
    parts = [frame for frame in frames if isinstance(frame, FilePart)]
    assert [decode(body).consignment for part in parts for body in part.batch.bodies] == [
        "BOX-000001",
        "BOX-000002",
    ]
    assert [fault.code for part in parts for fault in part.faults] == ["E002"]


def test_a_zip_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            book.writestr(name, b"0" * (64 << 20))
    (refused,) = frames_of(path)
    assert isinstance(refused, FileRefusal)


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><HouseWaybill>&e11;</HouseWaybill>'
    )
    assert isinstance(frames_of(path)[-1], FileRefusal)


@pytest.mark.parametrize(
    ("setting", "does", "code"),
    [
        ("", "os.kill(os.getpid(), 11)", "E022"),
        ("", "raise ZeroDivisionError", "E022"),
        ("", "os._exit(3)", "E022"),
        ("", "os.abort()", "E020"),
        ("", "return bytearray(1 << 34)", "E020"),
        ("", "open('written', 'wb', buffering=0).write(b'x')", "E022"),
        ("reader_process.CPU_S = 1", "\n    while True: pass", "E021"),
        (
            "reader_process.frames = lambda *_: os.write(reader_process.os.dup(1), b'x' * 9) and ()",
            "",
            "E022",
        ),
    ],
    ids=["segfault", "bug", "exit", "abort", "memory", "file", "endless", "silent end"],
)
def test_a_reader_that_goes_wrong_refuses_its_file_with_a_reason(
    manifest: Path, monkeypatch: pytest.MonkeyPatch, setting: str, does: str, code: str
) -> None:
    monkeypatch.chdir(manifest.parent)
    program = _CODE.format(setting=setting, does=does or "return None")
    monkeypatch.setattr(supervisor, "CHILD", (sys.executable, "-P", "-c", program))
    refused = frames_of(manifest)[-1]
    assert isinstance(refused, FileRefusal)
    assert (refused.code, bool(refused.hint)) == (code, True)
    written = manifest.with_name("written")
    assert not written.exists() or written.stat().st_size == 0


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import time; time.sleep(60)", "E021"),
        ("import os; os.write(1, b'\\xff' * 64)", "E022"),
        ("import os; os.write(1, b'\\x00\\x00\\x00\\x01x')", "E022"),
    ],
    ids=["says nothing", "frame without measure", "no frame"],
)
def test_a_process_that_does_not_speak_is_ended(
    manifest: Path, monkeypatch: pytest.MonkeyPatch, program: str, code: str
) -> None:
    monkeypatch.setattr(supervisor, "CHILD", (sys.executable, "-P", "-c", program))
    monkeypatch.setattr(supervisor, "SILENCE_S", 1.0)
    (refused,) = frames_of(manifest)
    assert isinstance(refused, FileRefusal)
    assert refused.code == code


_PARENT = """
import subprocess, sys
from datetime import UTC, datetime
from pathlib import Path
from agent.runtime.clock import SystemClock
from agent.intake import supervisor
from agent.intake.protocol import ReadRequest
real = subprocess.Popen
def spoken(*a, **k):
    made = real(*a, **k)
    print(made.pid, flush=True)
    return made
subprocess.Popen = spoken
program = (
    "import sys, time; from agent.intake import reader_process; "
    "reader_process.bind(int(sys.argv[2]), 1); time.sleep(60)"
)
supervisor.CHILD = (sys.executable, "-P", "-c", program)
with supervisor.opened(Path(sys.argv[1])) as file:
    list(supervisor.read_apart(file, ReadRequest(name="x", received=datetime.now(UTC)), SystemClock()))
"""


def test_the_process_ends_with_a_hub_that_is_killed(manifest: Path) -> None:
    hub = subprocess.Popen([sys.executable, "-c", _PARENT, manifest], stdout=subprocess.PIPE, text=True)
    assert hub.stdout is not None
    child = int(hub.stdout.readline())
    status = Path(f"/proc/{child}/status")
    hub.stdout.close()
    # Killed before it has bound itself, it finds another parent than the one it was told of, and ends too.
    hub.kill()
    hub.wait(10)
    for _ in range(500):
        if not status.exists() or "\nState:\tZ" in status.read_text():
            break
        signal.sigtimedwait({signal.SIGUSR1}, 0.02)
    else:
        os.kill(child, signal.SIGKILL)
        pytest.fail("the reading process lives on")


# -- what is opened ------------------------------------------------------------------------------------------


def test_a_file_that_is_too_large_a_pipe_and_a_link_out_of_a_folder_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusal(path: Path, folder: int | None = None) -> str:
        with pytest.raises(FileRefused) as caught, opened(path, folder=folder):
            pass
        return str(caught.value)

    (tmp_path / "real.csv").write_bytes(b"0123456789")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    folder = os.open(tmp_path, os.O_RDONLY)
    assert "link.csv cannot be read" in refusal(Path("link.csv"), folder)
    os.close(folder)
    assert "not a regular file" in refusal(tmp_path / "pipe.csv")
    assert "is a folder" in refusal(tmp_path)
    monkeypatch.setattr(supervisor, "MAX_BYTES", 9)
    assert "split it" in refusal(tmp_path / "real.csv")


# -- frames --------------------------------------------------------------------------------------------------

_TEXT = st.text(max_size=5)
_NUMBER = st.text(min_size=1, max_size=5)
_FAULTS = st.builds(
    Fault,
    line=st.integers(0, 9),
    column=_TEXT,
    code=_TEXT,
    message=_TEXT,
    value=_TEXT,
    hint=_TEXT,
    mended=st.booleans(),
    cells=st.tuples(_TEXT),
)
_FRAMES = st.one_of(
    st.builds(FileHeader, format=_TEXT, columns=st.tuples(_TEXT)),
    st.builds(
        FilePart,
        done=st.integers(0, 1 << 40),
        batch=st.builds(
            Batch,
            numbers=st.lists(_NUMBER, max_size=2),
            bodies=st.lists(st.binary(max_size=9), max_size=2),
            labels=st.lists(st.tuples(_NUMBER, _NUMBER, _NUMBER), max_size=2),
            houses=st.lists(st.tuples(_NUMBER, _NUMBER), max_size=1),
            masters=st.lists(_NUMBER, max_size=1),
        ),
        faults=st.tuples(_FAULTS),
        mended=st.integers(0, 9),
    ),
    st.builds(FileRefusal, code=_TEXT, message=_TEXT, hint=_TEXT),
    st.builds(Ended, peak_kb=st.integers(0, 1 << 30)),
)


def fed(data: bytes, cuts: list[int]) -> Iterator[Frame]:
    unpacker, at = Unpacker(), 0
    for cut in cuts:
        yield from unpacker.feed(data[at : at + cut])
        at += cut
    yield from unpacker.feed(data[at:])


@settings(deadline=None)
@given(frames=st.lists(_FRAMES, max_size=4), cuts=st.lists(st.integers(1, 20), max_size=20))
def test_chunking_never_changes_the_frames(frames: list[Frame], cuts: list[int]) -> None:
    assert list(fed(b"".join(map(pack, frames)), cuts)) == frames


@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_garbage_gives_frames_or_one_error(data: bytes) -> None:
    with contextlib.suppress(DeclarationInvalid):
        assert all(isinstance(frame, Frame) for frame in fed(data, [3, 5]))


def test_a_frame_past_the_ceiling_is_not_waited_for() -> None:
    with pytest.raises(DeclarationInvalid, match="out of order"):
        list(Unpacker().feed((MAX_FRAME + 1).to_bytes(4)))
