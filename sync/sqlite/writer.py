"""One thread and one connection that do all writing to one file, in group commits.

The hub's two files and the centre's are written through it; what differs between them is an argument.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any, Protocol, TypeVar

from sync import sqlite

T = TypeVar("T")

MAX_GROUP = 256
IDLE_S = 0.25
"""After this long without work the WAL is moved into the file, so that no lane waits for that."""


class TransactionState(Protocol):
    """State that must go back when a transaction does: taken before, put back on failure."""

    def snapshot(self) -> Any: ...

    def restore(self, state: Any) -> None: ...

    def before_commit(self, conn: sqlite.Connection) -> None: ...


class Priority(IntEnum):
    """Order of waiting jobs; those of one priority are done as they came."""

    URGENT = 0
    NORMAL = 1


class OnError(Enum):
    """What a database error does."""

    CLOSE = "close"
    """It fails the whole group and closes the writer for good: what cannot be written must stop the lane."""
    REFUSE = "refuse"
    """It fails the job, or the group where the transaction is lost; the writer goes on with the next."""


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

    A job that raises anything but a database error fails alone.

    Args:
        name: Of the thread.
        connect: Opens the connection, in the thread.
        unit: State that belongs to the transaction.
        on_commit: Called after each COMMIT; gives its time, monotonic nanoseconds.
        group: Jobs in one transaction at most.
        on_error: What a database error does.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], sqlite.Connection],
        unit: TransactionState | None = None,
        on_commit: Callable[[], int] = lambda: 0,
        group: int = MAX_GROUP,
        on_error: OnError = OnError.CLOSE,
    ) -> None:
        self._connect = connect
        self._unit = unit
        self._on_commit = on_commit
        self._group = group
        self._on_error = on_error
        self._jobs: dict[Priority, deque[_Job]] = {priority: deque() for priority in Priority}
        self._tickets: queue.SimpleQueue[bool] = queue.SimpleQueue()
        """One true for each job, after it was laid into its queue; a false ends the thread."""
        self._ready: Future[None] = Future()
        self.failed: str | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; raises what opening the connection raises."""
        self._thread.start()
        self._ready.result()

    def submit(
        self,
        run: Callable[[sqlite.Connection], T],
        *,
        apart: bool = False,
        priority: Priority = Priority.NORMAL,
    ) -> Commit[T]:
        """Queue a job; its result is set after COMMIT, never before.

        Args:
            apart: Do it outside a transaction; then a database error fails this job alone.
            priority: Before which waiting jobs it is done.
        """
        job = _Job(run, apart)
        future: Commit[T] = job.future
        with self._lock:
            if not (self._closed or self.failed):
                self._jobs[priority].append(job)
                self._tickets.put(True)
                return future
        job.future.set_exception(sqlite.OperationalError(self.failed or "the store is closed"))
        return future

    def flush(self) -> None:
        """Wait until everything that was submitted before is committed.

        Raises:
            OperationalError: the writer is closed, or failed.
        """
        self.submit(lambda conn: None).result()

    def limit_pages(self, pages: int) -> None:
        """Let the file grow to so many pages only; what needs more fails as on a full disk.

        A smaller number than the file has means the present size: nothing more fits.
        """
        self.submit(lambda conn: conn.execute(f"PRAGMA max_page_count={pages}").fetchone()).result()

    def close(self) -> None:
        """Finish what is queued and close the connection."""
        with self._lock:  # a job that came in after the last one would wait for ever
            if self._closed:
                return
            self._closed = True
            self._tickets.put(False)
        self._thread.join()

    def _main(self) -> None:
        try:
            conn = self._connect()
        except BaseException as error:  # noqa: BLE001 - handed to the caller of start()
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
                ticket = self._tickets.get(timeout=IDLE_S if dirty else None)
            except queue.Empty:
                self._tidy(conn)
                dirty = False
                continue
            committed, stop = self._work(conn, ticket)
            dirty = dirty or committed
            if stop:
                self._tidy(conn)
                return

    def _work(self, conn: sqlite.Connection, ticket: bool) -> tuple[bool, bool]:
        """Do one group; whether anything was committed, and whether it was the last.

        A function of its own: a finished job must not stay in memory until the next one comes.
        """
        group, stop = self._take(ticket)
        within = [job for job in group if not job.apart]
        if within:
            self._commit(conn, within)
        for job in group:
            if job.apart:
                self._run_apart(conn, job)
        return bool(within), stop

    def _take(self, ticket: bool) -> tuple[list[_Job], bool]:
        group: list[_Job] = []
        while ticket:
            job = self._next()
            if job.future.set_running_or_notify_cancel():
                group.append(job)
            if len(group) >= self._group:
                return group, False
            try:
                ticket = self._tickets.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _next(self) -> _Job:
        """The first of the most urgent jobs; each ticket stands for one."""
        return next(waiting for waiting in self._jobs.values() if waiting).popleft()

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
            if self._on_error is OnError.CLOSE:
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
        except Exception as error:
            if isinstance(error, sqlite.Error) and (
                self._on_error is OnError.CLOSE or not conn.in_transaction
            ):
                raise  # with the transaction, all that the group has written is gone
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
