"""What a manifest file is, by its first bytes, and the one way to read any of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib import import_module
from typing import Any, BinaryIO

from agent.domain.declarations import Transport
from agent.domain.errors import ManifestRefused
from agent.formats.profiles import Profile
from agent.formats.reading import Format, Reading

HEAD = 65_536
"""Bytes that ``detect`` wants to see; fewer only where the file is shorter."""

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")
_SPACE = b" \t\r\n"
_ISA = re.compile(rb"ISA([^A-Za-z0-9\s])[0-9A-Za-z ]{2}\1")
_EDIFACT = re.compile(rb"(?:UNA.{6}\s*)?UN[BH][^A-Za-z0-9\s]", re.DOTALL)

_READERS: dict[Format, tuple[str, str]] = {
    Format.CSV: ("agent.formats.csv_text", "read_csv"),
    Format.SHEET: ("agent.formats.sheets", "read_sheet"),
    Format.JSON: ("agent.formats.json_rows", "read_json"),
    Format.JSONL: ("agent.formats.json_rows", "read_jsonl"),
    Format.ITMATT: ("agent.formats.itmatt", "read_itmatt"),
    Format.X12_309: ("agent.formats.m309", "read_309"),
}
_CARGO: dict[Format, tuple[str, str]] = {
    Format.CARGO_IMP: ("agent.formats.cargo_imp", "read_cargo_imp"),
    Format.CARGO_XML: ("agent.formats.cargo_xml", "read_cargo_xml"),
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
    if _looks_like("agent.formats.cargo_imp", "looks_like_cargo_imp", head):
        return Format.CARGO_IMP
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
    if kind in _CARGO:
        # What these messages say needs no mapping: their fields are the standard's.
        rows = _function(_CARGO[kind])(stream, received=received)
        return Reading(format=kind, profile_id=None, rows=rows)
    reading: Reading = reader_for(kind)(
        stream, profile=profile, profiles=tuple(profiles), sender=sender, transport=transport
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


def _xml_kind(head: bytes) -> Format:
    if _looks_like("agent.formats.cargo_xml", "looks_like_cargo_xml", head):
        return Format.CARGO_XML
    raise _unknown("it is XML of another kind than Cargo-XML")


def _looks_like(module: str, function: str, head: bytes) -> bool:
    return bool(_function((module, function))(head))


def _unknown(what: str) -> ManifestRefused:
    hint = "send CSV, XLSX, JSON, ITMATT, X12 309, Cargo-IMP or Cargo-XML"
    return ManifestRefused("E017", f"this is no manifest: {what}", hint)
