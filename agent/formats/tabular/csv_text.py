"""Text with separators: lines into rows, whatever stands between the cells and above the header."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from agent.domain.consignment.declaration import Transport
from agent.domain.errors import ManifestRefused
from agent.formats.profiles.profile import Profile
from agent.formats.reading import FileNote, Format, Meaning, Reading, ReadOrder
from agent.formats.rows import CLIP, Row, RowError
from agent.formats.tabular.encoding import find_encoding
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

MAX_LINE = 65_536
"""Most characters of one line; the widest row of ours has some 4,000."""

MAX_ROW_LINES = 50
"""Most lines of one row: an address may hold line ends, a quote left open must not swallow the file."""

CHUNK = 1 << 16
"""Characters that are decoded at a time."""

_DELIMITERS = ",;\t|"


def read_csv(stream: BinaryIO, order: ReadOrder) -> Reading:
    """Read a text manifest; nothing but the row at hand is held in memory.

    Args:
        stream: Seekable, at its beginning; it is gone through once for its encoding, then row by row.
        order: How to read it.

    Raises:
        ManifestRefused: The encoding cannot be determined, or no line is a usable header.
    """
    encoding = find_encoding(stream, order.profile.encoding if order.profile is not None else None)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding.name, errors=encoding.errors, newline="")
    source = chain.from_iterable(lines_of(text))
    table = _TextTable(source, order)
    late: list[FileNote] = []
    rows = table.read(late)
    notes = [FileNote(code="W391", message=encoding.note)] if encoding.note else []
    return Reading(
        format=Format.CSV,
        profile_id=table.profile.key if table.profile is not None else None,
        rows=rows,
        encoding=encoding.name,
        header=table.header.cells,
        notes=(*notes, *header_notes(table.header)),
        means=table.means,
        late=late,
    )


def read_lines(
    lines: Iterable[str], *, profile: Profile | None = None, transport: Transport | None = None
) -> Iterator[Row | RowError]:
    """Read a manifest from decoded lines with their ends.

    Yields:
        In the order of the file, a ``Row`` for each parcel, and every ``RowError`` of a row refused.

    Raises:
        ManifestRefused: No line is a usable header; raised before any row.
    """
    return _TextTable(iter(lines), ReadOrder(profile=profile, transport=transport)).read()


def lines_of(text: io.TextIOWrapper) -> Iterator[list[str]]:
    """Lines with their ends, those of a chunk together, which is twice as fast as one by one.

    Of a line that is longer than ``MAX_LINE`` only so much is kept as shows it.
    """
    chunk = text.read(CHUNK)
    end = "\n" if "\n" in chunk or "\r" not in chunk else "\r"
    carry = ""
    while chunk:
        *whole, carry = (carry + chunk).split(end)
        yield [line + end for line in whole]
        if len(carry) > MAX_LINE:
            carry = carry[: MAX_LINE + 1]
        chunk = text.read(CHUNK)
    if carry:
        yield [carry]


class _TextTable:
    """A text file whose header is known."""

    def __init__(self, source: Iterator[str], order: ReadOrder) -> None:
        head = list(islice(source, MAX_HEAD))
        if head:
            head[0] = head[0].removeprefix("\ufeff")
        if not any(map(str.strip, head)):
            what = "the first lines are empty" if head else "the file is empty"
            raise ManifestRefused("E010", what, "put the names of the columns in the first line")
        profile = order.profile
        delimiter, header, line = _best(head, profile)
        if header is None or (profile is None and order.profiles):
            profile = order.profile_for(header.cells if header is not None else ())
            delimiter, header, line = _best(head, profile)
        if header is None:
            first = next(line for line in head if line.strip())
            raise no_header(first.strip().split(delimiter))
        self.profile = profile
        self.header = header
        self.means: tuple[Meaning, ...] = ()
        self._transport = order.transport
        self._delimiter = delimiter
        self._lines = CsvLines(chain(head[line:], source), line)

    def read(self, late: list[FileNote] | None = None) -> Iterator[Row | RowError]:
        layout, items = layout_of(self.header, self.profile, self._transport)
        self.means = meanings(self.header, self.profile, items=items)
        records = self._lines.records(self._delimiter, layout.width)
        return read_rows(records, layout, items=items, late=late)


def _best(head: list[str], profile: Profile | None) -> tuple[str, TableHeader | None, int]:
    """The separator under which a line names the most columns, that header, and the line it ends on."""
    best: tuple[str, TableHeader | None, int] = max(_DELIMITERS, key="".join(head).count), None, 0
    refused: ManifestRefused | None = None
    for delimiter in _DELIMITERS:
        rows, ends = _parsed(head, delimiter)
        try:
            header = find_header(rows, profile)
        except ManifestRefused as exc:
            refused = refused or exc
            continue
        if header is not None and known_columns(header) > known_columns(best[1]):
            best = delimiter, header, ends[header.index]
    if refused is not None and "tracking_number" not in (best[1].places if best[1] else {}):
        raise refused
    return best


def _parsed(head: list[str], delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Rows of the first lines, and the line each ends on; a quote left open there ends them."""
    reader = csv.reader([line[:MAX_LINE] for line in head], delimiter=delimiter)
    rows: list[list[str]] = []
    ends: list[int] = []
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
    except csv.Error:
        pass  # what was read so far is examined; the rest is left to the rows after the header
    return rows, ends


class CsvLines:
    """The lines of the file, kept until their record is whole.

    A record that fails is given up with its first line alone; what was read beyond is read again, so that a
    quote left open costs one row and not the file.
    """

    def __init__(self, source: Iterator[str], read: int) -> None:
        self._source = source
        self._read = read
        self._again: deque[tuple[int, str]] = deque()
        self._record: list[tuple[int, str]] = []

    def records(self, delimiter: str, width: int) -> Iterator[Cells | RowError]:
        """Each row with its first line's number, from 1, and what cannot be taken apart."""
        quoted = csv.reader(self, delimiter=delimiter, strict=True)
        again, source = self._again, self._source
        while True:
            if again:
                number, line = again.popleft()
            else:
                line = next(source, "")
                if not line:
                    return
                self._read = number = self._read + 1
            if len(line) > MAX_LINE:
                message = f"the line has more than {MAX_LINE} characters"
                yield _fault(number, "E002", message, line, "look for a missing line end")
            elif '"' not in line:
                # Most lines: nothing is quoted, and splitting is several times faster than the csv module.
                yield number, line.rstrip("\r\n").split(delimiter), ()
            else:
                again.appendleft((number, line))
                yield self._quoted(quoted, number, width)

    def _quoted(self, reader: Iterator[list[str]], number: int, width: int) -> Cells | RowError:
        self._record.clear()
        try:
            cells = next(reader)
        except csv.Error as exc:
            return self._given_up(str(exc))
        if len(self._record) > 1 and len(cells) != width:
            # Two stray quotes with whole rows between them: those rows are worth more than this one.
            return self._given_up(f"a quoted cell runs over several lines and leaves {len(cells)} cells")
        return number, cells, ()

    def __iter__(self) -> CsvLines:
        return self

    def __next__(self) -> str:
        """One more line of the present record, for the csv module."""
        if len(self._record) >= MAX_ROW_LINES:
            raise csv.Error(f"a quote is still open {MAX_ROW_LINES} lines on")
        if self._again:
            numbered = self._again.popleft()
        else:
            line = next(self._source)
            self._read += 1
            numbered = self._read, line
            if len(line) > MAX_LINE:
                self._again.appendleft(numbered)
                raise csv.Error("a quote is open before a line past the ceiling")
        self._record.append(numbered)
        return numbered[1]

    def _given_up(self, reason: str) -> RowError:
        """Report the first line of the present record, and offer the others again."""
        number, line = self._record[0]
        self._again.extendleft(reversed(self._record[1:]))
        return _fault(
            number, "E003", f"not readable as CSV: {reason}", line, "double each quote inside a cell"
        )


def _fault(number: int, code: str, message: str, line: str, hint: str) -> RowError:
    value = ascii(line[: 2 * CLIP])[1:-1][:CLIP]
    return RowError(line=number, column="", code=code, message=message, value=value, hint=hint)
