"""A log on disk, read only: what an auditor has, and what a command reads while a hub runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agent.errors import UnknownName
from agent.evidence.schema import EVIDENCE
from sync import sqlite
from sync.log.entries import Entry
from sync.sqlite.reading import StoredFile

FILE = "evidence.db"

_ENTRIES = "SELECT seq, kind, payload, leaf, signature FROM log WHERE seq >= ? ORDER BY seq LIMIT ?"
_LOG_ID = "SELECT value FROM meta WHERE key = 'log_id'"
PAGE = 500


class StoredLog(StoredFile):
    """Entries and notes of one ``evidence.db``; paged, so that no read transaction is held open.

    Raises:
        UnknownName: there is no such file, or it is another program's.
        SchemaTooNew: a newer program's file.
    """

    def __init__(self, path: Path) -> None:
        try:
            super().__init__(path, EVIDENCE)
            self.log_id = str(self._conn.execute(_LOG_ID).fetchone()[0])
        except FileNotFoundError as error:
            raise UnknownName(f"there is no log at {path}") from error
        except (sqlite.Error, TypeError) as error:
            raise UnknownName(f"{path} is not an evidence log: {error}") from error

    def size(self) -> int:
        """Entries in the log."""
        return int(self._conn.execute("SELECT coalesce(max(seq) + 1, 0) FROM log").fetchone()[0])

    def receipted(self) -> int:
        """Entries that the newest receipt covers."""
        return int(self._conn.execute("SELECT coalesce(max(size), 0) FROM receipt").fetchone()[0])

    def entries(self, first: int = 0, limit: int | None = None) -> Iterator[Entry]:
        """Entries from ``first`` on, at most ``limit``."""
        left = limit
        while left is None or left > 0:
            page = PAGE if left is None else min(PAGE, left)
            rows = self._conn.execute(_ENTRIES, (first, page)).fetchall()
            for seq, kind, payload, leaf, signature in rows:
                yield Entry(seq=seq, kind=kind, payload=payload, leaf=leaf, signature=signature)
            if len(rows) < page:
                return
            first = rows[-1][0] + 1
            left = None if left is None else left - len(rows)

    def notes(self) -> tuple[list[str], list[str]]:
        """All checkpoints and all receipts."""
        checkpoints = [str(r[0]) for r in self._conn.execute("SELECT note FROM checkpoint ORDER BY size")]
        return checkpoints, [str(r[0]) for r in self._conn.execute("SELECT note FROM receipt ORDER BY size")]
