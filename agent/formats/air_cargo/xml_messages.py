"""Cargo-XML messages into declarations: houses (XFZB 3.00), waybills (XFWB 3.00), flights (XFFM 2.00, 3.00).

Source: IATA Cargo-XML; Transport Canada, PACT Technical Implementation Guide 1.9 (types 703, 740, 741).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from lxml import etree

from agent.domain.consignment.declaration import Declaration, Item, Level, Transport
from agent.domain.errors import ManifestRefused
from agent.domain.values.money import Money
from agent.formats.air_cargo.values import (
    AIRPORT,
    CustomsNote,
    Draft,
    PartyText,
    error,
    inherited,
    labelled,
    read_country,
    read_house,
    read_master,
    read_party,
    read_pieces,
    read_security,
    read_tariff,
    read_value,
    read_waybill_number,
    read_weight,
)
from agent.formats.air_cargo.xml_flight import CARRIED, FlightManifest
from agent.formats.air_cargo.xml_text import (
    UNITS,
    attribute,
    child,
    children,
    elements,
    line_of,
    local_name,
    text,
)
from agent.formats.rows import CellFault, Row, RowError

_MESSAGES = ("HouseWaybill", "Waybill", "FlightManifest")
_OTHERS = ("HouseManifest", "BookingRequest", "StatusMessage", "CustomsStatusNotification", "Response")
_TYPES = {"HouseWaybill": ("703",), "Waybill": ("740", "741", ""), "FlightManifest": ("785", "122", "")}
_VERSIONS = {"HouseWaybill": ("3",), "Waybill": ("3",), "FlightManifest": ("2", "3")}
_CONSOLIDATED = "741"
_MOST_ITEMS = 1_000
_MEASURES = ("IncludedTareGrossWeightMeasure", "GrossWeightMeasure")


def read_cargo_xml(stream: BinaryIO, *, received: datetime | None = None) -> Iterator[Row | RowError]:
    """The waybills of a message, or of several in an envelope of any name.

    Args:
        stream: Bytes of the file.
        received: As the other notation needs it; here every date has its year, and it is not asked.

    Raises:
        ManifestRefused: Not well-formed XML, a document type is declared, a ceiling is passed, or there is no
            such message in it.
    """
    any_message = False
    flight: FlightManifest | None = None
    for event, element in elements(stream, (*_MESSAGES, *_OTHERS, *CARRIED), ("FlightManifest",)):
        name = local_name(element)
        if event == "start":
            flight = FlightManifest()
        elif name in CARRIED:
            if flight is not None:
                flight.take(element)
        else:
            any_message = True
            yield from _message(element, name, flight)
            flight = None
    if not any_message:
        hint = "send HouseWaybill, Waybill or FlightManifest"
        raise ManifestRefused("E050", "no Cargo-XML message in it", hint)


def _message(message: etree._Element, name: str, flight: FlightManifest | None) -> Iterator[Row | RowError]:
    header = child(message, "MessageHeaderDocument")
    kind, version = text(header, "TypeCode"), text(header, "VersionID")
    # "3.00", "3.0" and "3" are one version; without one, the elements speak for themselves.
    known = _VERSIONS.get(name, ())
    if kind not in _TYPES.get(name, ()) or (version and re.sub(r"\.0*$", "", version) not in known):
        shown = f"{name} {kind} {version}"
        hint = "send XFZB 3.00 (703), XFWB 3.00 (740, 741) or XFFM 2.00, 3.00"
        yield error(line_of(message), CellFault("E050", "", shown, "not a message that is read", hint))
    elif name == "FlightManifest":
        if flight is not None:
            yield from flight.finish(message)
    elif len(children(message, "MasterConsignment", "IncludedHouseConsignment")) > 1:
        hint = "send a message for each house"
        yield error(
            line_of(message), CellFault("E050", "", name, "several houses in one house waybill", hint)
        )
    else:
        draft = Draft()
        declaration = _waybill(
            message, draft, house=name == "HouseWaybill", consolidated=kind == _CONSOLIDATED
        )
        if draft.faults or declaration is None:
            yield from draft.faults
        else:
            yield Row(line_of(message), declaration)


def _waybill(message: etree._Element, draft: Draft, *, house: bool, consolidated: bool) -> Declaration | None:
    master = child(message, "MasterConsignment")
    element = child(master, "IncludedHouseConsignment") if house else master
    line = line_of(element if element is not None else message)
    number = text(message, "BusinessHeaderDocument", "ID")
    above = text(master, "TransportContractDocument", "ID")
    if house:
        own_number = draft.read(line, read_house, number)
        contract = draft.read(line, read_master, above) if above else None
    else:
        own_number = contract = draft.read(line, read_waybill_number, number or above)
    notes = tuple(inherited(_notes(element)))
    items = _items(element, draft)
    described = text(element, "SummaryDescription") or " ".join(
        dict.fromkeys(item.description for item in items if item.description)
    )
    handling = [text(code) for code in children(element, "HandlingSPHInstructions", "DescriptionCode")]
    count = draft.read(line, read_pieces, text(element, "TotalPieceQuantity"))
    declaration = Declaration(
        consignment=own_number or "",
        transport=Transport.EXPRESS,
        level=Level.MASTER if consolidated else Level.HOUSE,
        master=contract,
        pieces=() if consolidated or own_number is None else labelled(own_number, count),
        piece_count=count,
        consignor=read_party(draft, _party(child(element, "ConsignorParty")), "consignor", notes),
        consignee=read_party(draft, _party(child(element, "ConsigneeParty")), "consignee", notes),
        description=draft.text(line, described, "description", "description"),
        hs=next((item.hs for item in items if item.hs), None),
        items=items,
        gross_weight_g=_grams(element, draft, line),
        value=_value(element, draft, line),
        origin_country=next((item.origin_country for item in items if item.origin_country), None),
        flight=_flight(element, draft) or (_flight(master, draft) if house else None),
        arrival_port=_arrival_port(element, draft, line),
        security=read_security(draft, notes, handling),
    )
    return declaration if own_number is not None else None


def _grams(consignment: etree._Element | None, draft: Draft, line: int) -> int | None:
    measure = next((m for name in _MEASURES if (m := child(consignment, name)) is not None), None)
    return draft.read(line, read_weight, text(measure), attribute(measure, "unitCode"), UNITS)


def _value(consignment: etree._Element | None, draft: Draft, line: int) -> Money | None:
    amount = child(consignment, "DeclaredValueForCustomsAmount")
    if amount is None or text(consignment, "NilCustomsValueIndicator").lower() in ("true", "1"):
        return None
    currency = attribute(amount, "currencyID")
    currency = currency or text(consignment, "ApplicableOriginCurrencyExchange", "SourceCurrencyCode")
    return draft.read(line, read_value, text(amount), currency)


def _items(consignment: etree._Element | None, draft: Draft) -> tuple[Item, ...]:
    """Goods lines. A piece count of a line counts packages, not goods, and is left to the total."""
    lines = children(consignment, "IncludedHouseConsignmentItem")
    lines += children(consignment, "ApplicableRating", "IncludedMasterConsignmentItem")
    items = []
    for item in lines[:_MOST_ITEMS]:
        line = line_of(item)
        goods = text(item, "NatureIdentificationTransportCargo", "Identification")
        code = text(item, "TypeCode")
        items.append(
            Item(
                description=draft.text(line, goods, "description", "description"),
                hs=draft.read(line, read_tariff, code) if code else None,
                origin_country=draft.read(
                    line, read_country, text(item, "OriginCountry", "ID"), "origin_country"
                ),
            )
        )
    return tuple(item for item in items if item != Item())


def _party(party: etree._Element | None) -> PartyText | None:
    if party is None:
        return None
    address = child(party, "PostalStructuredAddress")
    contact = child(party, "DefinedTradeContact")
    return PartyText(
        line=line_of(party),
        name=text(party, "Name"),
        street=text(address, "StreetName"),
        city=text(address, "CityName"),
        state=text(address, "CountrySubDivisionID") or text(address, "CountrySubDivisionName"),
        postcode=text(address, "PostcodeCode"),
        country=text(address, "CountryID"),
        phone=text(contact, "DirectTelephoneCommunication", "CompleteNumber"),
        email=text(contact, "URIEmailCommunication", "URIID"),
    )


def _notes(consignment: etree._Element | None) -> Iterator[CustomsNote]:
    for note in children(consignment, "IncludedCustomsNote"):
        parts = (text(note, name) for name in ("CountryID", "SubjectCode", "ContentCode", "Content"))
        yield CustomsNote(line_of(note), *parts)


def _flight(consignment: etree._Element | None, draft: Draft) -> str | None:
    legs = [leg for leg in children(consignment, "SpecifiedLogisticsTransportMovement") if text(leg, "ID")]
    return draft.text(line_of(legs[-1]), text(legs[-1], "ID"), "code", "flight") if legs else None


def _arrival_port(consignment: etree._Element | None, draft: Draft, line: int) -> str | None:
    legs = children(consignment, "SpecifiedLogisticsTransportMovement")
    ports = [text(leg, "ArrivalEvent", "OccurrenceArrivalLocation", "ID") for leg in legs]
    port = next((port for port in reversed(ports) if port), "") or text(
        consignment, "FinalDestinationLocation", "ID"
    )
    return draft.read(line, read_port, port) if port else None


def read_port(port: str) -> str:
    """An airport or city of IATA."""
    if AIRPORT.fullmatch(port) is None:
        raise CellFault("E451", "arrival_port", port, "not an airport", "write three letters, as YVR")
    return port
