"""Cargo-IMP messages into declarations: houses (FHL/4, /5), waybills (FWB/16, /17), flights (FFM/7, /8).

One row per house; one per waybill where it is direct, or a consolidation whose houses are then due.

Source: IATA Cargo-IMP; Transport Canada, PACT Technical Implementation Guide 1.9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

import msgspec

from agent.domain.consignment.declaration import Account, Declaration, Item, Level, Transport
from agent.domain.values.money import Money
from agent.formats.air_cargo.imp_flight import Manifests
from agent.formats.air_cargo.imp_parts import (
    PARTY_TAGS,
    UNITS,
    Waybill,
    is_airport,
    notes_of,
    party_of,
    read_route,
    read_waybill,
)
from agent.formats.air_cargo.imp_text import ImpLine, ImpMessage, ImpSegment, read_messages, segments
from agent.formats.air_cargo.values import (
    Draft,
    error,
    labelled,
    read_country,
    read_house,
    read_party,
    read_pieces,
    read_security,
    read_tariff,
    read_value,
    read_weight,
)
from agent.formats.rows import CellFault, Mending, Row, RowError

_VERSIONS = {"FHL": ("4", "5"), "FWB": ("16", "17"), "FFM": ("7", "8")}
_FLIGHT = re.compile(r"[A-Z0-9]{2,3}[0-9]{1,4}[A-Z]?")
_MOST_ITEMS = 100


def read_cargo_imp(stream: BinaryIO, *, received: datetime | None = None) -> Iterator[Row | RowError]:
    """The waybills of every message of a file; only the message at hand is held, or a flight.

    Args:
        stream: Bytes of the file; network headers, CRLF or LF, ``=`` and ``NNNN`` are taken as they come.
        received: When the messages came; gives the year that a flight manifest leaves out.

    Raises:
        ManifestRefused: There is no message in it, a line is longer than any message's, or a flight carries
            more waybills than one can.
    """
    manifests = Manifests(received)
    pending: _Bill | None = None
    for message in read_messages(stream):
        if message.kind == "FFM" and message.version in _VERSIONS["FFM"] and message.fault is None:
            yield from _row(pending)
            pending = None
            yield from manifests.take(message)
            continue
        yield from manifests.finish()
        for bill in _bills(message):
            if isinstance(bill, RowError):
                yield from _row(pending)
                pending = None
                yield bill
            elif pending is None or not pending.goes_on_in(bill):
                yield from _row(pending)
                pending = bill
    yield from _row(pending)
    yield from manifests.finish()


@dataclass(slots=True)
class _Bill:
    """The segments of one waybill, house or master; one split by a network continues in the next message."""

    kind: str
    head: ImpLine
    """The line that names it: HBS without its tag, or the waybill line."""
    segments: list[ImpSegment]
    waybill: Waybill | None
    mended: list[Mending] = field(default_factory=list)

    def goes_on_in(self, other: _Bill) -> bool:
        """Take in the rest of a split message: the same waybill line, and no segment that is here already."""
        same = self.kind == other.kind and self.head.text == other.head.text
        master, others = (bill.waybill.master if bill.waybill else None for bill in (self, other))
        tags = {segment.tag for segment in self.segments} - PARTY_TAGS
        if not same or master != others or any(segment.tag in tags for segment in other.segments):
            return False
        self.segments += other.segments
        self.mended += other.mended
        return True


def _bills(message: ImpMessage) -> Iterator[_Bill | RowError]:
    if message.fault is not None:
        yield message.fault
    elif message.version not in _VERSIONS.get(message.kind, ()):
        text = f"{message.kind}/{message.version}"
        known = ", ".join(f"{kind}/{version}" for kind, both in _VERSIONS.items() for version in both)
        yield error(message.line, CellFault("E050", "", text, "not a message that is read", f"send {known}"))
    elif message.kind == "FWB":
        yield from _waybills(message)
    else:
        yield from _houses(message)


def _no_waybill(line: int, text: str, hint: str) -> RowError:
    return error(line, CellFault("E051", "master", None, f"the message has no {text}", hint))


def _waybills(message: ImpMessage) -> Iterator[_Bill | RowError]:
    parts = segments(message.lines)
    if not parts or parts[0].tag:
        yield _no_waybill(message.line, "waybill line", "write it as 020-12345675BERYVR/T2K35")
        return
    draft = Draft()
    waybill = read_waybill(draft, parts[0].lines[0])
    yield from draft.faults
    if not draft.faults:
        yield _Bill("FWB", parts[0].lines[0], parts[1:], waybill, [*message.mended()])


def _houses(message: ImpMessage) -> Iterator[_Bill | RowError]:
    parts = segments(message.lines)
    master = next((segment for segment in parts if segment.tag == "MBI"), None)
    if master is None:
        yield _no_waybill(message.line, "MBI line", "write it as MBI/020-12345675BERYVR/T2K35")
        return
    waybill = None
    draft = Draft()
    # A house may be filed before its master is known: the number is then left blank.
    if master.first.strip("/ "):
        waybill = read_waybill(draft, master.lines[0])
    if draft.faults:
        yield from draft.faults
        return
    starts = [place for place, segment in enumerate(parts) if segment.tag == "HBS"]
    if not starts:
        hint = "write a line as HBS/ABC123/BERYVR/1/K7//COTTON SHIRTS"
        yield error(message.line, CellFault("E053", "house", None, "the message has no HBS line", hint))
        return
    mended = message.mended()
    for start, end in zip(starts, [*starts[1:], len(parts)], strict=True):
        head, rest = parts[start].lines[0], parts[start].lines[1:]
        codes = [ImpSegment("SPH", rest)] if rest else []
        yield _Bill("FHL", head, [*codes, *parts[start + 1 : end]], waybill, [*mended])
        mended = ()


def _row(bill: _Bill | None) -> Iterator[Row | RowError]:
    if bill is None:
        return
    draft = Draft()
    declaration = _house(bill, draft) if bill.kind == "FHL" else _master(bill, draft)
    if draft.faults or declaration is None:
        yield from draft.faults
    else:
        yield Row(bill.head.number, declaration, tuple(bill.mended))


def _house(bill: _Bill, draft: Draft) -> Declaration | None:
    line = bill.head.number
    house, route, pieces, weight, _, goods = (*bill.head.text.split("/", 5), "", "", "", "", "", "")[:6]
    number = draft.read(line, read_house, house)
    ports = draft.read(line, read_route, route.strip())
    count = draft.read(line, read_pieces, pieces.strip())
    unit = weight.strip()[:1] if weight.strip()[:1].isalpha() else ""
    grams = draft.read(line, read_weight, weight.strip().removeprefix(unit), unit, UNITS)
    texts = [text for segment in bill.segments if segment.tag == "TXT" for _, text in segment.lines]
    description = " ".join(" ".join(texts).split())
    short = " ".join(goods.split())
    if short.casefold() not in description.casefold():
        description = f"{short} {description}"
    codes = [text for segment in bill.segments if segment.tag == "HTS" for _, text in segment.lines]
    if number is None:
        return None
    master = bill.waybill.master if bill.waybill is not None else None
    declaration = _common(bill, draft, number, description, codes)
    return msgspec.structs.replace(
        declaration,
        master=master,
        pieces=labelled(number, count),
        piece_count=count,
        gross_weight_g=grams,
        arrival_port=ports[1] if ports is not None else None,
    )


def _master(bill: _Bill, draft: Draft) -> Declaration:
    waybill = bill.waybill
    assert waybill is not None
    assert waybill.master is not None
    goods = list(_goods(bill.segments))
    texts = [text for code, _, text in goods if code in ("NG", "NC")]
    consolidated = any(code == "NC" for code, _, _ in goods)
    codes = [text for code, _, text in goods if code == "NH"]
    made = next(((line, text) for code, line, text in goods if code == "NO"), None)
    route = next((segment for segment in bill.segments if segment.tag == "RTG"), None)
    ends = [leg[:3] for leg in route.first.split("/") if is_airport(leg[:3])] if route is not None else []
    booked = next((segment for segment in bill.segments if segment.tag == "FLT"), None)
    flights = booked.first.split("/") if booked is not None else []
    count = waybill.quantity.pieces
    declaration = _common(bill, draft, waybill.master, " ".join(texts), codes)
    return msgspec.structs.replace(
        declaration,
        level=Level.MASTER if consolidated else Level.HOUSE,
        master=waybill.master,
        # The pieces of a consolidation are its houses'.
        pieces=() if consolidated else labelled(waybill.master, count),
        piece_count=count,
        gross_weight_g=waybill.quantity.grams,
        origin_country=draft.read(made[0], read_country, made[1], "origin_country") if made else None,
        flight=next((flight for flight in reversed(flights) if _FLIGHT.fullmatch(flight)), None),
        arrival_port=ends[-1] if ends else waybill.destination,
    )


def _goods(bill_segments: list[ImpSegment]) -> Iterator[tuple[str, int, str]]:
    """Code, line and text of the goods lines of the rate description: ``/NG/TEXT``, ``/2/NH/850132``."""
    for segment in bill_segments:
        for number, text in segment.lines[1:] if segment.tag == "RTD" else ():
            parts = text.split("/")
            place = 1 if parts[0].isdecimal() and len(parts) > 1 else 0
            yield parts[place], number, "/".join(parts[place + 1 :])


def _common(bill: _Bill, draft: Draft, number: str, description: str, codes: list[str]) -> Declaration:
    """What houses and masters have in common."""
    bill_segments = bill.segments
    notes = notes_of(bill_segments)
    handling = [c for s in bill_segments if s.tag == "SPH" for line in s.lines for c in line.text.split("/")]
    line = bill.head.number
    shipper, account = party_of(bill_segments, "SHP")
    consignee, _ = party_of(bill_segments, "CNE")
    kept = [draft.read(line, read_tariff, code) for code in codes[:_MOST_ITEMS] if code.strip()]
    return Declaration(
        consignment=number,
        transport=Transport.EXPRESS,
        consignor=read_party(draft, shipper, "consignor", notes),
        consignee=read_party(draft, consignee, "consignee", notes),
        description=draft.text(line, description, "description", "description"),
        hs=kept[0] if kept else None,
        items=tuple(Item(hs=code) for code in kept) if len(kept) > 1 else (),
        value=_value(bill_segments, draft),
        account=Account(number=draft.text(line, account, "code", "account_number")),
        security=read_security(draft, notes, handling),
    )


def _value(bill_segments: list[ImpSegment], draft: Draft) -> Money | None:
    """The value declared for customs: last but one of ``CVD/USD/PP/PP/NVD/NCV/XXX``, with or without PP.

    What is declared for carriage limits the carrier's liability; it is not a value of the goods.
    """
    charges = next((segment for segment in bill_segments if segment.tag == "CVD"), None)
    if charges is None:
        return None
    parts = [part.strip() for part in charges.first.split("/")]
    customs = parts[-2] if len(parts) in (5, 6) else None
    return draft.read(charges.line, read_value, customs, parts[0])
