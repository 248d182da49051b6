"""A file opened for reading alone, beside the process that writes it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from sync import sqlite
from sync.sqlite.migrations import Schema, check_version


class StoredFile:
    """One database file that is only read; a context manager that closes it.

    Raises:
        FileNotFoundError: there is no such file.
        SchemaTooNew: a newer program wrote it.
        sqlite.Error: it cannot be opened, or is not a database.
    """

    def __init__(self, path: Path, schema: Schema) -> None:
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist")
        self._conn = sqlite.connect(path, read_only=True)
        try:
            self.version = check_version(self._conn, path, schema)
        except BaseException:
            self._conn.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._conn.close()
