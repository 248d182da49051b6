"""The one SQLite library: which versions are sound, and what is in force on a real file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import agent
import drivers
import models
import sync
from sync import sqlite
from sync.errors import BrokenSqlite

PACKAGES = [Path(str(package.__file__)).parent for package in (agent, drivers, models, sync)]
LIBRARIES = {"sqlite3", "_sqlite3", "pysqlite3", "apsw"}


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        ((3, 6, 23), True),
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 9), True),
        ((3, 45, 0), False),
        ((3, 50, 4), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 1), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_with_the_wal_reset_bug_are_not_sound(version: tuple[int, ...], sound: bool) -> None:
    assert sqlite.is_sound(version) is sound


def test_a_second_connection_is_refused_where_commits_could_be_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "is_sound", lambda: False)
    with pytest.raises(BrokenSqlite, match="with a second reader; install the pysqlite3 wheel"):
        sqlite.require_sound("a second reader")
    monkeypatch.setattr(sqlite, "is_sound", lambda: True)
    sqlite.require_sound("a second reader")


def pragma(conn: sqlite.Connection, name: str) -> object:
    return conn.execute(f"PRAGMA {name}").fetchone()[0]


def test_the_pragmas_are_in_force_on_a_real_file(tmp_path: Path) -> None:
    conn = sqlite.connect(tmp_path / "log.db")
    try:
        result = {
            name: pragma(conn, name)
            for name in (
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "trusted_schema",
                "cell_size_check",
                "query_only",
            )
        }
        assert result == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "trusted_schema": 0,
            "cell_size_check": 1,
            "query_only": 0,
        }
        assert pragma(conn, "mmap_size") == 0
        version = conn.execute("SELECT sqlite_version()").fetchone()[0]
        assert tuple(map(int, version.split("."))) == sqlite.VERSION
    finally:
        conn.close()


def test_a_reader_reads_what_is_committed_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    writer = sqlite.connect(path)
    reader = None
    try:
        writer.execute("CREATE TABLE t (a INTEGER) STRICT")
        reader = sqlite.connect(path, read_only=True)
        writer.execute("BEGIN")
        writer.execute("INSERT INTO t VALUES (1)")
        assert reader.execute("SELECT a FROM t").fetchall() == []
        writer.execute("COMMIT")
        assert reader.execute("SELECT a FROM t").fetchall() == [(1,)]
        assert (pragma(reader, "query_only"), pragma(reader, "wal_autocheckpoint")) == (1, 0)
        with pytest.raises(sqlite.OperationalError, match="readonly"):
            reader.execute("INSERT INTO t VALUES (2)")
    finally:
        writer.close()
        if reader is not None:
            reader.close()


def test_a_reader_never_makes_the_file(tmp_path: Path) -> None:
    with pytest.raises(sqlite.OperationalError):
        sqlite.connect(tmp_path / "none.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a?mode=ro.db", "a#b.db", "100%.db", "%3f.db", "Zoll über.db"])
def test_a_file_has_the_name_it_was_given(tmp_path: Path, name: str) -> None:
    conn = sqlite.connect(tmp_path / name)
    conn.close()
    assert (tmp_path / name).is_file()


def test_a_file_that_is_no_database_is_an_error_of_the_library(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(sqlite.DatabaseError, match="not a database"):
        sqlite.connect(path)


def imported(source: str) -> set[str]:
    """Top-level names that a module imports, anywhere in it."""
    result = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            result |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            result.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called in {"__import__", "importlib.import_module", "import_module"}:
                result.add(str(node.args[0].value).partition(".")[0])
    return result


@pytest.mark.parametrize(
    "line",
    [
        "import sqlite3",
        "def f():\n    import apsw.ext as x",
        "from pysqlite3 import dbapi2",
        "try:\n    __import__('sqlite3')\nexcept ImportError: pass",
        "importlib.import_module('apsw.ext')",
    ],
)
def test_the_scan_sees_every_kind_of_import(line: str) -> None:
    assert imported(line) & LIBRARIES


def test_no_other_module_of_the_four_packages_imports_a_sqlite_library() -> None:
    modules = [path for package in PACKAGES for path in package.rglob("*.py")]
    guilty = {path for path in modules if imported(path.read_text(encoding="utf-8")) & LIBRARIES}
    assert guilty == {Path(str(sqlite.__file__))}
