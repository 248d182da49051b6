"""A log as it lies on disk, for reading alone: what an auditor has, and what a command reads beside a hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.errors import NotFound
from agent.store.schema import EVIDENCE_VERSION, check_schema
from sync import sqlite
from sync.log.entries import Entry

_ENTRIES = "SELECT seq, kind, payload, leaf, signature FROM log WHERE seq >= ? ORDER BY seq LIMIT ?"
PAGE = 500


class StoredLog:
    """Entries and notes of one ``evidence.db``; paged, so that no read transaction is held open."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise NotFound(f"there is no log at {path}")
        try:
            self._conn = sqlite.connect(path, read_only=True)
            check_schema(self._conn, path, EVIDENCE_VERSION)
            self.log_id = str(self._conn.execute("SELECT value FROM meta WHERE key = 'log_id'").fetchone()[0])
        except (sqlite.Error, TypeError) as error:
            raise NotFound(f"{path} is not an evidence log: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._conn.close()

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
