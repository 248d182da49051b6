"""Pre-loading advance cargo information: what an authority answers to a waybill, in its own words.

The reasons of an error report, from a row that was refused or from a declaration that was taken; the lines
of PER and PSN. Reading answers is in ``placi_answers``.

Source: Transport Canada, PACT Technical Implementation Guide 1.9, tables 7 to 10.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from agent.domain.consignment.declaration import Declaration, Level, Party
from agent.domain.description.check import Terms, check_description, structural_fault, words
from agent.domain.errors import ManifestRefused
from agent.domain.values.countries import ISO_COUNTRIES
from agent.formats.air_cargo.values import AIRPORT, MAX_HOUSE
from agent.formats.rows import RowError


class PlaciReason(StrEnum):
    """Why an authority refused a message."""

    MISSING_WBL_LINE = "MISSING_WBL_LINE"
    BAD_WBL_FORMAT = "BAD_WBL_FORMAT"
    MISSING_HOUSE_BILL_NBR = "MISSING_HOUSE_BILL_NBR"
    INVALID_HOUSE_BILL_NBR = "INVALID_HOUSE_BILL_NBR"
    MISSING_SHP_NAME = "MISSING_SHP_NAME"
    INVALID_SHP_NAME = "INVALID_SHP_NAME"
    MISSING_SHP_ADDR = "MISSING_SHP_ADDR"
    INVALID_SHP_ADDR = "INVALID_SHP_ADDR"
    MISSING_SHP_CTRY = "MISSING_SHP_CTRY"
    INVALID_SHP_CTRY = "INVALID_SHP_CTRY"
    MISSING_CNE_NAME = "MISSING_CNE_NAME"
    INVALID_CNE_NAME = "INVALID_CNE_NAME"
    MISSING_CNE_ADDR = "MISSING_CNE_ADDR"
    INVALID_CNE_ADDR = "INVALID_CNE_ADDR"
    MISSING_CNE_CTRY = "MISSING_CNE_CTRY"
    INVALID_CNE_CTRY = "INVALID_CNE_CTRY"
    MISSING_CARGO_DESC = "MISSING_CARGO_DESC"
    INVALID_CARGO_DESC = "INVALID_CARGO_DESC"
    MISSING_WEIGHT = "MISSING_WEIGHT"
    INVALID_WEIGHT = "INVALID_WEIGHT"
    MISSING_WT_UNITS = "MISSING_WT_UNITS"
    INVALID_WT_UNITS = "INVALID_WT_UNITS"
    MISSING_BILL_QTY = "MISSING_BILL_QTY"
    INVALID_BILL_QTY = "INVALID_BILL_QTY"
    INVALID_ROUTING = "INVALID_ROUTING"
    INVALID_MESSAGE_TYPE = "INVALID_MESSAGE_TYPE"
    MISSING_CONSOL_INDI = "MISSING_CONSOL_INDI"


_BY_COLUMN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "house": "HOUSE_BILL_NBR",
        "consignor_name": "SHP_NAME",
        "consignor_street": "SHP_ADDR",
        "consignor_city": "SHP_ADDR",
        "consignor_state": "SHP_ADDR",
        "consignor_postcode": "SHP_ADDR",
        "consignor_country": "SHP_CTRY",
        "consignee_name": "CNE_NAME",
        "consignee_street": "CNE_ADDR",
        "consignee_city": "CNE_ADDR",
        "consignee_state": "CNE_ADDR",
        "consignee_postcode": "CNE_ADDR",
        "consignee_country": "CNE_CTRY",
        "description": "CARGO_DESC",
        "gross_weight": "WEIGHT",
        "weight_unit": "WT_UNITS",
        "piece_count": "BILL_QTY",
    }
)
_BY_CODE: Final[Mapping[str, PlaciReason]] = MappingProxyType(
    {
        "E050": PlaciReason.INVALID_MESSAGE_TYPE,
        "E051": PlaciReason.MISSING_WBL_LINE,
        "E451": PlaciReason.INVALID_ROUTING,
    }
)
_BAD_REQUESTS = frozenset({PlaciReason.INVALID_MESSAGE_TYPE, PlaciReason.BAD_WBL_FORMAT})
_CONSOLIDATION = frozenset(
    {"CONSOL", "CONSOLS", "CONSOLE", "CONSOLIDATED", "CONSOLIDATION", "CONSOLIDATIONS"}
)
_FILLERS = frozenset({"AS", "PER", "ATTACHED", "LIST", "MANIFEST", "CARGO", "SHIPMENT", "SHIPMENTS", "GOODS"})
_MASTER = re.compile(r"[0-9]{3}-[0-9]{8}")


def reason_of(refused: RowError | ManifestRefused) -> PlaciReason:
    """What an authority would have answered to a message that could not be read.

    What touches none of its elements, as a value for customs, leaves the message unreadable as a whole.
    """
    if refused.code in _BY_CODE:
        return _BY_CODE[refused.code]
    element = _BY_COLUMN.get(refused.column) if isinstance(refused, RowError) else None
    if element is None or not isinstance(refused, RowError):
        return PlaciReason.BAD_WBL_FORMAT
    return PlaciReason(f"{'INVALID' if refused.value else 'MISSING'}_{element}")


def per_reasons(
    declaration: Declaration, *, ports: Collection[str] | None = None, terms: Terms | None = None
) -> tuple[str, ...]:
    """What an authority would find wrong with a waybill or a house as it was filed; empty when nothing is.

    Args:
        declaration: Of a house or a waybill, with its ``piece_count``: the number of known labels is not one.
            The lines of a flight manifest are not a filing and name no parties.
        ports: Airports and cities of the authority's country; None leaves the route unasked.
        terms: Words that describe nothing; None asks only whether the text can be one at all.
    """
    return tuple(dict.fromkeys(reason.value for reason in _reasons(declaration, ports, terms)))


def _reasons(d: Declaration, ports: Collection[str] | None, terms: Terms | None) -> Iterator[PlaciReason]:
    if d.master is not None and _MASTER.fullmatch(d.master) is None:
        yield PlaciReason.BAD_WBL_FORMAT
    if len(house_of(d) or "") > MAX_HOUSE:
        yield PlaciReason.INVALID_HOUSE_BILL_NBR
    yield from _party("SHP", d.consignor)
    yield from _party("CNE", d.consignee)
    yield from _description(d, terms)
    if d.gross_weight_g is None:
        yield PlaciReason.MISSING_WEIGHT
    if d.piece_count is None:
        yield PlaciReason.MISSING_BILL_QTY
    unread = d.arrival_port is not None and AIRPORT.fullmatch(d.arrival_port) is None
    if unread or (ports is not None and d.arrival_port not in ports):
        yield PlaciReason.INVALID_ROUTING


def _party(side: str, party: Party) -> Iterator[PlaciReason]:
    """Name, first line of the address, and country are asked for; a postcode may be empty."""
    for element, text in (("NAME", party.name), ("ADDR", party.street)):
        if text is None:
            yield PlaciReason(f"MISSING_{side}_{element}")
        elif structural_fault(text) is not None:
            yield PlaciReason(f"INVALID_{side}_{element}")
    if party.country is None:
        yield PlaciReason(f"MISSING_{side}_CTRY")
    elif party.country not in ISO_COUNTRIES:
        yield PlaciReason(f"INVALID_{side}_CTRY")


def _description(d: Declaration, terms: Terms | None) -> Iterator[PlaciReason]:
    """A consolidation may say so, and its houses are due; another waybill that says so is asked."""
    texts = (
        [d.description] if d.description is not None else [i.description for i in d.items if i.description]
    )
    if not texts:
        yield PlaciReason.MISSING_CARGO_DESC
        return
    for text in texts:
        if says_consolidation(text):
            if house_of(d) is not None:
                yield PlaciReason.INVALID_CARGO_DESC
            elif d.level is not Level.MASTER:
                yield PlaciReason.MISSING_CONSOL_INDI
        elif (structural_fault(text) if terms is None else check_description(text, terms)) is not None:
            yield PlaciReason.INVALID_CARGO_DESC


def says_consolidation(text: str) -> bool:
    """Whether a description says nothing but that several consignments travel as one.

    >>> says_consolidation("CONSOLIDATION AS PER ATTACHED LIST"), says_consolidation("console tables")
    (True, False)
    """
    words_used = set(words(text))
    return bool(words_used & _CONSOLIDATION) and words_used <= _CONSOLIDATION | _FILLERS


def house_of(declaration: Declaration) -> str | None:
    """The house waybill number; None of a waybill that is its own contract, and of a consolidation."""
    if declaration.house is not None:
        return declaration.house
    own = declaration.level is Level.MASTER or declaration.consignment == declaration.master
    return None if own else declaration.consignment


def waybill_of(master: str | None, house: str | None) -> str:
    """The waybill as reports name it: ``007-12345678-ABC1022506``, master first."""
    return "-".join(part for part in (master, house) if part)


def write_per(reason: PlaciReason | str, *, master: str | None = None, house: str | None = None) -> str:
    """The lines of an error report, without the end of the last one.

    An unrecognised message is refused as such (400), one with a fault in it for its content (422).

    Raises:
        ValueError: There is no such reason.

    >>> print(write_per("MISSING_SHP_ADDR", master="007-12345678", house="HAW0123456"))
    PER
    007-12345678-HAW0123456 ERR/422/MISSING_SHP_ADDR
    """
    known = PlaciReason(reason)
    line = f"ERR/{400 if known in _BAD_REQUESTS else 422}/{known}"
    waybill = waybill_of(master, house)
    return f"PER\n{waybill} {line}" if waybill else f"PER\n{line}"


PSN_TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "SR": "NO ERRORS",
        "SF": "ASSESSMENT COMPLETE",
        "7H": "REQUEST FOR INFORMATION HOLD",
        "7J": "REQUEST FOR INFORMATION HOLD CURRENTLY IN PLACE",
        "7I": "REQUEST FOR INFORMATION HOLD REMOVED",
        "8H": "REQUEST FOR SCREENING HOLD",
        "8J": "REQUEST FOR SCREENING HOLD CURRENTLY IN PLACE",
        "8I": "REQUEST FOR SCREENING HOLD REMOVED",
        "6H": "DO NOT LOAD HOLD",
        "6J": "DO NOT LOAD HOLD CURRENTLY IN PLACE",
        "6I": "DO NOT LOAD HOLD REMOVED",
    }
)
"""Status codes and their texts. Source: CBP CAMIR; PACT guide 1.9, table 10."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def write_psn(
    code: str, at: datetime, *, master: str | None = None, house: str | None = None, text: str | None = None
) -> str:
    """The lines of a status notification; a receipt for a flight manifest names no waybill.

    Raises:
        ValueError: ``code`` is none of ``PSN_TEXTS``, or ``at`` has no time zone.

    >>> print(write_psn("7H", datetime(2024, 11, 22, 19, 2, tzinfo=UTC), master="007-12345678", house="ABC1"))
    PSN
    007-12345678-ABC1
    CSN/7H/22NOV1902/REQUEST FOR INFORMATION HOLD
    """
    if code not in PSN_TEXTS:
        raise ValueError(f"{code[:8]!r} is not a status code; use one of {', '.join(PSN_TEXTS)}")
    if at.tzinfo is None:
        raise ValueError("the time has no zone; give it in UTC")
    utc = at.astimezone(UTC)
    stamp = f"{utc.day:02d}{_MONTHS[utc.month - 1]}{utc:%H%M}"
    waybill = waybill_of(master, house)
    lines = ["PSN", *([waybill] if waybill else []), f"CSN/{code}/{stamp}/{text or PSN_TEXTS[code]}"]
    return "\n".join(lines)
