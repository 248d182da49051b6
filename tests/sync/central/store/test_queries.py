"""The centre's file, its writing thread, and its register of hubs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sync import keys as sync_keys
from sync import sqlite
from sync.central.errors import BadConfiguration, NotInitialised, StoreBusy
from sync.central.store import queries as store
from sync.central.store.schema import CENTRAL, open_store
from sync.central.writer import Lane, Writer, in_transaction
from sync.errors import ForeignFile, SchemaTooNew
from sync.keys import Role, Suite
from sync.log.merkle import CompactRange, root_of

AT = 1_760_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A centre's database with empty tables."""
    found = tmp_path / "central.db"
    open_store(found, create=True).close()
    return found


@pytest.fixture
def conn(path: Path) -> Iterator[Any]:
    with closing(open_store(path)) as opened:
        yield opened


# -- the file -----------------------------------------------------------------------------------------------


def test_a_new_file_is_marked_as_ours_and_durable(conn: Any) -> None:
    asked = ("application_id", "user_version", "journal_mode", "synchronous", "page_size")
    found = [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]
    assert found == [CENTRAL.application_id, CENTRAL.version, "wal", 2, 16_384]


def test_every_table_is_strict(conn: Any) -> None:
    tables = conn.execute(
        "SELECT name, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite_%'"
    ).fetchall()
    assert {name for name, _ in tables} == {
        "hub", "log", "entry", "tree", "cosigned", "claim", "equivocation", "centre_leaf",
    }  # fmt: skip
    assert all(strict for _, strict in tables)


def test_a_file_is_opened_again_as_it_is(path: Path, make_log: Any) -> None:
    log = make_log()
    with closing(open_store(path)) as conn:
        in_transaction(conn, lambda c: store.register(c, log.public, AT))
    with closing(open_store(path)) as conn:
        assert [hub.owner for hub in store.hubs(conn)] == [log.hub]


def test_a_newer_schema_is_refused_by_number(path: Path) -> None:
    with closing(open_store(path)) as conn:
        conn.execute("PRAGMA user_version=7")
    with pytest.raises(SchemaTooNew, match="schema 7, this program knows up to 1; install the newer"):
        open_store(path)


def test_a_lost_file_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(NotInitialised, match="backup"):
        open_store(tmp_path / "central.db")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_refused_with_its_name(path: Path) -> None:
    path.write_bytes(b"no database" * 999)
    with pytest.raises(StoreBusy, match=r"central\.db cannot be opened"):
        open_store(path)


def test_another_programs_file_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with closing(sqlite.connect(path)) as conn:
        conn.execute("CREATE TABLE theirs (x)")
    with pytest.raises(ForeignFile):
        open_store(path)
    with closing(sqlite.connect(path)) as conn:
        assert conn.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]


# -- the writing thread -------------------------------------------------------------------------------------


async def test_what_a_failing_job_wrote_is_rolled_back(path: Path, make_log: Any) -> None:
    log = make_log()

    def fail(conn: Any) -> None:
        store.register(conn, log.public, AT)
        raise LookupError

    writer = Writer(path)
    try:
        with pytest.raises(LookupError):
            await writer.run(fail, Lane.UPLOAD)
        assert await writer.run(store.hubs, Lane.UPLOAD) == []
    finally:
        writer.close()


async def test_an_answer_comes_after_the_commit_only(path: Path, make_log: Any) -> None:
    log = make_log()
    writer = Writer(path)
    try:
        await writer.run(lambda c: store.register(c, log.public, AT), Lane.UPLOAD)
        with closing(open_store(path)) as other:
            assert len(store.hubs(other)) == 1
    finally:
        writer.close()


async def test_a_checkpoint_overtakes_the_uploads_that_wait(path: Path) -> None:
    order: list[str] = []
    gate = threading.Event()
    writer = Writer(path)
    try:
        jobs = [writer.run(lambda _: gate.wait(10), Lane.UPLOAD)]
        jobs += [writer.run(lambda _, n=n: order.append(f"upload {n}"), Lane.UPLOAD) for n in range(3)]
        jobs.append(writer.run(lambda _: order.append("checkpoint"), Lane.CHECKPOINT))
        waiting = [asyncio.create_task(job) for job in jobs]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*waiting)
    finally:
        writer.close()
    assert order.index("checkpoint") < order.index("upload 0") < order.index("upload 1")


async def test_a_broken_table_is_a_store_that_refuses(path: Path) -> None:
    writer = Writer(path)
    try:
        with pytest.raises(StoreBusy, match="no such table"):
            await writer.run(lambda c: c.execute("SELECT * FROM missing"), Lane.UPLOAD)
    finally:
        writer.close()


def test_the_thread_ends_with_the_store(path: Path) -> None:
    Writer(path).close()
    assert "central-writer" not in {thread.name for thread in threading.enumerate()}


# -- hubs ---------------------------------------------------------------------------------------------------


def _other_keys(log: Any) -> list[Any]:
    return [sync_keys.generate(log.hub, role).public for role in (Role.DECISIONS, Role.CHECKPOINTS)]


def test_the_same_card_may_be_registered_twice(conn: Any, make_log: Any) -> None:
    log = make_log()
    assert store.register(conn, log.public, AT)
    assert not store.register(conn, log.public[::-1], AT + 9)
    (hub,) = store.hubs(conn)
    assert (hub.registered_at, hub.decisions, hub.checkpoints) == (AT, *log.public)


def test_other_keys_for_a_known_hub_are_refused(conn: Any, make_log: Any) -> None:
    log = make_log()
    store.register(conn, log.public, AT)
    with pytest.raises(BadConfiguration, match="other keys"):
        store.register(conn, _other_keys(log), AT)


@pytest.mark.parametrize(
    "fault", ["none", "one", "three", "two owners", "a centre", "Ed25519", "one for both"]
)
def test_a_card_that_is_not_a_hubs_is_refused(conn: Any, make_log: Any, fault: str) -> None:
    log = make_log()
    decisions, checkpoints = log.public
    one_key = sync_keys.PublicKey(
        owner=log.hub, role=Role.CHECKPOINTS, suite=Suite.ES256, spki=decisions.spki
    )
    card = {
        "none": [],
        "one": [decisions],
        "three": [decisions, checkpoints, sync_keys.generate(log.hub, Role.SEALING).public],
        "two owners": [decisions, make_log(hub="hub/other").public[1]],
        "a centre": make_log(hub="centre/x").public,
        "Ed25519": [decisions, sync_keys.generate(log.hub, Role.CHECKPOINTS, Suite.ED25519).public],
        "one for both": [decisions, one_key],
    }[fault]
    with pytest.raises(BadConfiguration):
        store.register(conn, card, AT)
    assert store.hubs(conn) == []


def test_a_key_of_another_hub_is_refused(conn: Any, make_log: Any) -> None:
    log = make_log()
    store.register(conn, log.public, AT)
    borrowed = sync_keys.PublicKey(
        owner="hub/other", role=Role.CHECKPOINTS, suite=Suite.ES256, spki=log.public[1].spki
    )
    with pytest.raises(BadConfiguration, match="every hub has its own"):
        store.register(conn, [_other_keys(make_log(hub="hub/other"))[0], borrowed], AT)


def test_the_first_reason_of_a_quarantine_stays(conn: Any, make_log: Any) -> None:
    log = make_log()
    store.register(conn, log.public, AT)
    store.quarantine(conn, log.hub, "first", AT)
    store.quarantine(conn, log.hub, "second", AT + 1)
    hub = store.hub(conn, log.hub)
    assert hub is not None
    assert (hub.reason, hub.quarantined_at) == ("first", AT)


# -- trees and heads ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 6, 7, 8, 12, 13])
def test_an_older_tree_is_computed_from_the_nearest_receipt(conn: Any, make_log: Any, size: int) -> None:
    log = make_log(13)
    store.register(conn, log.public, AT)
    store.append(conn, log.log_id, log.entries, AT)
    kept = CompactRange()
    for entry in log.entries[:7]:
        kept.append(entry.leaf)
    store.keep_receipt(conn, log.log_id, kept, "note", AT)
    tree = store.tree_at(conn, log.log_id, size)
    assert (tree.size, tree.root()) == (size, root_of(e.leaf for e in log.entries[:size]))


def test_waiting_heads_have_a_ceiling_and_the_oldest_stay(conn: Any) -> None:
    for size in range(1, store.MAX_CLAIMS + 40):
        store.keep_claim(conn, "00", size, bytes(32), "note", AT)
    sizes = [size for size, _, _ in store.claims_up_to(conn, "00", 10_000)]
    assert sizes == [*range(1, store.MAX_CLAIMS), store.MAX_CLAIMS + 39]
