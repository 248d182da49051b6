"""Parcels of formats that have no header: fields by column name, and goods lines, into rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from agent.domain.consignment.declaration import Item, Transport
from agent.formats.profiles.columns import COLUMNS
from agent.formats.profiles.dialect import OUR_WAY
from agent.formats.profiles.profile import Profile
from agent.formats.rows import Mending, Row, RowError
from agent.formats.tabular.layout import TableLayout
from agent.formats.tabular.table import ParcelLines

Fields = Mapping[str, str]
"""Column → text, as a cell of a table would hold it."""

_PLACES = {name: place for place, name in enumerate(COLUMNS)}


class Records:
    """Holds the fields of each parcel to the same rules, codes and hints as the rows of a table."""

    def __init__(self, profile: Profile | None, transport: Transport | None) -> None:
        dialect = profile.dialect if profile is not None else OUR_WAY
        transport = transport or (profile.transport if profile is not None else None)
        self._constants = dict(dialect.constants)
        self._layout = TableLayout(_PLACES, len(COLUMNS), dialect=dialect, transport=transport)

    def read(
        self,
        line: int,
        fields: Fields,
        items: Sequence[Fields] = (),
        mended: Sequence[Mending] = (),
        lines: Sequence[int] = (),
    ) -> Iterator[Row | RowError]:
        """One parcel, or every fault of it.

        Args:
            line: Where it begins in the file, from 1.
            fields: Of the parcel.
            items: Its goods lines, in the file's order.
            mended: What was put right before.
            lines: Where each goods line stands, if the format has lines.
        """
        whole = {**self._constants, **fields}
        parcel = ParcelLines(whole.get("tracking_number", ""))
        if not items:
            parcel.add(line, self._row(line, whole, mended))
        for place, item in enumerate(items):
            # The goods lines follow the parcel as the rows of a table would: each with the parcel's number.
            head = whole if place == 0 else self._line(whole)
            row = self._row(line, {**head, **item}, mended if place == 0 else ())
            at = lines[place] if lines else line
            parcel.add(at if place else line, row if isinstance(row, Row) else list(_placed(row, at)))
        for outcome in parcel.outcome():
            if isinstance(outcome, Row) and outcome.declaration.items == (Item(),):
                # No goods lines were given, which is not the same as one empty line.
                whole_one = msgspec.structs.replace(outcome.declaration, items=())
                outcome = msgspec.structs.replace(outcome, declaration=whole_one)  # noqa: PLW2901
            # There is no row of a table to show and to correct.
            yield msgspec.structs.replace(outcome, cells=())

    def _line(self, whole: Fields) -> dict[str, str]:
        kept = ("tracking_number", "transport", "currency")
        return {name: whole[name] for name in kept if name in whole}

    def _row(self, line: int, fields: Fields, mended: Sequence[Mending]) -> Row | list[RowError]:
        return self._layout.read(line, [fields.get(name, "") for name in COLUMNS], mended)


def _placed(errors: Sequence[RowError], at: int) -> Iterator[RowError]:
    """Faults of a goods line where that stands, those of the parcel where it begins."""
    for error in errors:
        yield msgspec.structs.replace(error, line=at) if error.column.startswith("item_") else error
