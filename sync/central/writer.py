"""The writing thread: one connection, one transaction a job, urgent jobs first."""

from __future__ import annotations

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar

from sync.central.errors import StoreBusy
from sync.central.store.schema import open_store
from sync.sqlite import Connection, Error

T = TypeVar("T")


class Lane(IntEnum):
    """Order of waiting jobs: checkpoints are short and overtake uploads."""

    CHECKPOINT = 0
    UPLOAD = 1
    STOP = 2


_Job = tuple[Lane, int, Callable[[Connection], Any] | None, Future[Any]]


class Writer:
    """Owns the connection to ``central.db``; everything that is written passes through here."""

    def __init__(self, path: Path) -> None:
        self._conn = open_store(path)
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._number = itertools.count()
        self._thread = threading.Thread(target=self._work, name="central-writer")
        self._thread.start()

    async def run(self, job: Callable[[Connection], T], lane: Lane) -> T:
        """Result of ``job``, once its transaction is committed.

        Raises:
            StoreBusy: the database refused the transaction; nothing of it is kept.
            Exception: whatever ``job`` raised; its transaction is rolled back.
        """
        done: Future[T] = Future()
        self._jobs.put((lane, next(self._number), job, done))
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """Finish the waiting jobs, end the thread and close the file."""
        self._jobs.put((Lane.STOP, next(self._number), None, Future()))
        self._thread.join()
        self._conn.close()

    def _work(self) -> None:
        while True:
            _, _, job, done = self._jobs.get()
            if job is None:
                return
            if not done.set_running_or_notify_cancel():
                continue
            try:
                result = in_transaction(self._conn, job)
            except BaseException as error:  # noqa: BLE001 - handed to whoever awaits the job
                done.set_exception(error)
            else:
                done.set_result(result)
            # A finished job would keep its batch alive until the next one comes.
            del job, done


def in_transaction(conn: Connection, job: Callable[[Connection], T]) -> T:
    """Run ``job`` between BEGIN IMMEDIATE and COMMIT; whatever it raises rolls back.

    Raises:
        StoreBusy: the database refused: locked, full, or failing.
    """
    try:
        conn.execute("BEGIN IMMEDIATE")
        try:
            result = job(conn)
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise
    except Error as error:
        raise StoreBusy(f"the centre's database refused the transaction: {error}") from error
    return result
