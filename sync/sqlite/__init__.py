"""The one SQLite library of this process.

Two SQLite libraries in one process drop each other's POSIX locks and lose committed rows, so this module
alone imports one, and everybody imports this module (sqlite-utils chooses the same one by itself).
Versions 3.7.0 to 3.51.2 can lose commits when one connection checkpoints while another resets the WAL (fixed
in 3.51.3, with backports to 3.50.7 and 3.44.6); with such a library a file may have one connection only.

Source: sqlite.org/wal.html, "The WAL Reset Bug".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import BrokenSqlite

if TYPE_CHECKING:
    import sqlite3 as _lib
else:
    try:
        import pysqlite3 as _lib
    except ImportError:
        import sqlite3 as _lib

Connection = _lib.Connection
Row = tuple[object, ...]
Error = _lib.Error
DatabaseError = _lib.DatabaseError
IntegrityError = _lib.IntegrityError
OperationalError = _lib.OperationalError

VERSION = tuple(int(part) for part in _lib.sqlite_version.split("."))


def is_sound(version: tuple[int, ...] = VERSION) -> bool:
    """Whether a library of that version keeps commits with several connections to one WAL file.

    >>> is_sound((3, 40, 1)), is_sound((3, 50, 7)), is_sound((3, 51, 2)), is_sound((3, 53, 4))
    (False, True, False, True)
    """
    if (3, 44, 6) <= version < (3, 45):
        return True
    if (3, 50, 7) <= version < (3, 51):
        return True
    return version >= (3, 51, 3) or version < (3, 7)


def require_sound(why: str) -> None:
    """Refuse a second connection to a file where the library could lose commits.

    Raises:
        BrokenSqlite: with the remedy.
    """
    if not is_sound():
        raise BrokenSqlite(
            f"SQLite {_lib.sqlite_version} can lose commits with {why}; "
            "install the pysqlite3 wheel, or Python with SQLite 3.51.3 or newer"
        )


def connect(path: Path, *, read_only: bool = False) -> Connection:
    """Open a file in WAL mode with ``synchronous=FULL``; transactions are explicit.

    Raises:
        OperationalError: the file cannot be opened, or is locked.
    """
    target = f"file:{_quoted(path)}?mode={'ro' if read_only else 'rwc'}"
    conn = _lib.connect(target, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        if read_only:
            conn.execute("PRAGMA query_only=ON")
            conn.execute("PRAGMA wal_autocheckpoint=0")
        else:
            conn.execute("PRAGMA journal_mode=WAL")
            conn.execute("PRAGMA synchronous=FULL")
        conn.execute("PRAGMA foreign_keys=ON")
        conn.execute("PRAGMA trusted_schema=OFF")
        conn.execute("PRAGMA cell_size_check=ON")
        conn.execute("PRAGMA mmap_size=0")
    except BaseException:
        conn.close()
        raise
    return conn


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
