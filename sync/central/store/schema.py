"""The file ``central.db``: its tables, its version, and how it is opened."""

from __future__ import annotations

from pathlib import Path

from sync import sqlite
from sync.central.errors import NotInitialised, StoreBusy
from sync.sqlite import Connection, Error, migrations
from sync.sqlite.migrations import Schema

# An entry of a decision has about 1.7 kB. In a table WITHOUT ROWID, pages of 4 kB would push every payload to
# an overflow page of its own; pages of 16 kB keep nine entries together.
_PAGE_SIZE = 16_384

_STEP_1 = (
    """CREATE TABLE hub (
    owner TEXT PRIMARY KEY,
    card TEXT NOT NULL,
    note_key BLOB NOT NULL,
    registered_at INTEGER NOT NULL,
    quarantined_at INTEGER,
    reason TEXT
) STRICT, WITHOUT ROWID""",
    """CREATE INDEX hub_note_key ON hub (note_key)""",
    """CREATE TABLE log (
    log_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES hub (owner),
    opened_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE INDEX log_owner ON log (owner)""",
    """CREATE TABLE entry (
    log_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload BLOB NOT NULL,
    leaf BLOB NOT NULL,
    signature BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (log_id, seq)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE tree (
    log_id TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    edge BLOB NOT NULL
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE cosigned (
    log_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    edge BLOB NOT NULL,
    note TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (log_id, size)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE claim (
    log_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (log_id, size)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE equivocation (
    log_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload BLOB NOT NULL,
    leaf BLOB NOT NULL,
    signature BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (log_id, seq, kind, leaf)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE centre_leaf (
    seq INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT""",
)

CENTRAL = Schema(
    name="central",
    application_id=0x50434C43,  # "PCLC"
    steps=(_STEP_1,),
    elsewhere="name the folder that `preclear-central init` made",
)


def open_store(path: Path, *, create: bool = False) -> Connection:
    """Open ``central.db``.

    Raises:
        NotInitialised: there is no such file, and it is not to be made.
        SchemaTooNew: a newer program wrote it.
        ForeignFile: it is not a centre's database.
        StoreBusy: it cannot be opened: rights, damage, or a lock.
        BrokenSqlite: the library could lose commits while a command writes beside the service.
    """
    sqlite.require_sound("a command beside the running service")
    if not create and not path.exists():
        # A file that was lost must not be replaced by an empty one without a word.
        raise NotInitialised(
            f"{path} does not exist; run `preclear-central init`, or put the file back from its backup"
        )
    try:
        conn = sqlite.connect(path)
        try:
            migrations.create(conn, path, CENTRAL, page_size=_PAGE_SIZE)
        except BaseException:
            conn.close()
            raise
    except Error as error:
        raise StoreBusy(f"{path} cannot be opened: {error}") from error
    return conn
