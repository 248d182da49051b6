"""What is checked before a workbook is opened: its size when unpacked, its form, locks, how it counts days.

Sources: APPNOTE.TXT of PKWARE for the archive's directory; Microsoft [MS-CFB], [MS-XLS] 2.4 (BOF, FilePass,
Date1904) and [MS-OFFCRYPTO]; ECMA-376 18.2.28 (``date1904``).
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO
from xml.parsers import expat

from agent.domain.errors import ManifestRefused

MAX_PACKED = 256 << 20
MAX_UNPACKED = 768 << 20
"""A million rows unpack to some 500 MB; what is larger is sent as CSV."""

MAX_RATIO = 200
"""Sheets of real manifests shrink 10 to 40 times; a bomb a thousand times."""

MAX_PARTS = 10_000
DAYS_1904 = 1462
"""Days from 1900-01-00 as Excel for Windows counts them to 1904-01-01, from where Excel for Mac did."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BOF, _EOF, _FILE_PASS, _DATE_1904 = 0x0809, 0x000A, 0x002F, 0x0022
_GLOBALS = struct.pack("<HHHH", _BOF, 16, 0x0600, 0x0005)
_A_BOOK = re.compile(r"(?i)workbook|content\.xml")
_STREAMS = tuple(name.encode("utf-16-le") for name in ("Workbook", "WORKBOOK", "Book", "BOOK"))
_HEAD = 1 << 20
"""Bytes in which an XLS file's first records are looked for."""

_WORKBOOK_1904 = re.compile(rb"<[\w:]*workbookPr\b[^>]*\bdate1904\s*=\s*[\"'](?:1|true|on)[\"']")
_DAMAGE = (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError, RuntimeError, zlib.error)


def too_large(what: str) -> ManifestRefused:
    """The refusal of a file that would fill the memory."""
    return ManifestRefused("E018", what, "split the manifest, or send it as CSV")


def unreadable(why: str) -> ManifestRefused:
    """The refusal of a file that no program of ours opens."""
    message = f"the workbook cannot be opened: {why[:80]}"
    return ManifestRefused("E019", message, "save it again as XLSX without a password, or as CSV")


def check(stream: BinaryIO) -> bool:
    """Raise for a file that would fill the memory, never end, or is locked.

    Args:
        stream: Seekable; left at its beginning.

    Returns:
        Whether its days count from 1904.

    Raises:
        ManifestRefused: E018 too large, E019 locked or damaged.
    """
    packed = stream.seek(0, 2)
    stream.seek(0)
    if packed > MAX_PACKED:
        raise too_large(f"the file has {packed >> 20} MB")
    head = stream.read(_HEAD)
    from_1904 = False
    if head.startswith(b"PK\x03\x04"):
        from_1904 = _check_archive(stream, packed)
    elif head.startswith(_OLE):
        from_1904 = _check_ole(head)
        if packed < _HEAD and not any(name in head for name in _STREAMS):
            raise unreadable("it is a document of another kind than a workbook")
    stream.seek(0)
    return from_1904


def _check_archive(stream: BinaryIO, packed: int) -> bool:
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS:
                raise too_large(f"the file has {len(parts)} parts")
            unpacked = sum(part.file_size for part in parts)
            if unpacked > MAX_UNPACKED or unpacked > max(MAX_RATIO * packed, 1 << 20):
                raise too_large(f"{packed >> 10} kB unpack to {unpacked >> 20} MB")
            names = {part.filename for part in parts}
            if not any(_A_BOOK.search(name) for name in names):
                raise unreadable("it is an archive of something else than a workbook")
            if "content.xml" in names:
                # The reader of ODS waits for ever for the end of an element that is not closed.
                with archive.open("content.xml") as part:
                    _check_form(part)
            if "xl/workbook.xml" in names:
                with archive.open("xl/workbook.xml") as part:
                    return _WORKBOOK_1904.search(part.read(_HEAD)) is not None
    except _DAMAGE as exc:
        raise unreadable(str(exc)) from exc
    return False


def _check_form(part: IO[bytes]) -> None:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_document_type
    try:
        parser.ParseFile(part)
    except expat.ExpatError as exc:
        raise unreadable(f"content.xml is not XML: {exc}") from exc


def _no_document_type(*_: object) -> None:
    raise unreadable("it declares a document type")


def _check_ole(head: bytes) -> bool:
    if _ENCRYPTED in head:
        raise unreadable("it is locked with a password")
    from_1904 = False
    for kind, body in _globals(head):
        if kind == _FILE_PASS:
            raise unreadable("it is locked with a password")
        if kind == _DATE_1904:
            from_1904 = body[:2] == b"\x01\x00"
    return from_1904


def _globals(head: bytes) -> Iterator[tuple[int, bytes]]:
    """Records that hold for the whole of an XLS workbook, as far as they stand in one piece."""
    at = head.find(_GLOBALS)
    while 0 <= at <= len(head) - 4:
        kind, size = struct.unpack_from("<HH", head, at)
        if kind == _EOF:
            return
        yield kind, head[at + 4 : at + 4 + size]
        at += 4 + size
