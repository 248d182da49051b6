"""The model bundle: a folder of six files and the manifest that names their SHA-256.

``manifest.json`` is canonical JSON (sorted keys, no spaces, ASCII); its own SHA-256 is the bundle's digest,
which decisions carry and which signed reference data pins. The bytes that were hashed are the bytes used:
every file is read once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from models.errors import BundleRefused
from models.risk.features import FEATURES, Chapter, FeatureSpec, Tables

SHIPPED = Path(__file__).with_name("bundle")
"""The bundle that comes with the program."""

FORMAT = 1
MANIFEST = "manifest.json"

CEILINGS: Mapping[str, int] = {
    "CARD.md": 1 << 16,
    "card.json": 1 << 16,
    "golden.json": 1 << 20,
    "model.onnx": 1 << 23,
    "schema.json": 1 << 16,
    "tables.json": 1 << 18,
}
"""Every file of a bundle and the most bytes it may have."""

_MANIFEST_CEILING = 1 << 14

_T = TypeVar("_T")


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bytes: int
    sha256: str


class _Format(msgspec.Struct, frozen=True):
    format: int


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    name: str
    version: str
    files: dict[str, _Entry]


class _Chapter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    grams: int
    cents: int
    words: tuple[str, ...]


class _Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    source: str
    chapters: dict[str, _Chapter]
    vague: frozenset[str]


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    x: tuple[float | None, ...]
    paths: tuple[float, ...]
    probability: float


class _Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    base: float
    rows: tuple[_Row, ...]


class _Schema(msgspec.Struct, frozen=True):
    features: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenRow:
    """An input row (``None`` for NaN) and what the model must make of it."""

    x: tuple[float | None, ...]
    paths: tuple[float, ...]
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle whose files are what its manifest says; its golden rows are still to be reproduced."""

    name: str
    version: str
    digest: str
    model: bytes
    tables: Tables
    golden: tuple[GoldenRow, ...]
    base: float


def canonical(value: object) -> bytes:
    """Sorted keys, no spaces, ASCII, and a newline at the end."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.encode() + b"\n"


def schema_document(features: Sequence[FeatureSpec] = FEATURES) -> dict[str, object]:
    """What ``schema.json`` says of the model's input, in column order."""
    columns = [
        {"name": f.name, "unit": f.unit, "group": f.group, "low": f.low, "high": f.high} for f in features
    ]
    return {"input": "features", "dtype": "float32", "unknown": "NaN", "features": columns}


def manifest_of(files: Mapping[str, bytes], *, name: str, version: str) -> bytes:
    """The manifest of ``files``, which must be exactly those of ``CEILINGS``.

    Raises:
        BundleRefused: A file is missing, unknown or too large.
    """
    for unknown in files.keys() - CEILINGS.keys():
        raise BundleRefused(unknown, "not a file of a bundle")
    entries: dict[str, object] = {}
    for file, ceiling in CEILINGS.items():
        if file not in files:
            raise BundleRefused(file, "missing")
        raw = files[file]
        if len(raw) > ceiling:
            raise BundleRefused(file, f"{len(raw)} bytes, {ceiling} are allowed")
        entries[file] = {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    return canonical({"format": FORMAT, "name": name, "version": version, "files": entries})


def read(folder: Path | None = None, *, expect: str | None = None) -> Bundle:
    """Read and verify the bundle in ``folder``, or the shipped one.

    Args:
        folder: Where the seven files lie.
        expect: The digest it must have, lower-case hex.

    Raises:
        BundleRefused: With the file and the reason.
    """
    place = SHIPPED if folder is None else folder
    raw_manifest = _read(place, MANIFEST, _MANIFEST_CEILING)
    digest = hashlib.sha256(raw_manifest).hexdigest()
    if expect is not None and digest != expect:
        raise BundleRefused(MANIFEST, f"digest is {digest}, {expect} was expected")
    number = _decode(MANIFEST, raw_manifest, _Format).format
    if number != FORMAT:
        raise BundleRefused(MANIFEST, f"format {number} is unknown to this program, which reads {FORMAT}")
    manifest = _decode(MANIFEST, raw_manifest, _Manifest)
    if manifest.files.keys() != CEILINGS.keys():
        odd = min(manifest.files.keys() ^ CEILINGS.keys())
        raise BundleRefused(MANIFEST, f"{odd} is listed in only one of manifest and program")
    files: dict[str, bytes] = {}
    for file, ceiling in CEILINGS.items():
        files[file] = raw = _read(place, file, ceiling)
        file_digest, listed = hashlib.sha256(raw).hexdigest(), manifest.files[file]
        if file_digest != listed.sha256:
            raise BundleRefused(file, f"digest is {file_digest}, the manifest says {listed.sha256}")
    _check_schema(files["schema.json"])
    golden = _decode("golden.json", files["golden.json"], _Golden)
    return Bundle(
        name=manifest.name,
        version=manifest.version,
        digest=digest,
        model=files["model.onnx"],
        tables=tables_of(files["tables.json"]),
        golden=_golden_rows(golden),
        base=golden.base,
    )


def tables_of(raw: bytes) -> Tables:
    """The side tables in ``tables.json``.

    Raises:
        BundleRefused: Not such a table, or of another version.
    """
    parsed = _decode("tables.json", raw, _Tables)
    if parsed.version != 1:
        raise BundleRefused(
            "tables.json", f"version {parsed.version} is unknown to this program, which reads 1"
        )
    try:
        chapters = {
            number: Chapter(grams=chapter.grams, cents=chapter.cents, words=chapter.words)
            for number, chapter in parsed.chapters.items()
        }
    except ValueError as exc:
        raise BundleRefused("tables.json", str(exc)) from exc
    return Tables(version=parsed.version, source=parsed.source, chapters=chapters, vague=parsed.vague)


def _golden_rows(golden: _Golden) -> tuple[GoldenRow, ...]:
    if not golden.rows:
        raise BundleRefused("golden.json", "holds no rows")
    for row in golden.rows:
        if len(row.x) != len(FEATURES) or len(row.paths) != 1 + len(FEATURES):
            raise BundleRefused("golden.json", "a row has another number of columns than the schema")
    return tuple(GoldenRow(x=row.x, paths=row.paths, probability=row.probability) for row in golden.rows)


def _check_schema(raw: bytes) -> None:
    if raw == canonical(schema_document()):
        return
    theirs = _decode("schema.json", raw, _Schema).features
    for spec, column in zip(FEATURES, theirs, strict=False):
        if schema_document([spec])["features"] != [column]:
            raise BundleRefused("schema.json", f"schema differs from this program's at {spec.name}")
    raise BundleRefused(
        "schema.json", f"schema differs: {len(theirs)} columns, this program has {len(FEATURES)}"
    )


def _read(folder: Path, file: str, ceiling: int) -> bytes:
    try:
        with (folder / file).open("rb") as opened:
            raw = opened.read(ceiling + 1)
    except FileNotFoundError as exc:
        raise BundleRefused(file, f"missing in {folder}") from exc
    except OSError as exc:
        raise BundleRefused(file, f"unreadable: {exc.strerror}") from exc
    if len(raw) > ceiling:
        raise BundleRefused(file, f"more than {ceiling} bytes")
    return raw


def _decode(file: str, raw: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise BundleRefused(file, f"malformed: {exc}") from exc
