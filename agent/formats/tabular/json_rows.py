"""JSON and JSON in lines, as marketplaces send them: by the paths of a mapping profile, or by names alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, BinaryIO

import msgspec

from agent.domain.consignment.declaration import MAX_ITEMS, Transport
from agent.domain.errors import ManifestRefused
from agent.formats.profiles.columns import ITEM_COLUMNS, PARTIES, column_of
from agent.formats.profiles.profile import JsonMapping, Profile
from agent.formats.reading import Format, How, Meaning, Reading, ReadOrder
from agent.formats.rows import CLIP, Mending, Row, RowError
from agent.formats.tabular.cell_text import text_of
from agent.formats.tabular.records import Records
from agent.formats.tabular.table import constants

MAX_DOCUMENT = 256 << 20
MAX_LINE = 1 << 20
"""Bytes of one parcel in a file of lines."""

MAX_DEPTH = 8
"""Levels of a parcel that names are looked for on."""

MAX_SHOWN = 256
"""Members of a parcel whose meaning is given."""

_OF_A_LINE = {
    "description": "item_description",
    "hs_code": "item_hs",
    "quantity": "item_quantity",
    "origin_country": "item_origin",
    "value": "item_value",
}


def read_json(stream: BinaryIO, order: ReadOrder) -> Reading:
    """Read one JSON document; it is held in memory whole.

    Raises:
        ManifestRefused: It is larger than ``MAX_DOCUMENT``, no JSON, or no list of parcels is found in it.
    """
    data = stream.read(MAX_DOCUMENT + 1)
    if len(data) > MAX_DOCUMENT:
        message = f"the document has more than {MAX_DOCUMENT >> 20} MB"
        raise ManifestRefused("E018", message, "send it as JSON lines")
    try:
        document = msgspec.json.decode(_utf8(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise ManifestRefused("E060", f"not JSON: {exc}", "send it as the platform exports it") from exc
    profile = order.profile_for(_header(_parcels_of(document, None)))
    parcels = _parcels_of(document, profile.json if profile is not None else None)
    numbered = ((place, parcel) for place, parcel in enumerate(parcels, start=1))
    means = _meanings(parcels[0] if parcels else None, profile)
    return _reading(Format.JSON, numbered, profile, order.transport, _header(parcels), means)


def read_jsonl(stream: BinaryIO, order: ReadOrder) -> Reading:
    """Read one parcel a line; only the line at hand is held."""
    parcels = _lines(stream)
    first = next(parcels, None)
    header = _header([first[1]] if first is not None else [])
    profile = order.profile_for(header)
    means = _meanings(first[1] if first is not None else None, profile)
    return _reading(Format.JSONL, _again(first, parcels), profile, order.transport, header, means)


_Numbered = tuple[int, Any]


def _utf8(data: bytes) -> bytes:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def _again(first: _Numbered | None, rest: Iterator[_Numbered]) -> Iterator[_Numbered]:
    if first is not None:
        yield first
    yield from rest


def _lines(stream: BinaryIO) -> Iterator[_Numbered]:
    decode = msgspec.json.Decoder().decode
    for number, line in enumerate(iter(partial(stream.readline, MAX_LINE + 1), b""), start=1):
        if len(line) > MAX_LINE:
            hint = "put each parcel on a line of its own"
            raise ManifestRefused("E018", f"line {number} has more than {MAX_LINE >> 20} MB", hint)
        text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if not text:
            continue
        try:
            yield number, decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            message = f"not readable as JSON: {exc}"[:200]
            value = ascii(text[: 2 * CLIP].decode("latin-1"))[1:-1][:CLIP]
            yield (
                number,
                RowError(
                    line=number,
                    column="",
                    code="E003",
                    message=message,
                    value=value,
                    hint="one object a line",
                ),
            )


def _reading(
    kind: Format,
    parcels: Iterator[_Numbered],
    profile: Profile | None,
    transport: Transport | None,
    header: tuple[str, ...],
    means: tuple[Meaning, ...],
) -> Reading:
    records = Records(profile, transport)
    return Reading(
        format=kind,
        profile_id=profile.key if profile is not None else None,
        rows=_rows(parcels, profile, records),
        header=header,
        means=means,
    )


def _meanings(parcel: Any, profile: Profile | None) -> tuple[Meaning, ...]:
    """What the paths of a profile are read as, or the names of the first parcel's members."""
    if profile is not None and profile.json.fields:
        paths = profile.json.fields
        meanings = [Meaning(written=path.text, column=name, how=How.PROFILE) for name, path in paths.items()]
        return (*meanings, *constants(profile, paths))
    meanings = []
    for names, value in _leaves(parcel, (), MAX_DEPTH) if isinstance(parcel, Mapping) else ():
        lines = value if isinstance(value, list) and all(isinstance(one, Mapping) for one in value) else []
        inner = [(*names, *more) for more, _ in _leaves(lines[0], (), 2)] if lines else []
        for path in inner or [names]:
            column = _named(path[len(names) :] if inner else path)
            column = _OF_A_LINE.get(column or "", column) if inner else column
            how = How.UNKNOWN if column is None else How.NAME
            meanings.append(Meaning(written=".".join(path)[:200], column=column, how=how))
    return (*meanings[:MAX_SHOWN], *constants(profile, [one.column for one in meanings]))


def _rows(
    parcels: Iterator[_Numbered], profile: Profile | None, records: Records
) -> Iterator[Row | RowError]:
    mapping = profile.json if profile is not None and profile.json.fields else None
    for line, parcel in parcels:
        if isinstance(parcel, RowError):
            yield parcel
        elif not isinstance(parcel, Mapping):
            yield _fault(line, "", "E007", "a parcel is an object", _shown(parcel))
        else:
            reader = _Parcel(line, profile)
            fields, items = reader.mapped(parcel, mapping) if mapping is not None else reader.named(parcel)
            if reader.errors:
                yield from reader.errors
            else:
                yield from records.read(line, fields, items, reader.mended)


def _parcels_of(document: Any, mapping: JsonMapping | None) -> list[Any]:
    """The parcels of a document: where the profile says, else the only list of objects it holds."""
    if mapping is not None and mapping.rows is not None:
        return list(mapping.rows.find(document))
    level = [document]
    for _ in range(4):
        lists = [one for one in level if isinstance(one, list)]
        if single := [one for one in level if isinstance(one, dict) and _is_parcel(one)]:
            return single
        if lists:
            return max(lists, key=len)
        level = [value for one in level if isinstance(one, dict) for value in one.values()]
    if isinstance(document, dict):
        return [document]
    raise ManifestRefused("E012", "there is no list of parcels", "say under json.rows where they are")


def _is_parcel(member: Mapping[str, Any]) -> bool:
    return any(_named(names) == "tracking_number" for names, _ in _leaves(member, (), MAX_DEPTH))


def _header(parcels: list[Any]) -> tuple[str, ...]:
    """Names of a parcel's members, in order, for the fingerprint: what the first one has."""
    first = parcels[0] if parcels else None
    return tuple(sorted(first)) if isinstance(first, dict) else ()


class _Parcel:
    """One object on its way into fields by column."""

    def __init__(self, line: int, profile: Profile | None) -> None:
        self.errors: list[RowError] = []
        self.mended: list[Mending] = []
        self._line = line
        self._comma = profile is not None and profile.dialect.decimal_comma
        self._profile = profile

    def mapped(self, parcel: Any, mapping: JsonMapping) -> tuple[dict[str, str], list[dict[str, str]]]:
        """By the paths of a profile."""
        fields = {name: path for name, path in mapping.fields.items() if name not in ITEM_COLUMNS}
        of_items = {name: path for name, path in mapping.fields.items() if name in ITEM_COLUMNS}
        lines = list(mapping.items.find(parcel)) if mapping.items is not None else []
        return (
            {name: self._text(name, path.first(parcel)) for name, path in fields.items()},
            [
                {name: self._text(name, path.first(one)) for name, path in of_items.items()}
                for one in self._bounded(lines)
            ],
        )

    def named(self, parcel: Mapping[str, Any]) -> tuple[dict[str, str], list[dict[str, str]]]:
        """By the names of its members, alone or prefixed by those of the objects they stand in."""
        fields: dict[str, str] = {}
        goods: list[Any] = []
        for names, value in _leaves(parcel, (), MAX_DEPTH):
            if isinstance(value, list):
                if not goods and value and all(isinstance(one, dict) for one in value):
                    goods = value
                continue
            column = _named(names)
            if column is not None and column not in fields:
                fields[column] = self._text(column, value)
        return fields, [self._item(one, fields) for one in self._bounded(goods)]

    def _item(self, item: Mapping[str, Any], fields: dict[str, str]) -> dict[str, str]:
        fields_of_line: dict[str, str] = {}
        for names, value in _leaves(item, (), 2):
            column = _named(names)
            column = _OF_A_LINE.get(column or "", column)
            if column == "currency" or column in ITEM_COLUMNS:
                fields_of_line.setdefault(column, self._text(column, value))
        return fields_of_line

    def _bounded(self, lines: list[Any]) -> list[Any]:
        if len(lines) > MAX_ITEMS:
            self.errors.append(_fault(self._line, "", "E115", f"more than {MAX_ITEMS} goods lines", ""))
        return lines[:MAX_ITEMS]

    def _text(self, column: str, value: Any) -> str:
        if isinstance(value, dict | list):
            self.errors.append(
                _fault(self._line, column, "E007", "several values where one is meant", _shown(value))
            )
            return ""
        text, mending = text_of(value, column, self._line, decimal_comma=self._comma)
        if mending is not None:
            self.mended.append(mending)
        return text


def _leaves(
    here: Mapping[str, Any], names: tuple[str, ...], depth: int
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in here.items():
        if isinstance(value, Mapping):
            if depth > 1:
                yield from _leaves(value, (*names, name), depth - 1)
        else:
            yield (*names, name), value


@lru_cache(maxsize=4096)
def _named(names: tuple[str, ...]) -> str | None:
    """The column that a member is: by its name after one or all of those around it, else by it alone.

    ``recipient.address.zip`` is the recipient's, and no zip as such.
    """
    *around, own = names
    tries = [*(f"{outer} {own}" for outer in reversed(around)), " ".join(names)]
    column = next(filter(None, map(column_of, tries)), None)
    if column is None and (alone := column_of(own)) is not None:
        column = None if around and alone.startswith(PARTIES) else alone
    return column


def _shown(value: Any) -> str:
    try:
        return str(value)
    except (ValueError, RecursionError):  # numbers of thousands of digits, lists in lists without end
        return type(value).__name__


def _fault(line: int, column: str, code: str, message: str, value: str) -> RowError:
    value = ascii(value[: 2 * CLIP])[1:-1][:CLIP]
    return RowError(
        line=line, column=column, code=code, message=message, value=value, hint="look at the mapping profile"
    )
