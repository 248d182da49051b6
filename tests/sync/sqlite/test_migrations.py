"""Whose file it is and which schema it has: brought up to date, or refused and left alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sync import sqlite
from sync.errors import ForeignFile, SchemaTooNew
from sync.sqlite.migrations import Schema, check_version, create, migrate

FIRST = Schema(name="some", application_id=77, steps=(("CREATE TABLE a (n INTEGER) STRICT",),))
SECOND = replace(
    FIRST, steps=(*FIRST.steps, ("ALTER TABLE a ADD COLUMN m INTEGER", "INSERT INTO a VALUES (1, 2)"))
)
Open = Callable[[sqlite.Connection, Path, Schema], None]


def make(conn: sqlite.Connection, path: Path, schema: Schema) -> None:
    create(conn, path, schema, page_size=16_384)


def header(conn: sqlite.Connection) -> list[int]:
    return [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


def test_a_new_file_gets_every_step_and_the_number_of_the_last(path: Path) -> None:
    with closing(sqlite.connect(path)) as conn:
        assert check_version(conn, path, SECOND) == 0
        migrate(conn, path, SECOND)
        assert header(conn) == [77, 2]
        assert conn.execute("SELECT n, m FROM a").fetchall() == [(1, 2)]


def test_an_older_file_gets_the_steps_it_lacks_once(path: Path) -> None:
    with closing(sqlite.connect(path)) as conn:
        migrate(conn, path, FIRST)
        conn.execute("INSERT INTO a VALUES (5)")
        for _ in range(2):
            migrate(conn, path, SECOND)
        assert header(conn) == [77, 2]
        assert conn.execute("SELECT n, m FROM a").fetchall() == [(5, None), (1, 2)]


def test_a_step_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    broken = replace(
        FIRST, steps=(*FIRST.steps, ("INSERT INTO a VALUES (1)", "INSERT INTO nowhere VALUES (1)"))
    )
    with closing(sqlite.connect(path)) as conn:
        migrate(conn, path, FIRST)
        with pytest.raises(sqlite.OperationalError, match="nowhere"):
            migrate(conn, path, broken)
        assert header(conn) == [77, 1]
        assert conn.execute("SELECT count(*) FROM a").fetchone() == (0,)


def test_a_file_that_is_made_at_once_has_its_page_size_and_all_tables(path: Path) -> None:
    with closing(sqlite.connect(path)) as conn:
        for _ in range(2):
            create(conn, path, SECOND, page_size=16_384)
        assert header(conn) == [77, 2]
        assert conn.execute("PRAGMA page_size").fetchone() == (16_384,)
        assert conn.execute("SELECT n, m FROM a").fetchall() == [(1, 2)]


def test_a_file_that_cannot_be_made_whole_is_left_without_tables(path: Path) -> None:
    broken = replace(FIRST, steps=(*FIRST.steps, ("CREATE TABLE a (n INTEGER) STRICT",)))
    with closing(sqlite.connect(path)) as conn, pytest.raises(sqlite.OperationalError, match="already"):
        create(conn, path, broken, page_size=16_384)
    with closing(sqlite.connect(path)) as conn:
        assert header(conn) == [0, 0]
        assert conn.execute("SELECT name FROM sqlite_schema").fetchall() == []


@pytest.mark.parametrize("bring_up", [migrate, make])
def test_a_newer_file_is_refused_by_its_number(path: Path, bring_up: Open) -> None:
    with closing(sqlite.connect(path)) as conn:
        bring_up(conn, path, SECOND)
        with pytest.raises(SchemaTooNew, match="has schema 2, this program knows up to 1") as caught:
            bring_up(conn, path, FIRST)
    assert (caught.value.version, caught.value.known) == (2, 1)


@pytest.mark.parametrize("bring_up", [migrate, make])
def test_another_programs_file_is_refused_with_what_to_do(path: Path, bring_up: Open) -> None:
    with closing(sqlite.connect(path)) as conn:
        bring_up(conn, path, replace(FIRST, application_id=78))
        with pytest.raises(ForeignFile, match=r"some\.db belongs to another program; ask its owner"):
            bring_up(conn, path, replace(SECOND, elsewhere="ask its owner"))
        assert header(conn) == [78, 1]


def test_tables_of_nobody_are_not_a_new_file(path: Path) -> None:
    with closing(sqlite.connect(path)) as conn:
        conn.execute("CREATE TABLE theirs (x)")
        with pytest.raises(ForeignFile):
            create(conn, path, FIRST, page_size=16_384)
