"""Where each column of a table stands, and its rows into declarations.

A row is read whole or refused whole, and a refused row never costs another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from operator import gt, itemgetter
from typing import Any

from agent.domain.consignment.declaration import Declaration, Item, Party, Transport
from agent.domain.values.countries import ISO_COUNTRIES
from agent.domain.values.money import Money
from agent.formats.profiles.columns import COLUMN_CEILINGS, COLUMNS, PARTIES, PARTY_FIELDS, WEIGHT_COLUMNS
from agent.formats.profiles.dialect import OUR_WAY, Dialect
from agent.formats.rows import CLIP, CellFault, Mending, Row, RowError, row_error
from agent.formats.tabular.cells import (
    FORMULA_ERRORS,
    POSTCODE_DIGITS,
    read_country,
    read_day,
    read_grams,
    read_instant,
    read_label,
    read_money,
)
from agent.formats.tabular.fields import SIMPLE, SIMPLE_ITEM, WHOLES, Reader

# What may not stand in a cell: control characters but tab and line ends, and halves of surrogate pairs.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

_REMEMBERED = 20_000
"""Weights and prices recur within a file; this many of each are remembered."""

_CELLS = 1_000
"""Of a bag's number, a quantity, a country; of each column this many are remembered."""

Texts = list[str | None]
Step = tuple[str, int, Callable[[str], object] | None]
"""Field, place of its column, and how the cell is read; None for as it stands."""


class _Remembered(dict[str, object]):
    """What the cells of one column were read as: the next row's is mostly the same."""

    def __init__(self, read: Callable[[str, str], object], column: str) -> None:
        super().__init__()
        self._read = read
        self._column = column

    def __missing__(self, text: str) -> object:
        value = self._read(text, self._column)
        if len(self) >= _CELLS:
            self.clear()
        self[text] = value
        return value


class TableLayout:
    """Where each column stands in one file, and how its cells are written.

    Args:
        places: Column → its place in a row.
        width: Cells of the header.
        dialect: How the sender writes; its constants stand in for columns that are absent.
        transport: What to take where no column says it.
    """

    def __init__(
        self,
        places: Mapping[str, int],
        width: int,
        *,
        dialect: Dialect = OUR_WAY,
        transport: Transport | None = None,
    ) -> None:
        constants = [(name, text) for name, text in dialect.constants if name not in places]
        self.width = width
        self.dialect = dialect
        given = {**places, **{name: width + place for place, (name, _) in enumerate(constants)}}
        self.columns = tuple(name for name in COLUMNS if name in given)
        self._constants = [text for _, text in constants]
        taken = [given[name] for name in self.columns]
        self.last = max(places.values())
        # A lone place would give the cell instead of a tuple of it: the first is taken twice.
        self._pick = itemgetter(*taken, taken[0])
        self._ceilings = tuple(COLUMN_CEILINGS[name] for name in self.columns if name in COLUMN_CEILINGS)
        self._at = {name: place for place, name in enumerate(self.columns)}
        self._number = places["tracking_number"]
        self._transport_place = places.get("transport", -1)
        self._transport = transport
        self._steps = [step for step in map(self._step, SIMPLE.items()) if step is not None]
        self._item_steps = [step for step in map(self._step, SIMPLE_ITEM.items()) if step is not None]
        self._wholes = [
            (name, kind, steps)
            for name, (kind, readers) in WHOLES.items()
            if (steps := [step for step in map(self._step, readers.items()) if step is not None])
        ]
        self._parties = list(self._party_places())
        at = self._at.get
        self._tracking = at("tracking_number", -1)
        self._last_mile = at("last_mile_number", -1)
        self._currency_at = at("currency", -1)
        self._value_at = at("value", -1)
        self._unit_at = at("weight_unit", -1)
        self._weight = [
            (at(column, -1), column, unit)
            for column, unit in zip(WEIGHT_COLUMNS, (None, "kg", "g"), strict=True)
            if column in self._at
        ]
        self._whens = [
            (at(column, -1), column, read)
            for column, read in (
                ("expected_arrival", read_instant),
                ("departure", read_instant),
                ("mailed_on", read_day),
            )
            if column in self._at
        ]
        self._known_grams: dict[tuple[str, str | None], int] = {}
        self._known_money: dict[tuple[str, str | None], Money] = {}
        self._mended: list[Mending] = []
        self._line = 0

    def place(self, column: str) -> int | None:
        """Where ``column`` stands among ``columns``; None when the file does not have it."""
        return self._at.get(column)

    def number_of(self, cells: Sequence[str]) -> str:
        """The tracking number of a row as written; empty when there is none."""
        return cells[self._number].strip().upper() if self._number < len(cells) else ""

    def continued(self, cells: Sequence[str], first: Sequence[str]) -> list[str]:
        """A further goods line, with the number and transport that only a parcel's first line may show."""
        places = {self._number, self._transport_place}
        return [
            first[place] if place in places and not cell.strip() and place < len(first) else cell
            for place, cell in enumerate(cells)
        ]

    def read(self, line: int, cells: list[str], mended: Sequence[Mending] = ()) -> Row | list[RowError]:
        """The parcel of one row, or every fault of it.

        Args:
            line: Of the file, from 1.
            cells: Texts of the row; the list is the layout's from here on.
            mended: What was put right before.
        """
        self._line = line
        try:
            texts = self._texts(cells)
        except CellFault as fault:
            return [row_error(line, fault, cells)]
        try:
            declaration = self._declaration(texts)
        except CellFault:
            # Rows in order take the straight way; a broken one is gone through again for all its faults.
            self._mended.clear()
            return [row_error(line, fault, cells) for fault in self._faults(texts)]
        if mended or self._mended:
            mended = (*mended, *self._mended)
            self._mended.clear()
            return Row(line, declaration, mended, cells)
        return Row(line, declaration, (), cells)

    def _texts(self, cells: list[str]) -> Texts:
        if len(cells) != self.width:
            self._fit(cells)
        picked = self._pick(cells + self._constants if self._constants else cells)
        if True in map(gt, map(len, picked), self._ceilings):
            self._too_long(picked)
        joined = "".join(picked)
        if not joined.isprintable() or "#" in joined:
            self._strange(picked)
        texts = [text or None for text in map(str.strip, picked)]
        # The cell of an absent column, at place -1.
        texts[-1] = None
        return texts

    def _fit(self, cells: list[str]) -> None:
        """Give a ragged row the header's width, where nothing of it is lost by that."""
        if len(cells) > self.width and not any(cells[self.width :]):
            del cells[self.width :]
        elif self.last < len(cells) < self.width:
            # Spreadsheets leave out separators after the last filled cell of a row.
            cells += [""] * (self.width - len(cells))
        else:
            message = f"the row has {len(cells)} cells, the header {self.width}"
            hint = "put cells that hold the separator in double quotes"
            raise CellFault("E001", "", None, message, hint)

    def _too_long(self, picked: Sequence[str]) -> None:
        for column, cell, most in zip(self.columns, picked, self._ceilings, strict=False):
            if len(cell) > most:
                message = f"{len(cell)} characters, the most is {most}"
                raise CellFault("E004", column, cell, message, "shorten it, or look for a missing separator")

    def _strange(self, picked: Sequence[str]) -> None:
        for column, cell in zip(self.columns, picked, strict=False):
            if _FORBIDDEN.search(cell):
                hint = "save the file as UTF-8 text"
                raise CellFault("E005", column, ascii(cell), "control characters", hint)
            if "#" in cell and cell.strip().upper() in FORMULA_ERRORS:
                hint = "correct the formula, or paste its value"
                raise CellFault("E006", column, cell, "a formula of the workbook failed", hint)

    def _declaration(self, texts: Texts) -> Declaration:
        fields = self._read(self._steps, texts)
        self._labels(texts, fields)
        if "transport" not in fields:
            fields["transport"] = self._default_transport()
        for party, pick, street2 in self._parties:
            fields[party] = self._party(party, pick(texts), texts[street2])
        self._grams(texts, fields)
        self._money(texts, fields)
        if self._whens:
            self._times(texts, fields)
        for name, kind, steps in self._wholes:
            fields[name] = kind(**self._read(steps, texts))
        if self._item_steps:
            fields["items"] = (self._item(texts),)
        return Declaration(**fields)

    def _labels(self, texts: Texts, fields: dict[str, Any]) -> None:
        text = texts[self._tracking]
        if text is None:
            hint = "give each parcel its number"
            raise CellFault("E101", "tracking_number", None, "the tracking number is missing", hint)
        tracking = read_label(text, "tracking_number")
        fields["consignment"] = tracking.value
        fields["pieces"] = ((tracking,),)
        if (text := texts[self._last_mile]) is not None:
            last_mile = read_label(text, "last_mile_number")
            if last_mile != tracking:
                fields["pieces"] = ((tracking, last_mile),)

    def _default_transport(self) -> Transport:
        if self._transport is None:
            raise CellFault("E201", "transport", None, "transport is missing", "write express or mail")
        return self._transport

    def _party(self, party: str, values: tuple[str | None, ...], street2: str | None) -> Party:
        name, street, city, state, postcode, country, phone, email = values
        if country is not None and country not in ISO_COUNTRIES:
            country = read_country(country, f"{party}_country")
        if postcode is not None and (
            len(postcode) < POSTCODE_DIGITS.get(country or "", 0) or "." in postcode
        ):
            postcode = self._zeros(party, postcode, country)
        if street2 is not None:
            street = f"{street}, {street2}" if street is not None else street2
            street = street[: COLUMN_CEILINGS[f"{party}_street"]]
        return Party(name, street, city, state, postcode, country, phone, email)

    def _zeros(self, party: str, postcode: str, country: str | None) -> str:
        """What a spreadsheet made of a postcode, undone: 7102.0 was 07102."""
        bare = postcode.removesuffix(".0")
        digits = POSTCODE_DIGITS.get(country or "", 0)
        if not (bare.isascii() and bare.isdecimal() and digits - len(bare) <= 2):
            return postcode
        whole = bare.zfill(digits)
        if whole != postcode:
            message = f"read as {whole}: a spreadsheet took it for a number"
            self._mend(f"{party}_postcode", "W310", message, postcode, "format the column as text")
        return whole

    def _mend(self, column: str, code: str, message: str, value: str, hint: str) -> None:
        self._mended.append(
            Mending(line=self._line, column=column, code=code, message=message, value=value[:CLIP], hint=hint)
        )

    def _grams(self, texts: Texts, fields: dict[str, Any]) -> None:
        for place, column, own_unit in self._weight:
            text = texts[place]
            if text is not None:
                unit = own_unit or texts[self._unit_at] or self.dialect.weight_unit
                key = text, unit
                grams = self._known_grams.get(key)
                if grams is None:
                    grams = read_grams(text, column, unit, self.dialect)
                    if len(self._known_grams) < _REMEMBERED:
                        self._known_grams[key] = grams
                fields["gross_weight_g"] = grams

    def _money(self, texts: Texts, fields: dict[str, Any]) -> None:
        text = texts[self._value_at]
        if text is not None:
            key = text, texts[self._currency_at] or self.dialect.currency
            money = self._known_money.get(key)
            if money is None:
                money = read_money(text, "value", key[1], self.dialect)
                if len(self._known_money) < _REMEMBERED:
                    self._known_money[key] = money
            fields["value"] = money

    def _times(self, texts: Texts, fields: dict[str, Any]) -> None:
        for place, column, read in self._whens:
            text = texts[place]
            if text is not None:
                fields[column] = self._when(text, column, read)

    def _when(self, text: str, column: str, read: Callable[[str, str, Dialect], str]) -> str:
        when = read(text, column, self.dialect)
        if when != text and "-" not in text and self.dialect.date_format is None:
            self._mend(column, "W320", f"serial date read as {when}", text, "write the date in words")
        return when

    def _read(self, steps: Sequence[Step], texts: Texts) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, place, read in steps:
            text = texts[place]
            if text is not None:
                fields[name] = text if read is None else read(text)
        return fields

    def _item(self, texts: Texts) -> Item:
        fields = self._read(self._item_steps, texts)
        for column, unit in (("item_net_weight_kg", "kg"), ("item_net_weight_g", "g")):
            at = self._at.get(column)
            if at is not None and (text := texts[at]) is not None:
                fields["net_weight_g"] = read_grams(text, column, unit, self.dialect)
        at = self._at.get("item_value")
        if at is not None and (text := texts[at]) is not None:
            currency = texts[self._currency_at] or self.dialect.currency
            fields["value"] = read_money(text, "item_value", currency, self.dialect)
        return Item(**fields)

    def _step(self, entry: tuple[str, Reader]) -> Step | None:
        column, (name, read) = entry
        place = self._at.get(column)
        if place is None:
            return None
        if column == "account_opened_on":
            # Not remembered: each row in which a date was corrected says so.
            return name, place, partial(self._when, column=column, read=read_day)
        return name, place, None if read is None else _Remembered(read, column).__getitem__

    def _party_places(
        self,
    ) -> Iterator[tuple[str, Callable[[Texts], tuple[str | None, ...]], int]]:
        for party in PARTIES:
            places = [self._at.get(f"{party}_{part}", -1) for part in PARTY_FIELDS]
            street2 = self._at.get(f"{party}_street2", -1)
            if max(street2, *places) >= 0:
                yield party, itemgetter(*places), street2

    def _faults(self, texts: Texts) -> Iterator[CellFault]:
        """Every fault of a row whose cells could be taken apart."""
        fields: dict[str, Any] = {}
        checks: list[Callable[[], object]] = [lambda: self._labels(texts, fields)]
        place = self._at.get("transport")
        if place is None or texts[place] is None:
            checks.append(self._default_transport)
        for _, at, read in self._steps:
            if (text := texts[at]) is not None and read is not None:
                checks.append(partial(read, text))
        checks += [partial(self._read, [step], texts) for _, _, steps in self._wholes for step in steps]
        for party, pick, _ in self._parties:
            checks.append(partial(self._party, party, pick(texts), None))
        checks += [
            lambda: self._grams(texts, fields),
            lambda: self._money(texts, fields),
            lambda: self._times(texts, fields),
            lambda: self._item(texts),
        ]
        for check in checks:
            try:
                check()
            except CellFault as fault:
                yield fault
        self._mended.clear()
