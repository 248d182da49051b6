"""What the reading of a manifest gives, row by row: parcels, what was put right in them, refusals.

Errors have stable codes: E0xx the row's form, E1xx its numbers, E2xx the goods, E3xx the value, E4xx places
and times; W3xx what was put right in a row that was taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.domain.consignment.declaration import Declaration

CLIP = 40
"""Most characters of a refused value that an error repeats."""


class Mending(msgspec.Struct, frozen=True, kw_only=True):
    """What was put right in a row that was taken, so that its sender can do so himself.

    Codes W3xx: a leading zero restored, a number read from a numeric cell, a date recognised, a unit applied.
    """

    line: int
    column: str
    code: str
    message: str
    value: str
    """What stood there, clipped."""
    hint: str


class Row(msgspec.Struct, frozen=True, gc=False):
    """One parcel, read from line ``line`` of the file (counted from 1; the header is line 1)."""

    line: int
    declaration: Declaration
    mended: tuple[Mending, ...] = ()
    cells: Sequence[str] = ()
    """Of a table: the row as it stood."""


class RowError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row was refused. A row may have several; none of it was taken."""

    line: int
    column: str
    """Canonical name of the column; empty when the row as such is at fault."""
    code: str
    message: str
    value: str
    """What stood there, clipped to ``CLIP`` characters."""
    hint: str
    """What to write instead."""
    cells: Sequence[str] = ()
    """Of a table: the row as it stood, to be corrected."""


class CellFault(Exception):
    """Becomes a ``RowError``; never leaves the reading of a row."""

    def __init__(self, code: str, column: str, value: str | None, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.column, self.value, self.message, self.hint = code, column, value, message, hint


def row_error(line: int, fault: CellFault, cells: Sequence[str] = ()) -> RowError:
    """The fault of one row, its value clipped."""
    value = (fault.value or "")[:CLIP]
    return RowError(
        line=line,
        column=fault.column,
        code=fault.code,
        message=fault.message,
        value=value,
        hint=fault.hint,
        cells=cells,
    )
