"""Mapping profiles: how one sender writes his manifests. A TOML file becomes one frozen value, or is refused.

A profile is chosen by its sender and by the fingerprint of the header; the readers work without one too. Its
keys are described in this folder's README.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from agent.domain.consignment.declaration import Transport
from agent.domain.consignment.effective import SourceRole
from agent.domain.errors import PolicyError
from agent.domain.packs.table import Table
from agent.domain.values.money import EXPONENTS
from agent.formats.errors import ProfileInvalid
from agent.formats.profiles.columns import COLUMNS, is_added, plain
from agent.formats.profiles.dialect import GRAMS_PER, OUR_WAY, Dialect
from agent.formats.profiles.json_paths import JsonPath, PathInvalid
from agent.formats.profiles.record_layouts import RecordLayouts, read_records

FORMAT = 1
MAX_BYTES = 256 * 1024
_OFFSET = re.compile(r"[+-](?:0[0-9]|1[0-4]):[0-5][0-9]")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LANG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_JSON_COLUMNS = re.compile(r"item_[a-z_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonMapping:
    """Where the parcels, their goods lines and their fields stand in a JSON document."""

    rows: JsonPath | None = None
    """Leads to the parcels; None where the document is a list of them, or one parcel a line."""
    fields: Mapping[str, JsonPath] = field(default_factory=dict)
    """Column → path inside a parcel; for an ``item_…`` column, inside a goods line."""
    items: JsonPath | None = None
    """Leads from a parcel to its goods lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one sender writes. Everything is optional but ``id``."""

    id: str
    digest: str
    """First 16 hexadecimal digits of the SHA-256 of the file."""
    sender: str | None = None
    fingerprints: frozenset[str] = frozenset()
    lang: str | None = None
    """Language tag of the sender, for the report of his rows."""
    role: SourceRole | None = None
    """In what capacity the sender speaks, for the import to record."""
    transport: Transport | None = None
    encoding: str | None = None
    sheet: str | None = None
    """Name of the sheet to read; None for the first that is visible."""
    item_rows: bool | None = None
    """Whether a row is a goods line rather than a parcel; None to tell it by the header."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Header cell, made plain → column."""
    ignored: frozenset[str] = frozenset()
    """Header cells, made plain, that are not columns of ours."""
    dialect: Dialect = OUR_WAY
    json: JsonMapping = JsonMapping()
    records: RecordLayouts = field(default_factory=RecordLayouts)
    """Of a file of typed records, without a header."""
    edifact: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role of a segment → how this partner writes it, in place of ours; see ``itmatt``."""

    @property
    def key(self) -> str:
        """Id and digest, as recorded with each import."""
        return f"{self.id}@{self.digest}"


def fingerprint(header: Iterable[str]) -> str:
    """What tells one layout from another: 16 hexadecimal digits; case, accents and punctuation do not matter.

    Columns that a report of ours added do not count: a corrected workbook is of its sender's layout.

    >>> fingerprint(["Tracking No.", "Peso"]) == fingerprint(["tracking_no", "PESO", "preclear línea"])
    True
    """
    own = "\x1f".join(plain(name) for name in header if not is_added(name))
    return hashlib.sha256(own.encode("utf-8", "replace")).hexdigest()[:16]


def choose(profiles: Iterable[Profile], header: Sequence[str], sender: str | None) -> Profile | None:
    """The profile for a header: of the sender and this layout, else of this layout, else of the sender alone.

    A profile that names another sender is never chosen; of several that fit alike, the first.
    """
    layout = fingerprint(header)
    best: tuple[int, Profile] | None = None
    for profile in profiles:
        if profile.sender is not None and profile.sender != sender:
            continue
        if profile.fingerprints and layout not in profile.fingerprints:
            continue
        fits = 2 * bool(profile.fingerprints) + bool(profile.sender)
        if fits and (best is None or fits > best[0]):
            best = fits, profile
    return best[1] if best else None


def load_profile(data: bytes, source: str) -> Profile:
    """Read one profile.

    Args:
        data: The TOML file.
        source: What to call it in errors.

    Raises:
        ProfileInvalid: With every fault of the file.
    """
    errors: list[PolicyError] = []
    if len(data) > MAX_BYTES:
        errors.append(PolicyError(path="", message=f"larger than {MAX_BYTES} bytes"))
        raise ProfileInvalid(source, errors)
    try:
        raw = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        errors.append(PolicyError(path="", message=str(exc) or "nested too deep"))
        raise ProfileInvalid(source, errors) from exc
    top = Table(raw, "", errors)
    if top.whole("format") != FORMAT:
        top.fault("format", f"not {FORMAT}; this program reads format {FORMAT}")
    role, transport, rows = (top.optional_text(key) for key in ("role", "transport", "rows"))
    profile = Profile(
        id=_matching(top, "id", top.text("id"), _ID, "letters, digits, dots and dashes, lower case"),
        digest=hashlib.sha256(data).hexdigest()[:16],
        sender=top.optional_text("sender"),
        fingerprints=frozenset(
            _matching(top, "fingerprints", one, _FINGERPRINT, "16 hexadecimal digits")
            for one in top.texts("fingerprints")
        ),
        lang=_lang(top),
        role=None if role is None else top.choice("role", SourceRole),
        transport=None if transport is None else top.choice("transport", Transport),
        encoding=_encoding(top),
        sheet=top.optional_text("sheet"),
        item_rows=None if rows is None else _rows(top, rows),
        columns={plain(name): column for name, column in _columns(top)},
        ignored=frozenset(map(plain, top.texts("ignore"))),
        dialect=_dialect(top),
        json=_json(top),
        records=read_records(top),
        edifact=_edifact(top),
    )
    top.done()
    if errors:
        raise ProfileInvalid(source, errors)
    return profile


def _rows(top: Table, rows: str) -> bool:
    if rows not in ("parcel", "item"):
        top.fault("rows", "write parcel or item")
    return rows == "item"


def _matching(table: Table, key: str, value: str, shape: re.Pattern[str], expected: str) -> str:
    if value and shape.fullmatch(value) is None:
        table.fault(key, f"{value[:40]!r} is not {expected}")
    return value


def _lang(top: Table) -> str | None:
    text = top.optional_text("lang")
    return None if text is None else _matching(top, "lang", text, _LANG, "a language tag, as zh-CN")


def _encoding(top: Table) -> str | None:
    name = top.optional_text("encoding")
    if name is None:
        return None
    try:
        return codecs.lookup(name).name
    except LookupError:
        top.fault("encoding", f"{name[:40]!r} is not an encoding; write utf-8, gb18030, big5, cp1252 …")
        return None


def _columns(top: Table) -> Iterable[tuple[str, str]]:
    table = top.table("columns")
    for name in table.items():
        yield name, _column(table, name, table.text(name))


def _column(table: Table, key: str, column: str) -> str:
    if column and column not in COLUMNS:
        near = get_close_matches(column, COLUMNS, n=1)
        table.fault(key, f"{column[:40]!r} is not a column" + (f"; did you mean {near[0]}?" if near else ""))
    return column


def _dialect(top: Table) -> Dialect:
    currency, unit = top.optional_text("currency"), top.optional_text("weight_unit")
    if currency is not None and currency not in EXPONENTS:
        top.fault("currency", f"{currency[:8]!r} is not an ISO 4217 currency in use")
    if unit is not None and unit not in GRAMS_PER:
        top.fault("weight_unit", f"write {', '.join(GRAMS_PER)}")
    offset = top.optional_text("utc_offset")
    if offset is not None:
        _matching(top, "utc_offset", offset, _OFFSET, "an offset as +08:00")
    constants = top.table("constants")
    return Dialect(
        currency=currency,
        weight_unit=unit,
        decimal_comma=top.flag("decimal_comma", default=False),
        date_format=_date_format(top),
        utc_offset=offset,
        constants=tuple(
            (_column(constants, name, name), constants.text(name, most=1000)) for name in constants.items()
        ),
    )


def _date_format(top: Table) -> str | None:
    text = top.optional_text("date_format")
    if text is not None and not {"%d", "%m"} <= set(re.findall(r"%[a-zA-Z]", text)):
        top.fault("date_format", "it needs %d, %m and %Y, as %d/%m/%Y %H:%M")
    return text


def _json(top: Table) -> JsonMapping:
    table = top.table("json")
    names = table.table("fields")
    fields = {_column(names, name, name): _path(names, name) for name in names.items()}
    items = _path(table, "items") if table.optional_text("items") is not None else None
    if items is None and any(map(_JSON_COLUMNS.fullmatch, fields)):
        table.fault("items", "item_… fields are given, but no path to the goods lines")
    rows = _path(table, "rows") if table.optional_text("rows") is not None else None
    table.done()
    return JsonMapping(
        rows=rows, items=items, fields={name: path for name, path in fields.items() if path is not None}
    )


def _path(table: Table, key: str) -> JsonPath | None:
    text = table.text(key)
    try:
        return JsonPath(text) if text else None
    except PathInvalid as exc:
        table.fault(key, str(exc))
        return None


def _edifact(top: Table) -> Mapping[str, tuple[str, ...]]:
    table = top.table("edifact")
    roles = {role: table.texts(role) for role in table.items()}
    for role in roles:
        if role not in EDIFACT_ROLES:
            table.fault(role, f"not a role; there are {', '.join(EDIFACT_ROLES)}")
    return roles


EDIFACT_ROLES = (
    "item_starts",
    "content_starts",
    "consignor",
    "consignee",
    "gross_weight",
    "net_weight",
    "value",
    "postage",
    "origin",
    "description",
    "category",
    "mailed_on",
)
"""What the segments of an ITMATT message may stand for."""
