"""The table ``source``: imported files and messages, who sent them, and how far each import is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

import msgspec

from agent import __version__
from agent.domain.consignment.effective import SourceRole
from sync import sqlite

_INSERT = """INSERT INTO source
    (party, role, message, sha256, received, reading, program, taken, signer, signature)
    VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)"""
_BEGUN = """SELECT id, rows IS NOT NULL, reading, program, taken FROM source
    WHERE sha256 = ? AND party = ? AND role = ?"""
_AGAIN = """UPDATE source SET reading = ?, program = ?, taken = 0, rows = NULL, rejected = NULL
    WHERE id = ?"""
_SIGNED = "UPDATE source SET signer = ?, signature = ? WHERE id = ?"
_TAKEN = "UPDATE source SET taken = taken + ? WHERE id = ?"
_DONE = "UPDATE source SET rows = ?, rejected = ?, faults = ? WHERE id = ?"
_COUNT = "SELECT count(*) FROM source"
_LIST = """SELECT id, party, role, message, sha256, received, reading, program, taken, rows, rejected, faults,
        signer, signature
    FROM source WHERE (? IS NULL OR party = ?) AND (? IS NULL OR id = ?) ORDER BY id"""
# With a reading that no file has: the same file is imported again whenever it comes back.
_LEAVING = "UPDATE source SET program = ?, reading = '' WHERE id = ?"
_FORGET = "DELETE FROM source WHERE id = ?"

REMOVING = "removing"
"""The program of a source whose declarations are being removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file or message, and who sent it in which capacity."""

    party: str
    role: SourceRole
    message: str
    sha256: str
    reading: str = ""
    """How it is read: its format, the mapping profile, what was assumed."""
    signer: str | None = None
    """Id of the key that signed its bytes, where a signature was given and verified."""
    signature: bytes | None = None


class Begun(NamedTuple):
    """How far the import of a source is when it begins."""

    number: int
    known: bool
    """It was imported completely, and read the same way."""
    taken: int
    """Declarations of it that are stored already, the first ones of the file."""
    afresh: bool = False
    """It is read another way now, and its rows will be replaced in place."""
    again: bool = False
    """It was begun before, so some of its rows may be stored already."""


def begin(conn: sqlite.Connection, source: Source, received: str) -> Begun:
    """Begin to import a file, or go on with it.

    Args:
        received: Now, ISO 8601; a known source keeps its own.
    """
    row = conn.execute(_BEGUN, (source.sha256, source.party, source.role.value)).fetchone()
    if row is None:
        who = (source.party, source.role.value, source.message, source.sha256)
        read = (received, source.reading, __version__, source.signer, source.signature)
        return Begun(int(conn.execute(_INSERT, who + read).lastrowid or 0), False, 0)
    number, complete, reading, program, taken = row
    if source.signer is not None:
        # The same bytes came unsigned before; the signature that vouches for them now is kept.
        conn.execute(_SIGNED, (source.signer, source.signature, number))
    if complete and reading == source.reading:
        return Begun(number, True, taken, again=True)
    if not complete and (reading, program) == (source.reading, __version__):
        return Begun(number, False, taken, again=True)
    conn.execute(_AGAIN, (source.reading, __version__, number))
    return Begun(number, False, 0, True, True)


def took(conn: sqlite.Connection, number: int, count: int) -> None:
    """Record that ``count`` more of its declarations are stored."""
    conn.execute(_TAKEN, (count, number))


def end(conn: sqlite.Connection, number: int, *, rows: int, rejected: int, faults: Mapping[str, int]) -> None:
    """Record that the whole file was imported; ``faults`` counts refusals and corrections by code."""
    conn.execute(_DONE, (rows, rejected, msgspec.json.encode(faults, order="sorted").decode(), number))


def count(conn: sqlite.Connection) -> int:
    """How many sources there are."""
    return int(conn.execute(_COUNT).fetchone()[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSource:
    """A row of the table."""

    number: int
    party: str
    role: str
    message: str
    sha256: str
    received: str
    reading: str
    program: str
    taken: int
    """Declarations of it that were stored."""
    rows: int | None
    """Accepted rows of the whole file; None while its import is incomplete."""
    rejected: int | None
    faults: str
    """Refusals and corrections, counted by code; JSON."""
    signer: str | None
    signature: bytes | None

    @property
    def state(self) -> str:
        """``complete``, ``incomplete`` or ``removing``."""
        if self.program == REMOVING:
            return REMOVING
        return "incomplete" if self.rows is None else "complete"


def stored(
    conn: sqlite.Connection, *, party: str | None = None, number: int | None = None
) -> list[StoredSource]:
    """The sources, or those of a party, or the one of that number."""
    names = [field.name for field in fields(StoredSource)]
    rows = conn.execute(_LIST, (party, party, number, number)).fetchall()
    return [StoredSource(**dict(zip(names, row, strict=True))) for row in rows]


def leaving(conn: sqlite.Connection, number: int) -> None:
    """Mark a source whose declarations are about to be removed."""
    conn.execute(_LEAVING, (REMOVING, number))


def forget(conn: sqlite.Connection, number: int) -> None:
    """Delete the row of a source; its declarations must be gone already."""
    conn.execute(_FORGET, (number,))
