"""Schemas of the hub's two files, as migrations; a released migration is never edited."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import NotOurs, SchemaTooNew
from sync import sqlite

if TYPE_CHECKING:
    from sqlite_utils import Database

EVIDENCE_ID = 0x70636C45  # "pclE"
REFERENCE_ID = 0x70636C52  # "pclR"

_EVIDENCE_1 = (
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

_REFERENCE_1 = (
    """CREATE TABLE source (
        id INTEGER PRIMARY KEY, party TEXT NOT NULL, role TEXT NOT NULL, message TEXT NOT NULL,
        sha256 TEXT NOT NULL UNIQUE, received TEXT NOT NULL, reading TEXT NOT NULL, program TEXT NOT NULL,
        taken INTEGER NOT NULL, rows INTEGER, rejected INTEGER) STRICT""",
    # Declarations lie in the order in which they arrived: of a million rows each is written beside the last.
    """CREATE TABLE declaration (
        id INTEGER PRIMARY KEY, consignment TEXT NOT NULL, source INTEGER NOT NULL REFERENCES source (id),
        body BLOB NOT NULL, salt BLOB NOT NULL, UNIQUE (consignment, source)) STRICT""",
    """CREATE TABLE piece (
        consignment TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
        receptacle TEXT, PRIMARY KEY (consignment, number)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE identifier (
        kind TEXT NOT NULL, value TEXT NOT NULL, consignment TEXT NOT NULL, number INTEGER NOT NULL,
        declared TEXT NOT NULL,
        PRIMARY KEY (value, kind, consignment, number)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE assessment (
        consignment TEXT PRIMARY KEY, read TEXT NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID""",
)

_REFERENCE_2 = (
    # The same file may come from several parties: each has said it, and what one said goes alone.
    """ALTER TABLE source RENAME TO source_1""",
    """CREATE TABLE source (
        id INTEGER PRIMARY KEY, party TEXT NOT NULL, role TEXT NOT NULL, message TEXT NOT NULL,
        sha256 TEXT NOT NULL, received TEXT NOT NULL, reading TEXT NOT NULL, program TEXT NOT NULL,
        taken INTEGER NOT NULL, rows INTEGER, rejected INTEGER, faults TEXT NOT NULL DEFAULT '{}',
        signer TEXT, signature BLOB, UNIQUE (sha256, party, role)) STRICT""",
    """INSERT INTO source
            (id, party, role, message, sha256, received, reading, program, taken, rows, rejected)
        SELECT id, party, role, message, sha256, received, reading, program, taken, rows, rejected
        FROM source_1""",
    """CREATE TABLE house (
        master TEXT NOT NULL, consignment TEXT NOT NULL,
        PRIMARY KEY (master, consignment)) STRICT, WITHOUT ROWID""",
    # What is counted of a consignment lies with its assessment; here is under which keys and days to find it.
    """ALTER TABLE assessment ADD COLUMN tally BLOB""",
    """CREATE TABLE tally (
        key INTEGER NOT NULL, day INTEGER NOT NULL, consignment TEXT NOT NULL,
        PRIMARY KEY (key, day, consignment)) STRICT, WITHOUT ROWID""",
    # Which number is on which piece is read from the declarations; a consignment's own leads there by itself.
    """ALTER TABLE identifier RENAME TO identifier_1""",
    """CREATE TABLE identifier (
        value TEXT NOT NULL, kind TEXT NOT NULL, consignment TEXT NOT NULL,
        PRIMARY KEY (value, kind, consignment)) STRICT, WITHOUT ROWID""",
    """INSERT INTO identifier SELECT DISTINCT value, kind, consignment FROM identifier_1
        WHERE value <> consignment""",
    """DROP TABLE identifier_1""",
    """DROP TABLE piece""",
    # Numbers come in no order. Where the index begins anew every so many declarations, a file of any size is
    # written to few of its pages, however large the rest; looking up goes through all eras.
    """CREATE TABLE era (number INTEGER PRIMARY KEY) STRICT""",
    """INSERT INTO era SELECT DISTINCT id >> 18 FROM declaration""",
    """ALTER TABLE declaration RENAME TO declaration_1""",
    """CREATE TABLE declaration (
        id INTEGER PRIMARY KEY, era INTEGER NOT NULL, consignment TEXT NOT NULL,
        source INTEGER NOT NULL REFERENCES source (id), body BLOB NOT NULL, salt BLOB NOT NULL,
        UNIQUE (era, consignment, source)) STRICT""",
    """INSERT INTO declaration SELECT id, id >> 18, consignment, source, body, salt FROM declaration_1
        ORDER BY id""",
    """DROP TABLE declaration_1""",
    """DROP TABLE source_1""",
)

EVIDENCE_VERSION = 1
REFERENCE_VERSION = 2


def migrate_evidence(conn: sqlite.Connection, path: Path) -> None:
    """Bring ``evidence.db`` to the present schema."""
    _migrate(conn, path, EVIDENCE_ID, EVIDENCE_VERSION, "evidence", (_EVIDENCE_1,))


def migrate_reference(conn: sqlite.Connection, path: Path) -> None:
    """Bring ``reference.db`` to the present schema."""
    _migrate(conn, path, REFERENCE_ID, REFERENCE_VERSION, "reference", (_REFERENCE_1, _REFERENCE_2))


def _migrate(
    conn: sqlite.Connection,
    path: Path,
    application_id: int,
    version: int,
    name: str,
    steps: tuple[tuple[str, ...], ...],
) -> None:
    """Apply what is missing; a newer file, or one of another program, is refused."""
    if _pragma(conn, "application_id") not in (0, application_id):
        raise NotOurs(path)
    if check_schema(conn, path, version) == version:
        return
    from sqlite_utils.migrations import Migrations  # noqa: PLC0415 - 150 ms that a current file need not pay

    migrations = Migrations(name)
    for number, statements in enumerate(steps, 1):
        migrations(name=f"{name}_{number}")(_step(statements))
    from sqlite_utils import Database  # noqa: PLC0415

    migrations.apply(Database(conn))
    conn.execute(f"PRAGMA application_id={application_id}")
    conn.execute(f"PRAGMA user_version={version}")


def check_schema(conn: sqlite.Connection, path: Path, known: int) -> int:
    """The schema version of a file.

    Raises:
        SchemaTooNew: it is newer than the program.
    """
    found = _pragma(conn, "user_version")
    if found > known:
        raise SchemaTooNew(path, found, known)
    return found


def _step(statements: tuple[str, ...]):  # type: ignore[no-untyped-def]  # sqlite-utils names the type privately
    def apply(db: Database) -> None:
        for statement in statements:
            db.execute(statement)

    apply.__name__ = "apply"
    return apply


def _pragma(conn: sqlite.Connection, name: str) -> int:
    row = conn.execute(f"PRAGMA {name}").fetchone()
    return int(row[0])
