"""What a pack says of totals: read whole, or refused with every fault in its place."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.domain.errors import PolicyInvalid
from agent.domain.findings.finding import Finding, Severity
from agent.domain.packs.source import join
from agent.domain.policy.entries import SourceConfidence
from agent.domain.policy.pack import Policy, parse_policy
from agent.domain.policy.totals_terms import (
    LIMIT_CODE,
    AggregationTerms,
    DayKey,
    Overage,
    Per,
    PersonKey,
    Standing,
)

HEAD = b"""
format = 1
id = "small"
sequence = 3
issued = 2025-03-01T00:00:00Z
fresh_for_days = 30
zone = "America/New_York"
validity_hours = 72
audit_permille = 10
[tolerance]
weight_tolerance_g = 50
weight_tolerance_permille = 50
settle_timeout_ms = 2000
[lists]
fresh_for_days = 10
"""
LIMIT = """
[[limit]]
id = "person-day"
from = 2025-03-09T01:00:00
severity = "mend"
value_minor = 80000
currency = "USD"
citation = "a test"
"""
TERMS = """
[aggregation]
person = "purchaser"
day = "departure_utc"
window_days = 40
[aggregation.bunching]
severity = "refer"
band_permille = 100
around_permille = 500
least = 4
chance_ppm = 1000
[aggregation.splits]
days = 7
number_gap = 2
[aggregation.shared_address]
days = 30
[aggregation.shared_address.names]
house = 8
[aggregation.shared_contact]
days = 30
names = 5
places = 5
"""


def parsed(totals: str) -> Policy:
    return parse_policy(join({"pack.toml": HEAD, "totals.toml": totals.encode()}, source="folder"))


def faults(totals: str) -> list[str]:
    with pytest.raises(PolicyInvalid) as refused:
        parsed(totals)
    return [str(error) for error in refused.value.errors]


def test_a_pack_that_says_nothing_of_totals_asks_for_none() -> None:
    terms = parsed("[outcomes]\n").aggregation
    assert terms == AggregationTerms(zone=ZoneInfo("America/New_York"))
    assert not terms.counts


def test_what_a_pack_says_of_totals_is_read() -> None:
    terms = parsed(TERMS).aggregation
    assert (terms.person, terms.day, terms.window_days) == (PersonKey.PURCHASER, DayKey.DEPARTURE_UTC, 40)
    assert terms.counts
    assert terms.bunching is not None
    assert terms.splits is not None
    assert (terms.bunching.severity, terms.splits.severity) == (Severity.REFER, Severity.NOTE)
    assert terms.shared_address is not None
    assert terms.shared_address.names == {Standing.HOUSE: 8}


def test_a_limit_is_an_entry_like_any_other_with_dates_in_the_zone_of_the_pack() -> None:
    policy = parsed(LIMIT)
    [limit] = policy.aggregation.limits
    assert limit.starts == datetime(2025, 3, 9, 6, tzinfo=UTC)
    assert (limit.per, limit.overage, limit.confidence) == (Per.DAY, Overage.MARGINAL, SourceConfidence.HIGH)
    assert policy.bounds == (datetime(2025, 3, 9, 6, tzinfo=UTC),)
    result = Finding(code=LIMIT_CODE, severity=Severity.CORRECTABLE, params={"limit": "person-day"})
    assert policy.citation_of(result, limit.starts) == "a test"


def test_an_advisory_end_is_an_instant_at_which_the_law_changes() -> None:
    policy = parsed(f"{LIMIT}advisory_until = 2025-04-01T00:00:00Z\nto = 2025-05-01T00:00:00Z\n")
    assert [bound.day for bound in policy.bounds] == [9, 1, 1]


@pytest.mark.parametrize(
    ("totals", "place", "says"),
    [
        (LIMIT.replace("80000", "0"), "line 6, column 15", "value_minor"),
        (LIMIT.replace('"USD"', '"XXY"'), "line 7, column 12", "not an ISO 4217 currency"),
        (LIMIT.replace('citation = "a test"\n', ""), "line 2, column 1", "citation"),
        (f'{LIMIT}overages = "all"\n', "line 9, column 12", "did you mean overage"),
        (f'{LIMIT}per = "year"\n', "line 9, column 7", "day or week or month"),
        (f'{LIMIT}overage = "some"\n', "line 9, column 11", "all or marginal"),
        (
            f'{LIMIT}origin_except = ["China"]\n',
            "line 9, column 17",
            "not a country of two capitals",
        ),
        (f'{LIMIT}categories = ["present"]\n', "line 9, column 14", "not one of gift, documents"),
        (f'{LIMIT}entry_types = ["type 86"]\n', "line 9, column 15", "not an entry type"),
        (f'{LIMIT}supersedes = ["earlier"]\n', "line 9, column 14", "is not a limit of this pack"),
        (f"{LIMIT}advisory_until = 2020-01-01T00:00:00Z\n", "line 9, column 18", "is not after `from`"),
        (f"{LIMIT}to = 2020-01-01T00:00:00Z\n", "line 9, column 6", "window would be empty"),
        (LIMIT + LIMIT, "line 11, column 6", "given twice"),
        (
            f'{LIMIT}per = "month"\n[aggregation]\nwindow_days = 10\n',
            "line 9, column 7",
            "needs a window_days",
        ),
        ('[aggregation]\nperson = "seller"\n', "line 2, column 10", "consignee or deliver_to or purchaser"),
        ('[aggregation]\nday = "today"\n', "line 2, column 7", "arrival_port_local"),
        ("[aggregation]\nwindow_days = 61\n", "line 2, column 15", "from 1 to 60"),
        ("[aggregation]\nwindow = 3\n", "line 2, column 10", "did you mean window_days"),
        (TERMS.replace('"refer"', '"mend"'), "line 7, column 12", "must be note or refer"),
        (TERMS.replace("500", "100"), "line 9, column 19", "must be more than band_permille"),
        (TERMS.replace("house", "hut"), "line 18, column 7", "is not a sort of address"),
        (TERMS.replace("days = 7", "days = 41"), "line 13, column 8", "from 1 to 40"),
    ],
)
def test_a_fault_is_told_with_file_line_and_column(totals: str, place: str, says: str) -> None:
    [events] = faults(totals)
    assert events.startswith("totals.toml, ")
    assert f", {place}: " in events
    assert says in events


def test_the_shipped_limits_name_their_source_and_only_what_was_law(policy: Policy) -> None:
    terms = policy.aggregation
    assert (terms.person, terms.day) == (PersonKey.CONSIGNEE, DayKey.ARRIVAL_PORT_LOCAL)
    assert all(limit.citation and limit.overage is Overage.MARGINAL for limit in terms.limits)
    assert set(terms.limits[0].entry_types) == {"86", "321"}
    assert terms.shared_address is not None
    assert set(terms.shared_address.names) == set(Standing)
