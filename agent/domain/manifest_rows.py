"""Rows of a tabular manifest, from whatever file, into declarations. One row is one parcel.

A row is read whole or refused whole, and a refused row never costs another one. Errors have stable codes:
E0xx the row's form, E1xx its numbers, E2xx the goods, E3xx the value, E4xx places and times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import gt, itemgetter

import msgspec

from agent.domain.declarations import Declaration, Label, Party, Transport
from agent.domain.errors import ManifestRefused
from agent.domain.manifest_cells import (
    CellFault,
    Cells,
    read_arrival,
    read_country,
    read_grams,
    read_label,
    read_money,
    read_quantity,
    read_receptacle,
    read_transport,
)
from agent.domain.manifest_columns import COLUMN_CEILINGS, COLUMNS, WEIGHT_COLUMNS, column_of

MAX_COLUMNS = 256
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


NumberedRow = tuple[int, list[str]]
"""A row's line in the file, and its cells."""


def read_rows(rows: Iterable[NumberedRow], *, transport: Transport | None = None) -> Iterator[Row | RowError]:
    """Read a manifest whose first row is its header.

    Args:
        rows: Line number and cells of each row.
        transport: What to take where the file has no transport column.

    Raises:
        ManifestRefused: The header lacks a column that is needed, or has one twice. Raised at the first
            ``next``, before any row.
    """
    numbered = iter(rows)
    _, header = next(numbered, (1, []))
    layout = _layout(header, transport)
    for line, cells in numbered:
        if any(cells):
            row = layout.read(line, cells)
            if isinstance(row, Row):
                yield row
            else:
                yield from row


# What may not stand in a cell: control characters but tab and line ends, and halves of surrogate pairs.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class _Layout:
    """Where each column stands in this file."""

    def __init__(self, width: int, places: Mapping[str, int], default_transport: Transport | None) -> None:
        self._width = width
        # An absent column reads the empty cell that is appended to each row.
        self._pick = itemgetter(*(places.get(column, -1) for column in COLUMNS))
        self._transport = default_transport

    def read(self, line: int, cells: list[str]) -> Row | list[RowError]:
        """The parcel of one row, or every fault of it."""
        try:
            found = self._cells(cells)
        except CellFault as fault:
            return [_error(line, fault)]
        try:
            return Row(line, self._declaration(found))
        except CellFault:
            # Rows in order take the straight way; a broken one is gone through again for all its faults.
            return [_error(line, fault) for fault in self._faults(found)]

    def _cells(self, cells: list[str]) -> Cells:
        if len(cells) != self._width:
            message = f"the row has {len(cells)} cells, the header {self._width}"
            hint = "put cells that hold the separator in double quotes"
            raise CellFault("E001", "", None, message, hint)
        cells.append("")
        picked = self._pick(cells)
        if True in map(gt, map(len, picked), COLUMN_CEILINGS):
            self._too_long(picked)
        text = "".join(picked)
        if not text.isprintable():
            self._control_characters(picked)
        return Cells._make([cell or None for cell in map(str.strip, picked)])

    def _too_long(self, picked: Sequence[str]) -> None:
        for column, cell, most in zip(COLUMNS, picked, COLUMN_CEILINGS, strict=True):
            if len(cell) > most:
                message = f"{len(cell)} characters, the most is {most}"
                raise CellFault("E004", column, cell, message, "shorten it, or look for a missing separator")

    def _control_characters(self, picked: Sequence[str]) -> None:
        for column, cell in zip(COLUMNS, picked, strict=True):
            if _FORBIDDEN.search(cell):
                raise CellFault(
                    "E005", column, ascii(cell), "control characters", "save the file as UTF-8 text"
                )

    def _declaration(self, c: Cells) -> Declaration:
        tracking = read_label(c.tracking, "tracking_number")
        labels: tuple[Label, ...] = (tracking,)
        if c.last_mile is not None:
            last_mile = read_label(c.last_mile, "last_mile_number")
            labels = (tracking, last_mile) if last_mile != tracking else labels
        return Declaration(
            consignment=tracking.value,
            transport=read_transport(c, self._transport),
            pieces=(labels,),
            receptacle=read_receptacle(c),
            consignor=Party(
                c.consignor_name,
                c.consignor_street,
                c.consignor_city,
                c.consignor_state,
                c.consignor_postcode,
                read_country(c.consignor_country, "consignor_country"),
                c.consignor_phone,
                c.consignor_email,
            ),
            consignee=Party(
                c.consignee_name,
                c.consignee_street,
                c.consignee_city,
                c.consignee_state,
                c.consignee_postcode,
                read_country(c.consignee_country, "consignee_country"),
                c.consignee_phone,
                c.consignee_email,
            ),
            description=c.description,
            hs=c.hs.replace(".", "").replace(" ", "") if c.hs is not None else None,
            quantity=read_quantity(c),
            gross_weight_g=read_grams(c),
            value=read_money(c),
            origin_country=read_country(c.origin_country, "origin_country"),
            marketplace=c.marketplace,
            expected_arrival=read_arrival(c),
        )

    def _faults(self, c: Cells) -> Iterator[CellFault]:
        """Every fault of a row whose cells could be taken apart."""
        checks: tuple[Callable[[], object], ...] = (
            lambda: read_label(c.tracking, "tracking_number"),
            lambda: read_label(c.last_mile, "last_mile_number") if c.last_mile is not None else None,
            lambda: read_transport(c, self._transport),
            lambda: read_receptacle(c),
            lambda: read_country(c.consignor_country, "consignor_country"),
            lambda: read_country(c.consignee_country, "consignee_country"),
            lambda: read_quantity(c),
            lambda: read_grams(c),
            lambda: read_money(c),
            lambda: read_country(c.origin_country, "origin_country"),
            lambda: read_arrival(c),
        )
        for check in checks:
            try:
                check()
            except CellFault as fault:
                yield fault


def _layout(header: Sequence[str], transport: Transport | None) -> _Layout:
    if len(header) > MAX_COLUMNS:
        raise ManifestRefused("E010", f"the header has {len(header)} columns", f"use at most {MAX_COLUMNS}")
    places: dict[str, int] = {}
    for place, cell in enumerate(header):
        column = column_of(cell)
        if column is None:
            continue
        if column in places:
            first = header[places[column]][:CLIP]
            message = f"the header has {column} twice, as {first!r} and {cell[:CLIP]!r}"
            raise ManifestRefused("E011", message, "keep one of the two columns")
        places[column] = place
    if "tracking_number" not in places:
        given = ", ".join(cell[:CLIP] for cell in header[:8]) or "nothing"
        message = f"the first line is no header with a tracking_number column; it reads {given}"
        raise ManifestRefused("E012", message, "put the names of the columns in the first line")
    if "transport" not in places and transport is None:
        raise ManifestRefused("E013", "there is no transport column", "add it, or say how the file travels")
    weights = [column for column in WEIGHT_COLUMNS if column in places]
    if len(weights) > 1:
        raise ManifestRefused(
            "E014", f"weight is given twice, as {' and '.join(weights)}", "keep one of them"
        )
    if "gross_weight" in places and "weight_unit" not in places:
        raise ManifestRefused(
            "E015", "gross_weight has no unit", "add weight_unit, or name it gross_weight_kg"
        )
    return _Layout(len(header), places, transport)


def _error(line: int, fault: CellFault) -> RowError:
    return RowError(
        line=line,
        column=fault.column,
        code=fault.code,
        message=fault.message,
        value=(fault.value or "")[:CLIP],
        hint=fault.hint,
    )
