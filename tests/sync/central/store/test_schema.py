"""The file ``central.db``: how it is made, and which files are not opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sync import sqlite
from sync.central.errors import NotInitialised, StoreBusy
from sync.central.store import queries as store
from sync.central.store.schema import CENTRAL, open_store
from sync.central.store.writing import in_transaction
from sync.errors import ForeignFile, SchemaTooNew

AT = 1_760_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A centre's database with empty tables."""
    path = tmp_path / "central.db"
    open_store(path, create=True).close()
    return path


@pytest.fixture
def conn(path: Path) -> Iterator[sqlite.Connection]:
    with closing(open_store(path)) as opened:
        yield opened


def test_a_new_file_is_marked_as_ours_and_durable(conn: Any) -> None:
    asked = ("application_id", "user_version", "journal_mode", "synchronous", "page_size")
    result = [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]
    assert result == [CENTRAL.application_id, CENTRAL.version, "wal", 2, 16_384]


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
