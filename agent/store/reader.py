"""Declarations on disk, read only: what a command reads while a hub runs."""

from __future__ import annotations

from pathlib import Path

from agent.errors import UnknownName
from agent.store.declaration_table import Claims, read_claims
from agent.store.schema import REFERENCE
from agent.store.source_table import StoredSource, stored
from sync import sqlite
from sync.sqlite.reading import StoredFile


class StoredDeclarations(StoredFile):
    """The claims of one ``reference.db``.

    Raises:
        UnknownName: there is no such file, or it is another program's.
        SchemaTooNew: a newer program's file.
    """

    def __init__(self, path: Path) -> None:
        try:
            super().__init__(path, REFERENCE)
        except FileNotFoundError as error:
            raise UnknownName(f"there are no declarations at {path}; import a manifest first") from error
        except sqlite.Error as error:
            raise UnknownName(f"{path} holds no declarations: {error}") from error

    def claims(self, consignment: str) -> Claims:
        """All claims on one consignment; none for an unknown one."""
        return read_claims(self._conn, consignment)

    def list_sources(self, *, party: str | None = None, number: int | None = None) -> list[StoredSource]:
        """The sources, or those of a party, or the one of that number."""
        return stored(self._conn, party=party, number=number)
