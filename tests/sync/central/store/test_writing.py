"""How the service writes ``central.db``: one thread, several jobs in one transaction, checkpoints first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sync.central.errors import StoreBusy
from sync.central.store import queries as store
from sync.central.store.schema import open_store
from sync.central.store.writing import CentralStore
from sync.sqlite import Connection
from sync.sqlite.writer import Priority

AT = 1_760_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A centre's database with empty tables."""
    path = tmp_path / "central.db"
    open_store(path, create=True).close()
    return path


async def test_what_a_failing_job_wrote_is_rolled_back(path: Path, make_log: Any) -> None:
    log = make_log()

    def fail(conn: Any) -> None:
        store.register(conn, log.public, AT)
        raise LookupError

    written = CentralStore(path)
    try:
        with pytest.raises(LookupError):
            await written.run(fail, Priority.NORMAL)
        assert await written.run(store.hubs, Priority.NORMAL) == []
    finally:
        written.close()


async def test_an_answer_comes_after_the_commit_only(path: Path, make_log: Any) -> None:
    log = make_log()
    written = CentralStore(path)
    try:
        await written.run(lambda c: store.register(c, log.public, AT), Priority.NORMAL)
        with closing(open_store(path)) as other:
            assert len(store.hubs(other)) == 1
    finally:
        written.close()


async def test_a_checkpoint_overtakes_the_uploads_that_wait(path: Path) -> None:
    order: list[str] = []
    gate = threading.Event()

    def noting(name: str) -> Callable[[Connection], None]:
        return lambda _: order.append(name)

    written = CentralStore(path)
    try:
        jobs: list[Coroutine[Any, Any, object]] = [written.run(lambda _: gate.wait(10), Priority.NORMAL)]
        jobs += [written.run(noting(f"upload {n}"), Priority.NORMAL) for n in range(3)]
        jobs.append(written.run(noting("checkpoint"), Priority.URGENT))
        waiting = [asyncio.create_task(job) for job in jobs]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*waiting)
    finally:
        written.close()
    assert order.index("checkpoint") < order.index("upload 0") < order.index("upload 1")


async def test_a_broken_table_is_a_store_that_refuses(path: Path) -> None:
    written = CentralStore(path)
    try:
        with pytest.raises(StoreBusy, match="no such table"):
            await written.run(lambda c: c.execute("SELECT * FROM missing"), Priority.NORMAL)
    finally:
        written.close()


def test_the_thread_ends_with_the_store(path: Path) -> None:
    CentralStore(path).close()
    assert "central-writer" not in {thread.name for thread in threading.enumerate()}


async def test_a_job_that_the_database_refuses_takes_no_other_of_its_group_along(
    path: Path, make_log: Any
) -> None:
    log = make_log()
    gate = threading.Event()
    written = CentralStore(path)
    try:
        jobs = [
            written.run(lambda _: gate.wait(10), Priority.NORMAL),
            written.run(lambda c: c.execute("INSERT INTO missing VALUES (1)"), Priority.NORMAL),
            written.run(lambda c: store.register(c, log.public, AT), Priority.NORMAL),
        ]
        waiting = [asyncio.create_task(job) for job in jobs]
        await asyncio.sleep(0)
        gate.set()
        _, refused, registered = await asyncio.gather(*waiting, return_exceptions=True)
        assert (type(refused), registered) == (StoreBusy, True)
        assert [hub.owner for hub in await written.run(store.hubs, Priority.NORMAL)] == [log.hub]
    finally:
        written.close()
