"""Workbooks of other programs than today's Excel: XLS byte by byte (BIFF8 in an OLE file), and ODS.

Sources: Microsoft [MS-XLS] and [MS-CFB], OASIS OpenDocument 1.2.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

Cell = str | float | None
Sheets = Mapping[str, Sequence[Sequence[Cell]]]

_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_STREAM_AT = 2
"""Sector of the workbook, behind the table of sectors and the directory."""


def write_xls(sheets: Sheets, *, from_1904: bool = False, locked: bool = False) -> io.BytesIO:
    """An XLS file; ``date:45901.5`` is a date cell. A locked one says so, and is not encrypted."""
    bodies = [_sheet(rows) for rows in sheets.values()]
    opening = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    if locked:
        opening += _record(0x002F, struct.pack("<HHH", 1, 1, 1) + bytes(48))
    opening += _record(0x0022, struct.pack("<H", from_1904))
    opening += b"".join(_record(0x00E0, struct.pack("<HH", 0, form) + bytes(16)) for form in (0, 22))
    names = [name.encode("latin-1") for name in sheets]
    at = len(opening) + sum(4 + 8 + len(name) for name in names) + 4
    for name, body in zip(names, bodies, strict=True):
        opening += _record(0x0085, struct.pack("<IBBBB", at, 0, 0, len(name), 0) + name)
        at += len(body)
    return io.BytesIO(_ole(opening + _record(0x000A, b"") + b"".join(bodies)))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _sheet(rows: Sequence[Sequence[Cell]]) -> bytes:
    width = max(map(len, rows), default=0)
    return (
        _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
        + _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
        + b"".join(_cells(rows))
        + _record(0x000A, b"")
    )


def _cells(rows: Sequence[Sequence[Cell]]) -> Iterator[bytes]:
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str) and cell.startswith("date:"):
                yield _record(0x0203, struct.pack("<HHHd", row, column, 1, float(cell[5:])))
            elif isinstance(cell, str):
                text = cell.encode("utf-16-le")
                yield _record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text) // 2, 1) + text)
            elif cell is not None:
                yield _record(0x0203, struct.pack("<HHHd", row, column, 0, cell))


def _ole(stream: bytes) -> bytes:
    # Streams below 4,096 bytes would go into a part of the file that is laid out otherwise.
    stream = stream.ljust(4_096, b"\0")
    stream += bytes(-len(stream) % _SECTOR)
    sectors = len(stream) // _SECTOR
    chain = [_FAT, _END, *range(_STREAM_AT + 1, _STREAM_AT + sectors), _END]
    table = struct.pack("<128I", *chain, *[_FREE] * (128 - len(chain)))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4_096, _END, 0, _END, 0)
    head += struct.pack("<109I", 0, *[_FREE] * 108)
    directory = _entry("Root Entry", 5, child=1, start=_END, size=0)
    directory += _entry("Workbook", 2, child=_FREE, start=_STREAM_AT, size=len(stream))
    return head + table + directory.ljust(_SECTOR, b"\0") + stream


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<HBBIII", len(written), kind, 1, _FREE, _FREE, child)
    return written.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)


def write_ods(sheets: Sheets) -> io.BytesIO:
    """An ODS file, its numbers as such."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">{"".join(map(_ods_row, rows))}</table:table>'
        for name, rows in sheets.items()
    )
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>{tables}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
            "</manifest:manifest>",
        )
    file.seek(0)
    return file


def _ods_row(cells: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, cells))}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, str):
        return (
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
        )
    return f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
