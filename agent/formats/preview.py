"""A look at the first rows of a file before it is taken in: of each column, what it is and how it fares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from agent.domain.manifest_rows import CLIP, Row, RowError
from agent.formats.profiles import Profile
from agent.formats.reading import Reading
from agent.formats.tables import column_named

EXAMPLES = 3


class Verdict(StrEnum):
    """How the cells of one column fared, the worst that happened."""

    FINE = "fine"
    EMPTY = "empty"
    MENDED = "mended"
    REFUSED = "refused"
    NOT_READ = "not read"
    """No column of ours bears that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPreview:
    """One column of the file."""

    header: str
    column: str | None
    """Which of ours it is."""
    verdict: Verdict
    filled: int
    """Rows in which it is not empty."""
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


def preview(reading: Reading, *, n: int = 20, profile: Profile | None = None) -> Preview:
    """Read the first ``n`` rows; the reading is used up by that.

    Args:
        reading: Just opened.
        n: Rows, or refusals, to look at.
        profile: The one that the file was opened with, for what it calls the columns.

    Raises:
        ManifestRefused: The file goes bad within these rows.
    """
    faults: Counter[str] = Counter()
    mended: Counter[str] = Counter()
    cells: dict[int, Sequence[str]] = {}
    errors: list[RowError] = []
    for outcome in islice(reading.rows, n):
        cells[outcome.line] = outcome.cells
        if isinstance(outcome, Row):
            mended.update({one.column for one in outcome.mended})
        else:
            errors.append(outcome)
            faults[outcome.column] += 1
    columns = tuple(
        _column(place, header, column_named(header, profile), list(cells.values()), mended, faults)
        for place, header in enumerate(reading.header)
    )
    refused = len({error.line for error in errors})
    return Preview(rows=len(cells), refused=refused, columns=columns, errors=tuple(errors))


def _column(
    place: int,
    header: str,
    column: str | None,
    rows: Sequence[Sequence[str]],
    mended: Counter[str],
    faults: Counter[str],
) -> ColumnPreview:
    texts = [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
    verdict = Verdict.FINE if texts else Verdict.EMPTY
    if column is None:
        verdict = Verdict.NOT_READ
    elif faults[column]:
        verdict = Verdict.REFUSED
    elif mended[column]:
        verdict = Verdict.MENDED
    return ColumnPreview(
        header=header,
        column=column,
        verdict=verdict,
        filled=len(texts),
        mended=mended[column or ""],
        faults=faults[column] if column is not None else 0,
        examples=tuple(text[:CLIP] for text in texts[:EXAMPLES]),
    )
