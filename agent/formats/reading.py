"""What a manifest file gives, whatever its format: the one shape between readers and the import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

from agent.domain.consignment.declaration import Transport
from agent.formats.profiles.profile import Profile, choose
from agent.formats.rows import Row, RowError


class Format(StrEnum):
    """What a manifest file is written in."""

    CSV = "csv"
    """Text with separators, of whichever kind and encoding."""
    TYPED_CSV = "typed-csv"
    """Text with separators and no header; the first cell of a record says what it is."""
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
class FileNote:
    """A remark on the file as such, as that a hidden sheet was left out. Codes W39x.

    W391 encoding guessed or damaged, W392 hidden sheet left out, W393 goods lines of another sheet,
    W394 header over two rows, W395 rows that sum up others, W396 dates counted from 1904, W397 records of
    sorts that are not read, W398 no parcel at all.
    """

    code: str
    message: str


class How(StrEnum):
    """Why a part of a file means a column of ours, or none."""

    PROFILE = "profile"
    """The mapping profile says so."""
    NAME = "name"
    """Our lists of words know it."""
    CONSTANT = "constant"
    """It does not stand in the file; the profile gives it for all rows."""
    IGNORED = "ignored"
    """The profile says to pass over it."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a column of a table, a path of a JSON document or a place of a record is read as."""

    written: str
    """Header cell or path as it stands in the file; of a constant, its text."""
    column: str | None
    how: How


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
    notes: tuple[FileNote, ...] = ()
    means: tuple[Meaning, ...] = ()
    """What each column is read as, those of the header first; empty where a standard says it."""
    late: list[FileNote] = field(default_factory=list)
    """Remarks that came up among the rows; whole once these are used up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOrder:
    """How one file is to be read: what is known of it before its first byte."""

    profile: Profile | None = None
    """The mapping profile to use; None to choose one of ``profiles`` by header and ``sender``."""
    profiles: tuple[Profile, ...] = ()
    """Those there are."""
    sender: str | None = None
    """Whose file it is, as profiles name him."""
    transport: Transport | None = None
    """What to take where the file does not say it."""
    received: datetime | None = None
    """When it came; Cargo-IMP dates say no year."""

    def profile_for(self, header: Sequence[str]) -> Profile | None:
        """The profile to use for a file with that header, of those that come into question."""
        return self.profile or choose(self.profiles, header, self.sender)


NOTHING_KNOWN = ReadOrder()


class Reader(Protocol):
    """Reads files of one format."""

    def __call__(self, stream: BinaryIO, order: ReadOrder, /) -> Reading:
        """Open one file.

        Args:
            stream: Seekable, at its beginning. It belongs to the reading from here on.
            order: How to read it.

        Raises:
            ManifestRefused: Nothing of it can be read. ``rows`` of what is returned may raise it too.
        """
