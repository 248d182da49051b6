"""The table ``source``: files and messages that were taken in, who sent them, and how far they are."""

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
# Under a reading that no file has: the same file is taken in anew, whenever it comes again.
_LEAVING = "UPDATE source SET program = ?, reading = '' WHERE id = ?"
_FORGET = "DELETE FROM source WHERE id = ?"

REMOVING = "removing"
"""The program of a source whose declarations are being taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file or message, and who sent it in which capacity."""

    party: str
    role: SourceRole
    message: str
    sha256: str
    reading: str = ""
    """As what it is read: its format, the mapping profile, what was taken for granted."""
    signer: str | None = None
    """Id of the key that signed its bytes, where a signature was given and held."""
    signature: bytes | None = None


class Begun(NamedTuple):
    """Where a source stands when its file is at hand."""

    number: int
    known: bool
    """It was taken in completely, and read the same way."""
    taken: int
    """Declarations of it that are kept already, the first ones of the file."""
    afresh: bool = False
    """It is read another way now, and its rows will be replaced where they lie."""
    again: bool = False
    """It was begun before, so rows of it may lie there already."""


def begin(conn: sqlite.Connection, source: Source, received: str) -> Begun:
    """Begin to take in a file, or go on with it.

    Args:
        received: Now, ISO 8601; what a known source has already stays.
    """
    row = conn.execute(_BEGUN, (source.sha256, source.party, source.role.value)).fetchone()
    if row is None:
        who = (source.party, source.role.value, source.message, source.sha256)
        read = (received, source.reading, __version__, source.signer, source.signature)
        return Begun(int(conn.execute(_INSERT, who + read).lastrowid or 0), False, 0)
    number, complete, reading, program, taken = row
    if source.signer is not None:
        # The same bytes came unsigned before; that they are vouched for now is worth keeping.
        conn.execute(_SIGNED, (source.signer, source.signature, number))
    if complete and reading == source.reading:
        return Begun(number, True, taken, again=True)
    if not complete and (reading, program) == (source.reading, __version__):
        return Begun(number, False, taken, again=True)
    conn.execute(_AGAIN, (source.reading, __version__, number))
    return Begun(number, False, 0, True, True)


def took(conn: sqlite.Connection, number: int, count: int) -> None:
    """So many declarations more of it are kept."""
    conn.execute(_TAKEN, (count, number))


def end(conn: sqlite.Connection, number: int, *, rows: int, rejected: int, faults: Mapping[str, int]) -> None:
    """The whole file was taken in; ``faults`` counts what was refused or mended in it, by code."""
    conn.execute(_DONE, (rows, rejected, msgspec.json.encode(faults, order="sorted").decode(), number))


def count(conn: sqlite.Connection) -> int:
    """How many sources there are."""
    return int(conn.execute(_COUNT).fetchone()[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSource:
    """A source as it lies in the table."""

    number: int
    party: str
    role: str
    message: str
    sha256: str
    received: str
    reading: str
    program: str
    taken: int
    """Declarations of it that were kept."""
    rows: int | None
    """Of the whole file, what was accepted; None while it is not taken in completely."""
    rejected: int | None
    faults: str
    """What was refused or mended, counted by code; JSON."""
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
    """The declarations of a source are about to be taken away."""
    conn.execute(_LEAVING, (REMOVING, number))


def forget(conn: sqlite.Connection, number: int) -> None:
    """Nothing is known of a source any more; its declarations are gone before."""
    conn.execute(_FORGET, (number,))
