"""The columns of a tabular manifest: their names, and what a row must be to be read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.domain.declarations import CEILINGS

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "tracking_number": (
        "tracking",
        "tracking no",
        "trackingno",
        "item id",
        "parcel id",
        "house waybill",
        "hawb",
    ),
    "last_mile_number": ("last mile", "last mile tracking", "delivery number"),
    "receptacle": ("bag", "bag number", "bag id", "master carton", "receptacle id"),
    "transport": ("mode", "transport mode"),
    "marketplace": ("platform", "sales platform"),
    "consignor_name": ("shipper name", "sender name", "consignor", "shipper"),
    "consignor_street": ("consignor address", "shipper address", "sender address"),
    "consignor_city": ("shipper city", "sender city"),
    "consignor_state": ("shipper state", "sender state"),
    "consignor_postcode": ("shipper postcode", "sender postcode", "consignor zip"),
    "consignor_country": ("shipper country", "sender country"),
    "consignor_phone": ("shipper phone", "sender phone"),
    "consignor_email": ("shipper email", "sender email"),
    "consignee_name": ("receiver name", "recipient name", "consignee", "deliver to name"),
    "consignee_street": ("consignee address", "receiver address", "recipient address"),
    "consignee_city": ("receiver city", "recipient city"),
    "consignee_state": ("receiver state", "recipient state"),
    "consignee_postcode": ("receiver postcode", "consignee zip", "recipient zip", "zip"),
    "consignee_country": ("receiver country", "recipient country"),
    "consignee_phone": ("receiver phone", "recipient phone"),
    "consignee_email": ("receiver email", "recipient email"),
    "description": ("goods description", "item description", "contents"),
    "hs_code": ("hs", "hts", "hts code", "tariff code"),
    "quantity": ("qty", "item quantity"),
    "gross_weight": ("weight",),
    "gross_weight_kg": ("weight kg", "weight (kg)"),
    "gross_weight_g": ("weight g", "weight (g)"),
    "weight_unit": ("unit of weight", "weight uom"),
    "value": ("declared value", "total value"),
    "currency": ("currency code", "value currency"),
    "origin_country": ("country of origin", "origin"),
    "expected_arrival": ("eta", "arrival"),
}

COLUMNS = tuple(_SYNONYMS)
"""Every column that is read, by its canonical name, in the order in which a row is unpacked."""

WEIGHT_COLUMNS = ("gross_weight", "gross_weight_kg", "gross_weight_g")
"""A file gives at most one of them; ``gross_weight`` takes its unit from ``weight_unit``."""


def _plain(header: str) -> str:
    return re.sub(r"[\s_.-]+", "", header).casefold()


_BY_HEADER = {_plain(name): column for column, names in _SYNONYMS.items() for name in (column, *names)}


def column_of(header: str) -> str | None:
    """The column a header cell names; case, spaces, dots, dashes and underscores do not matter.

    >>> column_of("Tracking No."), column_of("Gross Weight KG"), column_of("colour")
    ('tracking_number', 'gross_weight_kg', None)
    """
    return _BY_HEADER.get(_plain(header))


def _ceiling(column: str) -> int:
    part = column.removeprefix("consignor_").removeprefix("consignee_")
    sorts = {"tracking_number": "identifier", "last_mile_number": "identifier", "receptacle": "identifier"}
    sorts |= {"hs_code": "hs", "expected_arrival": "time", "origin_country": "country"}
    sort = sorts.get(part, part)
    # A country is judged by its own check, which names it; codes and numbers fit easily.
    return 60 if sort == "country" else CEILINGS.get(sort, 40)


COLUMN_CEILINGS = tuple(_ceiling(column) for column in COLUMNS)
"""Most characters of a cell, in the order of ``COLUMNS``."""
