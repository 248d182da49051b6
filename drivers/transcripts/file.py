"""A transcript written to a file as it happens, without ever holding up the port it is taken from."""

from __future__ import annotations

import os
import queue
import threading
from dataclasses import dataclass
from pathlib import Path

from drivers.transcripts.transcript import Record

DEFAULT_MAX_BYTES = 67_108_864
"""Bytes of one file: some hours of a scale at 20 readings a second."""

WAITING_RECORDS = 1024
"""Records that wait for a slow disk; more are lost, and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How the writing of a transcript ended.

    ``lost`` counts the records that are not in the file; ``error`` says why, if the disk did: the file then
    holds what came before. ``full``: the file reached its ceiling.
    """

    path: Path
    records: int
    lost: int
    full: bool
    error: str | None


class TranscriptFile:
    """A file that records are added to from the loop, written by a thread of its own.

    The file stands under its own name once it is finished, and under the name with ``.part`` before that.

    Args:
        path: Where it will stand; what is there already is replaced when it is finished.

    Raises:
        OSError: It cannot be created.
    """

    def __init__(
        self, path: Path, *, max_bytes: int = DEFAULT_MAX_BYTES, waiting: int = WAITING_RECORDS
    ) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._max_bytes = max_bytes
        self._waiting: queue.Queue[Record | None] = queue.Queue(waiting)
        self._overrun = 0
        self._bytes = self._records = self._unwritten = 0
        self._full = False
        self._error: str | None = None
        # Unbuffered: how far the file is whole must be known when the disk is full.
        self._file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._thread = threading.Thread(target=self._write_all, name=f"transcript {path.name}", daemon=True)
        self._thread.start()

    def add(self, record: Record) -> None:
        """Hand over one record; it never waits. What the disk is too slow for is lost."""
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            self._overrun += 1

    def finish(self) -> Written:
        """Write what still waits, and give the file its name; it blocks while the disk works.

        Raises:
            OSError: The file could not be given its name; what was written is under the name with ``.part``.
        """
        self._waiting.put(None)
        self._thread.join()
        try:
            os.ftruncate(self._file, self._bytes)
            os.fsync(self._file)
        finally:
            os.close(self._file)
        self._part.replace(self._path)
        return Written(
            path=self._path,
            records=self._records,
            lost=self._overrun + self._unwritten,
            full=self._full,
            error=self._error,
        )

    def _write_all(self) -> None:
        while (record := self._waiting.get()) is not None:
            line = record.as_line()
            if self._full or self._error is not None or self._bytes + len(line) > self._max_bytes:
                # The file ends at its first gap: what follows one would look as if nothing was missing.
                self._full = self._full or self._error is None
                self._unwritten += 1
                continue
            try:
                self._append(line)
            except OSError as error:
                self._error = error.strerror or str(error)
                self._unwritten += 1

    def _append(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self._bytes += len(line)
        self._records += 1
