"""What a manifest file is, by its first bytes, and the one way to read any of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib import import_module
from typing import Any, BinaryIO

from agent.domain.consignment.declaration import Transport
from agent.domain.errors import ManifestRefused
from agent.formats.profiles.profile import Profile
from agent.formats.reading import Format, Reading

HEAD = 65_536
"""Bytes that ``detect`` wants to see; fewer only where the file is shorter."""

MAX_LINES = 20
"""First lines that are looked at for sorts of records."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")
_SMALL_CARGO = re.compile(rb"(?:fhl|fwb|ffm)/[0-9]", re.IGNORECASE)
_PAGE = re.compile(rb"(?is)(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body|meta|table)\b")
_SHEET_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"
_SPACE = b" \t\r\n"
_ISA = re.compile(rb"ISA([^A-Za-z0-9\s])[0-9A-Za-z ]{2}\1")
_EDIFACT = re.compile(rb"(?:UNA.{6}\s*)?UN[BH][^A-Za-z0-9\s]", re.DOTALL)

_READERS: dict[Format, tuple[str, str]] = {
    Format.CSV: ("agent.formats.tabular.csv_text", "read_csv"),
    Format.TYPED_CSV: ("agent.formats.tabular.typed_csv", "read_typed_csv"),
    Format.SHEET: ("agent.formats.tabular.workbook", "read_sheet"),
    Format.JSON: ("agent.formats.tabular.json_rows", "read_json"),
    Format.JSONL: ("agent.formats.tabular.json_rows", "read_jsonl"),
    Format.ITMATT: ("agent.formats.edi.itmatt", "read_itmatt"),
    Format.X12_309: ("agent.formats.edi.x12_309", "read_309"),
}
_CARGO: dict[Format, tuple[str, str]] = {
    Format.CARGO_IMP: ("agent.formats.air_cargo.imp_messages", "read_cargo_imp"),
    Format.CARGO_XML: ("agent.formats.air_cargo.xml_messages", "read_cargo_xml"),
}


def detect(head: bytes, name: str = "") -> Format:
    """What the file is.

    Args:
        head: Its first bytes, ``HEAD`` of them where there are so many.
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
    if _looks_like("agent.formats.air_cargo.imp_messages", "looks_like_cargo_imp", head):
        return Format.CARGO_IMP
    if _SMALL_CARGO.match(text):
        raise _unknown("it is Cargo-IMP in small letters", "send it as it left the system, in capitals")
    if head and not head.strip(b"\0"):
        raise _unknown("it begins with zeros alone, as a copy that was broken off", "copy it anew")
    if text.startswith(_OTHERS):
        raise _unknown("it is a PDF, a picture or an archive")
    return Format.CSV


def read(
    stream: BinaryIO,
    name: str,
    *,
    profile: Profile | None = None,
    profiles: Iterable[Profile] = (),
    sender: str | None = None,
    transport: Transport | None = None,
    received: datetime | None = None,
) -> Reading:
    """Read a manifest of any format.

    Args:
        stream: Seekable, at its beginning. It belongs to the reading from here on.
        name: The file's name.
        profile: The mapping profile to use; None to choose one of ``profiles`` by header and ``sender``.
        profiles: Those there are.
        sender: Whose file it is, as profiles name him.
        transport: What to take where the file does not say it.
        received: When it came; Cargo-IMP dates say no year.

    Raises:
        ManifestRefused: Nothing of the file can be read. Its ``rows`` may raise it too, where it goes bad.
    """
    head = stream.read(HEAD)
    stream.seek(0)
    kind = detect(head, name)
    profiles = tuple(profiles)
    if kind is Format.CSV and _is_typed(head, profile, profiles, sender):
        kind = Format.TYPED_CSV
    if kind in _CARGO:
        # What these messages say needs no mapping: their fields are the standard's.
        rows = _function(_CARGO[kind])(stream, received=received)
        return Reading(format=kind, profile_id=None, rows=rows)
    reading: Reading = reader_for(kind)(
        stream, profile=profile, profiles=profiles, sender=sender, transport=transport
    )
    return reading


def reader_for(kind: Format) -> Callable[..., Reading]:
    """The reader of a format that takes a mapping profile; each is imported when its first file comes."""
    return _function(_READERS[kind])


def _function(where: tuple[str, str]) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(import_module(where[0]), where[1])
    return found


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


def _is_typed(
    head: bytes, profile: Profile | None, profiles: tuple[Profile, ...], sender: str | None
) -> bool:
    """Whether the first lines are records of sorts that a profile knows; else one of them is a header."""
    lines = _plain_text(head).decode("latin-1").splitlines()[:MAX_LINES]
    find = _function(("agent.formats.tabular.typed_csv", "profile_of"))
    return find(lines, profile, profiles, sender) is not None


def _xml_kind(head: bytes) -> Format:
    if _looks_like("agent.formats.air_cargo.xml_messages", "looks_like_cargo_xml", head):
        return Format.CARGO_XML
    anew = "open it in a spreadsheet program and save it as XLSX or CSV"
    if _PAGE.match(_plain_text(head)):
        raise _unknown("it is a web page (HTML), whatever its name says", anew)
    if _SHEET_2003 in head:
        raise _unknown("it is an XML spreadsheet of 2003", anew)
    raise _unknown("it is XML of another kind than Cargo-XML")


def _looks_like(module: str, function: str, head: bytes) -> bool:
    return bool(_function((module, function))(head))


def _unknown(
    what: str, hint: str = "send CSV, XLSX, JSON, ITMATT, X12 309, Cargo-IMP or Cargo-XML"
) -> ManifestRefused:
    return ManifestRefused("E017", f"this is no manifest: {what}", hint)
