"""Tables of every file format: which row is the header, what its cells name, and rows into parcels."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from agent.domain.consignment.declaration import MAX_ITEMS, Declaration, Party, Transport
from agent.domain.consignment.goods_lines import with_totals
from agent.domain.errors import ManifestRefused
from agent.formats.profiles.columns import ITEM_COLUMNS, WEIGHT_COLUMNS, column_of, is_total, plain
from agent.formats.profiles.dialect import OUR_WAY
from agent.formats.profiles.profile import Profile
from agent.formats.reading import FileNote, How, Meaning
from agent.formats.rows import CLIP, Mending, Row, RowError
from agent.formats.tabular.layout import TableLayout

MAX_HEAD = 50
"""Rows among which the header is looked for; above it stand titles, dates and addresses."""

MAX_COLUMNS = 256
MAX_NAME = 200
"""Characters of a column's name."""

_OF_A_LINE = {
    "description": "item_description",
    "hs_code": "item_hs",
    "quantity": "item_quantity",
    "origin_country": "item_origin",
}
"""What a column means in a file with a row for each goods line, unless the file has the other one too."""

Cells = tuple[int, list[str], Sequence[Mending]]
"""A row's line in the file, its cells as text, and what was put right in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHeader:
    """The row that names the columns."""

    index: int
    """Among the rows that were searched; the rows of the manifest begin after it."""
    cells: tuple[str, ...]
    places: Mapping[str, int]
    """Column → place."""
    joined: bool = False
    """Whether the row above gave the groups their names."""


def find_header(rows: Sequence[Sequence[str]], profile: Profile | None) -> TableHeader | None:
    """The row that names the most columns, alone or together with the row of group names above it.

    None where no row names any. A header over two rows reads ``Consignee | | …`` above ``Name | City | …``.

    Raises:
        ManifestRefused: The row names one column twice, or has more than ``MAX_COLUMNS`` cells.
    """
    best: tuple[int, int, list[str], bool] | None = None
    for index, row in enumerate(rows[:MAX_HEAD]):
        candidates = [list(row)]
        if index:
            candidates.append(_joined(rows[index - 1], row, profile))
        for joined, cells in enumerate(candidates):
            known = len(set(filter(None, (column_named(cell, profile) for cell in cells[:MAX_COLUMNS]))))
            if known and (best is None or known > best[0]):
                best = known, index, cells, bool(joined)
    if best is None:
        return None
    _, index, cells, joined = best
    while len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        message = f"the header has {len(cells)} columns"
        raise ManifestRefused("E010", message, f"use at most {MAX_COLUMNS}")
    return TableHeader(index=index, cells=tuple(cells), places=_places(cells, profile), joined=joined)


def header_notes(header: TableHeader) -> list[FileNote]:
    """Remarks on a header that was taken."""
    if not header.joined:
        return []
    message = "the header was read from two rows: names of groups, and of the columns below them"
    return [FileNote(code="W394", message=message)]


def meanings(header: TableHeader, profile: Profile | None, *, items: bool) -> tuple[Meaning, ...]:
    """What each column of a table is read as, and what stands in for those that are absent."""
    columns = []
    for cell in header.cells:
        column = column_named(cell, profile)
        of_a_line = _OF_A_LINE.get(column or "")
        if items and of_a_line is not None and of_a_line not in header.places:
            column = of_a_line
        columns.append(Meaning(written=cell, column=column, how=_how(cell, column, profile)))
    return (*columns, *constants(profile, header.places))


def constants(profile: Profile | None, places: Container[str | None]) -> Iterator[Meaning]:
    """What a profile gives for all rows, but for columns that stand in the file."""
    for column, text in profile.dialect.constants if profile is not None else ():
        if column not in places:
            yield Meaning(written=text, column=column, how=How.CONSTANT)


def _how(cell: str, column: str | None, profile: Profile | None) -> How:
    name = plain(cell[:MAX_NAME])
    if profile is not None and name in profile.columns:
        return How.PROFILE
    if profile is not None and name in profile.ignored:
        return How.IGNORED
    return How.UNKNOWN if column is None else How.NAME


def known_columns(header: TableHeader | None) -> int:
    """How many columns of ours a header names."""
    return len(header.places) if header is not None else 0


def no_header(first: Sequence[str]) -> ManifestRefused:
    """The refusal of a table in which no row names the columns."""
    given = ", ".join(ascii_if_strange(cell[:CLIP]) for cell in first[:8]) or "nothing"
    message = f"there is no header with a tracking_number column; the first line reads {given}"
    return ManifestRefused("E012", message, "put the names of the columns in the first line")


def ascii_if_strange(text: str) -> str:
    """The text, with what would not show written as escapes."""
    return text if text.isprintable() else ascii(text)[1:-1][:CLIP]


def layout_of(
    header: TableHeader, profile: Profile | None, transport: Transport | None
) -> tuple[TableLayout, bool]:
    """Where each column stands, and whether a row is a goods line.

    Raises:
        ManifestRefused: A column that is needed is not there, or weight is given in two ways.
    """
    dialect = profile.dialect if profile is not None else OUR_WAY
    transport = transport or (profile.transport if profile is not None else None)
    places = dict(header.places)
    if "tracking_number" not in places:
        raise no_header(header.cells)
    given = {*places, *(name for name, _ in dialect.constants)}
    if "transport" not in given and transport is None:
        raise ManifestRefused("E013", "there is no transport column", "add it, or say how the file travels")
    weights = [column for column in WEIGHT_COLUMNS if column in places]
    if len(weights) > 1:
        hint = "keep one of them, or name the other under ignore in a mapping profile"
        raise ManifestRefused("E014", f"weight is given twice, as {' and '.join(weights)}", hint)
    if "gross_weight" in places and "weight_unit" not in given and dialect.weight_unit is None:
        raise ManifestRefused(
            "E015", "gross_weight has no unit", "add weight_unit, or name it gross_weight_kg"
        )
    items = bool(ITEM_COLUMNS & places.keys())
    if profile is not None and profile.item_rows is not None:
        items = profile.item_rows
    if items:
        for whole, line in _OF_A_LINE.items():
            if whole in places and line not in places:
                places[line] = places.pop(whole)
    return TableLayout(places, len(header.cells), dialect=dialect, transport=transport), items


def read_rows(
    rows: Iterable[Cells | RowError],
    layout: TableLayout,
    *,
    items: bool = False,
    late: list[FileNote] | None = None,
) -> Iterator[Row | RowError]:
    """Rows after the header into parcels; empty rows and the one that sums up are passed over.

    Args:
        rows: Line, cells and mendings of each row; what was refused before is passed on.
        layout: As ``layout_of`` gives it.
        items: A row is a goods line: those that follow each other with one number are one parcel.
        late: Takes the final remarks on rows that were passed over.
    """
    sums = _Sums()
    if items:
        yield from _grouped(rows, layout, sums)
    else:
        yield from _single(rows, layout, sums)
    if late is not None and sums.count:
        late.append(sums.note())


class _Sums:
    """Rows that sum up others."""

    def __init__(self) -> None:
        self.count = 0
        self._first = 0

    def add(self, line: int) -> None:
        self.count += 1
        self._first = self._first or line

    def note(self) -> FileNote:
        message = f"row {self._first} sums up others and was passed over"
        if self.count > 1:
            message = f"row {self._first} and {self.count - 1} more sum up others and were passed over"
        return FileNote(code="W395", message=message)


def _single(rows: Iterable[Cells | RowError], layout: TableLayout, sums: _Sums) -> Iterator[Row | RowError]:
    read = layout.read
    for outcome in rows:
        if isinstance(outcome, RowError):
            yield outcome
            continue
        line, cells, mended = outcome
        if any(cells):
            row = read(line, cells, mended)
            if isinstance(row, Row):
                yield row
            elif _sums_up(cells, row):
                sums.add(line)
            else:
                yield from row


def _sums_up(cells: Sequence[str], errors: Sequence[RowError]) -> bool:
    return any(error.column in ("tracking_number", "") for error in errors) and any(map(is_total, cells))


def column_named(cell: str, profile: Profile | None) -> str | None:
    """The column a header cell names: as the profile says, else as our lists of words do."""
    if len(cell) > MAX_NAME:
        return None  # no name, and long texts take their time to be made plain
    if profile is not None:
        name = plain(cell)
        if name in profile.columns:
            return profile.columns[name]
        if name in profile.ignored:
            return None
    return column_of(cell)


def _joined(above: Sequence[str], row: Sequence[str], profile: Profile | None) -> list[str]:
    """A header over two rows as one: a group's name stands in its first cell and holds until the next."""
    cells, group = [], ""
    for place, cell in enumerate(row):
        over = above[place].strip() if place < len(above) else ""
        group = over or group
        both = f"{group} {cell}" if cell.strip() else over
        # Under "Parcel" stands "Tracking No", which is known by itself alone.
        cells.append(cell if column_named(both, profile) is None and column_named(cell, profile) else both)
    return cells


def _places(cells: Sequence[str], profile: Profile | None) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        column = column_named(cell, profile)
        if column is None:
            continue
        if column in places:
            first = cells[places[column]][:CLIP]
            message = f"the header has {column} twice, as {first!r} and {cell[:CLIP]!r}"
            raise ManifestRefused("E011", message, "keep one, or map the columns in a mapping profile")
        places[column] = place
    return places


def _grouped(rows: Iterable[Cells | RowError], layout: TableLayout, sums: _Sums) -> Iterator[Row | RowError]:
    parcel: ParcelLines | None = None
    for outcome in rows:
        if isinstance(outcome, RowError):
            yield outcome
            continue
        line, cells, mended = outcome
        if not any(cells):
            continue
        number = layout.number_of(cells)
        if parcel is not None and number in ("", parcel.number):
            whole = layout.continued(cells, parcel.first)
        else:
            whole = list(cells)
        row = layout.read(line, whole, mended)
        if not number and not isinstance(row, Row) and any(map(is_total, cells)):
            sums.add(line)
            continue
        number = number or layout.number_of(whole)
        if parcel is None or parcel.number != number:
            if parcel is not None:
                yield from parcel.outcome()
            parcel = ParcelLines(number, cells)
        parcel.add(line, row)
    if parcel is not None:
        yield from parcel.outcome()


class ParcelLines:
    """The goods lines of one parcel, until the next one begins."""

    def __init__(self, number: str, first: Sequence[str] = ()) -> None:
        self.number = number
        self.first = first
        self._rows: list[Row] = []
        self._errors: list[RowError] = []
        self._whole: Declaration | None = None

    def add(self, line: int, row: Row | list[RowError]) -> None:
        """Take one more line."""
        if not isinstance(row, Row):
            self._errors += row
        elif len(self._rows) >= MAX_ITEMS:
            self._refuse(line, "", "E115", f"more than {MAX_ITEMS} goods lines", "split the parcel")
        else:
            self._rows.append(row)
            self._merge(row)

    def outcome(self) -> Iterator[Row | RowError]:
        """The parcel, or why no line of it was taken."""
        if self._whole is None or self._errors:
            refused = {error.line for error in self._errors}
            for row in self._rows:
                if row.line not in refused:
                    message = "another line of this parcel was refused"
                    hint = "correct that one and send the whole parcel"
                    self._refuse(row.line, "", "E114", message, hint, row.cells)
            yield from sorted(self._errors, key=lambda error: error.line)
            return
        items = tuple(item for row in self._rows for item in row.declaration.items)
        mended = tuple(one for row in self._rows for one in row.mended)
        whole = msgspec.structs.replace(self._whole, items=items)
        yield Row(self._rows[0].line, with_totals(whole), mended, self._rows[0].cells)

    def _merge(self, row: Row) -> None:
        declaration = row.declaration
        if self._whole is None:
            self._whole = declaration
            return
        additions: dict[str, object] = {}
        for name in declaration.__struct_fields__:
            before, now = getattr(self._whole, name), getattr(declaration, name)
            if name == "items" or now == before or now is None or now in ((), Party()):
                continue
            if before is None or before in ((), Party()):
                additions[name] = now
            else:
                self._disagree(row, name, before, now)
        self._whole = msgspec.structs.replace(self._whole, **additions) if additions else self._whole

    def _disagree(self, row: Row, name: str, before: object, now: object) -> None:
        column = name
        if isinstance(before, Party) and isinstance(now, Party):
            parts = [p for p in Party.__struct_fields__ if getattr(before, p) != getattr(now, p)]
            column = f"{name}_{parts[0]}"
        message = "the lines of one parcel do not agree here"
        hint = "write the same on each line of a parcel, or leave it out"
        self._refuse(row.line, column, "E113", message, hint, row.cells)

    def _refuse(
        self, line: int, column: str, code: str, message: str, hint: str, cells: Sequence[str] = ()
    ) -> None:
        self._errors.append(
            RowError(line=line, column=column, code=code, message=message, value="", hint=hint, cells=cells)
        )
