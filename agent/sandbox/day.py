"""A seeded day at a hub: a manifest, the parcels that really arrive, and the truth the narrator keeps."""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from agent.domain.identifiers.candidates import mod10_check_digit
from agent.domain.identifiers.s10 import s10_check_digit
from agent.sandbox import catalogue

CONSIGNMENTS = 2000
RECEPTACLES = 40
COLUMNS = [
    "tracking_number",
    "receptacle",
    "transport",
    "marketplace",
    "consignor_name",
    "consignor_street",
    "consignor_city",
    "consignor_state",
    "consignor_postcode",
    "consignor_country",
    "consignee_name",
    "consignee_street",
    "consignee_city",
    "consignee_state",
    "consignee_postcode",
    "consignee_country",
    "consignee_phone",
    "consignee_email",
    "description",
    "hs_code",
    "quantity",
    "gross_weight_g",
    "value",
    "currency",
    "origin_country",
    "pickup_place",
    "known_consignor",
    "mail_service",
]


class Planted(StrEnum):
    """What is wrong with a parcel, if anything."""

    NOTHING = "nothing"
    UNDECLARED = "undeclared"
    WRONG_WEIGHT = "wrong weight"
    REFUSED_TEXT = "refused description"
    DUPLICATE_LABEL = "duplicate label"
    LISTED_PARTY = "listed party"


SHOWN_BY = {
    Planted.UNDECLARED: "UNMANIFESTED",
    Planted.WRONG_WEIGHT: "WEIGHT_MISMATCH",
    Planted.REFUSED_TEXT: "DESCRIPTION_REFUSED",
    Planted.DUPLICATE_LABEL: "DUPLICATE_SCAN",
    Planted.LISTED_PARTY: "SCREENING",
}
"""The open finding by which each shows; why a piece is to be screened stays sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayParcel:
    """A parcel as it lies on the belt."""

    label: str
    aim: str
    number: str
    """The identifier the hub will know it by."""
    grams: float
    planted: Planted = Planted.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Everything the demonstration plays, lane by lane, and every declared parcel by its label."""

    lanes: tuple[tuple[DayParcel, ...], ...]
    declared: dict[str, DayParcel]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    label: str
    aim: str
    number: str
    transport: str


def _s10(rng: random.Random) -> _Label:
    serial = f"{rng.randrange(10**8):08d}"
    number = f"L{rng.choice('ABCFGKX')}{serial}{s10_check_digit(serial)}CN"
    return _Label(label=number, aim="]C0", number=number, transport="mail")


def _sscc(rng: random.Random) -> _Label:
    body = f"0{rng.randrange(10**16):016d}"
    number = f"{body}{mod10_check_digit(body)}"
    return _Label(label=f"00{number}", aim="]C1", number=number, transport="express")


def make_day(folder: Path, *, pieces: int, lanes: int, seed: int) -> Day:
    """Write ``manifest.csv`` into ``folder`` and deal out the pieces that will be played."""
    rng = random.Random(seed)
    used: set[str] = set()
    rows, parcels = [], []
    played = min(pieces, CONSIGNMENTS)
    plan = _plan(played, rng)
    for index in range(CONSIGNMENTS):
        planted = plan[index] if index < played else Planted.NOTHING
        label = _unused(rng, used)
        row, parcel = _consignment(rng, label, index % RECEPTACLES, planted)
        if planted is not Planted.UNDECLARED:
            rows.append(row)
        parcels.append(parcel)
    rng.shuffle(rows)
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return Day(
        lanes=_deal(parcels[:played], lanes, rng),
        declared={p.label: p for p in parcels if p.planted is not Planted.UNDECLARED},
    )


def _plan(played: int, rng: random.Random) -> list[Planted]:
    """One parcel of a listed party, and of each other kind one in twenty-five, at least one."""
    each = max(1, played // 25)
    plan = [Planted.LISTED_PARTY]
    plan += [Planted.UNDECLARED] * each + [Planted.WRONG_WEIGHT] * each
    plan += [Planted.REFUSED_TEXT] * each + [Planted.DUPLICATE_LABEL] * max(1, each // 2)
    plan = plan[:played] + [Planted.NOTHING] * max(0, played - len(plan))
    rng.shuffle(plan)
    return plan


def _unused(rng: random.Random, used: set[str]) -> _Label:
    kinds: tuple[Callable[[random.Random], _Label], ...] = (_s10, _sscc)
    while True:
        label = rng.choices(kinds, (6, 4))[0](rng)
        if label.number not in used:
            used.add(label.number)
            return label


def _consignment(
    rng: random.Random, label: _Label, receptacle: int, planted: Planted
) -> tuple[list[str], DayParcel]:
    article = rng.choice(catalogue.ARTICLES)
    quantity = rng.choices((1, 2, 3), (80, 15, 5))[0]
    contents = sum(_lognormal(rng, article.grams, article.spread) for _ in range(quantity))
    grams = min(25_000.0, contents * rng.uniform(1.05, 1.12) + rng.uniform(30, 90))
    declared_g = max(20, round(grams + rng.gauss(0, 4)))
    value = quantity * _lognormal(rng, article.cents, 0.3)
    seller = rng.choice(catalogue.SELLERS)
    consignee = f"{rng.choice(catalogue.GIVEN)} {rng.choice(catalogue.FAMILY)}"
    city, state, postcode = rng.choice(catalogue.PLACES)
    description = article.description
    if planted is Planted.WRONG_WEIGHT:
        grams = grams * rng.uniform(1.4, 2.2) + 300
    elif planted is Planted.REFUSED_TEXT:
        description = rng.choice(catalogue.VAGUE)
    elif planted is Planted.LISTED_PARTY:
        consignee = catalogue.LISTED_NAME
    row = [
        label.number,
        f"BAG-{receptacle + 1:04d}",
        label.transport,
        rng.choice(catalogue.MARKETPLACES),
        *seller,
        consignee,
        f"{rng.randrange(1, 999)} {rng.choice(catalogue.FAMILY)} Street",
        city,
        state,
        postcode,
        "US",
        f"+1503555{rng.randrange(10_000):04d}",
        f"{consignee.split()[0].lower()}{rng.randrange(1000)}@example.com",
        description,
        article.hs,
        str(quantity),
        str(declared_g),
        f"{value / 100:.2f}",
        "USD",
        seller[5],
        f"{seller[2]}, {seller[5]}",
        "yes",
        "parcel" if label.transport == "mail" else "",
    ]
    parcel = DayParcel(
        label=label.label, aim=label.aim, number=label.number, grams=round(grams, 1), planted=planted
    )
    return row, parcel


def _lognormal(rng: random.Random, median: float, spread: float) -> float:
    return median * math.exp(rng.gauss(0, spread))


def _deal(parcels: list[DayParcel], lanes: int, rng: random.Random) -> tuple[tuple[DayParcel, ...], ...]:
    """Deal the parcels out; the second parcel with a duplicated label comes to another lane, later."""
    hands: list[list[DayParcel]] = [[] for _ in range(lanes)]
    for index, parcel in enumerate(parcels):
        hands[index % lanes].append(parcel)
    for index, parcel in enumerate(parcels):
        if parcel.planted is Planted.DUPLICATE_LABEL:
            hand = hands[(index + 1) % lanes]
            place = min(len(hand), index // lanes + 3)
            hand.insert(place, parcel)
    return tuple(tuple(hand) for hand in hands)
