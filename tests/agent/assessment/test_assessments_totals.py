"""What the parcels of one person come to, counted over the store and told in signed decisions."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.app import Opened
from agent.cases.scan import CommandLine
from agent.clearance import clear_piece
from agent.domain.identifiers.s10 import s10_check_digit
from agent.sandbox.clock import ManualClock
from agent.sandbox.site import Site
from agent.store.assessment_table import MOST_ROWS
from sync.log.statement import Decision, parse

ON_THE_DAY = datetime(2025, 3, 10, 12, tzinfo=UTC)
"""The exemption of 800 USD a person a day is in force, and no longer only announced."""


def item(number: int) -> str:
    serial = f"{number:08}"
    return f"RR{serial}{s10_check_digit(serial)}GB"


def parcel(number: int, value: str, **cells: str) -> dict[str, str]:
    """A parcel from Great Britain; all of them go to one person unless the cells say otherwise."""
    return {
        "tracking_number": item(number),
        "value": value,
        "origin_country": "GB",
        "consignor_country": "GB",
        "consignor_city": "Leeds",
        "receptacle": "",
    } | cells


@pytest.fixture
async def then(site: Site, clock: ManualClock) -> Any:
    """The hub on a day when the limit was in force."""
    clock.at = ON_THE_DAY
    site.publish_policy(issued=ON_THE_DAY - timedelta(days=1))
    site.publish_list("Nobody Known", issued=ON_THE_DAY - timedelta(days=1))
    async with site.open() as opened:
        yield opened


def assessed(opened: Opened) -> None:
    while opened.hub.assessments.catch_up():
        pass


async def decided(site: Site, opened: Opened, number: int) -> tuple[Decision, Counter[str]]:
    """The decision on a scan, and the codes that only the authority reads."""
    recorded = await clear_piece(site.scan(item(number)), CommandLine(grams=None), opened.hub)
    statement = parse(recorded.entry.kind, recorded.entry.payload)
    assert isinstance(statement, Decision)
    return statement, Counter(result.code for result in site.unseal(recorded.entry).findings)


def events(decision: Decision, code: str) -> list[dict[str, Any]]:
    return [dict(result.params) for result in decision.open if result.code == code]


async def test_the_parcel_that_passes_a_persons_day_is_found_and_the_total_is_a_lower_bound(
    site: Site, then: Opened
) -> None:
    await site.declare(then, parcel(1, "500.00"), parcel(2, "300.00"), parcel(3, "0.01"))
    assessed(then)
    result = [events((await decided(site, then, n))[0], "DAY_TOTAL_ABOVE_LIMIT") for n in (1, 2, 3)]
    assert [len(each) for each in result] == [0, 0, 1]
    (params,) = result[2]
    assert (params["limit_minor"], params["currency"], params["bound"]) == (80_000, "USD", "lower")
    assert "total_minor" not in params, "what a person bought never leaves the hub"


async def test_another_name_or_another_day_or_another_place_is_another_sum(site: Site, then: Opened) -> None:
    late = (ON_THE_DAY + timedelta(days=3)).isoformat()
    await site.declare(
        then,
        parcel(1, "700.00"),
        parcel(2, "700.00", consignee_name="Somebody Otherwise"),
        parcel(3, "700.00", expected_arrival=late),
        parcel(4, "700.00", consignee_street="99 Elsewhere Road", consignee_city="Salem"),
    )
    assessed(then)
    for number in range(1, 5):
        assert events((await decided(site, then, number))[0], "DAY_TOTAL_ABOVE_LIMIT") == []


async def test_a_value_that_is_declared_anew_counts_in_place_of_the_old_one(site: Site, then: Opened) -> None:
    await site.declare(then, parcel(1, "500.00"), parcel(2, "400.00"))
    assessed(then)
    assert events((await decided(site, then, 2))[0], "DAY_TOTAL_ABOVE_LIMIT")
    site.clock.advance(60)
    await site.declare(then, parcel(1, "50.00"), name="corrected.csv")
    assessed(then)
    site.clock.advance(60)
    assert events((await decided(site, then, 2))[0], "DAY_TOTAL_ABOVE_LIMIT") == []


async def test_until_all_that_is_declared_is_counted_a_decision_says_so(site: Site, then: Opened) -> None:
    await site.declare(then, parcel(1, "500.00"), parcel(2, "400.00"))
    before, _ = await decided(site, then, 1)
    assert len(events(before, "TOTALS_BEHIND")) == 1
    assessed(then)
    site.clock.advance(60)
    after, _ = await decided(site, then, 1)
    assert events(after, "TOTALS_BEHIND") == []


async def test_patterns_below_a_limit_are_told_to_the_authority_alone(site: Site, then: Opened) -> None:
    rows = [
        parcel(n, f"{760 + n}.00", expected_arrival=(ON_THE_DAY + timedelta(days=n)).isoformat())
        for n in range(1, 9)
    ]
    await site.declare(then, *rows)
    assessed(then)
    decision, sealed = await decided(site, then, 8)
    assert "VALUES_BELOW_LIMIT" in sealed
    assert {"VALUES_BELOW_LIMIT", "ORDER_SPLIT", "ADDRESS_SHARED", "CONTACT_SHARED"}.isdisjoint(
        result.code for result in decision.open
    )


async def test_one_order_over_several_parcels_is_told_to_the_authority(site: Site, then: Opened) -> None:
    await site.declare(then, *(parcel(n, "450.00", order_number="A-77015") for n in (11, 12)))
    assessed(then)
    _, sealed = await decided(site, then, 12)
    assert "ORDER_SPLIT" in sealed


async def test_of_a_key_that_many_share_the_latest_days_are_looked_at(site: Site, then: Opened) -> None:
    store = then.hub.declarations
    rows = [
        parcel(n, "1.00", expected_arrival=(ON_THE_DAY + timedelta(days=n % 20)).isoformat())
        for n in range(1, 401)
    ]
    await site.declare(then, *rows)
    assessed(then)
    kept = await store.assessment(item(19), then.hub.reference_data.current.assessed_under)
    assert kept is not None
    assert kept.tally is not None
    result = dict(await store.near(kept.tally, item(19), 30))
    assert len(result) == MOST_ROWS
    days = Counter(kept.tally.day - tally.day for tally in result.values())
    assert [days[ago] for ago in range(12)] == [19, *[20] * 11]
    assert max(days) == 12
