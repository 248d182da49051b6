"""Cargo-XML flight manifests (XFFM 2.00, 3.00), read one consignment at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from agent.formats.air_cargo.flight import Flight, Share
from agent.formats.air_cargo.values import Draft, error, read_pieces, read_waybill_number, read_weight
from agent.formats.air_cargo.xml_text import UNITS, attribute, child, line_of, local_name, text
from agent.formats.rows import CellFault, Row, RowError

CARRIED = ("IncludedMasterConsignment",)
"""Elements that are taken, and then emptied, while the manifest is still being read."""

_FLIGHT = re.compile(r"[A-Z0-9]{2,3} ?-?[0-9]{1,4}[A-Z]?")
_ARRIVALS = ("ArrivalOccurrenceDateTime", "ScheduledOccurrenceDateTime")


class FlightManifest:
    """The waybills of one manifest as they come; its flight is asked for at the end, wherever it stands."""

    def __init__(self) -> None:
        self._flight = Flight(None)
        self._faults: list[RowError] = []
        self._cargo: etree._Element | None = None
        self._place: tuple[str | None, str | None, str | None] = (None, None, None)

    def take(self, consignment: etree._Element) -> None:
        """Take in one consignment of a unit, or of the bulk, of one point of unloading."""
        draft = Draft()
        line = line_of(consignment)
        number = text(consignment, "TransportContractDocument", "ID")
        master = draft.read(line, read_waybill_number, number)
        measure = child(consignment, "GrossWeightMeasure")
        grams = draft.read(line, read_weight, text(measure), attribute(measure, "unitCode"), UNITS)
        split = text(consignment, "TransportSplitDescription")[:1].upper()
        whole = split in ("", "T")
        own = text(consignment, "PieceQuantity") or text(consignment, "PackageQuantity")
        of_all = text(consignment, "TotalPieceQuantity")
        # Some senders give a share's own pieces as the total; with nothing beside it, it is the share's.
        pieces = draft.read(line, read_pieces, (of_all or own) if whole else (own or of_all))
        total = draft.read(line, read_pieces, of_all) if own and not whole else None
        summary = text(consignment, "SummaryDescription")
        description = draft.text(line, summary, "description", "description")
        cargo = consignment.getparent()
        if cargo is not self._cargo:
            # Asked for once per unit: it may hold thousands of consignments.
            self._cargo, self._place = cargo, _around(cargo)
        unit, port, arrival = self._place
        if master is None:
            self._faults += draft.faults
        elif draft.faults:
            self._flight.refuse(master, draft.faults)
        else:
            self._flight.add(
                Share(line, master, whole, pieces, grams, total, description, unit, port, arrival)
            )

    def finish(self, manifest: etree._Element) -> Iterator[Row | RowError]:
        """The rows, once all of the manifest was read."""
        number = text(manifest, "LogisticsTransportMovement", "ID")
        if _FLIGHT.fullmatch(number) is None:
            hint = "write carrier and number, as WS2569"
            yield error(
                line_of(manifest), CellFault("E057", "flight", number, "the flight cannot be read", hint)
            )
            return
        self._flight.number = re.sub(r"[ -]", "", number)
        yield from self._faults
        yield from self._flight.rows()


def _around(cargo: etree._Element | None) -> tuple[str | None, str | None, str | None]:
    """Unit, port and time of arrival, from the elements around consignments: they come before them."""
    event = cargo.getparent() if cargo is not None else None
    equipment = child(cargo, "UtilizedUnitLoadTransportEquipment")
    parts = (
        text(equipment, "CharacteristicCode"),
        text(equipment, "ID"),
        text(equipment, "OperatingParty", "PrimaryID"),
    )
    unit = "".join(parts) if parts[1] else ""
    if event is None or local_name(event) != "ArrivalEvent":
        return _short(unit), None, None
    port = text(event, "OccurrenceArrivalLocation", "ID")
    time = next((written for name in _ARRIVALS if (written := text(event, name))), "")
    return _short(unit), port if re.fullmatch(r"[A-Z]{3}", port) else None, _instant(time)


def _short(unit: str) -> str | None:
    return unit.upper() if 0 < len(unit) <= 20 and unit.isalnum() and unit.isascii() else None


def _instant(time: str) -> str | None:
    """ISO 8601 with offset; times without one are UTC. Source: PACT guide 1.9."""
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).isoformat()
