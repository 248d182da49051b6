"""What parcels come to together: totals of a person, and patterns below a limit. Lower bounds, never more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.findings.codes import SEALED_CODES
from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.policy.pack import Policy
from agent.domain.policy.totals_terms import (
    AggregationTerms,
    Bunching,
    Limit,
    Overage,
    Per,
    SharedAddress,
    SharedContact,
    Splits,
)
from agent.domain.totals.check import check_totals, check_uncounted
from agent.domain.totals.tally import Tally
from sync.log.sealed import ROOM, Reasons, SealedFinding, reasons

DAY = 739_260
AT = datetime(2025, 1, 15, 12, tzinfo=UTC)
BEGINS = datetime(2025, 1, 1, tzinfo=UTC)
LIMIT = Limit(
    id="day",
    starts=BEGINS,
    citation="a test",
    severity=Severity.CORRECTABLE,
    value_minor=80_000,
    currency="USD",
)


def limited(**fields: Any) -> AggregationTerms:
    return AggregationTerms(limits=(replace(LIMIT, **fields),))


MARGINAL, ALL = limited(), limited(overage=Overage.ALL)


def parcel(value: int | None = None, **fields: Any) -> Tally:
    """Of one person at one building, today, in dollars, unless told otherwise."""
    usual: dict[str, Any] = {"day": DAY, "received": 1_000, "person": 1, "building": 2, "standing": "house"}
    usual |= {"value_minor": value, "currency": "USD" if value is not None else "", "mode": "express"}
    return Tally(**usual | fields)


def check(
    own: Tally, others: Sequence[tuple[str, Tally]] = (), terms: AggregationTerms = ALL, at: datetime = AT
) -> tuple[Finding, ...]:
    return check_totals(own, "own", others, terms, at, complete=True)


def codes(*arguments: Any, **named: Any) -> list[str]:
    return [finding.code for finding in check(*arguments, **named)]


TOTAL = ["DAY_TOTAL_ABOVE_LIMIT"]


# Totals of a day.


@pytest.mark.parametrize(("cents", "result"), [(0, []), (1, TOTAL)])
def test_a_total_of_exactly_the_limit_is_within_it_and_a_cent_more_is_not(
    cents: int, result: list[str]
) -> None:
    assert codes(parcel(40_000 + cents), [("a", parcel(40_000))]) == result


def test_a_total_tells_the_limit_and_how_many_parcels_never_what_they_come_to() -> None:
    [result] = check(parcel(50_000), [("a", parcel(20_000)), ("b", parcel(30_000))])
    assert result.disclosure is Disclosure.OPEN
    assert result.severity is Severity.CORRECTABLE
    assert result.params == {
        "limit": "day", "limit_minor": 80_000, "currency": "USD", "parcels": 3, "days": 1, "bound": "lower",
    }  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        parcel(50_000, person=9),
        parcel(50_000, building=9),
        parcel(50_000, building=0),
        parcel(50_000, person=0),
        parcel(50_000, day=DAY - 1),
        parcel(50_000, day=DAY + 1),
        parcel(50_000, currency="EUR"),
        parcel(None),
    ],
)
def test_what_may_be_anothers_another_days_or_another_currencys_is_never_added_up(other: Tally) -> None:
    assert codes(parcel(50_000), [("a", other)]) == []


@pytest.mark.parametrize("link", ["building", "phone", "email"])
def test_one_name_with_one_shared_place_or_contact_is_one_person(link: str) -> None:
    apart = {"building": 8} | {link: 7}
    own = parcel(50_000, **({"building": 5} | {link: 7}))
    assert codes(own, [("a", parcel(50_000, **apart))]) == TOTAL


def test_the_same_consignment_counts_once_whatever_key_led_to_it_and_so_does_this_one() -> None:
    other = ("a", parcel(30_000))
    own = parcel(50_000)
    assert codes(own, [other, other, ("own", own), ("own", parcel(79_000))]) == []


def test_a_parcel_above_the_limit_by_itself_takes_no_part_in_totals() -> None:
    assert codes(parcel(80_001)) == []
    assert codes(parcel(10_000), [("a", parcel(80_001))]) == []
    assert codes(parcel(10_000), [("a", parcel(80_000))]) == TOTAL


def test_the_parcel_that_passes_the_limit_is_found_and_those_before_it_are_not() -> None:
    first, second, third = (parcel(40_000, received=n) for n in (1, 2, 3))
    assert codes(first, [("b", second), ("c", third)], MARGINAL) == []
    assert codes(second, [("a", first), ("c", third)], MARGINAL) == []
    [result] = check(third, [("a", first), ("b", second)], MARGINAL)
    assert result.params["parcels"] == 3


def test_a_parcel_without_a_value_is_found_where_those_before_it_passed_the_limit() -> None:
    before = [("a", parcel(50_000, received=1)), ("b", parcel(50_000, received=2))]
    assert codes(parcel(None, received=3), before, MARGINAL) == TOTAL
    assert codes(parcel(None, received=1), [("z", before[1][1])], MARGINAL) == []


# Dates and scope of a limit.


@pytest.mark.parametrize(
    ("seconds", "result"),
    [(-1, []), (0, TOTAL), (86_399, TOTAL), (86_400, [])],
)
def test_a_limit_holds_from_its_first_second_to_the_one_before_its_last(
    seconds: int, result: list[str]
) -> None:
    terms = limited(ends=BEGINS + timedelta(days=1), overage=Overage.ALL)
    at = BEGINS + timedelta(seconds=seconds)
    assert codes(parcel(50_000), [("a", parcel(50_000))], terms, at) == result


def test_before_its_advisory_time_is_over_a_limit_only_notes() -> None:
    until = BEGINS + timedelta(days=10)
    terms = limited(advisory_until=until, overage=Overage.ALL)
    for at, severity in ((until - timedelta(seconds=1), Severity.NOTE), (until, Severity.CORRECTABLE)):
        [result] = check(parcel(50_000), [("a", parcel(50_000))], terms, at)
        assert result.severity is severity


@pytest.mark.parametrize(
    ("scope", "counted", "outside"),
    [
        ({"mode": "mail"}, {"mode": "mail"}, {"mode": "express"}),
        ({"origin": ("CN",)}, {"origin": "CN"}, {"origin": ""}),
        ({"origin_except": ("CN", "HK")}, {"origin": "DE"}, {"origin": "HK"}),
        ({"categories": ("gift",)}, {"category": "gift"}, {"category": ""}),
        ({"entry_types": ("86", "321")}, {"entry_type": ""}, {"entry_type": "11"}),
    ],
)
def test_a_limit_counts_what_is_in_its_scope_alone(
    scope: dict[str, Any], counted: dict[str, Any], outside: dict[str, Any]
) -> None:
    terms = limited(**scope, overage=Overage.ALL)
    inside, without = parcel(50_000, **counted), parcel(50_000, **outside)
    assert codes(inside, [("a", inside)], terms) == TOTAL
    assert codes(inside, [("a", without)], terms) == []
    assert codes(without, [("a", inside)], terms) == []


def test_a_week_and_a_month_roll_back_from_the_day_of_the_parcel() -> None:
    for per, days in ((Per.WEEK, 7), (Per.MONTH, 30)):
        terms = limited(per=per, overage=Overage.ALL)
        [result] = check(parcel(50_000), [("a", parcel(50_000, day=DAY - days + 1))], terms)
        assert result.params["days"] == days
        assert codes(parcel(50_000), [("a", parcel(50_000, day=DAY - days))], terms) == []


@pytest.mark.parametrize(
    ("moment", "origin", "severity"),
    [
        ("2016-03-09T23:59:59-05:00", "", None),
        ("2016-03-10T00:00:00-05:00", "", Severity.NOTE),
        ("2025-01-10T23:59:59-05:00", "", Severity.NOTE),
        ("2025-01-11T00:00:00-05:00", "CN", Severity.CORRECTABLE),
        ("2025-02-04T00:00:59-05:00", "CN", Severity.CORRECTABLE),
        ("2025-02-04T00:01:00-05:00", "CN", None),
        ("2025-02-04T00:01:00-05:00", "DE", Severity.CORRECTABLE),
        ("2025-02-06T23:59:59-05:00", "HK", None),
        ("2025-02-07T00:00:00-05:00", "HK", Severity.CORRECTABLE),
        ("2025-05-02T00:00:59-04:00", "HK", Severity.CORRECTABLE),
        ("2025-05-02T00:01:00-04:00", "HK", None),
        ("2025-08-29T00:00:59-04:00", "DE", Severity.CORRECTABLE),
        ("2025-08-29T00:01:00-04:00", "DE", None),
    ],
)
def test_the_shipped_limit_of_800_dollars_follows_the_exemption(
    policy: Policy, moment: str, origin: str, severity: Severity | None
) -> None:
    others = [("a", parcel(40_000, received=1, origin=origin))]
    at = datetime.fromisoformat(moment)
    for mode in ("express", "mail"):
        others = [("a", parcel(40_000, received=1, origin=origin, mode=mode))]
        result = check(parcel(40_001, origin=origin, mode=mode), others, policy.aggregation, at)
        assert [finding.severity for finding in result] == ([] if severity is None else [severity])
        assert check(parcel(40_000, origin=origin, mode=mode), others, policy.aggregation, at) == ()
        for finding in result:
            assert "1321(a)(2)(C)" in (policy.citation_of(finding, at) or "")


def test_the_shipped_limits_of_gifts_and_of_informal_entry_are_notes(policy: Policy) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    gifts = parcel(6_000, category="gift")
    [result] = check(gifts, [("a", parcel(6_000, received=1, category="gift"))], policy.aggregation, at)
    assert (result.params["limit"], result.severity) == ("gift-person-day-100", Severity.NOTE)
    [result] = check(parcel(125_001), [("a", parcel(125_000, received=1))], policy.aggregation, at)
    assert (result.params["limit"], result.severity) == ("informal-entry-day-2500", Severity.NOTE)
    assert check(parcel(125_000), [("a", parcel(125_000, received=1))], policy.aggregation, at) == ()


# Always.

_tallies = st.builds(
    parcel,
    st.one_of(st.none(), st.integers(0, 90_000)),
    person=st.integers(0, 2),
    building=st.integers(0, 2),
    phone=st.integers(0, 2),
    order=st.integers(0, 2),
    seller=st.integers(0, 1),
    series=st.integers(0, 1),
    serial=st.integers(0, 9),
    received=st.integers(0, 5),
    day=st.integers(DAY - 3, DAY + 1),
    currency=st.sampled_from(["USD", "EUR"]),
    heading=st.sampled_from(["", "6109"]),
)
_rows = st.lists(st.tuples(st.sampled_from("abcdefgh"), _tallies), max_size=12)
EVERYTHING = AggregationTerms(
    limits=(LIMIT, replace(LIMIT, id="all", overage=Overage.ALL, per=Per.WEEK)),
    bunching=Bunching(
        severity=Severity.NOTE, band_permille=200, around_permille=900, least=2, chance_ppm=200_000
    ),
    splits=Splits(severity=Severity.NOTE, days=3, number_gap=2),
    shared_address=SharedAddress(severity=Severity.REFER, days=30, names={"house": 2}),
    shared_contact=SharedContact(severity=Severity.NOTE, days=30, names=2, places=2),
)


@given(own=_tallies, rows=_rows, random=st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_what_is_found(own: Tally, rows: list[Any], random: Any) -> None:
    again = [*rows, *random.choices(rows, k=3)] if rows else []
    random.shuffle(again)
    result = check(own, rows, EVERYTHING)
    assert check(own, again, EVERYTHING) == result
    assert all((f.code in SEALED_CODES) == (f.disclosure is Disclosure.SEALED) for f in result)
    assert all(type(value) in (int, str) for f in result for value in f.params.values())


@given(values=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 60_000), min_size=1))
def test_a_total_is_exact_and_once_passed_all_parcels_of_the_day_are_found_or_none(
    values: dict[str, int],
) -> None:
    day = {number: parcel(value) for number, value in values.items()}
    result = {
        number: bool(check_totals(own, number, list(day.items()), ALL, AT, complete=True))
        for number, own in day.items()
    }
    assert set(result.values()) == {sum(values.values()) > 80_000}


@given(
    values=st.dictionaries(
        st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 60_000), st.integers(0, 3)), min_size=1
    )
)
def test_marginally_exactly_those_are_found_with_which_the_sum_stands_above_the_limit(
    values: dict[str, tuple[int, int]],
) -> None:
    day = {number: parcel(value, received=at) for number, (value, at) in values.items()}
    total = 0
    for number in sorted(day, key=lambda number: (day[number].received, number)):
        total += values[number][0]
        result = check_totals(day[number], number, list(day.items()), MARGINAL, AT, complete=True)
        assert bool(result) == (total > 80_000)


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


# What is not counted yet, and what a decision can carry.


def test_a_count_that_is_behind_says_so_where_totals_are_asked_for() -> None:
    [result] = check_totals(parcel(), "own", (), ALL, AT, complete=False)
    assert (result.code, result.severity, result.disclosure) == (
        "TOTALS_BEHIND",
        Severity.NOTE,
        Disclosure.OPEN,
    )
    assert check_uncounted(ALL, complete=False) == (result,)
    assert check_uncounted(ALL, complete=True) == ()
    assert check_uncounted(AggregationTerms(), complete=False) == ()


def test_a_limit_is_held_at_an_instant() -> None:
    with pytest.raises(ValueError, match="offset from UTC"):
        check(parcel(), at=datetime(2025, 1, 1))  # noqa: DTZ001 - the fault


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
        events != kept for events, kept in zip_longest([listed, *sealed], words.findings)
    )
