"""One consignment as an outsider writes it in JSON: the schema of ``preclear assess``. Version 1.

Friendlier than what the hub stores, and as strict: an unknown field, a number where a text belongs or an
amount finer than its currency is refused with the path of the field.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from agent.domain.consignment.declaration import (
    MAX_GRAMS,
    MAX_ITEMS,
    Account,
    Code,
    Country,
    Declaration,
    Description,
    Hs,
    Identifier,
    IdentityDocument,
    Item,
    Level,
    Link,
    Marketplace,
    Party,
    Place,
    Quantity,
    Security,
    Time,
    Transport,
)
from agent.domain.consignment.goods_lines import with_totals
from agent.domain.errors import DeclarationInvalid, MoneyInvalid
from agent.domain.values.money import Money, parse_money

FACT_FIELDS = {
    "consignment.transport": "mode",
    "consignment.value_minor": "value.amount",
    "consignment.currency": "value.currency",
    "consignment.gross_weight_g": "gross_weight",
    "consignment.pieces": "piece_count",
    "consignment.mail_category": "category",
    "goods.words": "description",
    "goods.text": "description",
}
"""Fields of a consignment by the fact they give, where the names differ by more than the first word."""


def field_of(fact: str) -> str:
    """The field of a consignment that gives ``fact``.

    >>> field_of("consignee.email"), field_of("consignment.value_minor"), field_of("goods.hs")
    ('consignee.email', 'value.amount', 'hs')
    """
    known = FACT_FIELDS.get(fact)
    if known is not None:
        return known
    first, _, rest = fact.partition(".")
    return rest if first in ("consignment", "goods") and rest else fact


Digits = Annotated[str, Meta(max_length=40)] | int


def _doc(text: str, *examples: object) -> Meta:
    return Meta(description=text, examples=list(examples) or None)


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount of money. Decimals are written as text: "799.99"."""

    amount: Annotated[Digits, _doc("Digits with a point; text, or a whole number.", "799.99", 800)]
    currency: Annotated[str, Meta(max_length=3), _doc("ISO 4217, upper case.", "USD")]


class Weight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A weight. Decimals are written as text: "0.29"."""

    amount: Annotated[Digits, _doc("Digits with a point; text, or a whole number.", "0.29", 290)]
    unit: Annotated[Literal["g", "kg", "lb", "oz"], _doc("Avoirdupois where it is lb or oz.", "kg")]


class GoodsLine(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line of goods, as on a CN 23 or an invoice."""

    description: Description | None = None
    hs: Hs | None = None
    quantity: Quantity | None = None
    net_weight: Annotated[Weight | None, _doc("Of the whole line.")] = None
    value: Annotated[Amount | None, _doc("Of the whole line.")] = None
    origin_country: Country | None = None


class Consignment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One consignment as declared. Only id and mode must be given; what else is missing is a finding."""

    id: Annotated[Identifier, _doc("Your number; it comes back with the findings.", "RB123456785GB")]
    mode: Annotated[Transport, _doc("mail: carried by posts; express: anything else, by air.", "mail")]
    consignor: Annotated[Party, _doc("Who sends: the real shipper, not the forwarder.")] = Party()
    consignee: Annotated[Party, _doc("To whom it is delivered.")] = Party()
    seller: Annotated[Party, _doc("Where it is not the consignor.")] = Party()
    purchaser: Annotated[Party, _doc("Owner or buyer, where it is not the consignee.")] = Party()
    description: Annotated[
        Description | None, _doc("What it is, made of what, used for.", "men's knitted cotton shirt")
    ] = None
    hs: Annotated[Hs | None, _doc("Six to ten digits, no points.", "610910")] = None
    quantity: Annotated[Quantity | None, _doc("Units of goods.", 1)] = None
    piece_count: Annotated[Quantity | None, _doc("Smallest external packing units.", 1)] = None
    gross_weight: Annotated[Weight | None, _doc("Of the whole consignment.")] = None
    value: Annotated[Amount | None, _doc("Fair retail value in the country of shipment.")] = None
    origin_country: Annotated[
        Country | None, _doc("Where the goods were made; ISO 3166-1 alpha-2.", "CN")
    ] = None
    shipped_country: Annotated[Country | None, _doc("Whence they are sent; ISO 3166-1.", "CN")] = None
    items: Annotated[tuple[GoodsLine, ...], Meta(max_length=MAX_ITEMS)] = ()
    category: Annotated[
        Literal["gift", "documents", "sale", "sample", "returned", "other"] | None,
        _doc("As on a CN 22 or CN 23.", "sale"),
    ] = None
    expected_arrival: Annotated[
        Time | None,
        _doc("At the first port of arrival, with its offset: its law counts.", "2026-11-24T18:00:00-05:00"),
    ] = None
    level: Annotated[Level, _doc("master: a consolidation of several houses.")] = Level.HOUSE
    master: Annotated[Identifier | None, _doc("Master air waybill.", "020-12345675")] = None
    house: Annotated[Identifier | None, _doc("House bill, where it is not the id.")] = None
    receptacle: Annotated[Identifier | None, _doc("Bag or master carton.")] = None
    flight: Annotated[Code | None, _doc("Once it is booked.", "LH8160")] = None
    arrival_port: Annotated[Code | None, _doc("IATA or UN/LOCODE.", "JFK")] = None
    marketplace: Marketplace | None = None
    packing_place: Annotated[Place | None, _doc("Where it was packed.")] = None
    pickup_place: Annotated[Place | None, _doc("Where it is or was picked up.")] = None
    known_consignor: Annotated[bool | None, _doc("Whether the shipper is a verified known consignor.")] = None
    account: Annotated[Account, _doc("The account it was booked on.")] = Account()
    identity_document: IdentityDocument = IdentityDocument()
    security: Security = Security()
    entry_type: Annotated[
        Code | None, _doc("US customs entry type; 321 for release from the manifest.", "01", "11", "86")
    ] = None
    entry_number: Code | None = None
    importer_of_record: Code | None = None
    product_link: Link | None = None
    mail_service: Annotated[Code | None, _doc("Such as EMS, parcel, letter.", "EMS")] = None
    mailed_on: Annotated[Time | None, _doc("ISO 8601 date.", "2026-11-20")] = None
    order: Annotated[Identifier | None, _doc("The seller's or marketplace's number of the order.")] = None
    departure: Annotated[
        Time | None, _doc("Of the flight to the first port of arrival.", "2026-11-24T22:10:00+08:00")
    ] = None


_DECODER = msgspec.json.Decoder(Consignment)
_GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "lb": Decimal("453.59237"), "oz": Decimal("28.349523125")}
_WEIGHT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_SAME_NAME = tuple(
    field
    for field in Consignment.__struct_fields__
    if field not in ("id", "mode", "gross_weight", "value", "items", "category")
)


def consignment_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a consignment."""
    schema = msgspec.json.schema(Consignment)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "preclear consignment 1",
        **schema,
    }


def read_consignment(line: bytes) -> Declaration:
    """The declaration that one JSON object makes.

    Raises:
        DeclarationInvalid: It is not such an object; the message names the field and what belongs there.
    """
    try:
        given = _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        hint = '; write decimals as text, as "799.99"' if "`float`" in str(exc) else ""
        raise DeclarationInvalid(f"{exc}{hint}") from exc
    declaration = Declaration(
        consignment=given.id,
        transport=given.mode,
        gross_weight_g=_grams(given.gross_weight, "gross_weight"),
        value=_money(given.value, "value"),
        mail_category=given.category,
        items=tuple(
            Item(
                description=line.description,
                hs=line.hs,
                quantity=line.quantity,
                net_weight_g=_grams(line.net_weight, f"items[{place}].net_weight"),
                value=_money(line.value, f"items[{place}].value"),
                origin_country=line.origin_country,
            )
            for place, line in enumerate(given.items)
        ),
        **{name: getattr(given, name) for name in _SAME_NAME},
    )
    return with_totals(declaration)


def _money(amount: Amount | None, field: str) -> Money | None:
    if amount is None:
        return None
    try:
        return parse_money(str(amount.amount), amount.currency)
    except MoneyInvalid as exc:
        raise DeclarationInvalid(f"{exc} - at `$.{field}`") from exc


def _grams(weight: Weight | None, field: str) -> int | None:
    """Whole grams; half a gram goes to the even one."""
    if weight is None:
        return None
    digits = str(weight.amount)
    exact = Decimal(digits) * _GRAMS[weight.unit] if _WEIGHT.fullmatch(digits) else Decimal(0)
    grams = int(exact.to_integral_value(ROUND_HALF_EVEN))
    if not 1 <= grams <= MAX_GRAMS:
        raise DeclarationInvalid(
            f"{digits[:40]!r} {weight.unit} is not a weight from 1 g to {MAX_GRAMS} g; "
            f'write it as "0.29" - at `$.{field}`'
        )
    return grams
