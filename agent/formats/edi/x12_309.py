"""X12 309, the customs manifest: each LX loop with its M11 bill is a parcel.

Sources: X12 releases 004010 to 006050, as published in the segment directories of Stedi, and the 309 guides
of US Customs and Border Protection. What has no place in a declaration (seals, conveyance, hazardous goods,
in-bond movement) is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from agent.domain.consignment.declaration import Transport
from agent.domain.errors import ManifestRefused
from agent.formats.edi.x12 import X12Segment, read_segments
from agent.formats.reading import Format, Reading, ReadOrder
from agent.formats.rows import Row, RowError
from agent.formats.tabular.records import Records

_PARTIES = {
    "SH": "consignor",
    "SF": "consignor",
    "EX": "consignor",
    "CN": "consignee",
    "ST": "consignee",
    "UC": "consignee",
    "SE": "seller",
    "VN": "seller",
    "BY": "purchaser",
    "PU": "purchaser",
}
"""Entity identifier codes, data element 98; the first of a party that comes stands."""

_MASTERS = frozenset({"MB", "MA", "AW"})
"""Reference qualifiers, data element 128, of a bill above this one."""

_UNITS = {"K": "kg", "L": "lb", "G": "g", "O": "oz"}
"""Weight unit codes, data element 188."""

_CONTACTS = {"TE": "phone", "EM": "email"}


def read_309(stream: BinaryIO, order: ReadOrder) -> Reading:
    """Read an interchange of 309 manifests. A 309 is never mail.

    Raises:
        ManifestRefused: It is not an X12 interchange, or one without a 309.
    """
    profile = order.profile_for(())
    segments = read_segments(stream)
    first = next((one for one in segments if one.tag == "ST"), None)
    if first is None or first.get(1) != "309":
        kind = first.get(1)[:6] if first is not None else "nothing"
        raise ManifestRefused("E062", f"an X12 interchange of {kind}, no 309", "send the customs manifest")
    records = Records(
        profile, order.transport or (None if profile and profile.transport else Transport.EXPRESS)
    )
    return Reading(
        format=Format.X12_309,
        profile_id=profile.key if profile is not None else None,
        rows=_rows(segments, records),
    )


def _rows(segments: Iterator[X12Segment], records: Records) -> Iterator[Row | RowError]:
    manifest = _Manifest()
    for segment in segments:
        if segment.tag in ("LX", "P4", "SE", "ST", "IEA"):
            yield from manifest.close(records)
        manifest.take(segment)
    yield from manifest.close(records)


class _Manifest:
    """What the open loops have given so far."""

    def __init__(self) -> None:
        self._flight: dict[str, str] = {}
        self._port: dict[str, str] = {}
        self._open = False
        self._begin(0)

    def _begin(self, line: int) -> None:
        self._line = line
        self._bill: dict[str, str] = {}
        self._items: list[dict[str, str]] = []
        self._party: str | None = None
        self._withdrawn = False

    def take(self, segment: X12Segment) -> None:
        """Note one segment."""
        tag = segment.tag
        if tag == "ST":
            self._flight, self._port = {}, {}
        elif tag == "M10":
            self._flight = _filled({"flight": segment.get(6)})
        elif tag == "P4":
            self._port = _filled({"arrival_port": segment.get(1)})
        elif tag == "LX":
            self._begin(segment.number)
            self._open = True
        elif self._open:
            self._take_of_bill(tag, segment)

    def close(self, records: Records) -> Iterator[Row | RowError]:
        """The bill whose loop ends here, if it is one."""
        if not self._open or not (self._bill or self._withdrawn):
            self._open = False
            return
        self._open = False
        if self._withdrawn:
            yield RowError(
                line=self._line,
                column="",
                code="E117",
                message="the message takes this bill back",
                value=self._bill.get("tracking_number", "")[:40],
                hint="take it out by hand; an import only adds",
            )
            return
        fields = {**self._flight, **self._port, **self._bill}
        yield from records.read(self._line, fields, self._items)

    def _take_of_bill(self, tag: str, s: X12Segment) -> None:
        if tag == "M11":
            self._bill |= _filled(
                {
                    "tracking_number": s.get(1),
                    "piece_count": _whole(s.get(3)),
                    "gross_weight": s.get(5),
                    "weight_unit": _UNITS.get(s.get(6), s.get(6)),
                    "pickup_place": s.get(10),
                    "master": s.get(11),
                }
            )
        elif tag == "M13":
            # M1303: D withdraws the bill; A and R bring it whole, as the M11 after it says.
            self._withdrawn = s.get(3) == "D"
            self._bill |= _filled({"tracking_number": s.get(4)})
        elif tag == "N9" and s.get(1) in _MASTERS:
            self._bill |= _filled({"master": s.get(2)})
        elif tag == "M12":
            self._bill |= _filled({"entry_type": s.get(1), "entry_number": s.get(2)})
        elif tag == "N10":
            self._take_goods(s)
        elif tag in ("N1", "N3", "N4", "PER"):
            self._take_party(tag, s)

    def _take_goods(self, s: X12Segment) -> None:
        """A goods line, or more of its description: older senders give 30 letters a segment."""
        goods = _goods(s)
        if set(goods) == {"item_description"} and self._items:
            last = self._items[-1]
            before = last.get("item_description")
            rest = goods["item_description"]
            last["item_description"] = f"{before} {rest}" if before else rest
        elif goods:
            # One that holds marks and numbers alone is not a goods line.
            self._items.append(goods)

    def _take_party(self, tag: str, s: X12Segment) -> None:
        if tag == "N1":
            party = _PARTIES.get(s.get(1))
            self._party = party if f"{party}_name" not in self._bill else None
        if self._party is None:
            return
        if tag == "N1":
            fields = {"name": s.get(2)}
        elif tag == "N3":
            fields = {"street": ", ".join(filter(None, (s.get(1), s.get(2))))}
        elif tag == "N4":
            fields = {"city": s.get(1), "state": s.get(2), "postcode": s.get(3), "country": s.get(4)}
        else:
            pairs = ((s.get(place), s.get(place + 1)) for place in (3, 5, 7))
            fields = {_CONTACTS[sort]: value for sort, value in pairs if sort in _CONTACTS}
        self._bill |= {f"{self._party}_{name}": text for name, text in fields.items() if text}


def _goods(s: X12Segment) -> dict[str, str]:
    """N10: quantity, description, marks, commodity code, value in whole dollars or N1013, weight, origin."""
    unit = {"K": "kg", "G": "g"}.get(s.get(7))
    value = s.get(6)
    return _filled(
        {
            "item_quantity": _whole(s.get(1)),
            "item_description": s.get(2),
            "item_hs": s.get(5),
            "item_value": value,
            "currency": (s.get(13) or "USD") if value else "",
            f"item_net_weight_{unit}": s.get(8) if unit else "",
            "item_origin": s.get(11) if len(s.get(11)) == 2 else "",
        }
    )


def _whole(number: str) -> str:
    """A decimal number of X12 without its empty decimals: 12.0 pieces are 12."""
    whole, point, decimals = number.partition(".")
    return whole if point and not decimals.strip("0") else number


def _filled(fields: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in fields.items() if text}
