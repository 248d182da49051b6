"""A CSV manifest: lines of text into rows. What a row must say is in ``manifest_rows``."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from agent.domain.declarations import Transport
from agent.domain.errors import ManifestRefused
from agent.domain.manifest_rows import CLIP, Row, RowError, read_rows

MAX_LINE = 65_536
"""Most characters of one line; the widest row of ours has some 4,000."""

MAX_ROW_LINES = 50
"""Most lines of one row: an address may hold line ends, a quote left open must not swallow the file."""

_DELIMITERS = ",;\t|"


def read_manifest(lines: Iterable[str], *, transport: Transport | None = None) -> Iterator[Row | RowError]:
    """Read a manifest line by line; nothing but the row at hand is held in memory.

    Args:
        lines: Lines of decoded text, with their ends. Comma, semicolon, tab and bar are told apart by the
            header; a byte order mark is passed over.
        transport: What to take where the file has no transport column.

    Yields:
        In the order of the file, a ``Row`` for each parcel, and every ``RowError`` of a row refused.

    Raises:
        ManifestRefused: The file is empty or its header unusable; raised before any row.
    """
    source = iter(lines)
    first = next(source, "").removeprefix("\ufeff")
    if not first.strip():
        raise ManifestRefused("E010", "the first line is empty", "put the names of the columns there")
    if len(first) > MAX_LINE:
        raise ManifestRefused("E010", f"the first line has {len(first)} characters", f"at most {MAX_LINE}")
    lines = _Lines(first, source)
    records = csv.reader(lines, delimiter=max(_DELIMITERS, key=first.count), strict=True)
    return _read(lines, records, transport)


def _read(
    lines: _Lines, records: Iterator[list[str]], transport: Transport | None
) -> Iterator[Row | RowError]:
    for outcome in read_rows(_rows(lines, records), transport=transport):
        if lines.faults:
            yield from lines.faults
            lines.faults.clear()
        yield outcome
    yield from lines.faults


def _rows(lines: _Lines, records: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    width = 0
    while True:
        lines.begin()
        try:
            cells = next(records, None)
        except csv.Error as exc:
            lines.give_up(str(exc))
            continue
        if cells is None:
            return
        width = width or len(cells)
        if lines.several and len(cells) != width:
            # Two stray quotes with whole rows between them: those rows are worth more than this one.
            lines.give_up(f"a quoted cell runs over several lines and leaves {len(cells)} cells")
            continue
        yield lines.start, cells


class _Lines:
    """The lines the csv module reads, kept until their record is whole.

    A record that fails is given up with its first line alone; what was read beyond is read again, so that a
    quote left open costs one row and not the file.
    """

    def __init__(self, first: str, source: Iterator[str]) -> None:
        self.faults: list[RowError] = []
        self.start = 1
        """Line on which the present record begins, from 1."""
        self._again: deque[tuple[int, str]] = deque([(1, first)])
        self._source = source
        self._read = 1
        self._record: list[tuple[int, str]] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self._record) >= MAX_ROW_LINES:
            raise csv.Error(f"a quote is still open {MAX_ROW_LINES} lines on")
        if self._again:
            number, line = self._again.popleft()
        else:
            number, line = self._next_readable()
        if not self._record:
            self.start = number
        self._record.append((number, line))
        return line

    @property
    def several(self) -> bool:
        """Whether the present record took more than one line."""
        return len(self._record) > 1

    def begin(self) -> None:
        """The next record begins with the next line."""
        self._record.clear()

    def give_up(self, reason: str) -> None:
        """Report the first line of the present record, and offer the others again."""
        number, line = self._record[0]
        self._fault(number, "E003", f"not readable as CSV: {reason}", line, "double each quote inside a cell")
        self._again.extendleft(reversed(self._record[1:]))

    def _next_readable(self) -> tuple[int, str]:
        for line in self._source:
            self._read += 1
            if len(line) <= MAX_LINE:
                return self._read, line
            message = f"the line has {len(line)} characters, the most is {MAX_LINE}"
            self._fault(self._read, "E002", message, line, "look for a missing line end")
        raise StopIteration

    def _fault(self, number: int, code: str, message: str, line: str, hint: str) -> None:
        value = ascii(line[:CLIP])[1:-1][:CLIP]
        self.faults.append(
            RowError(line=number, column="", code=code, message=message, value=value, hint=hint)
        )
