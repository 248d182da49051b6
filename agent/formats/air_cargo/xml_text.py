"""XML of unknown origin into elements, piece by piece: no entities, no DTD, no network, bounded in memory.

Elements are known by their local names: the schemas are licensed, and senders differ in prefixes only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import BinaryIO, Final

from lxml import etree

from agent.domain.errors import ManifestRefused

MAX_BYTES = 64 << 20
"""Largest file: some ten thousand waybills."""
MAX_DEPTH = 48
"""Deepest nesting; a waybill needs some ten levels."""
MAX_ELEMENTS = 50_000
"""Most elements of one message, or of one consignment of a manifest."""
MAX_QUIET = 1 << 20
"""Most bytes without an element in them: no waybill has a longer text or attribute."""

UNITS: Final = {"KGM": "kg", "GRM": "g", "LBR": "lb", "ONZ": "oz"}
"""Source: UN/ECE Recommendation 20."""

_CHUNK = 1 << 16
_DOCTYPE = b"<!DOCTYPE"


def elements(
    stream: BinaryIO, whole: Collection[str], begins: Collection[str] = ()
) -> Iterator[tuple[str, etree._Element]]:
    """("start", element) for elements named in ``begins``, ("end", element) for those of ``whole``, in order.

    An element of ``whole`` is complete when it comes and emptied once the next one is asked for, so that a
    manifest of any length is held one consignment at a time. One inside another comes first.

    Raises:
        ManifestRefused: The bytes are not well-formed XML, declare a document type, or pass a ceiling.
    """
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        yield from _events(stream, parser, whole, begins)
    except etree.XMLSyntaxError as exc:
        message = f"not well-formed XML: {str(exc).partition(', line')[0][:100]}"
        raise ManifestRefused("E055", f"{message} (line {exc.lineno or 1})", "send the file again") from exc


def _events(
    stream: BinaryIO, parser: etree.XMLPullParser, whole: Collection[str], begins: Collection[str]
) -> Iterator[tuple[str, etree._Element]]:
    size = quiet = depth = held = 0
    prolog: bytes | None = b""
    while chunk := stream.read(_CHUNK):
        if prolog is not None:
            # Before the parser sees it: entities in attributes are expanded whatever its options.
            prolog += chunk
            _refuse_doctype(_DOCTYPE in prolog.replace(b"\0", b""))
        size, quiet = size + len(chunk), quiet + len(chunk)
        if size > MAX_BYTES or quiet > MAX_QUIET:
            most = MAX_BYTES if size > MAX_BYTES else MAX_QUIET
            raise ManifestRefused("E056", f"more than {most} bytes without an end", "split the file")
        fault = None
        try:
            parser.feed(chunk)
        except etree.XMLSyntaxError as exc:
            # What was read before the fault comes first: its depth may be what the parser gave up at.
            fault = exc
        for event, element in parser.read_events():
            quiet = 0
            name = local_name(element)
            if event == "start":
                if not depth:
                    _refuse_doctype(element.getroottree().docinfo.internalDTD is not None)
                    prolog = None
                depth, held = depth + 1, held + 1
                if depth > MAX_DEPTH or held > MAX_ELEMENTS:
                    message = f"more than {MAX_DEPTH} levels or {MAX_ELEMENTS} elements in one message"
                    raise ManifestRefused("E056", message, "send each waybill as a message of its own")
                if name in begins:
                    yield event, element
            else:
                depth -= 1
                if name in whole:
                    yield event, element
                    held -= _emptied(element)
        if fault is not None:
            raise fault
    parser.close()


def _emptied(element: etree._Element) -> int:
    """Empty an element that was read, and give how many elements went with it."""
    gone = len(list(element.iter())) - 1
    # It stays itself: the parser may still be writing the text after it; that before it is complete.
    element.clear(keep_tail=True)
    before = element.getprevious()
    if before is not None:
        before.tail = None
    return gone


def _refuse_doctype(declared: bool) -> None:
    if declared:
        raise ManifestRefused("E055", "a document type is declared", "send it without DOCTYPE")


def local_name(element: etree._Element) -> str:
    """The name without its namespace; empty for what is not an element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: etree._Element | None, *path: str) -> list[etree._Element]:
    """All elements at the end of ``path``, each step a child by its local name."""
    results = [element] if element is not None else []
    for name in path:
        results = [child for parent in results for child in parent.iterchildren("{*}" + name)]
    return results


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first element at the end of ``path``."""
    return next(iter(children(element, *path)), None)


def text(element: etree._Element | None, *path: str) -> str:
    """The text of the first element at the end of ``path``, stripped; empty where there is none."""
    target = child(element, *path)
    return (target.text or "").strip() if target is not None else ""


def attribute(element: etree._Element | None, name: str) -> str:
    """An attribute, stripped; empty where there is none."""
    return (element.get(name) or "").strip() if element is not None else ""


def line_of(element: etree._Element) -> int:
    """The line of the file on which an element begins."""
    return element.sourceline or 1
