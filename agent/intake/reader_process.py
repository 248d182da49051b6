"""The process that reads one manifest file, under limits: ``python -m agent.intake.reader_process ORDER``.

The file is its standard input, opened by the hub; frames go to its standard output, and a full pipe makes it
wait. Whatever the file does to its reader, it does here: the process has no more than the memory and the time
below, writes no files, starts nothing, and ends with the hub.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from agent.domain.consignment.declaration import Transport, encode
from agent.domain.errors import ManifestRefused
from agent.formats.batch import Batch
from agent.formats.detect import read
from agent.formats.errors import ProfileInvalid
from agent.formats.preview import ColumnPreview, Look
from agent.formats.profiles.profile import load_profile
from agent.formats.reading import FileNote, Reading, ReadOrder
from agent.formats.rows import Row, RowError
from agent.intake.protocol import (
    MEMORY_BYTES,
    Ended,
    Fault,
    FileHeader,
    FilePart,
    FileRefusal,
    Frame,
    PreviewedColumn,
    ReadRequest,
    pack,
    too_much_memory,
)
from agent.intake.repeats import RepeatDetector

CPU_S, CPU_S_PER_MB = 60, 2
"""A row of 200 bytes takes some 25 µs, thus a megabyte an eighth of a second."""
PART_ROWS = 256
"""Few enough that the hub, which takes a part in one go, is not held up by it."""
PART_BYTES = 512 << 10
NICE = 5
GC_EVERY = 50_000
_PR_SET_PDEATHSIG = 1
_LAST_WORDS = 1 << 20
"""Bytes set aside, to be able to say that memory ran out."""


def main() -> None:
    """Read standard input; the order is the first argument, the process number of the hub the second."""
    request = msgspec.json.decode(sys.argv[1], type=ReadRequest)
    # Rows hold no cycles: looking for some in every few hundred of them takes a tenth of the time.
    gc.freeze()
    gc.set_threshold(GC_EVERY)
    bind(int(sys.argv[2]), os.fstat(0).st_size)
    # Whatever a library may print must not stand between the frames.
    out = os.dup(1)
    os.dup2(2, 1)
    with contextlib.suppress(BrokenPipeError):  # the hub needs no more
        _tell(request, out)


def bind(parent: int, size: int) -> None:
    """Give up what reading a file does not need."""
    if sys.platform == "linux":
        # The hub may be killed while we wait for nothing: then nobody else would end us.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)
    os.nice(NICE)
    cpu_s = CPU_S + CPU_S_PER_MB * (size >> 20)
    for limit, soft, hard in (
        (resource.RLIMIT_AS, MEMORY_BYTES, MEMORY_BYTES),
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 5),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NPROC, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(limit, (soft, hard))
    with contextlib.suppress(OSError):
        # Where memory gets short, the kernel is to take this process and not the hub.
        Path("/proc/self/oom_score_adj").write_text("1000")


def _tell(request: ReadRequest, out: int) -> None:
    reserve: bytearray | None = bytearray(_LAST_WORDS)
    try:
        for frame in frames(sys.stdin.buffer, request):
            _write(out, frame)
    except ManifestRefused as error:
        message = str(error).removeprefix(f"{error.code}: ").removesuffix(f"; {error.hint}")
        refused = FileRefusal(code=error.code, message=message, hint=error.hint)
    except ProfileInvalid as error:
        refused = FileRefusal(code="E024", message="a mapping profile is at fault", hint=str(error))
    except MemoryError:
        reserve = None  # noqa: F841 - given back, so that there is room to say so
        refused = too_much_memory()
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - a reader that breaks refuses its file, and nothing else
        if "memory" in str(error).lower():
            refused = too_much_memory()
        else:
            refused = FileRefusal(
                code="E022",
                message=f"the reader broke on it ({type(error).__name__})",
                hint="save it again, or in another format; and send us the file if you may",
            )
    else:
        return
    _write(out, refused)


def frames(file: BinaryIO, request: ReadRequest) -> Iterator[Frame]:
    """The frames of a file, from its header to its end.

    Raises:
        ManifestRefused: it cannot be read, or not further.
    """
    fd = os.dup(file.fileno())  # a reader may close its file when it is through
    profiles = [load_profile(text.encode(), name) for name, text in request.profiles]
    chosen = next((profile for profile in profiles if profile.id == request.profile), None)
    if request.profile is not None and chosen is None:
        known = ", ".join(profile.id for profile in profiles) or "none at all"
        raise ManifestRefused("E024", f"no mapping profile is called {request.profile}", f"there are {known}")
    reading = read(
        file,
        request.name,
        ReadOrder(
            profile=chosen,
            profiles=tuple(profiles),
            sender=request.sender,
            transport=None if request.transport is None else Transport(request.transport),
            received=request.received,
        ),
    )
    yield FileHeader(
        format=str(reading.format),
        profile=reading.profile_id,
        encoding=reading.encoding,
        columns=reading.header,
        notes=tuple((note.code, note.message) for note in reading.notes),
        lang=next((profile.lang for profile in profiles if profile.key == reading.profile_id), None),
    )
    look = None if request.rows is None else Look(reading)
    late = reading.late
    if not (yield from _parts(reading, fd, request.rows, look)):
        late = [*late, FileNote(code="W398", message="there is no parcel in it")]
    yield Ended(
        peak_kb=_peak_kb(),
        notes=tuple((note.code, note.message) for note in late),
        columns=() if look is None else tuple(map(_looked, look.columns())),
    )


def _looked(column: ColumnPreview) -> PreviewedColumn:
    return PreviewedColumn(
        written=column.header,
        read_as=column.column,
        how=column.how,
        verdict=column.verdict,
        filled=column.filled,
        mended=column.mended,
        faults=column.faults,
        examples=column.examples,
    )


def _peak_kb() -> int:
    """The most memory that this program had; what its parent had when it was started is not counted."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _parts(reading: Reading, fd: int, most: int | None, look: Look | None) -> Generator[FilePart, None, int]:
    """The rows, some at a time.

    Returns:
        How many there were, taken or refused.
    """
    batch = Batch()
    faults: list[Fault] = []
    repeats = RepeatDetector()
    mended = size = count = last_refused = done = 0
    for outcome in reading.rows if look is None else map(look.add, reading.rows):
        if isinstance(outcome, Row) and repeats.add(outcome.declaration.consignment):
            body = encode(outcome.declaration)
            batch.add(outcome.declaration, body)
            size += len(body)
            count += 1
            if outcome.mended:
                mended += 1
                faults += [
                    Fault(
                        line=m.line,
                        column=m.column,
                        code=m.code,
                        message=m.message,
                        value=m.value,
                        hint=m.hint,
                        mended=True,
                    )
                    for m in outcome.mended
                ]
        else:
            error = _stands_twice(outcome) if isinstance(outcome, Row) else outcome
            first = error.line != last_refused
            faults.append(_fault(error, len(reading.header) if first else 0))
            last_refused = error.line
            count += first
        if count == most:
            break
        if len(batch.bodies) + len(faults) >= PART_ROWS or size >= PART_BYTES:
            done = max(done, _position(fd))
            yield FilePart(done=done, batch=batch, faults=tuple(faults), mended=mended)
            batch, faults, mended, size = Batch(), [], 0, 0
    yield FilePart(done=max(done, _position(fd)), batch=batch, faults=tuple(faults), mended=mended)
    return count


def _fault(error: RowError, width: int) -> Fault:
    cells = tuple(map(str, error.cells[: max(width, 0)])) if width else ()
    return Fault(
        line=error.line,
        column=error.column,
        code=error.code,
        message=error.message,
        value=error.value,
        hint=error.hint,
        cells=cells,
    )


def _stands_twice(row: Row) -> RowError:
    """Of two rows with one number either could be meant: the first was taken, this one is refused."""
    return RowError(
        line=row.line,
        column="tracking_number",
        code="E112",
        message="the number stands in this file before",
        value=row.declaration.consignment,
        hint="give each parcel one row and a number of its own",
        cells=row.cells,
    )


def _position(fd: int) -> int:
    """Bytes that were taken from the file so far."""
    return os.lseek(fd, 0, os.SEEK_CUR)


def _write(out: int, frame: Frame) -> None:
    rest = memoryview(pack(frame))
    while rest:
        rest = rest[os.write(out, rest) :]


if __name__ == "__main__":
    main()
