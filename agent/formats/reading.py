"""What a manifest file gives, whatever its format: the one shape between readers and the import."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from agent.domain.manifest_rows import Row, RowError


class Format(StrEnum):
    """What a manifest file is written in."""

    CSV = "csv"
    """Text with separators, of whichever kind and encoding."""
    SHEET = "sheet"
    """XLSX, XLS, XLSB or ODS."""
    JSON = "json"
    JSONL = "jsonl"
    ITMATT = "itmatt"
    """UPU item attributes in EDIFACT."""
    X12_309 = "x12-309"
    CARGO_IMP = "cargo-imp"
    CARGO_XML = "cargo-xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A remark on the file as such, as that a hidden sheet was left out. Codes W39x."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file being read. ``rows`` is lazy: only the rows at hand are held, but for workbooks and JSON."""

    format: Format
    profile_id: str | None
    """Id and digest of the mapping profile that was used, as ``acme-xlsx@1f0c…``; None without one."""
    rows: Iterator[Row | RowError]
    """In the order of the file. May raise ``ManifestRefused`` at any step, where the file goes bad."""
    encoding: str | None = None
    """Of a text file, as Python names it."""
    header: tuple[str, ...] = ()
    """Of a table, as written."""
    notes: tuple[Note, ...] = ()
