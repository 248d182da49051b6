"""Cargo-IMP flight manifests (FFM/7, /8): the waybills of a flight, put together over its messages.

The messages of one manifest are numbered (``1/``, ``2/`` …); the last ends with ``LAST``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from agent.formats.air_cargo.flight import Flight, Share
from agent.formats.air_cargo.imp_parts import read_waybill
from agent.formats.air_cargo.imp_text import ImpLine, ImpMessage
from agent.formats.air_cargo.values import AIRPORT, Draft, error, instant
from agent.formats.rows import CellFault, Row, RowError

_FLIGHT = re.compile(
    r"[0-9]{1,3}/(?P<flight>[A-Z0-9]{2,3}[0-9]{1,4}[A-Z]?)/[0-9]{2}[A-Z]{3}(?:[0-9]{4})?/[A-Z]{3}(?:/.*)?"
)
_UNIT = re.compile(r"ULD/(?P<unit>[A-Z][A-Z0-9]{2}[0-9]{3,5}[A-Z0-9]{2,3})(?:[-/].*)?")
_POINT = re.compile(r"(?P<port>[A-Z]{3})(?:/(?P<rest>.*))?")
_WAYBILL = re.compile(r"[0-9]{3}-")
_ENDS = ("LAST", "CONT")
_REMARKS = frozenset({"COR", "DIM", "DGR", "OCI", "OSI", "SCI", "SPH", "SSR", "ULD"})


class Manifests:
    """Messages in, rows out once another flight begins: the messages of one flight belong together."""

    def __init__(self, received: datetime | None) -> None:
        self._received = received
        self._key = ""
        self._flight: Flight | None = None

    def take(self, message: ImpMessage) -> Iterator[Row | RowError]:
        """Read one message; gives the rows of the flight before it, and faults that belong to no waybill."""
        if not message.lines:
            yield _bad_flight(message.line, "")
            return
        line, text = message.lines[0]
        match = _FLIGHT.fullmatch(text)
        if match is None:
            yield _bad_flight(line, text)
            return
        key = text.partition("/")[2]
        if self._flight is None or key != self._key:
            yield from self.finish()
            self._flight, self._key = Flight(match["flight"]), key
        self._flight.mended = (*self._flight.mended, *message.mended())
        yield from self._waybills(message.lines[1:], self._flight)

    def finish(self) -> Iterator[Row | RowError]:
        """The rows of the flight that was being read."""
        if self._flight is not None:
            yield from self._flight.rows()
        self._flight, self._key = None, ""

    def _waybills(self, lines: list[ImpLine], flight: Flight) -> Iterator[RowError]:
        port = arrival = unit = None
        for line in lines:
            text = line.text
            point = _POINT.fullmatch(text)
            if _WAYBILL.match(text):
                yield from self._share(line, flight, unit, port, arrival)
            elif text in _ENDS:
                return
            elif text.startswith("ULD/"):
                match = _UNIT.fullmatch(text)
                unit = match["unit"] if match is not None else None
            elif point is not None and point["port"] not in _REMARKS and AIRPORT.fullmatch(point["port"]):
                port, unit = point["port"], None
                at = instant((point["rest"] or "").partition("/")[0], self._received)
                arrival = at.isoformat() if at is not None else None
            elif not text.startswith("/") and (point is None or point["port"] not in _REMARKS):
                # Neither a waybill nor anything that may stand beside one: a waybill that lost its number.
                draft = Draft()
                read_waybill(draft, line)
                yield from draft.faults

    def _share(
        self, line: ImpLine, flight: Flight, unit: str | None, port: str | None, arrival: str | None
    ) -> Iterator[RowError]:
        draft = Draft()
        waybill = read_waybill(draft, line)
        parts = (*line.text.split("/"), "", "")
        description = draft.text(line.number, parts[2], "description", "description")
        if waybill.master is None:
            yield from draft.faults
        elif draft.faults:
            flight.refuse(waybill.master, draft.faults)
        else:
            quantity = waybill.quantity
            share = Share(
                line.number,
                waybill.master,
                quantity.part in ("", "T"),
                quantity.pieces,
                quantity.grams,
                quantity.total,
                description,
                unit,
                port or waybill.destination,
                arrival,
            )
            flight.add(share)


def _bad_flight(line: int, text: str) -> RowError:
    hint = "write message number, flight, date and airport, as 1/WS2569/30JAN/MXP"
    return error(line, CellFault("E057", "flight", text, "the flight cannot be read", hint))
