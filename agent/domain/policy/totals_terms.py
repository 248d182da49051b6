"""What a policy pack says of totals: who counts as one person, what as one day, which limits there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from agent.domain.findings.finding import Severity
from agent.domain.packs.table import Table
from agent.domain.policy.entries import DatedEntry
from agent.domain.policy.read_entries import advisory_end, check_supersedes, dated_entries
from agent.domain.values.money import EXPONENTS, MAX_MINOR

CATEGORIES = ("gift", "documents", "sale", "sample", "returned", "other")
"""Of a CN 22 and CN 23, as a declaration gives them."""
MOST_ENTRY_TYPE = 4
"""Characters of an entry type."""

MOST_DAYS = 60
"""Longest window that is looked back over."""


LIMIT_CODE = "DAY_TOTAL_ABOVE_LIMIT"
"""Of the finding that a limit is passed."""


class PersonKey(StrEnum):
    """Who is the one person of a limit."""

    CONSIGNEE = "consignee"
    DELIVER_TO = "deliver_to"
    """The place of delivery with its unit, for every name there."""
    PURCHASER = "purchaser"
    """Owner or buyer; the consignee where none is named."""


class DayKey(StrEnum):
    """What is one day of a limit."""

    ARRIVAL_PORT_LOCAL = "arrival_port_local"
    """The day at the port of arrival when the goods come in."""
    ENTRY_DATE = "entry_date"
    """No entry date is declared: the day of the expected arrival in the zone of the pack stands for it."""
    DEPARTURE_UTC = "departure_utc"


class Per(StrEnum):
    """Over how long a limit counts; a week and a month roll: they end with the day of the parcel."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def days(self) -> int:
        """How many days it spans."""
        return {"day": 1, "week": WEEK_DAYS, "month": MONTH_DAYS}[self.value]


WEEK_DAYS, MONTH_DAYS = 7, 30


class Overage(StrEnum):
    """Which parcels are found once a limit is passed."""

    ALL = "all"
    """Every parcel of the person in that time."""
    MARGINAL = "marginal"
    """Those with which, in the order they were declared, the sum stands above the limit."""


class Standing(StrEnum):
    """Sorts of addresses, by how many unrelated people may well receive parcels there."""

    HOUSE = "house"
    UNITS = "units"
    """A building whose address names an apartment, a suite or a floor."""
    PO_BOX = "po_box"
    MAILBOX_SERVICE = "mailbox_service"
    FORWARDER = "forwarder"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(DatedEntry):
    """A sum that one person's parcels may not pass, in its time."""

    severity: Severity
    value_minor: int
    currency: str
    per: Per = Per.DAY
    overage: Overage = Overage.MARGINAL
    origin_except: tuple[str, ...] = ()
    """Not for goods made in these countries."""
    categories: tuple[str, ...] = ()
    """Only for these categories of a CN 22/23; empty for all."""
    entry_types: tuple[str, ...] = ()
    """Only for these entry types and where none is declared; empty for all."""
    advisory_until: datetime | None = None
    """Aware; before it, what is found is only noted."""

    def bounds(self) -> tuple[datetime, ...]:
        """As ``DatedEntry.bounds``, and where the advisory time ends."""
        bounds = DatedEntry.bounds(self)
        return bounds if self.advisory_until is None else (*bounds, self.advisory_until)

    def severity_at(self, at: datetime) -> Severity:
        """How much it weighs at ``at`` (aware) that the limit is passed."""
        early = self.advisory_until is not None and at < self.advisory_until
        return Severity.NOTE if early else self.severity

    def takes(self, mode: str, origin: str, category: str, entry_type: str) -> bool:
        """Whether a consignment counts under it; an empty text is what was not declared."""
        return (
            self.mode in (None, mode)
            and (not self.origin or origin in self.origin)
            and origin not in self.origin_except
            and (not self.categories or category in self.categories)
            and (not self.entry_types or not entry_type or entry_type in self.entry_types)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bunching:
    """When the values of one person crowd below a limit."""

    severity: Severity
    band_permille: int
    """Of the limit: how wide the band right below it is."""
    around_permille: int
    """Of the limit: how far below and above it values are compared with those in the band."""
    least: int
    """Values in the band without which nothing is found."""
    chance_ppm: int
    """How likely, in millionths, an even spread may give so many in the band, and more, to be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """When parcels belong to one order."""

    severity: Severity
    days: int
    """Within how many days the same seller's parcels to one person may be one order."""
    number_gap: int
    """How far apart consecutive numbers may lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAddress:
    """How many different names at one building, of each sort of address, are too many."""

    severity: Severity
    days: int
    names: Mapping[str, int] = field(default_factory=dict)
    """By the value of ``Standing``; from so many on it is found. A sort that is left out is not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedContact:
    """How many names under one contact, and places of one person's, are too many."""

    severity: Severity
    days: int
    names: int
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationTerms:
    """All that a pack says of totals. What it leaves out is not looked for."""

    person: PersonKey = PersonKey.CONSIGNEE
    day: DayKey = DayKey.ARRIVAL_PORT_LOCAL
    window_days: int = MONTH_DAYS
    """How many days before a parcel's own are looked at."""
    zone: tzinfo = UTC
    """Of days, where the port of arrival is not known."""
    limits: tuple[Limit, ...] = ()
    bunching: Bunching | None = None
    splits: Splits | None = None
    shared_address: SharedAddress | None = None
    shared_contact: SharedContact | None = None

    @property
    def counts(self) -> bool:
        """Whether anything is asked of totals: without it nothing need be counted."""
        asked = (self.bunching, self.splits, self.shared_address, self.shared_contact)
        return bool(self.limits) or any(terms is not None for terms in asked)


def read_aggregation(root: Table, zone: tzinfo) -> AggregationTerms:
    """``[aggregation]`` and every ``[[limit]]`` of the pack; each fault is noted with its place."""
    table, usual = root.table("aggregation"), AggregationTerms()
    window = table.whole("window_days", usual.window_days, least=1, most=MOST_DAYS)
    terms = AggregationTerms(
        person=table.choice("person", PersonKey, usual.person),
        day=table.choice("day", DayKey, usual.day),
        window_days=window,
        zone=zone,
        limits=_limits(root, zone, window),
        bunching=_bunching(table.table("bunching")) if table.has("bunching") else None,
        splits=_splits(table.table("splits"), window) if table.has("splits") else None,
        shared_address=_address(table.table("shared_address"), window)
        if table.has("shared_address")
        else None,
        shared_contact=_contact(table.table("shared_contact"), window)
        if table.has("shared_contact")
        else None,
    )
    table.done()
    return terms


def _limits(root: Table, zone: tzinfo, window: int) -> tuple[Limit, ...]:
    limits: list[Limit] = []
    for table, common in dated_entries(root, "limit", zone):
        per = table.choice("per", Per, Per.DAY)
        if per.days - 1 > window:
            table.fault("per", f"{per.value} needs a window_days of {per.days - 1} at least, it is {window}")
        currency = table.text("currency", most=3)
        if currency and currency not in EXPONENTS:
            table.fault("currency", f"{currency!r} is not an ISO 4217 currency in use")
        limits.append(
            Limit(
                **common,
                severity=table.choice("severity", Severity),
                value_minor=table.whole("value_minor", least=1, most=MAX_MINOR),
                currency=currency,
                per=per,
                overage=table.choice("overage", Overage, Overage.MARGINAL),
                origin_except=_each(table, "origin_except", "[A-Z]{2}", "a country of two capitals"),
                categories=_each(
                    table, "categories", "|".join(CATEGORIES), f"one of {', '.join(CATEGORIES)}"
                ),
                entry_types=_each(table, "entry_types", "[A-Z0-9]{2,4}", "an entry type, as 11 or 321"),
                advisory_until=advisory_end(table, common, zone),
            )
        )
        table.done()
    check_supersedes(root, "limit", limits)
    return tuple(limits)


def _each(table: Table, key: str, shape: str, wanted: str) -> tuple[str, ...]:
    """Texts of one shape; anything else would never be the value of a declaration."""
    texts = table.texts(key)
    for text in texts:
        if re.fullmatch(shape, text) is None:
            table.fault(key, f"{text[:40]!r} is not {wanted}")
    return texts


def _bunching(table: Table) -> Bunching:
    band = table.whole("band_permille", least=1, most=500)
    around = table.whole("around_permille", least=1, most=1000)
    if around <= band:
        table.fault("around_permille", f"must be more than band_permille, {band}")
    terms = Bunching(
        severity=_sealed(table),
        band_permille=band,
        around_permille=around,
        least=table.whole("least", least=2, most=1000),
        chance_ppm=table.whole("chance_ppm", least=1, most=500_000),
    )
    table.done()
    return terms


def _splits(table: Table, window: int) -> Splits:
    terms = Splits(
        severity=_sealed(table),
        days=table.whole("days", least=1, most=window),
        number_gap=table.whole("number_gap", least=1, most=100),
    )
    table.done()
    return terms


def _address(table: Table, window: int) -> SharedAddress:
    listed = table.table("names")
    known = [standing.value for standing in Standing]
    names: dict[str, int] = {}
    for name in listed.items():
        if name not in known:
            listed.fault(name, f"is not a sort of address; use one of {', '.join(known)}")
        else:
            names[name] = listed.whole(name, least=2, most=10_000)
    terms = SharedAddress(
        severity=_sealed(table), days=table.whole("days", least=1, most=window), names=names
    )
    table.done()
    return terms


def _contact(table: Table, window: int) -> SharedContact:
    terms = SharedContact(
        severity=_sealed(table),
        days=table.whole("days", least=1, most=window),
        names=table.whole("names", least=2, most=10_000),
        places=table.whole("places", least=2, most=10_000),
    )
    table.done()
    return terms


def _sealed(table: Table) -> Severity:
    """Of a sealed finding: it is noted or it refers; no sender learns of it, so none could correct it."""
    severity = table.choice("severity", Severity, Severity.NOTE)
    if severity not in (Severity.NOTE, Severity.REFER):
        table.fault("severity", f"{severity.value!r} must be note or refer")
    return severity
