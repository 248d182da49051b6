"""The tables of ``evidence.db``, as migrations; a released one is never edited."""

from __future__ import annotations

from pathlib import Path

from sync import sqlite
from sync.sqlite.migrations import Schema, migrate

_STEP_1 = (
    """CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT""",
    """CREATE TABLE log (
        seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload BLOB NOT NULL,
        leaf BLOB NOT NULL, signature BLOB NOT NULL) STRICT""",
    """CREATE TABLE checkpoint (
        size INTEGER PRIMARY KEY, edge BLOB NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL) STRICT""",
    """CREATE TABLE receipt (
        size INTEGER PRIMARY KEY, note TEXT NOT NULL, centre_log TEXT NOT NULL, at TEXT NOT NULL) STRICT""",
    """CREATE TABLE current (
        piece TEXT PRIMARY KEY, seq INTEGER NOT NULL, at TEXT NOT NULL, disposition TEXT NOT NULL,
        station TEXT NOT NULL, cleared INTEGER NOT NULL, unmanifested INTEGER NOT NULL,
        hold TEXT) STRICT, WITHOUT ROWID""",
    """CREATE INDEX current_unmanifested ON current (piece) WHERE unmanifested = 1""",
)

EVIDENCE = Schema(name="evidence", application_id=0x70636C45, steps=(_STEP_1,))  # "pclE"


def migrate_evidence(conn: sqlite.Connection, path: Path) -> None:
    """Bring ``evidence.db`` to the present schema.

    Raises:
        SchemaTooNew, ForeignFile: a newer program's file, or another program's.
    """
    migrate(conn, path, EVIDENCE)
