"""How ``central.db`` is written: through one thread by the service, in one transaction by a command."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sync.central.errors import StoreBusy
from sync.central.store.schema import open_store
from sync.sqlite import Connection, Error
from sync.sqlite.writer import OnError, Priority, Writer

T = TypeVar("T")

GROUP = 1
"""Jobs in one transaction. More save a sixth of the processor time of many small uploads, and make an urgent
job wait four times as long; large batches gain nothing (measured)."""


class CentralStore:
    """The service's ``central.db``; everything that is written, and all it reads, passes through one thread.

    Raises:
        NotInitialised, SchemaTooNew, ForeignFile, StoreBusy: as :func:`open_store` does.
    """

    def __init__(self, path: Path) -> None:
        self._writer = Writer(
            "central-writer", lambda: open_store(path), group=GROUP, on_error=OnError.REFUSE
        )
        self._writer.start()

    async def run(self, job: Callable[[Connection], T], priority: Priority) -> T:
        """Result of ``job``, once its transaction is committed.

        Raises:
            StoreBusy: the database refused the transaction; nothing of it is kept.
            Exception: whatever ``job`` raised; what it wrote is rolled back.
        """
        try:
            return await asyncio.wrap_future(self._writer.submit(job, priority=priority))
        except Error as error:
            raise _busy(error) from error

    def close(self) -> None:
        """Finish the waiting jobs, end the thread and close the file."""
        self._writer.close()


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
        raise _busy(error) from error
    return result


def _busy(error: Error) -> StoreBusy:
    return StoreBusy(f"the centre's database refused the transaction: {error}")
