"""UPU ITMATT, item attributes in EDIFACT: what a CN 22 or CN 23 says of each postal item.

The segment table of UPU standard M33 is not public; that it uses directory D.00A is (CEN/TR 17536:2021). So
segments are read by what the directory says they mean, not by their place, and everything that may differ
between partners is a role that a mapping profile can set. Unsure, as the README of ``formats`` says: which
segment opens an item and a content line, and the qualifiers of postage and category.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from agent.domain.consignment.declaration import Transport
from agent.domain.errors import ManifestRefused
from agent.formats.edi.edifact import EdifactSegment, read_segments
from agent.formats.reading import Format, Reading, ReadOrder
from agent.formats.rows import Mending, Row, RowError
from agent.formats.tabular.records import Records

ROLES: Mapping[str, tuple[str, ...]] = {
    "item_starts": ("CNI",),
    "content_starts": ("GID", "CST", "LIN", "GDS"),
    "consignor": ("CZ", "OS", "EX", "SF"),
    "consignee": ("CN", "UC", "IM", "ST"),
    "gross_weight": ("G", "AAB", "AAD"),
    "net_weight": ("AAL", "AAA", "AAC", "N"),
    "value": ("40", "43", "39", "38", "66", "77", "128"),
    "postage": ("64", "23", "144", "8"),
    "origin": ("27",),
    "description": ("AAA", "ACB"),
    "category": ("ACD", "CAT"),
    "mailed_on": ("200", "11", "137"),
}
"""Role → segments or qualifiers, best first.

Source: UNTDID D.00A, data elements 3035, 6313, 5025, 3227, 4451 and 2005.
"""

_S10 = re.compile(r"[A-Z]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3} ?[A-Z]{2}")
_CARRIES_ID = frozenset({"CNI", "RFF", "GIN", "PCI", "DOC", "EQD", "PAC", "GIR"})
_CATEGORIES = {
    "11": "sale",
    "21": "returned",
    "31": "gift",
    "32": "sample",
    "91": "documents",
    "999": "other",
}
"""Nature of transaction. Source: UPU code lists as used in the WCO–UPU customs messages."""

_UNITS = {"KGM": "kg", "GRM": "g", "LBR": "lb", "ONZ": "oz"}
_DATES = {"102": (8, "{0}-{1}-{2}"), "203": (12, "{0}-{1}-{2}"), "204": (14, "{0}-{1}-{2}")}


def read_itmatt(stream: BinaryIO, order: ReadOrder) -> Reading:
    """Read an interchange of ITMATT messages. An item is mail.

    Raises:
        ManifestRefused: It is not an EDIFACT interchange, or one without ITMATT.
    """
    profile = order.profile_for(())
    segments = read_segments(stream)
    first = next((one for one in segments if one.tag == "UNH"), None)
    if first is None or first.get(1) != "ITMATT":
        kind = first.get(1)[:6] if first is not None else "nothing"
        raise ManifestRefused("E062", f"an EDIFACT interchange of {kind}, no ITMATT", "send item attributes")
    records = Records(profile, order.transport or (None if profile and profile.transport else Transport.MAIL))
    roles = {**ROLES, **(profile.edifact if profile is not None else {})}
    return Reading(
        format=Format.ITMATT,
        profile_id=profile.key if profile is not None else None,
        rows=_rows(segments, roles, records),
    )


def _rows(
    segments: Iterator[EdifactSegment], roles: Mapping[str, tuple[str, ...]], records: Records
) -> Iterator[Row | RowError]:
    message, reading = _Message(roles), True
    for segment in segments:
        if segment.tag == "UNH":
            reading = segment.get(1) == "ITMATT"
            message = _Message(roles)
        elif reading:
            if message.begins_item(segment) or segment.tag == "UNT":
                yield from message.close(records)
            message.take(segment)
    yield from message.close(records)


class _Message:
    """What one message has given so far of the item at hand."""

    def __init__(self, roles: Mapping[str, tuple[str, ...]]) -> None:
        self._roles = roles
        self._opened_by: str | None = None
        """The segment that opened the first item; another sort of segment with a number opens none."""
        self._content_tag: str | None = None
        self._shared: dict[str, str] = {}
        self._begin(0, "")

    def _begin(self, line: int, number: str) -> None:
        self._line = line
        self._number = number
        self._item: dict[str, str] = dict(self._shared)
        self._lines: list[dict[str, str]] = []
        self._mended: list[Mending] = []
        self._party: str | None = None
        self._ranks: dict[str, int] = {}

    def begins_item(self, segment: EdifactSegment) -> bool:
        """Whether the segment carries the number of another item than the one at hand."""
        number = self._number_in(segment)
        return number is not None and number != self._number

    def _number_in(self, segment: EdifactSegment) -> str | None:
        if self._opened_by is not None and segment.tag != self._opened_by:
            return None
        values = [part for place in range(len(segment.elements)) for part in segment.parts(place)]
        if segment.tag in self._roles["item_starts"]:
            return next(filter(_S10.fullmatch, values), segment.get(1) or segment.get(0))
        if segment.tag in _CARRIES_ID:
            return next(filter(_S10.fullmatch, values), None)
        return None

    def close(self, records: Records) -> Iterator[Row | RowError]:
        """The item at hand, if there is one."""
        if self._number:
            fields = {**self._item, "tracking_number": self._number}
            yield from records.read(self._line, fields, self._lines, self._mended)
        self._begin(0, "")

    def take(self, segment: EdifactSegment) -> None:
        """Note one segment."""
        number = self._number_in(segment)
        if number is not None and number != self._number:
            self._opened_by = segment.tag
            self._begin(segment.number, number)
        elif segment.tag in self._roles["content_starts"] and self._number:
            self._content(segment)
        reader = _READERS.get(segment.tag)
        if reader is not None:
            reader(self, segment)
        if not self._number:
            # Before the first item: what holds for the whole message, as the date.
            self._shared = {name: text for name, text in self._item.items() if name == "mailed_on"}

    def _content(self, segment: EdifactSegment) -> None:
        # The first sort of segment that opens a content line opens them all: GID may be followed by its CST.
        self._content_tag = self._content_tag or segment.tag
        if segment.tag == self._content_tag:
            self._lines.append({})

    def _put(self, column: str, text: str, rank: int = 0) -> None:
        """Keep a value, unless a better qualifier gave one already."""
        target = self._lines[-1] if column.startswith("item_") and self._lines else self._item
        key = f"{len(self._lines)}.{column}" if target is not self._item else column
        if text and rank <= self._ranks.get(key, 1_000):
            target[column] = text
            self._ranks[key] = rank

    def _rank(self, role: str, qualifier: str) -> int | None:
        order = self._roles[role]
        return order.index(qualifier) if qualifier in order else None

    def party(self, s: EdifactSegment) -> None:
        """NAD: a party's name and address, structured or in lines."""
        self._party = next(
            (p for p in ("consignor", "consignee") if self._rank(p, s.get(0)) is not None), None
        )
        if self._party is None:
            return
        rank = self._rank(self._party, s.get(0)) or 0
        name, lines = " ".join(s.parts(3)), s.parts(2)
        if not name and lines:
            name, lines = lines[0], lines[1:]
        street = ", ".join([*s.parts(4), *lines])
        fields = {"name": name, "street": street, "city": s.get(5), "postcode": s.get(7), "country": s.get(8)}
        fields["state"] = s.get(6, 3) or s.get(6)
        for part, text in fields.items():
            self._put(f"{self._party}_{part}", text, rank)

    def contact(self, s: EdifactSegment) -> None:
        """COM: telephone or e-mail of the party before."""
        for place in range(len(s.elements)):
            part = {"TE": "phone", "AL": "phone", "EM": "email"}.get(s.get(place, 1))
            if self._party is not None and part is not None:
                self._put(f"{self._party}_{part}", s.get(place))

    def weight(self, s: EdifactSegment) -> None:
        """MEA: a weight, gross of the item, net of a content line."""
        unit, number = _UNITS.get(s.get(2), s.get(2).lower()), s.get(2, 1)
        if s.get(0) not in ("WT", "AAE", "AAI", "WX") or not number:
            return
        net, gross = self._rank("net_weight", s.get(1)), self._rank("gross_weight", s.get(1))
        if self._lines and gross is None and unit in ("kg", "g"):
            self._put(f"item_net_weight_{unit}", number, net or 0)
        elif not self._lines and net is None:
            self._put("gross_weight", number, gross if gross is not None else 9)
            self._put("weight_unit", unit, gross if gross is not None else 9)

    def money(self, s: EdifactSegment) -> None:
        """MOA: the value; postage is not part of it."""
        qualifier, amount, currency = s.get(0), s.get(0, 1), s.get(0, 2)
        if self._rank("postage", qualifier) is not None or not amount:
            return
        rank = self._rank("value", qualifier)
        column = "item_value" if self._lines else "value"
        if rank is None:
            rank = 99
            self._mend(column, "W340", f"amount {qualifier[:3]} read as the value", amount)
        self._put(column, amount, rank)
        if currency:
            (self._lines[-1] if self._lines else self._item).setdefault("currency", currency)

    def quantity(self, s: EdifactSegment) -> None:
        """QTY: pieces of goods."""
        number = s.get(0, 1) or s.get(0)
        whole, _, decimals = number.partition(".")
        self._put("item_quantity" if self._lines else "quantity", number if decimals.strip("0") else whole)

    def place(self, s: EdifactSegment) -> None:
        """LOC: where goods were made."""
        if self._rank("origin", s.get(0)) is not None:
            self._put("item_origin" if self._lines else "origin_country", s.get(1))

    def text(self, s: EdifactSegment) -> None:
        """FTX: the description of goods, or the category of the item."""
        words, code = " ".join(s.parts(3)), s.get(2)
        if self._rank("category", s.get(0)) is not None:
            self._put("mail_category", _CATEGORIES.get(code or words, words or code))
        elif (rank := self._rank("description", s.get(0))) is not None:
            self._put("item_description" if self._lines else "description", words, rank)

    def described(self, s: EdifactSegment) -> None:
        """IMD: an item described in words."""
        self._put("item_description" if self._lines else "description", " ".join(s.parts(2)[-2:]), 5)

    def goods(self, s: EdifactSegment) -> None:
        """CST, PIA: the tariff number among the goods' codes."""
        codes = (s.get(place) for place in range(1, len(s.elements)))
        tariff_number = next((code for code in codes if re.fullmatch(r"[0-9]{4}[0-9. ]{0,9}", code)), "")
        self._put("item_hs" if self._lines else "hs_code", tariff_number)

    def category(self, s: EdifactSegment) -> None:
        """GIS: the nature of the transaction, where its code is one of the UPU's."""
        self._put("mail_category", _CATEGORIES.get(s.get(0), ""))

    def when(self, s: EdifactSegment) -> None:
        """DTM: the day of mailing."""
        rank = self._rank("mailed_on", s.get(0))
        digits, form = s.get(0, 1), s.get(0, 2) or "102"
        if rank is not None and form in _DATES and len(digits) == _DATES[form][0]:
            self._put("mailed_on", _DATES[form][1].format(digits[:4], digits[4:6], digits[6:8]), rank)

    def _mend(self, column: str, code: str, message: str, value: str) -> None:
        hint = "say under edifact.value or edifact.postage what it is"
        self._mended.append(
            Mending(line=self._line, column=column, code=code, message=message, value=value[:40], hint=hint)
        )


_READERS = {
    "NAD": _Message.party,
    "COM": _Message.contact,
    "MEA": _Message.weight,
    "MOA": _Message.money,
    "QTY": _Message.quantity,
    "LOC": _Message.place,
    "FTX": _Message.text,
    "IMD": _Message.described,
    "CST": _Message.goods,
    "PIA": _Message.goods,
    "GIS": _Message.category,
    "DTM": _Message.when,
}
