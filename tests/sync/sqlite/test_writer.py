"""One writer per file: group commits, savepoints per job, and what a database error means."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from sync import sqlite
from sync.sqlite.writer import MAX_GROUP, OnError, Priority, Writer

_FULL_AT = 12
"""Pages of 4 kB a full disk leaves for the table ``t``."""


class Counter:
    """A unit as the log's head is one: it must never be ahead of what is on disk."""

    def __init__(self) -> None:
        self.next = 0
        self.commits = 0
        self.broken = False
        self.groups: list[int] = []
        self._last = 0

    def snapshot(self) -> int:
        return self.next

    def restore(self, state: int) -> None:
        self.next = state

    def before_commit(self, conn: sqlite.Connection) -> None:
        if self.broken:
            raise ValueError("the head cannot be signed")
        self.groups.append(self.next - self._last)
        self._last = self.next

    def committed(self) -> int:
        self.commits += 1
        return self.commits

    def take(self, conn: sqlite.Connection, size: int = 10) -> int:
        number = self.next
        self.next += 1
        conn.execute("INSERT INTO t (n, body) VALUES (?, ?)", (number, b"x" * size))
        return number


class Held:
    """A writer whose thread waits inside one job until it is let go, so that jobs pile up behind it."""

    def __init__(self, writer: Writer) -> None:
        self._go = threading.Event()
        inside = threading.Event()

        def wait(_: sqlite.Connection) -> None:
            inside.set()
            assert self._go.wait(10)

        self.job = writer.submit(wait)
        assert inside.wait(10)

    def let_go(self) -> None:
        self._go.set()


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


@pytest.fixture
def start(path: Path, counter: Counter) -> Iterator[Callable[..., Writer]]:
    """Starts a writer on ``path``; ``pages`` makes its disk full early."""
    started: list[Writer] = []

    def make(pages: int | None = None, group: int = MAX_GROUP, on_error: OnError = OnError.CLOSE) -> Writer:
        def connect() -> sqlite.Connection:
            conn = sqlite.connect(path)
            conn.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
            return conn

        writer = Writer(
            "test-writer", connect, counter, on_commit=counter.committed, group=group, on_error=on_error
        )
        writer.start()
        if pages is not None:
            writer.limit_pages(pages)
        started.append(writer)
        return writer

    yield make
    for writer in started:
        writer.close()


def rows(path: Path) -> list[int]:
    conn = sqlite.connect(path)
    result = [row[0] for row in conn.execute("SELECT n FROM t ORDER BY n")]
    conn.close()
    return result


def test_jobs_that_wait_are_committed_together(start: Callable[..., Writer], counter: Counter) -> None:
    writer = start()
    held = Held(writer)
    jobs = [writer.submit(counter.take) for _ in range(50)]
    held.let_go()
    assert [job.result(10) for job in jobs] == list(range(50))
    assert counter.groups == [0, 50]
    assert {job.at_ns for job in jobs} == {2}


def test_a_group_has_a_ceiling(start: Callable[..., Writer], counter: Counter) -> None:
    writer = start(group=8)
    held = Held(writer)
    jobs = [writer.submit(counter.take) for _ in range(20)]
    held.let_go()
    assert [job.result(10) for job in jobs] == list(range(20))
    assert counter.groups == [0, 8, 8, 4]


def test_a_result_is_on_disk_before_it_is_given(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    writer = start()
    for number in range(5):
        assert writer.submit(counter.take).result(10) == number
        assert rows(path) == list(range(number + 1))


def test_a_jobs_own_error_fails_alone_and_takes_its_number_back(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    def break_off(conn: sqlite.Connection) -> None:
        counter.take(conn)
        raise KeyError("mine")

    writer = start()
    held = Held(writer)
    first, broken, second = writer.submit(counter.take), writer.submit(break_off), writer.submit(counter.take)
    held.let_go()
    assert (first.result(10), second.result(10)) == (0, 1)
    with pytest.raises(KeyError, match="mine"):
        broken.result(10)
    assert rows(path) == [0, 1]
    assert writer.failed is None


def test_a_job_apart_is_done_after_the_group_outside_a_transaction_and_fails_alone(
    start: Callable[..., Writer], counter: Counter
) -> None:
    def count(conn: sqlite.Connection) -> tuple[int, bool]:
        return int(conn.execute("SELECT count(*) FROM t").fetchone()[0]), conn.in_transaction

    writer = start()
    held = Held(writer)
    apart = writer.submit(count, apart=True)
    broken = writer.submit(lambda conn: conn.execute("SELECT nothing"), apart=True)
    taken = writer.submit(counter.take)
    held.let_go()
    assert (taken.result(10), apart.result(10)) == (0, (1, False))
    with pytest.raises(sqlite.OperationalError, match="nothing"):
        broken.result(10)
    assert writer.submit(counter.take).result(10) == 1


def test_a_full_disk_fails_the_whole_group_rolls_the_numbers_back_and_closes_the_writer(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    writer = start(pages=_FULL_AT)
    kept = [writer.submit(counter.take).result(10) for _ in range(3)]
    held = Held(writer)
    jobs: list[Any] = [writer.submit(lambda conn: counter.take(conn, 6_000)) for _ in range(20)]
    held.let_go()
    for job in jobs:
        with pytest.raises(sqlite.OperationalError, match="full"):
            job.result(10)
    assert counter.next == 3
    assert writer.failed is not None
    with pytest.raises(sqlite.OperationalError, match="full"):
        writer.submit(counter.take).result(10)
    writer.close()
    assert rows(path) == kept


def test_nothing_that_was_acknowledged_before_the_disk_was_full_is_missing(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    writer = start(pages=_FULL_AT)
    acknowledged = []

    def write_for_ever() -> None:
        while True:
            acknowledged.append(writer.submit(lambda conn: counter.take(conn, 1_000)).result(10))

    with pytest.raises(sqlite.OperationalError, match="full"):
        write_for_ever()
    writer.close()
    assert acknowledged
    assert rows(path) == acknowledged
    assert counter.next == len(acknowledged)


def test_a_job_that_was_cancelled_while_it_waited_is_not_done(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    writer = start()
    held = Held(writer)
    first, given_up, last = (writer.submit(counter.take) for _ in range(3))
    assert given_up.cancel()
    assert not held.job.cancel()
    held.let_go()
    assert (first.result(10), last.result(10)) == (0, 1)
    with pytest.raises(CancelledError):
        given_up.result(10)
    assert rows(path) == [0, 1]


def test_whatever_hinders_a_commit_fails_its_group_and_closes_the_writer(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    writer = start()
    assert writer.submit(counter.take).result(10) == 0
    counter.broken = True
    with pytest.raises(sqlite.OperationalError, match="the head cannot be signed"):
        writer.submit(counter.take).result(10)
    assert writer.failed is not None
    assert counter.next == 1
    writer.close()
    assert rows(path) == [0]


def test_every_job_is_answered_however_it_meets_the_closing(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    writer = start()
    jobs: list[Any] = []
    busy = threading.Thread(target=lambda: jobs.extend(writer.submit(counter.take) for _ in range(3000)))
    busy.start()
    writer.close()
    busy.join()
    done = [job.result(0) for job in jobs if job.exception(0) is None]
    assert rows(path) == done
    assert all(isinstance(job.exception(0), sqlite.OperationalError) for job in jobs[len(done) :])


def test_closing_finishes_what_is_queued_and_takes_nothing_more(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    writer = start()
    held = Held(writer)
    jobs = [writer.submit(counter.take) for _ in range(5)]
    held.let_go()
    writer.close()
    assert [job.result(0) for job in jobs] == list(range(5))
    with pytest.raises(sqlite.OperationalError, match="closed"):
        writer.submit(counter.take).result(10)
    assert rows(path) == list(range(5))


def test_urgent_jobs_overtake_those_that_wait_and_keep_their_own_order(
    start: Callable[..., Writer], counter: Counter
) -> None:
    writer = start(group=2)
    held = Held(writer)
    order: list[str] = []

    def note(name: str) -> Callable[[sqlite.Connection], None]:
        return lambda _: order.append(name)

    jobs = [writer.submit(note(name)) for name in ("first", "second", "third")]
    jobs += [writer.submit(note(name), priority=Priority.URGENT) for name in ("urgent 1", "urgent 2")]
    held.let_go()
    for job in jobs:
        job.result(10)
    assert order == ["urgent 1", "urgent 2", "first", "second", "third"]


def test_a_flush_returns_once_everything_before_it_is_on_disk(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    writer = start()
    for _ in range(5):
        writer.submit(counter.take)
    writer.flush()
    assert rows(path) == list(range(5))
    writer.close()
    with pytest.raises(sqlite.OperationalError, match="closed"):
        writer.flush()


# -- a writer that refuses and goes on ----------------------------------------------------------------------


def test_a_database_error_of_one_job_fails_that_job_alone(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    def repeat(conn: sqlite.Connection) -> None:
        counter.take(conn)
        conn.execute("INSERT INTO t (n, body) VALUES (0, x'')")

    writer = start(on_error=OnError.REFUSE)
    held = Held(writer)
    first, refused, last = writer.submit(counter.take), writer.submit(repeat), writer.submit(counter.take)
    held.let_go()
    assert (first.result(10), last.result(10)) == (0, 1)
    with pytest.raises(sqlite.IntegrityError):
        refused.result(10)
    assert writer.failed is None
    assert rows(path) == [0, 1]


def test_a_disk_that_is_full_for_a_while_refuses_what_does_not_fit_and_takes_what_comes_later(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    writer = start(pages=_FULL_AT, on_error=OnError.REFUSE)
    assert writer.submit(counter.take).result(10) == 0
    held = Held(writer)
    jobs = [writer.submit(lambda conn: counter.take(conn, 60_000)) for _ in range(3)]
    held.let_go()
    for job in jobs:
        with pytest.raises(sqlite.OperationalError, match="full"):
            job.result(10)
    assert (counter.next, writer.failed) == (1, None)
    writer.limit_pages(1_000)
    assert writer.submit(lambda conn: counter.take(conn, 60_000)).result(10) == 1
    assert rows(path) == [0, 1]


def test_what_hinders_a_commit_refuses_its_group_and_the_next_one_goes_through(
    start: Callable[..., Writer], counter: Counter, path: Path
) -> None:
    writer = start(on_error=OnError.REFUSE)
    counter.broken = True
    with pytest.raises(sqlite.OperationalError, match="the head cannot be signed"):
        writer.submit(counter.take).result(10)
    counter.broken = False
    assert writer.submit(counter.take).result(10) == 0
    assert rows(path) == [0]


def test_a_job_is_not_kept_in_memory_until_the_next_one_comes(start: Callable[..., Writer]) -> None:
    class Batch:
        """Something large."""

    batch = Batch()
    alive = weakref.ref(batch)

    def hold(_: sqlite.Connection, batch: Batch = batch) -> None:
        assert batch is not None

    writer = start()
    writer.submit(hold).result(10)
    del hold, batch
    gone_by = time.monotonic() + 5
    while alive() is not None and time.monotonic() < gone_by:
        time.sleep(0.005)
    assert alive() is None


def test_what_opening_raises_is_raised_by_start(tmp_path: Path) -> None:
    writer = Writer("test-writer", lambda: sqlite.connect(tmp_path / "no folder" / "some.db"))
    with pytest.raises(sqlite.OperationalError):
        writer.start()
