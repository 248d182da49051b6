"""What Cargo-IMP messages share: the waybill line, quantities, parties, customs notes.

Source: IATA Cargo-IMP, FWB/16 and /17, FHL/4 and /5, FFM/7 and /8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from agent.formats.air_cargo.imp_text import ImpLine, ImpSegment
from agent.formats.air_cargo.values import (
    AIRPORT,
    CustomsNote,
    Draft,
    PartyText,
    inherited,
    read_master,
    read_pieces,
    read_weight,
)
from agent.formats.rows import CellFault

UNITS = {"K": "kg", "L": "lb"}

_NUMBER = re.compile(r"([0-9]{3}-[0-9]{8})(.*)", re.DOTALL)
_ROUTE = re.compile(r"([A-Z]{3})([A-Z]{3})")
_WHOLE = re.compile(r"(?P<pieces>[^KL]*)(?P<unit>[KL])(?P<weight>.*)", re.DOTALL)
_OTHER_UNIT = re.compile(r"(?P<pieces>[0-9]*)(?P<unit>(?!MC|C[CFI])[A-Z]+)(?P<weight>[0-9].*)", re.DOTALL)
_TAIL = re.compile(
    r"(?P<weight>.*?)(?:(?:MC|CC|CF|CI)[0-9.]*)?(?:DG[0-9]{1,2})?(?:T(?P<total>[0-9]{1,5}))?", re.DOTALL
)
"""After the unit: weight, volume, density, and the pieces of the whole of which this is a part."""


class Quantity(NamedTuple):
    """``T2K35MC0.12``: how much of a waybill is meant, in pieces and grams."""

    part: str
    """T all of it; P part of it; S and D shares on several flights or units; empty when not given."""
    pieces: int | None
    grams: int | None
    total: int | None
    """Pieces of the whole, where only a share is meant."""


class Waybill(NamedTuple):
    """``000-12345623BERYVR/T2K35MC0.12``, as far as it could be read."""

    line: int
    master: str | None
    origin: str | None
    destination: str | None
    quantity: Quantity


NOTHING = Quantity("", None, None, None)


def read_waybill(draft: Draft, line: ImpLine, column: str = "master") -> Waybill:
    """Number, route and quantity of a waybill; whatever cannot be read is noted in ``draft``."""
    head, _, rest = line.text.partition("/")
    match = _NUMBER.fullmatch(head)
    if match is None:
        draft.read(line.number, read_master, head or line.text)
        return Waybill(line.number, None, None, None, NOTHING)
    master, text = match.groups()
    route = draft.read(line.number, read_route, text)
    quantity = read_quantity(draft, line.number, rest.partition("/")[0]) if rest else NOTHING
    origin, destination = route or (None, None)
    return Waybill(line.number, master, origin, destination, quantity)


def read_route(text: str) -> tuple[str, str]:
    """Airports of origin and destination."""
    match = _ROUTE.fullmatch(text)
    if match is None:
        hint = "write two airports, as BERYVR"
        raise CellFault("E451", "arrival_port", text, "not a pair of airports", hint)
    return match[1], match[2]


def read_quantity(draft: Draft, line: int, text: str) -> Quantity:
    """Share code, pieces, unit and weight; the volume is passed over."""
    part = text[:1] if text[:1] in ("T", "S", "P", "D", "M") else ""
    rest = text.removeprefix(part)
    match = _WHOLE.fullmatch(rest) or _OTHER_UNIT.fullmatch(rest)
    if match is None:
        return _without_unit(draft, line, part, rest)
    tail = _TAIL.fullmatch(match["weight"])
    weight, total = (tail["weight"], tail["total"]) if tail is not None else (match["weight"], None)
    return Quantity(
        part,
        draft.read(line, read_pieces, match["pieces"]),
        draft.read(line, read_weight, weight, match["unit"], UNITS),
        draft.read(line, read_pieces, total),
    )


def _without_unit(draft: Draft, line: int, part: str, rest: str) -> Quantity:
    """Pieces alone are pieces; pieces followed by a weight or a volume lack the unit between."""
    pieces = re.match(r"[0-9]*", rest)
    assert pieces is not None
    behind = rest[pieces.end() :]
    if behind[:1] == "." or behind[:2] in ("MC", "CC", "CF", "CI"):
        draft.read(line, read_weight, rest, "", UNITS)
        return Quantity(part, None, None, None)
    return Quantity(part, draft.read(line, read_pieces, rest), None, None)


def notes_of(message_segments: Iterable[ImpSegment]) -> tuple[CustomsNote, ...]:
    """Customs notes of the OCI segments, ``country/subject/code/content``; the content may hold slashes."""
    return tuple(inherited(_notes(message_segments)))


def _notes(message_segments: Iterable[ImpSegment]) -> Iterator[CustomsNote]:
    for segment in message_segments:
        for number, text in segment.lines if segment.tag == "OCI" else ():
            country, subject, code, content, *_ = (*(part.strip() for part in text.split("/", 3)), "", "", "")
            yield CustomsNote(number, country, subject, code, content)


PARTY_TAGS = frozenset({"NAM", "ADR", "LOC"})
"""Of the lines below SHP or CNE, where a party is written the newer way."""


class _Written(NamedTuple):
    name: str
    street: str
    place: str
    country: str


def party_of(message_segments: list[ImpSegment], tag: str) -> tuple[PartyText | None, str | None]:
    """The party of a segment and the account it names; both ways of writing a party are read.

    The older one has a line each for name, street, place and country; the newer one tags them.
    """
    at = next((place for place, segment in enumerate(message_segments) if segment.tag == tag), None)
    if at is None:
        return None, None
    own, tagged = message_segments[at], []
    for segment in message_segments[at + 1 :]:
        if segment.tag not in PARTY_TAGS:
            break
        tagged.append(segment)
    written = _tagged(tagged) if tagged else _plain([line.text for line in own.lines[1:]])
    city, _, state = written.place.partition("/")
    country, postcode, *contact = (*(part.strip() for part in written.country.split("/")), "")
    contacts = dict(zip(contact[::2], contact[1::2], strict=False))
    text = PartyText(
        line=own.line,
        name=written.name,
        street=written.street,
        city=city,
        state=state,
        postcode=postcode,
        country=country,
        phone=contacts.get("TE"),
        email=contacts.get("EM"),
    )
    return text, own.first.strip() or None


def _tagged(message_segments: list[ImpSegment]) -> _Written:
    names = [line.text for segment in message_segments if segment.tag == "NAM" for line in segment.lines]
    streets = [line.text for segment in message_segments if segment.tag == "ADR" for line in segment.lines]
    place = next((segment for segment in message_segments if segment.tag == "LOC"), None)
    lines = [line.text for line in place.lines] if place is not None else [""]
    return _Written(" ".join(names), " ".join(streets), lines[0], lines[1] if len(lines) > 1 else "")


def _plain(lines: list[str]) -> _Written:
    """Name first, country last, place before it. A country of two characters, or none, is known as one."""
    code = lines[-1].partition("/")[0].strip() if lines else ""
    ends_with_country = bool(lines) and (len(lines) >= 4 or len(code) == 2 or (not code and len(lines) > 2))
    country = lines.pop() if ends_with_country else ""
    name, *rest = lines or [""]
    place = rest.pop() if rest else ""
    return _Written(name, " ".join(rest), place, country)


def is_airport(text: str) -> bool:
    """Whether ``text`` is written as an airport or city."""
    return AIRPORT.fullmatch(text) is not None
