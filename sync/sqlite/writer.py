"""One thread and one connection that do all writing to one file, in group commits."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sync import sqlite

T = TypeVar("T")

MAX_GROUP = 256
IDLE_S = 0.25
"""After this long without work the WAL is moved into the file, so that no lane waits for that."""


class Unit(Protocol):
    """State that must go back when a transaction does: taken before, put back on failure."""

    def snapshot(self) -> Any: ...

    def restore(self, state: Any) -> None: ...

    def before_commit(self, conn: sqlite.Connection) -> None: ...


class Commit(Future[T]):
    """A result that is set after COMMIT; ``at_ns`` is the monotonic time just after it."""

    at_ns = 0


@dataclass(slots=True)
class _Job:
    run: Callable[[sqlite.Connection], Any]
    apart: bool = False
    """Not in a transaction, but after the one at hand."""
    future: Commit[Any] = field(default_factory=Commit)


class Writer:
    """Group commit: jobs that wait are done in one transaction, each in a savepoint of its own.

    A job that raises anything but a database error fails alone. A database error fails the whole group, rolls
    everything back, and closes the writer for good: what cannot be written must stop the lane.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], sqlite.Connection],
        unit: Unit | None = None,
        on_commit: Callable[[], int] = lambda: 0,
        group: int = MAX_GROUP,
    ) -> None:
        self._connect = connect
        self._unit = unit
        self._on_commit = on_commit
        self._group = group
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._ready: Future[None] = Future()
        self.failed: str | None = None
        self._closed = False
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; raises what opening the connection raises."""
        self._thread.start()
        self._ready.result()

    def submit(self, run: Callable[[sqlite.Connection], T], *, apart: bool = False) -> Commit[T]:
        """Queue a job; its result is set after COMMIT, never before.

        Args:
            apart: Do it outside a transaction; then a database error fails this job alone.
        """
        job = _Job(run, apart)
        future: Commit[T] = job.future
        with self._door:
            if not (self._closed or self.failed):
                self._jobs.put(job)
                return future
        job.future.set_exception(sqlite.OperationalError(self.failed or "the store is closed"))
        return future

    def close(self) -> None:
        """Finish what is queued and close the connection."""
        with self._door:  # a job that came in behind the last one would wait for ever
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _main(self) -> None:
        try:
            conn = self._connect()
        except BaseException as error:  # noqa: BLE001 - handed to whoever called start()
            self._ready.set_exception(error)
            return
        self._ready.set_result(None)
        try:
            self._loop(conn)
        finally:
            conn.close()

    def _loop(self, conn: sqlite.Connection) -> None:
        dirty = False
        while True:
            try:
                first = self._jobs.get(timeout=IDLE_S if dirty else None)
            except queue.Empty:
                self._tidy(conn)
                dirty = False
                continue
            group, stop = self._take(first)
            if within := [job for job in group if not job.apart]:
                self._commit(conn, within)
                dirty = True
            for job in group:
                if job.apart:
                    self._run_apart(conn, job)
            if stop:
                self._tidy(conn)
                return

    def _take(self, first: _Job | None) -> tuple[list[_Job], bool]:
        group: list[_Job] = []
        job = first
        while True:
            if job is None:
                return group, True
            if job.future.set_running_or_notify_cancel():
                group.append(job)
            if len(group) >= self._group:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, False

    def _commit(self, conn: sqlite.Connection, group: list[_Job]) -> None:
        if self.failed:
            self._fail(group, sqlite.OperationalError(self.failed))
            return
        unit = self._unit
        before = unit.snapshot() if unit else None
        done: list[tuple[_Job, Any]] = []
        try:
            conn.execute("BEGIN IMMEDIATE")
            for job in group:
                self._run(conn, job, done)
            if unit:
                unit.before_commit(conn)
            conn.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            failure = error if isinstance(error, sqlite.Error) else sqlite.OperationalError(repr(error))
            self.failed = str(failure)
            if unit:
                unit.restore(before)
            with contextlib.suppress(sqlite.Error):  # a full disk has rolled back by itself
                conn.execute("ROLLBACK")
            self._fail([job for job in group if not job.future.done()], failure)
            return
        at_ns = self._on_commit()
        for job, result in done:
            job.future.at_ns = at_ns
            job.future.set_result(result)

    def _run(self, conn: sqlite.Connection, job: _Job, done: list[tuple[_Job, Any]]) -> None:
        unit = self._unit
        before = unit.snapshot() if unit else None
        conn.execute("SAVEPOINT job")
        try:
            result = job.run(conn)
        except sqlite.Error:
            raise
        except Exception as error:  # noqa: BLE001 - belongs to the caller of this one job
            conn.execute("ROLLBACK TO job")
            conn.execute("RELEASE job")
            if unit:
                unit.restore(before)
            job.future.set_exception(error)
            return
        conn.execute("RELEASE job")
        done.append((job, result))

    def _run_apart(self, conn: sqlite.Connection, job: _Job) -> None:
        try:
            result = job.run(conn)
        except Exception as error:  # noqa: BLE001 - belongs to the caller of this one job
            job.future.set_exception(error)
        else:
            job.future.set_result(result)

    @staticmethod
    def _fail(group: list[_Job], error: Exception) -> None:
        for job in group:
            job.future.set_exception(error)

    @staticmethod
    def _tidy(conn: sqlite.Connection) -> None:
        with contextlib.suppress(sqlite.Error):  # tried again in the next gap; the WAL holds everything
            conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
