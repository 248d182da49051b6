"""Workbooks: the first visible sheet with a header is the manifest; a second one may hold its goods lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO

import msgspec
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from agent.domain.consignment.declaration import Item, Transport
from agent.domain.consignment.goods_lines import with_totals
from agent.formats.profiles.columns import ITEM_COLUMNS, REPORT_SHEET
from agent.formats.profiles.profile import Profile
from agent.formats.reading import FileNote, Format, Reading, ReadOrder
from agent.formats.rows import Mending, Row, RowError
from agent.formats.tabular.cell_text import text_of
from agent.formats.tabular.layout import TableLayout
from agent.formats.tabular.table import (
    MAX_HEAD,
    Cells,
    TableHeader,
    find_header,
    header_notes,
    known_columns,
    layout_of,
    meanings,
    no_header,
    read_rows,
)
from agent.formats.tabular.workbook_guard import DAYS_1904, check, too_large, unreadable

MAX_WIDTH = 1_024
MAX_ROWS = 2_000_000

_DATES = frozenset({"expected_arrival", "mailed_on"})
_GOODS = ITEM_COLUMNS | {"description", "hs_code", "quantity"}


def read_sheet(stream: BinaryIO, order: ReadOrder) -> Reading:
    """Read an XLSX, XLS, XLSB or ODS workbook; the sheet that is read is held in memory whole.

    Formulas give the values that were last worked out.

    Raises:
        ManifestRefused: The file is not a workbook, is locked, unpacks to too much, or has no usable header.
    """
    from_1904 = check(stream)
    book = _opened(stream)
    notes = [
        FileNote(code="W392", message=f"the hidden sheet {meta.name[:40]!r} was left out")
        for meta in book.sheets_metadata
        if meta.visible is not SheetVisibleEnum.Visible
    ]
    visible = [m.name for m in book.sheets_metadata if m.visible is SheetVisibleEnum.Visible]
    profile = order.profile or _chosen(book, visible, order)
    if profile is not None and profile.sheet is not None:
        # A report of ours has its rows on a sheet of its own name, whatever the sender's is called.
        sheet = profile.sheet if profile.sheet in visible else REPORT_SHEET
        visible = [name for name in visible if name == sheet]
    tables = list(_tables(book, visible, profile, from_1904=from_1904))
    if from_1904:
        message = "days of this workbook count from 1904; bare numbers in columns of dates were read so"
        notes.append(FileNote(code="W396", message=message))
    if not tables:
        raise no_header(_first_row(book, visible))
    main = tables[0]
    layout, items = layout_of(main.header, profile, order.transport)
    late: list[FileNote] = []
    rows = read_rows(main.rows(layout), layout, items=items, late=late)
    notes += header_notes(main.header)
    means = meanings(main.header, profile, items=items)
    goods = None if items else next((one for one in tables[1:] if _GOODS & one.header.places.keys()), None)
    if goods is not None and not _GOODS & main.header.places.keys():
        notes.append(FileNote(code="W393", message=f"goods lines were taken from sheet {goods.name[:40]!r}"))
        rows = _joined(rows, goods, profile, order.transport)
        means += meanings(goods.header, _as_items(profile), items=True)
    return Reading(
        format=Format.SHEET,
        profile_id=profile.key if profile is not None else None,
        rows=rows,
        header=main.header.cells,
        notes=tuple(notes),
        means=means,
        late=late,
    )


def _opened(stream: BinaryIO) -> CalamineWorkbook:
    book: CalamineWorkbook = _guarded(lambda: CalamineWorkbook.from_filelike(stream))
    return book


def _guarded(work: Any) -> Any:
    try:
        return work()
    except (CalamineError, OSError, ValueError, OverflowError, RuntimeError) as exc:
        raise unreadable(str(exc)) from exc
    except BaseException as exc:
        # The library is Rust: what it did not foresee comes out as a panic, which is not an Exception.
        if type(exc).__name__ != "PanicException":
            raise
        raise unreadable("it is damaged") from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A sheet whose header was found."""

    name: str
    header: TableHeader
    sheet: CalamineSheet
    first: int
    """Row of the sheet's area that follows the header."""
    from_1904: bool

    def rows(self, layout: TableLayout) -> Iterator[Cells]:
        """Each row after the header as text."""
        columns = {place: column for column, place in self.header.places.items()}
        top = self.sheet.start[0] if self.sheet.start else 0
        comma = layout.dialect.decimal_comma
        for number, values in enumerate(_area(self.sheet)):
            if number < self.first:
                continue
            line = top + number + 1
            mended: list[Mending] = []
            cells: list[str] = []
            for place, value in enumerate(values):
                if type(value) is str:
                    cells.append(value)
                    continue
                column = columns.get(place)
                if self.from_1904 and column in _DATES and type(value) in (int, float):
                    # Date cells come as dates; a number does not know where it counts from.
                    value += DAYS_1904  # noqa: PLW2901 - the cell as the sender's program shows it
                text, mending = text_of(value, column, line, decimal_comma=comma)
                cells.append(text)
                if mending is not None:
                    mended.append(mending)
            # A sheet is as wide as its widest row; beyond the header nothing has a name.
            del cells[layout.width :]
            yield line, cells, mended


def _area(sheet: CalamineSheet) -> list[list[Any]]:
    area: list[list[Any]] = _guarded(sheet.to_python)
    return area


def _sheet(book: CalamineWorkbook, name: str) -> CalamineSheet:
    sheet: CalamineSheet = _guarded(lambda: book.get_sheet_by_name(name))
    if sheet.width > MAX_WIDTH or sheet.height > MAX_ROWS:
        raise too_large(f"sheet {name[:40]!r} has {sheet.height} rows of {sheet.width} cells")
    return sheet


def _head(sheet: CalamineSheet) -> list[list[str]]:
    rows: list[list[Any]] = _guarded(lambda: sheet.to_python(nrows=MAX_HEAD))
    return [[text_of(value, None, 0)[0] for value in row] for row in islice(rows, MAX_HEAD)]


def _tables(
    book: CalamineWorkbook, names: Iterable[str], profile: Profile | None, *, from_1904: bool
) -> Iterator[_Table]:
    for name in names:
        sheet = _sheet(book, name)
        header = find_header(_head(sheet), profile)
        if header is not None and "tracking_number" in header.places:
            yield _Table(name=name, header=header, sheet=sheet, first=header.index + 1, from_1904=from_1904)


def _first_row(book: CalamineWorkbook, names: list[str]) -> list[str]:
    rows = _head(_sheet(book, names[0])) if names else []
    return next((row for row in rows if any(row)), [])


def _chosen(book: CalamineWorkbook, names: list[str], order: ReadOrder) -> Profile | None:
    """The profile for one of the sheets, by the first row that names columns and fits one."""
    for name in names if order.profiles else ():
        head = _head(_sheet(book, name))
        for row in (find_header(head, None), *(find_header(head, one) for one in order.profiles)):
            if row is not None and known_columns(row) and (profile := order.profile_for(row.cells)):
                return profile
    return None


def _joined(
    parcels: Iterable[Row | RowError], goods: _Table, profile: Profile | None, transport: Transport | None
) -> Iterator[Row | RowError]:
    """Parcels of one sheet with the goods lines of another, by tracking number."""
    layout, _ = layout_of(goods.header, _as_items(profile), transport or Transport.MAIL)
    items: dict[str, tuple[Item, ...]] = {}
    lines: dict[str, int] = {}
    for row in read_rows(goods.rows(layout), layout, items=True):
        if isinstance(row, RowError):
            yield msgspec.structs.replace(row, message=f"sheet {goods.name[:40]!r}: {row.message}")
            continue
        number = row.declaration.consignment
        items[number] = (*items.get(number, ()), *row.declaration.items)
        lines.setdefault(number, row.line)
    for row in parcels:
        if isinstance(row, Row) and (lines_of_it := items.pop(row.declaration.consignment, None)):
            whole = msgspec.structs.replace(row.declaration, items=lines_of_it)
            yield msgspec.structs.replace(row, declaration=with_totals(whole))
        else:
            yield row
    for number in items:
        message = f"sheet {goods.name[:40]!r}: goods of a parcel that is on no other sheet"
        hint = "add the parcel, or take its goods out"
        yield RowError(
            line=lines[number],
            column="tracking_number",
            code="E116",
            message=message,
            value=number,
            hint=hint,
        )


def _as_items(profile: Profile | None) -> Profile:
    base = profile if profile is not None else Profile(id="none", digest="")
    return replace(base, item_rows=True)
