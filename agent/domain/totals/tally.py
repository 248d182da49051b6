"""What is counted of one consignment, so that the parcels of one person can be added up."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from agent.domain.consignment.declaration import Declaration, Level, Party
from agent.domain.consignment.effective import Effective
from agent.domain.parties.tables import PartyTables, shipped
from agent.domain.policy.totals_terms import CATEGORIES, MOST_ENTRY_TYPE, AggregationTerms, DayKey, PersonKey
from agent.domain.totals.address_keys import place_key
from agent.domain.totals.keys import (
    KeyedDigests,
    email_key,
    is_named,
    order_key,
    person_words,
    phone_key,
    seller_key,
    serial_of,
)
from agent.domain.totals.ports_of_arrival import zone_of
from agent.domain.values.money import Money


class Tally(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is counted of one consignment. Persons and places are keyed digests; 0 is "not known"."""

    day: int
    """Ordinal of the day that the policy counts by (1 is 1 January of the year 1)."""
    received: int
    """Unix seconds of the newest claim: the order in which parcels fill up a limit."""
    person: int = 0
    """The name as it sounds. Alone it says nothing: see ``same_person``."""
    building: int = 0
    address: int = 0
    """The building with the unit in it; 0 where the address names no unit."""
    phone: int = 0
    email: int = 0
    seller: int = 0
    order: int = 0
    series: int = 0
    """The consignment's number without its serial number."""
    serial: int = 0
    value_minor: int | None = None
    currency: str = ""
    mode: str = ""
    origin: str = ""
    category: str = ""
    entry_type: str = ""
    heading: str = ""
    """First four digits of the tariff code."""
    standing: str = ""
    """Of the address; see ``policy_limits.Standing``."""

    def keys(self) -> tuple[int, ...]:
        """What it is looked up by: building, telephone, e-mail and order, as far as they are known.

        Whatever belongs together for any check shares one of them.
        """
        return tuple(dict.fromkeys(k for k in (self.building, self.phone, self.email, self.order) if k))


MOST_DAYS_OFF = 90
"""A declared arrival or departure this many days from its message is not believed."""


def tally_of(
    effective: Effective,
    terms: AggregationTerms,
    secret: bytes,
    *,
    received: datetime,
    evaluated_for: datetime | None,
    placeholders: frozenset[str] = frozenset(),
) -> Tally | None:
    """What is counted of one consignment.

    Args:
        effective: The consignment.
        terms: Who counts as one person, and what as one day.
        secret: Of the hub; what is kept can be compared under it alone.
        received: When the newest claim came, aware.
        evaluated_for: The arrival by which the law was chosen; stands in for one that cannot be read.
        placeholders: ``names.key`` of more names that name nobody.

    Returns:
        None for a master bill, where nothing is known that parcels could share, and where nothing is asked of
        totals. A name, address or contact that can be nobody's counts as not known: strangers are never one.
    """
    declaration = effective.declaration
    if not terms.counts or declaration.level is Level.MASTER:
        return None
    tables, digests = shipped(), _digests(secret)
    who = _who(*_parties(declaration, terms.person), placeholders, secret)
    seller = seller_key(declaration, tables, placeholders)
    order = order_key(declaration, seller)
    serial = serial_of(declaration.consignment)
    value = _value(declaration)
    tally = Tally(
        day=_day(declaration, terms, received, evaluated_for),
        received=int(received.timestamp()),
        person=who.person,
        building=who.building,
        address=who.address,
        phone=who.phone,
        email=who.email,
        seller=0 if seller is None else digests.of("seller", seller),
        order=0 if order is None else digests.of("order", order),
        series=0 if serial is None else digests.of("series", serial[0]),
        serial=0 if serial is None else serial[1],
        value_minor=None if value is None else value.minor,
        currency="" if value is None else value.currency,
        mode=declaration.transport.value,
        origin=declaration.origin_country or "",
        category=declaration.mail_category if declaration.mail_category in CATEGORIES else "",
        entry_type=(declaration.entry_type or "")[:MOST_ENTRY_TYPE],
        heading=_heading(declaration),
        standing=who.standing,
    )
    return tally if tally.keys() else None


@functools.lru_cache(maxsize=4)
def _digests(secret: bytes) -> KeyedDigests:
    return KeyedDigests(secret)


def _parties(declaration: Declaration, by: PersonKey) -> tuple[Party, Party]:
    """Whose name counts, and whose address and contacts: a purchaser without either has the consignee's."""
    consignee, purchaser = declaration.consignee, declaration.purchaser
    if by is not PersonKey.PURCHASER or purchaser.name is None:
        return consignee, consignee
    known = purchaser.street is not None or purchaser.phone is not None or purchaser.email is not None
    return purchaser, purchaser if known else consignee


class _Who(NamedTuple):
    """What is counted of a person and of where he is reached, as in ``Tally``."""

    person: int
    building: int
    address: int
    phone: int
    email: int
    standing: str


_REMEMBERED = 4096
"""Parties whose digests are kept: who receives many parcels is read once."""


@functools.lru_cache(maxsize=_REMEMBERED)
def _who(person: Party, where: Party, placeholders: frozenset[str], secret: bytes) -> _Who:
    tables, digests = shipped(), _digests(secret)
    phone, email = phone_key(where, tables), email_key(where, tables)
    place = place_key(where, tables)
    return _Who(
        person=_person(person, tables, placeholders, digests),
        building=0 if place is None else digests.of("building", place.building),
        address=digests.of("address", f"{place.building}|{place.unit}") if place and place.unit else 0,
        phone=0 if phone is None else digests.of("phone", phone),
        email=0 if email is None else digests.of("email", email),
        standing="" if place is None else place.standing.value,
    )


def _person(party: Party, tables: PartyTables, also: frozenset[str], digests: KeyedDigests) -> int:
    if party.name is None or not is_named(party.name, tables, also):
        return 0
    words = person_words(party.name, tables)
    return digests.of("person", " ".join(words)) if words else 0


def _value(declaration: Declaration) -> Money | None:
    """Of the consignment, else of all its items, where every one has a value in one currency."""
    if declaration.value is not None or not declaration.items:
        return declaration.value
    values = [item.value for item in declaration.items if item.value is not None]
    currencies = {value.currency for value in values}
    if len(values) < len(declaration.items) or len(currencies) > 1:
        return None
    try:
        return Money(sum(value.minor for value in values), currencies.pop())
    except ValueError:
        return None


def _heading(declaration: Declaration) -> str:
    codes = (declaration.hs, *(item.hs for item in declaration.items))
    heading = next((code for code in codes if code is not None), "")[:4]
    return heading if len(heading) == 4 and heading.isascii() and heading.isdecimal() else ""


def _day(
    declaration: Declaration, terms: AggregationTerms, received: datetime, evaluated_for: datetime | None
) -> int:
    """The day that counts: of the arrival, else of the departure where that is asked, else of the message."""
    arrival = _instant(declaration.expected_arrival, received) or evaluated_for or received
    if terms.day is DayKey.DEPARTURE_UTC:
        return _ordinal(_instant(declaration.departure, received) or arrival, UTC)
    port: ZoneInfo | None = None
    if terms.day is DayKey.ARRIVAL_PORT_LOCAL:
        port = zone_of(declaration.arrival_port)
    return _ordinal(arrival, port or terms.zone)


def _ordinal(moment: datetime, zone: tzinfo) -> int:
    return moment.astimezone(zone).date().toordinal()


def _instant(text: str | None, received: datetime) -> datetime | None:
    """An instant that can be meant in a message of ``received``."""
    try:
        instant = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if instant.tzinfo is None:
        return None
    return instant if abs(instant - received) <= timedelta(days=MOST_DAYS_OFF) else None
