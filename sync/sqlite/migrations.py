"""Versions of a file's schema: whose file it is, how it is brought up to date, and what is refused.

A file names its program in ``application_id`` and its schema in ``user_version``; both stand in its header.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sync import sqlite
from sync.errors import ForeignFile, SchemaTooNew

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The tables of one kind of file. ``steps``: statements by version; a released step is never edited."""

    name: str
    application_id: int
    steps: tuple[tuple[str, ...], ...]
    elsewhere: str = "move it away, or use another data directory"
    """What to do where the file is another program's."""

    @property
    def version(self) -> int:
        """The present version: the number of the last step."""
        return len(self.steps)


def check_version(conn: sqlite.Connection, path: Path, schema: Schema) -> int:
    """The schema version of a file; 0 of a new one.

    Raises:
        SchemaTooNew: it is newer than the program.
    """
    version = _pragma(conn, "user_version")
    if version > schema.version:
        raise SchemaTooNew(path, version, schema.version)
    return version


def migrate(conn: sqlite.Connection, path: Path, schema: Schema) -> None:
    """Bring a file up to date step by step; each step is recorded in the file (``_sqlite_migrations``).

    Raises:
        ForeignFile: another program's.
        SchemaTooNew: a newer program's.
    """
    if _pragma(conn, "application_id") not in (0, schema.application_id):
        raise ForeignFile(path, schema.elsewhere)
    if check_version(conn, path, schema) == schema.version:
        return
    from sqlite_utils import Database  # noqa: PLC0415 - 150 ms that a current file need not pay
    from sqlite_utils.migrations import Migrations  # noqa: PLC0415

    migrations = Migrations(schema.name)
    for number, statements in enumerate(schema.steps, 1):
        migrations(name=f"{schema.name}_{number}")(_step(statements))
    migrations.apply(Database(conn))
    conn.execute(f"PRAGMA application_id={schema.application_id}")
    conn.execute(f"PRAGMA user_version={schema.version}")


def create(conn: sqlite.Connection, path: Path, schema: Schema, *, page_size: int) -> None:
    """Make the tables of an empty file, all of them or none; a file that has them is only checked.

    Args:
        page_size: In bytes; settled before the first table.

    Raises:
        ForeignFile: another program's.
        SchemaTooNew: a newer program's.
    """
    application = _pragma(conn, "application_id")
    if application == 0 and _pragma(conn, "user_version") == 0 and _is_empty(conn):
        conn.execute("PRAGMA journal_mode=DELETE")  # in WAL mode the page size stays
        conn.execute(f"PRAGMA page_size={page_size}")
        conn.execute("VACUUM")
        conn.execute("PRAGMA journal_mode=WAL")
        tables = ";\n".join(statement for step in schema.steps for statement in step)
        conn.executescript(
            f"BEGIN IMMEDIATE; {tables};"
            f"PRAGMA application_id={schema.application_id}; PRAGMA user_version={schema.version}; COMMIT;"
        )
        return
    if application != schema.application_id:
        raise ForeignFile(path, schema.elsewhere)
    check_version(conn, path, schema)


def _step(statements: tuple[str, ...]) -> Callable[[Database], None]:
    def apply(db: Database) -> None:
        for statement in statements:
            db.execute(statement)

    return apply


def _pragma(conn: sqlite.Connection, name: str) -> int:
    (value,) = conn.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _is_empty(conn: sqlite.Connection) -> bool:
    (tables,) = conn.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return bool(tables == 0)
