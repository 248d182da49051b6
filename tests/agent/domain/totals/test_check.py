"""What parcels come to together: totals of a person. Lower bounds, never more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.findings.codes import SEALED_CODES
from agent.domain.findings.finding import Disclosure, Severity
from agent.domain.policy.pack import Policy
from agent.domain.policy.totals_terms import (
    AggregationTerms,
    Overage,
    Per,
)
from agent.domain.totals.check import check_totals, check_uncounted
from agent.domain.totals.tally import Tally
from tests.agent.domain.totals.parcels import (
    ALL,
    AT,
    BEGINS,
    DAY,
    EVERYTHING,
    MARGINAL,
    check,
    codes,
    limited,
    parcel,
)

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
