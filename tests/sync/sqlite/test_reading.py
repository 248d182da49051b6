"""A file that is only read: which ones are opened, and what is done with the others."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sync import sqlite
from sync.errors import SchemaTooNew
from sync.sqlite.migrations import Schema, migrate
from sync.sqlite.reading import StoredFile

SOME = Schema(name="some", application_id=77, steps=(("CREATE TABLE a (n INTEGER) STRICT",),))


class Numbers(StoredFile):
    """A file of numbers."""

    def first(self) -> int:
        return int(self._conn.execute("SELECT n FROM a").fetchone()[0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.db"
    with closing(sqlite.connect(path)) as conn:
        migrate(conn, path, SOME)
        conn.execute("INSERT INTO a VALUES (5)")
    return path


def test_a_file_is_read_and_closed_behind_the_reader(path: Path) -> None:
    with Numbers(path, SOME) as numbers:
        assert (numbers.version, numbers.first()) == (1, 5)
    with pytest.raises(sqlite.Error, match="closed"):
        numbers.first()


def test_an_older_file_says_its_version(path: Path) -> None:
    with Numbers(path, replace(SOME, steps=(*SOME.steps, ("DROP TABLE a",)))) as numbers:
        assert numbers.version == 1


def test_a_newer_file_is_refused(path: Path) -> None:
    with pytest.raises(SchemaTooNew, match="has schema 1, this program knows up to 0"):
        Numbers(path, replace(SOME, steps=()))


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Numbers(tmp_path / "none.db", SOME)
    assert list(tmp_path.iterdir()) == []
