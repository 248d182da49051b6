"""The tables of ``reference.db``, as migrations; a released one is never edited."""

from __future__ import annotations

from pathlib import Path

from sync import sqlite
from sync.sqlite.migrations import Schema, migrate

_STEP_1 = (
    """CREATE TABLE source (
        id INTEGER PRIMARY KEY, party TEXT NOT NULL, role TEXT NOT NULL, message TEXT NOT NULL,
        sha256 TEXT NOT NULL UNIQUE, received TEXT NOT NULL, reading TEXT NOT NULL, program TEXT NOT NULL,
        taken INTEGER NOT NULL, rows INTEGER, rejected INTEGER) STRICT""",
    # Declarations lie in order of arrival: of a million rows each is written next to the last.
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

_STEP_2 = (
    # The same file may come from several parties; the declarations of one can be removed alone.
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
    # The totals of a consignment lie with its assessment; here are the keys and days under which it counts.
    """ALTER TABLE assessment ADD COLUMN tally BLOB""",
    """CREATE TABLE tally (
        key INTEGER NOT NULL, day INTEGER NOT NULL, consignment TEXT NOT NULL,
        PRIMARY KEY (key, day, consignment)) STRICT, WITHOUT ROWID""",
    # Which number is on which piece is read from the declarations; a consignment's own number needs no row.
    """ALTER TABLE identifier RENAME TO identifier_1""",
    """CREATE TABLE identifier (
        value TEXT NOT NULL, kind TEXT NOT NULL, consignment TEXT NOT NULL,
        PRIMARY KEY (value, kind, consignment)) STRICT, WITHOUT ROWID""",
    """INSERT INTO identifier SELECT DISTINCT value, kind, consignment FROM identifier_1
        WHERE value <> consignment""",
    """DROP TABLE identifier_1""",
    """DROP TABLE piece""",
    # Numbers come in no order. With a new part of the index every 2^18 declarations, a file of any size is
    # written to few of its pages, however large the table is; a look-up goes through all parts.
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

REFERENCE = Schema(name="reference", application_id=0x70636C52, steps=(_STEP_1, _STEP_2))  # "pclR"


def migrate_reference(conn: sqlite.Connection, path: Path) -> None:
    """Bring ``reference.db`` to the present schema.

    Raises:
        SchemaTooNew, ForeignFile: a newer program's file, or another program's.
    """
    migrate(conn, path, REFERENCE)
