"""CSV without a header, whose records say by their first cell what they are: ``mawb,1,…``, ``hawb,1,…``.

Records of one parcel follow each other, each sort with cells of its own. Spreadsheets add empty cells until
all rows are as wide as the widest; those are taken off. A cell that holds something the profile has no place
for refuses its parcel: it could as well be a cell that has slipped.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from itertools import chain, islice
from typing import BinaryIO

from agent.domain.consignment.declaration import MAX_ITEMS
from agent.domain.errors import ManifestRefused
from agent.formats.profiles.columns import WEIGHT_COLUMNS
from agent.formats.profiles.profile import Profile, load_profile
from agent.formats.profiles.record_layouts import RecordLevel, RecordType
from agent.formats.reading import FileNote, Format, How, Meaning, Reading, ReadOrder
from agent.formats.rows import CLIP, Row, RowError
from agent.formats.tabular.csv_text import CsvLines, lines_of
from agent.formats.tabular.encoding import find_encoding
from agent.formats.tabular.records import Records
from agent.formats.tabular.table import constants

_INSIDE = (RecordLevel.PACKAGE, RecordLevel.ITEM)
_LOOKED_AT = 5
"""First records that must all be of known sorts, for a file to be taken for one of these."""


def read_typed_csv(stream: BinaryIO, order: ReadOrder) -> Reading:
    """Read typed records; the parcel at hand is held in memory.

    Raises:
        ManifestRefused: The encoding cannot be determined, or no profile says what the records hold.
    """
    encoding = find_encoding(stream, order.profile.encoding if order.profile is not None else None)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding.name, errors=encoding.errors, newline="")
    source = chain.from_iterable(lines_of(text))
    head = list(islice(source, _LOOKED_AT))
    if head:
        head[0] = head[0].removeprefix("\ufeff")
    profile = profile_of(head, order)
    if profile is None:
        raise ManifestRefused(
            "E012",
            "no mapping profile says what these records hold",
            "name their sorts under records.types in a mapping profile",
        )
    late: list[FileNote] = []
    lines = CsvLines(chain(head, source), 0).records(profile.records.separator, -1)
    return Reading(
        format=Format.TYPED_CSV,
        profile_id=profile.key,
        rows=_rows(lines, profile, Records(profile, order.transport), late),
        encoding=encoding.name,
        notes=(FileNote(code="W391", message=encoding.note),) if encoding.note else (),
        means=(*_meanings(profile), *constants(profile, ())),
        late=late,
    )


def profile_of(head: Sequence[str], order: ReadOrder) -> Profile | None:
    """The profile that knows the sort of the first record; None where the file is of another form.

    Args:
        head: The first lines.
        order: A profile that it names is asked alone, and taken at its word; of the others, ours comes last.
    """
    if (profile := order.profile) is not None:
        return profile if profile.records.types else None
    lines = [line for line in head if line.strip(" \t\r\n,;|")][:_LOOKED_AT]
    for one in (*order.profiles, shipped()):
        if one.records.types and one.sender in (None, order.sender) and lines:
            cut = one.records.separator
            cells = [[cell.strip(' "') for cell in line.split(cut, 2)] for line in lines]
            sorts = list(map(one.records.of, cells))
            # A header row may begin with such a word, but hardly with a version after it.
            if sorts[0] and (all(sorts) or any(sort is not None and " " in sort.name for sort in sorts)):
                return one
    return None


@cache
def shipped() -> Profile:
    """Our own layout of typed records."""
    data = files("agent.formats.tabular").joinpath("typed.toml").read_bytes()
    return load_profile(data, "typed.toml")


def _meanings(profile: Profile) -> Iterator[Meaning]:
    for one in profile.records.types.values():
        for place, column in enumerate(one.columns, start=one.behind + 1):
            how = How.IGNORED if column is None else How.PROFILE
            yield Meaning(written=f"{one.name}, cell {place}", column=column, how=how)


def _rows(
    records: Iterable[tuple[int, list[str], object] | RowError],
    profile: Profile,
    reader: Records,
    late: list[FileNote],
) -> Iterator[Row | RowError]:
    open_file = _File(profile, reader)
    for record in records:
        if isinstance(record, RowError):
            # Which parcel it belonged to is known by its place alone.
            yield from open_file.refused(record)
        elif cells := _bare(record[1]):
            yield from open_file.take(record[0], cells)
    yield from open_file.close()
    if count := open_file.ignored:
        message = f"{count} records of sorts that are not read were passed over"
        late.append(FileNote(code="W397", message=message))


class _File:
    """What the records so far have opened."""

    def __init__(self, profile: Profile, reader: Records) -> None:
        self.ignored = 0
        self._profile = profile
        self._reader = reader
        self._master: dict[str, str] = {}
        self._parcel: _Parcel | None = None

    def take(self, line: int, cells: list[str]) -> Iterator[Row | RowError]:
        """One more record; gives the parcel that ends before it."""
        sort = self._profile.records.of(cells)
        if sort is not None and sort.level is RecordLevel.IGNORE:
            self.ignored += 1
            return
        if sort is not None and sort.level in (RecordLevel.MASTER, RecordLevel.PARCEL):
            yield from self.close()
        fault = _fault(line, cells, sort, is_open=self._parcel is not None)
        fields = _fields(sort, cells) if sort is not None else {}
        if sort is not None and sort.level is RecordLevel.MASTER:
            self._master = fields if fault is None else {}
        if sort is not None and sort.level is RecordLevel.PARCEL:
            self._parcel = _Parcel(line, {**self._master, **fields})
        if fault is not None:
            yield from self.refused(fault)
        elif sort is not None and sort.level in _INSIDE and self._parcel is not None:
            yield from self._parcel.take(line, sort, fields)

    def refused(self, fault: RowError) -> Iterator[RowError]:
        """A record cannot be taken, and its parcel, if one is open, neither."""
        if self._parcel is not None:
            self._parcel.is_refused = True
        yield fault

    def close(self) -> Iterator[Row | RowError]:
        """The parcel that is open."""
        if self._parcel is not None:
            yield from self._parcel.outcome(self._reader)
        self._parcel = None


def _bare(cells: Sequence[str]) -> list[str]:
    """The cells without the empty ones at the end, which spreadsheets add."""
    bare = [cell.strip() for cell in cells]
    while bare and not bare[-1]:
        bare.pop()
    return bare


def _fields(sort: RecordType, cells: Sequence[str]) -> dict[str, str]:
    pairs = zip(sort.columns, cells[sort.behind :], strict=False)
    return {column: cell for column, cell in pairs if column is not None and cell}


def _fault(line: int, cells: Sequence[str], sort: RecordType | None, *, is_open: bool) -> RowError | None:
    """Why a record cannot be taken, if so."""
    if sort is None:
        what = " ".join(cells[:2])[:CLIP]
        message = f"no profile knows records of the sort {what!r}"
        return _error(
            line, "E118", message, what, "name it under records.types, with level ignore if need be"
        )
    if sort.level in (RecordLevel.PACKAGE, RecordLevel.ITEM) and not is_open:
        return _error(line, "E119", f"a {sort.name} record before any parcel", "", "put it after its parcel")
    most = sort.behind + len(sort.columns)
    if len(cells) > most and not sort.and_more and sort.level is not RecordLevel.IGNORE:
        message = f"the {sort.name} record has {len(cells)} cells, the profile knows {most}"
        return _error(
            line, "E001", message, cells[most], "double-quote cells that hold commas; see the profile"
        )
    return None


def _error(line: int, code: str, message: str, value: str, hint: str, column: str = "") -> RowError:
    shown = ascii(value[:CLIP])[1:-1][:CLIP]
    return RowError(line=line, column=column, code=code, message=message, value=shown, hint=hint)


class _Parcel:
    """One parcel, until the next one begins."""

    def __init__(self, line: int, fields: dict[str, str]) -> None:
        self._line = line
        self._fields = fields
        self._packages: list[dict[str, str]] = []
        self._items: list[dict[str, str]] = []
        self._lines: list[int] = []
        self.is_refused = False

    def take(self, line: int, sort: RecordType, fields: dict[str, str]) -> Iterator[RowError]:
        """One more of its records."""
        if len(self._items) + len(self._packages) >= MAX_ITEMS:
            if not self.is_refused:
                message = f"more than {MAX_ITEMS} records of one parcel"
                yield _error(line, "E115", message, "", "split the parcel")
            self.is_refused = True
        elif sort.level is RecordLevel.ITEM:
            self._items.append(fields)
            self._lines.append(line)
        else:
            yield from self._package(line, fields)

    def _package(self, line: int, fields: dict[str, str]) -> Iterator[RowError]:
        for column, text in fields.items():
            before = next((one[column] for one in self._packages if column in one), None)
            adds_up = column in WEIGHT_COLUMNS or column in ("piece_count", "last_mile_number")
            if before not in (None, text) and not adds_up:
                message = "the packages of one parcel do not agree here"
                hint = "write the same on each of them, or leave it out"
                self.is_refused = True
                yield _error(line, "E113", message, text, hint, column)
        self._packages.append(fields)

    def outcome(self, reader: Records) -> Iterator[Row | RowError]:
        """The parcel, or why it was refused."""
        if self.is_refused:
            message, hint = (
                "another record of this parcel was refused",
                "correct that one and send the whole parcel",
            )
            yield _error(self._line, "E114", message, self._fields.get("tracking_number", ""), hint)
            return
        whole = {**_together(self._packages), **self._fields}
        yield from reader.read(self._line, whole, self._items, lines=self._lines)


def _together(packages: Sequence[dict[str, str]]) -> dict[str, str]:
    """What the packages say of the parcel: weights and pieces summed where each of them says it."""
    if not packages:
        return {}
    whole: dict[str, str] = {}
    for one in packages:
        whole = {**one, **whole}
    for column in (*WEIGHT_COLUMNS, "piece_count"):
        if column in whole:
            whole[column] = _sum([one.get(column, "") for one in packages])
    if len(packages) > 1:
        # A label of one package is none of the parcel's.
        whole.pop("last_mile_number", None)
    return {"piece_count": str(len(packages)), **{name: text for name, text in whole.items() if text}}


def _sum(texts: Sequence[str]) -> str:
    """The sum as text; a text that is not a number is given as it is, to be refused by name."""
    if len(texts) == 1 or not all(texts):
        return texts[0] if len(texts) == 1 else ""
    total = Decimal(0)
    for text in texts:
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        if not number.is_finite() or abs(number.adjusted()) > CLIP:
            return text
        total += number
    return f"{total:f}"
