"""Watches the process that reads a file: takes its frames, and ends it when it is over its time."""

from __future__ import annotations

import hashlib
import os
import resource
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.domain.errors import DeclarationInvalid
from agent.errors import FileRefused
from agent.intake.protocol import Ended, FileRefusal, Frame, ReadRequest, Unpacker, too_much_memory
from agent.runtime.clock import Clock

MAX_BYTES = 4 << 30
"""Of one file; a million rows are a fifth of a gigabyte."""
SILENCE_S = 120.0
"""How long the process may be silent while the hub waits for it."""
WALL_S = 3 * 3600.0
CHILD = (sys.executable, "-P", "-s", "-B", "-m", "agent.intake.reader_process")
END_S = 5.0
"""How long the process may take to end once it has closed its pipe."""
CHUNK = 256 << 10


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A regular file, opened once: what was checked is what is read."""

    fd: int
    name: str
    size: int
    """Bytes."""

    def digest(self) -> str:
        """SHA-256 of the content, hex."""
        with open(self.fd, "rb", closefd=False) as file:
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()

    def state(self) -> tuple[int, int]:
        """Changes when somebody writes to it."""
        status = os.fstat(self.fd)
        return status.st_size, status.st_mtime_ns


@contextmanager
def opened(path: Path, *, folder: int | None = None) -> Iterator[OpenFile]:
    """Open a file to import.

    Args:
        path: Of the file; with ``folder``, its bare name.
        folder: A file descriptor of the folder it must lie in; a link is refused then.

    Raises:
        FileRefused: it is not a regular file, too large, or cannot be read.
    """
    # Opening a pipe would wait for its writer for ever, and hold up the hub's own end.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if folder is None else os.O_NOFOLLOW)
    try:
        number = os.open(path, flags, dir_fd=folder)
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror}") from error
    try:
        status = os.fstat(number)
        if stat.S_ISDIR(status.st_mode):
            raise FileRefused(f"{path} cannot be read: it is a folder")
        if not stat.S_ISREG(status.st_mode):
            raise FileRefused(f"{path} is not a regular file; save the manifest as a file and import that")
        if status.st_size > MAX_BYTES:
            raise FileRefused(f"{path} has more than {MAX_BYTES >> 30} GB; split it")
        yield OpenFile(number, path.name, status.st_size)
    finally:
        os.close(number)


def read_apart(file: OpenFile, order: ReadRequest, clock: Clock) -> Generator[Frame, None, None]:
    """Frames of a file that is read in a process of its own; the last one is ``Ended`` or ``Refused``.

    For a thread: it waits. Closing the iterator ends the process.
    """
    os.lseek(file.fd, 0, os.SEEK_SET)
    process = subprocess.Popen(
        [*CHILD, msgspec.json.encode(order).decode(), str(os.getpid())],
        stdin=file.fd,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(sys.path), "LANG": "C.UTF-8"},
        close_fds=True,
    )
    assert process.stdout is not None
    late = False
    try:
        unpacker, begun_ns = Unpacker(), clock.monotonic_ns()
        pipe = process.stdout.fileno()
        waiting = select.poll()
        waiting.register(pipe, select.POLLIN)
        while True:
            left_s = WALL_S - (clock.monotonic_ns() - begun_ns) / 1e9
            if left_s <= 0 or not waiting.poll(1000 * min(SILENCE_S, left_s)):
                late = True
                break
            data = os.read(pipe, CHUNK)
            if not data:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(END_S)
                break
            for frame in unpacker.feed(data):
                yield frame
                if isinstance(frame, Ended | FileRefusal):
                    return
    except DeclarationInvalid:
        yield _broken("its answer is not in the protocol")
        return
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
    yield _late() if late else why_it_ended(process.returncode)


def why_it_ended(code: int) -> FileRefusal:
    """What the end of a process means that had not come to the end of its file."""
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        return _late()
    if code == -signal.SIGABRT:
        # So ends a library that asks for more than there is, where Python would raise.
        return too_much_memory()
    if code < 0:
        try:
            return _broken(signal.Signals(-code).name)
        except ValueError:
            return _broken(f"signal {-code}")
    return _broken(f"exit {code}")


def _broken(how: str) -> FileRefusal:
    return FileRefusal(
        code="E022",
        message=f"the reader broke on it ({how})",
        hint="save it again, or in another format",
    )


def _late() -> FileRefusal:
    return FileRefusal(
        code="E021", message="reading it takes too much time", hint="split it, or save it as CSV"
    )


def resident_kb() -> int:
    """Memory that this process has now; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * (resource.getpagesize() >> 10)
