"""What a manifest file is, by its first bytes, and the one way to read any of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO

from agent.domain.errors import ManifestRefused
from agent.formats.reading import NOTHING_KNOWN, Format, Reader, Reading, ReadOrder

HEAD = 65_536
"""Bytes that ``detect`` wants to see; fewer only where the file is shorter."""

MAX_LINES = 20
"""First lines that are searched for sorts of records."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")
_LOWER_CASE_CARGO = re.compile(rb"(?:fhl|fwb|ffm)/[0-9]", re.IGNORECASE)
_PAGE = re.compile(rb"(?is)(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body|meta|table)\b")
_SHEET_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"
_SPACE = b" \t\r\n"
_ISA = re.compile(rb"ISA([^A-Za-z0-9\s])[0-9A-Za-z ]{2}\1")
_EDIFACT = re.compile(rb"(?:UNA.{6}\s*)?UN[BH][^A-Za-z0-9\s]", re.DOTALL)
_CARGO_IMP = re.compile(rb"(?:^|\r|\n)\s*(?:FHL|FWB|FFM)/[0-9]{1,2}\s*(?:\r|\n|$)")
_CARGO_XML = re.compile(r"<(?:[\w.-]+:)?(?:HouseWaybill|Waybill|FlightManifest)[\s>/]")


def detect(head: bytes, name: str = "") -> Format:
    """What the file is.

    Args:
        head: Its first bytes, ``HEAD`` of them where there are that many.
        name: Its name; only asked where the bytes leave it open, as between JSON in lines and in one piece.

    Raises:
        ManifestRefused: E017: no format that is read here, as a PDF or a picture.
    """
    if head.startswith((_ZIP, _OLE)):
        return Format.SHEET
    text = _plain_text(head)
    if text.startswith((b"{", b"[")):
        return _json_kind(text, name)
    if text.startswith(b"<"):
        return _xml_kind(head)
    if _ISA.match(text) or _EDIFACT.match(text):
        return Format.X12_309 if text.startswith(b"ISA") else Format.ITMATT
    if _CARGO_IMP.search(head):
        return Format.CARGO_IMP
    if _LOWER_CASE_CARGO.match(text):
        raise _unknown("lower-case Cargo-IMP", "send it as it left the system, in upper case")
    if head and not head.strip(b"\0"):
        raise _unknown("the file starts with zero bytes (interrupted copy?)", "copy it again")
    if text.startswith(_OTHERS):
        raise _unknown("it is a PDF, a picture or an archive")
    return Format.CSV


def read(stream: BinaryIO, name: str, order: ReadOrder = NOTHING_KNOWN) -> Reading:
    """Read a manifest of any format.

    Args:
        stream: Seekable, at its beginning. It belongs to the reading from here on.
        name: The file's name.
        order: How to read it.

    Raises:
        ManifestRefused: Nothing of the file can be read. Its ``rows`` may raise it too, where it goes bad.
    """
    head = stream.read(HEAD)
    stream.seek(0)
    form = detect(head, name)
    if form is Format.CSV and _is_typed(head, order):
        form = Format.TYPED_CSV
    return READERS[form](stream, order)


def _csv(stream: BinaryIO, order: ReadOrder, /) -> Reading:
    from agent.formats.tabular.csv_text import read_csv  # noqa: PLC0415

    return read_csv(stream, order)


def _typed_csv(stream: BinaryIO, order: ReadOrder, /) -> Reading:
    from agent.formats.tabular.typed_csv import read_typed_csv  # noqa: PLC0415

    return read_typed_csv(stream, order)


def _sheet(stream: BinaryIO, order: ReadOrder, /) -> Reading:
    from agent.formats.tabular.workbook import read_sheet  # noqa: PLC0415

    return read_sheet(stream, order)


def _json(stream: BinaryIO, order: ReadOrder, /) -> Reading:
    from agent.formats.tabular.json_rows import read_json  # noqa: PLC0415

    return read_json(stream, order)


def _jsonl(stream: BinaryIO, order: ReadOrder, /) -> Reading:
    from agent.formats.tabular.json_rows import read_jsonl  # noqa: PLC0415

    return read_jsonl(stream, order)


def _itmatt(stream: BinaryIO, order: ReadOrder, /) -> Reading:
    from agent.formats.edi.itmatt import read_itmatt  # noqa: PLC0415

    return read_itmatt(stream, order)


def _x12_309(stream: BinaryIO, order: ReadOrder, /) -> Reading:
    from agent.formats.edi.x12_309 import read_309  # noqa: PLC0415

    return read_309(stream, order)


def _cargo_imp(stream: BinaryIO, order: ReadOrder, /) -> Reading:
    from agent.formats.air_cargo.imp_messages import read_cargo_imp  # noqa: PLC0415

    # Air cargo messages need no mapping: their fields are the standard's.
    rows = read_cargo_imp(stream, received=order.received)
    return Reading(format=Format.CARGO_IMP, profile_id=None, rows=rows)


def _cargo_xml(stream: BinaryIO, order: ReadOrder, /) -> Reading:
    from agent.formats.air_cargo.xml_messages import read_cargo_xml  # noqa: PLC0415

    rows = read_cargo_xml(stream, received=order.received)
    return Reading(format=Format.CARGO_XML, profile_id=None, rows=rows)


READERS: Mapping[Format, Reader] = MappingProxyType(
    {
        Format.CSV: _csv,
        Format.TYPED_CSV: _typed_csv,
        Format.SHEET: _sheet,
        Format.JSON: _json,
        Format.JSONL: _jsonl,
        Format.ITMATT: _itmatt,
        Format.X12_309: _x12_309,
        Format.CARGO_IMP: _cargo_imp,
        Format.CARGO_XML: _cargo_xml,
    }
)
"""The reader of each format. A reader is imported when its first file comes: the reading process is
started for each file, and would spend longer on importing all nine than on the rows of most files."""


def _plain_text(head: bytes) -> bytes:
    """The text as ASCII-compatible bytes, without byte order mark and leading space."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)


def _json_kind(text: bytes, name: str) -> Format:
    if name.lower().endswith((".jsonl", ".ndjson")):
        return Format.JSONL
    # In lines, each object closes before its line ends and another begins the next.
    first, _, rest = text.partition(b"\n")
    lines = first.rstrip().endswith(b"}") and rest.lstrip(_SPACE).startswith(b"{")
    return Format.JSONL if text.startswith(b"{") and lines else Format.JSON


def _is_typed(head: bytes, order: ReadOrder) -> bool:
    """Whether the first lines are records of sorts that a profile knows; else one of them is a header."""
    from agent.formats.tabular.typed_csv import profile_of  # noqa: PLC0415

    lines = _plain_text(head).decode("latin-1").splitlines()[:MAX_LINES]
    return profile_of(lines, order) is not None


def _xml_kind(head: bytes) -> Format:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    if _CARGO_XML.search(head.decode(encoding, errors="replace")):
        return Format.CARGO_XML
    remedy = "open it in a spreadsheet program and save it as XLSX or CSV"
    if _PAGE.match(_plain_text(head)):
        raise _unknown("it is a web page (HTML), whatever its name says", remedy)
    if _SHEET_2003 in head:
        raise _unknown("it is an XML spreadsheet of 2003", remedy)
    raise _unknown("it is XML of another kind than Cargo-XML")


def _unknown(
    what: str, hint: str = "send CSV, XLSX, JSON, ITMATT, X12 309, Cargo-IMP or Cargo-XML"
) -> ManifestRefused:
    return ManifestRefused("E017", f"this is not a manifest: {what}", hint)
