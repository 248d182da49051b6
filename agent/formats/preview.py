"""Previews the first rows of a file before it is imported: what each column is, and how it fares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from agent.formats.reading import How, Meaning, Reading
from agent.formats.rows import CLIP, Row, RowError

EXAMPLES = 3


class ColumnVerdict(StrEnum):
    """How the cells of one column fared, the worst that happened."""

    FINE = "fine"
    EMPTY = "empty"
    MENDED = "mended"
    REFUSED = "refused"
    CONSTANT = "constant"
    """No cell of the file: the profile gives it."""
    IGNORED = "ignored"
    """The profile passes over it."""
    NOT_READ = "not read"
    """No column of ours bears that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPreview:
    """One column of the file."""

    header: str
    """As written: a header cell, a path of JSON, a place of a record, or the text of a constant."""
    column: str | None
    """Which of ours it is."""
    how: How
    """Who says so: the mapping profile, or our lists of words."""
    verdict: ColumnVerdict
    filled: int | None
    """Rows in which it is not empty; None where the format has no cells to look at."""
    mended: int
    faults: int
    examples: tuple[str, ...]
    """Its first cells, clipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows of a file."""

    rows: int
    refused: int
    columns: tuple[ColumnPreview, ...]
    errors: tuple[RowError, ...]


class Look:
    """Watches the rows of a reading go by."""

    def __init__(self, reading: Reading) -> None:
        self.errors: list[RowError] = []
        self.cells: dict[int, Sequence[str]] = {}
        self._reading = reading
        self._faults: Counter[str] = Counter()
        self._mended: Counter[str] = Counter()

    def add(self, outcome: Row | RowError) -> Row | RowError:
        """Take note of one row, and give it back."""
        self.cells[outcome.line] = outcome.cells
        if isinstance(outcome, Row):
            self._mended.update({one.column for one in outcome.mended})
        else:
            self.errors.append(outcome)
            self._faults[outcome.column] += 1
        return outcome

    def columns(self) -> tuple[ColumnPreview, ...]:
        """How each column fared so far."""
        return tuple(self._column(place, meaning) for place, meaning in enumerate(self._reading.means))

    def _column(self, place: int, meaning: Meaning) -> ColumnPreview:
        texts = self._texts(place) if meaning.how is not How.CONSTANT else None
        column = meaning.column
        return ColumnPreview(
            header=meaning.written,
            column=column,
            how=meaning.how,
            verdict=self._verdict(meaning, texts),
            filled=None if texts is None else len(texts),
            mended=self._mended[column or ""],
            faults=self._faults[column] if column is not None else 0,
            examples=tuple(text[:CLIP] for text in (texts or ())[:EXAMPLES]),
        )

    def _texts(self, place: int) -> list[str] | None:
        """The cells of a column that are filled; None where there are no cells, or those of another sheet."""
        if place >= len(self._reading.header) or not any(self.cells.values()):
            return None
        rows = (row[place].strip() for row in self.cells.values() if place < len(row))
        return [text for text in rows if text]

    def _verdict(self, meaning: Meaning, texts: list[str] | None) -> ColumnVerdict:
        if meaning.column is None:
            return ColumnVerdict.IGNORED if meaning.how is How.IGNORED else ColumnVerdict.NOT_READ
        if self._faults[meaning.column]:
            return ColumnVerdict.REFUSED
        if self._mended[meaning.column]:
            return ColumnVerdict.MENDED
        if meaning.how is How.CONSTANT:
            return ColumnVerdict.CONSTANT
        return ColumnVerdict.EMPTY if texts == [] else ColumnVerdict.FINE


def preview(reading: Reading, *, n: int = 20) -> Preview:
    """Read the first ``n`` rows; the reading is used up by that.

    Args:
        reading: Just opened.
        n: Rows, or refusals, to look at.

    Raises:
        ManifestRefused: The file goes bad within these rows.
    """
    look = Look(reading)
    for outcome in islice(reading.rows, n):
        look.add(outcome)
    refused = len({error.line for error in look.errors})
    return Preview(rows=len(look.cells), refused=refused, columns=look.columns(), errors=tuple(look.errors))
