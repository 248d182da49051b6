"""Patterns below a limit: values that crowd, split orders, shared places and contacts; all are sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import msgspec
import pytest

from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.policy.totals_terms import (
    AggregationTerms,
    Bunching,
    Per,
    SharedAddress,
    SharedContact,
    Splits,
)
from agent.domain.totals.tally import Tally
from sync.log.sealed import ROOM, Reasons, SealedFinding, reasons
from tests.agent.domain.totals.parcels import (
    DAY,
    EVERYTHING,
    LIMIT,
    check,
    codes,
    parcel,
)

# Values right below a limit.

BUNCHING = Bunching(
    severity=Severity.REFER, band_permille=100, around_permille=500, least=3, chance_ppm=1_000
)


def bunched(values: Sequence[int], own: int = 79_999, terms: Bunching = BUNCHING) -> tuple[Finding, ...]:
    others = [(f"n{place}", parcel(value, day=DAY - place - 1)) for place, value in enumerate(values)]
    return check(parcel(own), others, AggregationTerms(limits=(LIMIT,), bunching=terms))


def test_values_that_crowd_right_below_a_limit_are_told_to_the_authority_alone() -> None:
    [result] = bunched([79_900, 78_000])
    assert (result.code, result.severity) == ("VALUES_BELOW_LIMIT", Severity.REFER)
    assert result.disclosure is Disclosure.SEALED
    assert result.params == {"limit": "day", "parcels": 3, "of": 3, "week_times": 2, "month_times": 2}


@pytest.mark.parametrize(
    ("values", "own"),
    [
        ([79_900, 78_000], 72_000),  # itself not right below it
        ([79_900, 78_000], 80_001),
        ([79_900], 79_999),  # too few
        ([79_900, 78_000, *range(41_000, 71_000, 5_000)], 79_999),  # as many as chance gives
        ([79_900, 78_000, *range(85_000, 119_000, 5_000)], 79_999),  # values above it show no shyness of it
    ],
)
def test_values_that_are_spread_or_few_are_not_found(values: list[int], own: int) -> None:
    assert bunched(values, own) == ()


def test_small_values_far_below_the_limit_change_nothing() -> None:
    assert bunched([79_900, 78_000, *[500] * 20]) != ()


def test_the_chance_is_the_tail_of_a_binomial_distribution() -> None:
    # Three and more of five with a tenth each: 8.56 in a thousand.
    values = [79_900, 78_000, 50_000, 51_000]
    assert bunched(values, terms=replace(BUNCHING, chance_ppm=8_559)) == ()
    assert bunched(values, terms=replace(BUNCHING, chance_ppm=8_560)) != ()


def test_a_thousand_parcels_of_one_person_are_worked_out_exactly() -> None:
    others = [(f"n{n}", parcel(79_000 - n % 2, day=DAY - 1 - n % 29)) for n in range(1_000)]
    [result] = check(parcel(79_999), others, AggregationTerms(limits=(LIMIT,), bunching=BUNCHING))
    assert (result.params["parcels"], result.params["of"]) == (1_001, 1_001)


# One order in several parcels.

SPLITS = AggregationTerms(
    limits=(replace(LIMIT, per=Per.DAY),), splits=Splits(severity=Severity.NOTE, days=5, number_gap=2)
)


@pytest.mark.parametrize(
    ("own", "other", "by"),
    [
        ({"order": 5}, {"order": 5, "person": 9, "building": 9}, "order"),
        ({"order": 5}, {"order": 5, "day": DAY - 30}, "order"),
        ({"seller": 4, "series": 3, "serial": 10}, {"seller": 4, "series": 3, "serial": 8}, "numbers"),
        ({"seller": 4, "heading": "6109"}, {"seller": 4, "heading": "6109", "day": DAY - 5}, "heading"),
    ],
)
def test_one_order_over_several_parcels_is_told_to_the_authority(
    own: dict[str, Any], other: dict[str, Any], by: str
) -> None:
    others = [("a", parcel(50_000, **{"day": DAY - 1} | other))]
    [result] = check(parcel(50_000, **own), others, SPLITS)
    assert (result.code, result.disclosure) == ("ORDER_SPLIT", Disclosure.SEALED)
    assert result.params == {"limit": "day", "by": by, "parcels": 2}
    assert codes(parcel(30_000, **own), others, SPLITS) == []


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ({"order": 5}, {"order": 6}),
        ({"order": 5}, {"order": 5, "value_minor": 90_000}),
        ({"order": 5}, {"order": 5, "currency": "EUR"}),
        ({"seller": 4, "heading": "6109"}, {"seller": 3, "heading": "6109"}),
        ({"seller": 4, "heading": "6109"}, {"seller": 4, "heading": "9503"}),
        ({"seller": 4, "heading": "6109"}, {"seller": 4, "heading": "6109", "day": DAY - 6}),
        ({"seller": 4, "heading": "6109"}, {"seller": 4, "heading": "6109", "person": 9}),
        ({"seller": 4, "series": 3, "serial": 10}, {"seller": 4, "series": 3, "serial": 7}),
        ({"seller": 4, "series": 3, "serial": 10}, {"seller": 4, "series": 2, "serial": 10}),
        ({}, {}),
    ],
)
def test_parcels_that_share_too_little_are_no_split_order(own: dict[str, Any], other: dict[str, Any]) -> None:
    others = [("a", parcel(50_000, **{"day": DAY - 1} | other))]
    assert codes(parcel(50_000, **own), others, SPLITS) == []


def test_a_run_of_numbers_ends_at_its_gap() -> None:
    run = {"seller": 4, "series": 3, "day": DAY - 1}
    others = [(f"n{n}", parcel(30_000, **run, serial=n)) for n in (1, 2, 8, 11, 12, 40)]
    own = parcel(30_000, **run | {"day": DAY}, serial=10)
    [result] = check(own, others, SPLITS)
    assert result.params["parcels"] == 4


# Addresses and contacts that many share.

SHARED = AggregationTerms(
    shared_address=SharedAddress(severity=Severity.NOTE, days=30, names={"house": 3, "units": 5}),
    shared_contact=SharedContact(severity=Severity.REFER, days=30, names=3, places=3),
)


def neighbours(count: int, **fields: Any) -> list[tuple[str, Tally]]:
    return [(f"n{n}", parcel(person=100 + n, **fields)) for n in range(count)]


def test_a_house_of_many_names_is_told_and_a_tower_needs_more_of_them() -> None:
    [result] = check(parcel(), neighbours(2), SHARED)
    assert (result.code, result.severity) == ("ADDRESS_SHARED", Severity.NOTE)
    assert result.params == {"standing": "house", "names": 3}
    assert check(parcel(), neighbours(1), SHARED) == ()
    tower = [*neighbours(2), ("t", parcel(person=1, standing="units", address=7))]
    assert check(parcel(), tower, SHARED) == ()
    assert check(parcel(), neighbours(2, day=DAY - 30), SHARED) == ()
    assert check(parcel(), neighbours(9, standing="forwarder"), SHARED) == ()
    assert check(parcel(building=0, phone=7), neighbours(9, building=0), SHARED) == ()


@pytest.mark.parametrize("contact", ["phone", "email"])
def test_a_contact_under_many_names_is_told(contact: str) -> None:
    others = [(n, replace_building(t, place)) for place, (n, t) in enumerate(neighbours(2, **{contact: 6}))]
    [result] = check(parcel(**{contact: 6}), others, SHARED)
    assert (result.code, result.severity) == ("CONTACT_SHARED", Severity.REFER)
    assert result.params == {"by": contact, "names": 3}
    assert check(parcel(**{contact: 6}), others[:1], SHARED) == ()
    assert check(parcel(), others, SHARED) == ()


def replace_building(tally: Tally, place: int) -> Tally:
    return msgspec.structs.replace(tally, building=50 + place)


def test_one_person_with_a_contact_at_many_buildings_is_told() -> None:
    others = [(f"n{n}", parcel(phone=6, building=50 + n)) for n in range(2)]
    [result] = check(parcel(phone=6), others, SHARED)
    assert result.params == {"by": "person", "places": 3}
    assert check(parcel(phone=6), others[:1], SHARED) == ()


def test_the_sealed_block_takes_all_patterns_at_once_and_counts_what_it_cuts() -> None:
    others = [
        (f"n{n}", parcel(79_000, person=1 + (n > 3) * n, phone=6, order=5, day=DAY - 1)) for n in range(6)
    ]
    result = check(parcel(79_999, phone=6, order=5), others, EVERYTHING)
    sealed = [SealedFinding(f.code, dict(f.params)) for f in result if f.disclosure is Disclosure.SEALED]
    assert [f.code for f in sealed] == [
        "ORDER_SPLIT",
        "VALUES_BELOW_LIMIT",
        "ADDRESS_SHARED",
        "CONTACT_SHARED",
    ]
    listed = SealedFinding("LISTED_PARTY", {"list": "x" * 40})
    block = reasons([listed, *sealed], 412, [("weight", 900)])
    assert len(block) == ROOM
    words = msgspec.msgpack.decode(block[1 : 1 + block[0]], type=Reasons)
    # Reasons of the risk go first, then parameters from the end, then codes; what comes first stays whole.
    assert words.findings[0] == listed
    assert [finding.code for finding in words.findings] == ["LISTED_PARTY", *(f.code for f in sealed)]
    assert words.left_out == sum(
        given != kept for given, kept in zip_longest([listed, *sealed], words.findings)
    )
