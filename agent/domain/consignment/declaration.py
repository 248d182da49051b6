"""What one source says of one consignment. Format version 1."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from agent.domain.errors import DeclarationInvalid
from agent.domain.values.money import Money

VERSION = 1

MAX_PIECES = 1_000
MAX_ITEMS = 1_000
MAX_LABELS = 8
MAX_GRAMS = 100_000_000
"""A hundred tonnes: a freighter's load, and far above any consignment."""

CEILINGS = {
    "identifier": 64,
    "kind": 16,
    "name": 200,
    "street": 300,
    "city": 100,
    "state": 64,
    "postcode": 16,
    "country": 2,
    "phone": 40,
    "email": 254,
    "description": 1_000,
    "hs": 20,
    "marketplace": 100,
    "time": 40,
    "place": 300,
    "link": 2_000,
    "code": 40,
}
"""Longest text of each sort, in characters. Ours, chosen wider than Cargo-IMP's 35 so that nothing is cut."""

Identifier = Annotated[str, Meta(min_length=1, max_length=CEILINGS["identifier"])]
Kind = Annotated[str, Meta(min_length=1, max_length=CEILINGS["kind"])]
Name = Annotated[str, Meta(max_length=CEILINGS["name"])]
Street = Annotated[str, Meta(max_length=CEILINGS["street"])]
City = Annotated[str, Meta(max_length=CEILINGS["city"])]
State = Annotated[str, Meta(max_length=CEILINGS["state"])]
Postcode = Annotated[str, Meta(max_length=CEILINGS["postcode"])]
Country = Annotated[str, Meta(max_length=CEILINGS["country"])]
Phone = Annotated[str, Meta(max_length=CEILINGS["phone"])]
Email = Annotated[str, Meta(max_length=CEILINGS["email"])]
Description = Annotated[str, Meta(max_length=CEILINGS["description"])]
Hs = Annotated[str, Meta(max_length=CEILINGS["hs"])]
Marketplace = Annotated[str, Meta(max_length=CEILINGS["marketplace"])]
Time = Annotated[str, Meta(max_length=CEILINGS["time"])]
Place = Annotated[str, Meta(max_length=CEILINGS["place"])]
Link = Annotated[str, Meta(max_length=CEILINGS["link"])]
Code = Annotated[str, Meta(max_length=CEILINGS["code"])]
Grams = Annotated[int, Meta(ge=1, le=MAX_GRAMS)]
Quantity = Annotated[int, Meta(ge=1, le=10_000_000)]


class Transport(StrEnum):
    """Under which regime a consignment travels: postal, or anything else."""

    EXPRESS = "express"
    MAIL = "mail"


class Label(msgspec.Struct, frozen=True, gc=False):
    """One number printed on a piece; ``kind`` and ``value`` as ``identifiers.label_of`` gives them."""

    kind: Kind
    value: Identifier


class Party(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A consignor or consignee as the source wrote it. None is "not said", never an empty text."""

    name: Name | None = None
    street: Street | None = None
    city: City | None = None
    state: State | None = None
    postcode: Postcode | None = None
    country: Country | None = None
    """ISO 3166-1 alpha-2, upper case."""
    phone: Phone | None = None
    email: Email | None = None
    registration: Code | None = None
    """Number by which an authority knows the party, as written: EORI, USCI, VAT."""


class Item(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """One goods line of a consignment, as on a CN 23 or in a house waybill."""

    description: Description | None = None
    hs: Hs | None = None
    quantity: Quantity | None = None
    net_weight_g: Grams | None = None
    value: Money | None = None
    """Of the whole line."""
    origin_country: Country | None = None


class Account(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """The account a consignment was booked on; enhanced ACAS asks for it of unverified shippers."""

    holder: Name | None = None
    name: Name | None = None
    issuer: Name | None = None
    number: Code | None = None
    opened_on: Time | None = None
    """ISO 8601 date."""
    billing_type: Code | None = None
    ship_frequency: Code | None = None
    ip_at_opening: Code | None = None
    ip_at_booking: Code | None = None


class IdentityDocument(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A document that a natural person was identified by."""

    sort: Code | None = None
    country: Country | None = None
    number: Code | None = None


class Security(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """The consignment security declaration that travels with an air waybill, as the source wrote it."""

    status: Code | None = None
    """SPX, SCO or SHR: fit for passenger aircraft, for all-cargo aircraft, high risk and screened."""
    issuer: Code | None = None
    """Who secured it: its kind (RA, KC, AC) and its number, as ``RA/DE 00042-01``."""
    methods: Annotated[tuple[Code, ...], Meta(max_length=16)] = ()
    """Screening methods as coded: XRY, EDS, PHS …"""
    issued_on: Time | None = None
    """As written; the forms differ."""


class Level(StrEnum):
    """What a declaration speaks of: one parcel's contract, or a consolidation of several."""

    HOUSE = "house"
    MASTER = "master"


Piece = Annotated[tuple[Label, ...], Meta(max_length=MAX_LABELS)]


class Declaration(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="v",
    tag=VERSION,
):
    """What ONE source says of one consignment. None is "not said"."""

    consignment: Identifier
    """The source's own number of the transport contract; for a one-piece parcel, its tracking number."""
    transport: Transport
    pieces: Annotated[tuple[Piece, ...], Meta(max_length=MAX_PIECES)] = ()
    """One entry per physical piece: the labels on it."""
    receptacle: Identifier | None = None
    """Number of the bag or master carton the pieces travel in."""
    consignor: Party = Party()
    consignee: Party = Party()
    description: Description | None = None
    hs: Hs | None = None
    quantity: Quantity | None = None
    gross_weight_g: Grams | None = None
    """Of the whole consignment."""
    value: Money | None = None
    origin_country: Country | None = None
    """Where the goods were made; ISO 3166-1 alpha-2."""
    marketplace: Marketplace | None = None
    expected_arrival: Time | None = None
    """ISO 8601 date and time with offset: arrival at the first port of the country of destination."""
    level: Level = Level.HOUSE
    master: Identifier | None = None
    """Master air waybill, ``nnn-nnnnnnnn``."""
    house: Identifier | None = None
    """House bill, where it is another number than ``consignment``."""
    piece_count: Quantity | None = None
    """Smallest external packing units, as the source counts them."""
    items: Annotated[tuple[Item, ...], Meta(max_length=MAX_ITEMS)] = ()
    seller: Party = Party()
    purchaser: Party = Party()
    """Owner or buyer, where it is not the consignee."""
    shipped_country: Country | None = None
    """Country of shipment."""
    packing_place: Place | None = None
    pickup_place: Place | None = None
    known_consignor: bool | None = None
    """Whether the shipper is a verified known consignor."""
    account: Account = Account()
    identity_document: IdentityDocument = IdentityDocument()
    security: Security = Security()
    entry_type: Code | None = None
    """US customs entry type: 01, 11, 13."""
    entry_number: Code | None = None
    importer_of_record: Code | None = None
    product_link: Link | None = None
    """Page, picture or stock number by which the goods can be seen."""
    flight: Code | None = None
    arrival_port: Code | None = None
    """IATA or UN/LOCODE of the first port of arrival."""
    mail_service: Code | None = None
    mail_category: Code | None = None
    """Of a CN 22/23: gift, documents, sale, sample, returned, other."""
    mailed_on: Time | None = None
    order: Identifier | None = None
    """Number that the seller or the marketplace gave the order."""
    departure: Time | None = None
    """ISO 8601 date and time with offset: departure of the flight that reaches the first port of arrival."""


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Declaration)


class _Version(msgspec.Struct):
    v: int | None = None


def encode(declaration: Declaration) -> bytes:
    """Compact JSON in the order of the fields; equal declarations give equal bytes."""
    return _ENCODER.encode(declaration)


def decode(data: bytes) -> Declaration:
    """Read back what ``encode`` wrote.

    Raises:
        DeclarationInvalid: The bytes are not a declaration, of another version, or past a ceiling.
    """
    try:
        return _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise DeclarationInvalid(_why(data, exc)) from exc


def _why(data: bytes, exc: Exception) -> str:
    try:
        version = msgspec.json.decode(data, type=_Version).v
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        version = None
    if version is not None and version != VERSION:
        return f"declaration of format {version}; this program reads format {VERSION}, update it first"
    return f"not a declaration of format {VERSION}: {exc}; import the manifest again"
