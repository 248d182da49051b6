"""The scorecard: what is counted, what is not, and that order changes nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.findings.codes import pack_code
from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.scorecard import card as scorecards
from agent.domain.scorecard.card import Card, DescribedGoods, Scorecard, ScoredConsignment
from agent.domain.scorecard.overview import Overviewing
from agent.domain.scorecard.trend import MOST_DAYS, Unit, covered_days

MONDAY = date(2026, 3, 2)
ALL = (date.min, date.max)


def result(code: str, severity: Severity = Severity.CORRECTABLE, **params: str | int) -> Finding:
    return Finding(code=pack_code(code, severity, params=params), params=params)


def described(key: str, score: int = 950, reason: str | None = "stop_term") -> DescribedGoods:
    return DescribedGoods(key=key, text=key.lower(), score_permille=score, reason=reason, refused=True)


def card_of(
    consignments: Iterable[ScoredConsignment], covered: tuple[date, date] = ALL, **more: Any
) -> Scorecard:
    card = Card(covered)
    for consignment in consignments:
        card.add(consignment)
    return card.scorecard(**more)


def made(number: int, *findings: Finding, day: date = MONDAY, **more: Any) -> ScoredConsignment:
    return ScoredConsignment(number=number, day=day, findings=findings, **more)


KINDS = [
    result("PARTY_REFUSED", field="consignee.name", reason="placeholder"),
    result("PARTY_REFUSED", field="consignor.name", reason="placeholder"),
    result("DESCRIPTION_REFUSED", reason="stop_term", term="GIFT"),
    result("DESCRIPTION_REFUSED", reason="stop_term", term="PARTS"),
    result("PHONE_COUNTRY_DIFFERS", Severity.NOTE, field="consignee.phone", calling_code=86),
    result("SOURCES_DISAGREE", field="quantity", chosen="carrier", other="seller"),
]
TEXTS = [
    described(f"TEXT {n}", score=n * 37 % 1000, reason=("stop_term", "reads_vague")[n % 2]) for n in range(9)
]


@st.composite
def consignments(draw: st.DrawFn) -> list[ScoredConsignment]:
    count = draw(st.integers(0, 30))
    return [
        ScoredConsignment(
            number=number,
            day=MONDAY + timedelta(days=draw(st.integers(0, 60))),
            name=draw(st.sampled_from([None, "Pearl", "PEARL", "pearl ltd"])),
            findings=draw(st.none() | st.lists(st.sampled_from(KINDS), max_size=4).map(tuple)),
            descriptions=tuple(draw(st.lists(st.sampled_from(TEXTS), max_size=3, unique=True))),
        )
        for number in range(count)
    ]


@settings(max_examples=30)
@given(fed=consignments(), seed=st.integers(0, 1_000))
def test_the_order_in_which_consignments_are_fed_changes_neither_card_nor_overview(
    fed: list[ScoredConsignment], seed: int
) -> None:
    shuffled = fed.copy()
    random.Random(seed).shuffle(shuffled)
    kept, scorecards.MOST_TEXTS = scorecards.MOST_TEXTS, 3  # so that texts do give way
    try:
        assert card_of(fed) == card_of(shuffled)
        overviews = []
        for order in (fed, shuffled):
            making = Overviewing(ALL)
            for consignment in order:
                making.add(((consignment.name or "").lower(), ""), consignment)
            overviews.append(making.overview())
        assert overviews[0] == overviews[1]
    finally:
        scorecards.MOST_TEXTS = kept


def test_notes_and_conflicts_are_told_and_leave_a_consignment_clean() -> None:
    card = card_of([made(1, KINDS[4], KINDS[5]), made(2, KINDS[0], KINDS[0], KINDS[2]), made(3)])
    assert (card.consignments, card.clean, card.clean_permille) == (3, 2, 667)
    assert [(case.code, case.consignments) for case in card.findings] == [
        ("DESCRIPTION_REFUSED", 1),
        ("PARTY_REFUSED", 1),
    ]
    assert [case.code for case in card.notes] == ["PHONE_COUNTRY_DIFFERS"]
    assert [dict(case.kind) for case in card.conflicts] == [{"field": "quantity"}]


def test_errors_of_one_code_are_told_apart_by_field_and_joined_over_terms() -> None:
    card = card_of([made(n, kind) for n, kind in enumerate([*KINDS[:4], KINDS[3]])])
    assert [(case.code, case.params(), case.consignments) for case in card.findings] == [
        ("DESCRIPTION_REFUSED", {"reason": "stop_term", "term": "PARTS, GIFT"}, 3),
        ("PARTY_REFUSED", {"field": "consignee.name", "reason": "placeholder"}, 1),
        ("PARTY_REFUSED", {"field": "consignor.name", "reason": "placeholder"}, 1),
    ]


def test_consignments_that_are_not_assessed_are_in_no_share() -> None:
    card = card_of([made(1), ScoredConsignment(number=2, day=MONDAY)])
    assert (card.consignments, card.assessed, card.clean_permille) == (2, 1, 1000)
    assert card_of([ScoredConsignment(number=2, day=MONDAY)]).clean_permille is None


def test_a_sealed_finding_is_refused() -> None:
    hit = Finding(code="LISTED_PARTY", severity=Severity.REFER, disclosure=Disclosure.SEALED)
    with pytest.raises(ValueError, match="sealed"):
        made(1, hit)


def test_the_vaguest_texts_stay_and_each_is_counted_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorecards, "MOST_TEXTS", 2)
    low, high, top = described("LOW", 910), described("HIGH", 990), described("TOP", 999)
    order = [high, low, top, low, high, low, described("FINE", 10, reason=None)]
    card = card_of([made(n, descriptions=(text,)) for n, text in enumerate(order)])
    assert [(worst.text, worst.consignments) for worst in card.worst] == [("high", 2), ("top", 1)]
    assert (card.descriptions, card.vague) == (7, 6)


def test_a_long_description_is_cut_and_the_first_spelling_shown() -> None:
    texts = [DescribedGoods(key="A", text=text, score_permille=1000, reason="x") for text in ("b" * 900, "a")]
    (worst,) = card_of([made(7, descriptions=(texts[1],)), made(3, descriptions=(texts[0],))]).worst
    assert (len(worst.text), worst.text[-1], worst.consignments) == (200, "…", 2)


def test_a_short_trend_goes_by_day_and_a_long_one_by_week_without_gaps() -> None:
    short = card_of([made(1), made(2, KINDS[0], day=MONDAY + timedelta(days=2))])
    assert short.unit is Unit.DAY
    assert [period.consignments for period in short.trend] == [1, 0, 1]
    wednesdays = [made(n, day=MONDAY + timedelta(days=2 + 14 * n)) for n in range(3)]
    long = card_of(wednesdays)
    assert long.unit is Unit.WEEK
    assert [period.first for period in long.trend] == [MONDAY + timedelta(weeks=n) for n in range(5)]
    assert [period.consignments for period in long.trend] == [1, 0, 1, 0, 1]


def test_the_ends_of_the_store_are_partial_and_the_change_is_between_complete_periods() -> None:
    newest = MONDAY + timedelta(days=23)
    days = [MONDAY, MONDAY + timedelta(days=8), MONDAY + timedelta(days=15), newest]
    fed = [made(n, *KINDS[: n == 1], day=day) for n, day in enumerate(days)]
    card = card_of(fed, covered_days(MONDAY, newest))
    assert [period.partial for period in card.trend] == [True, False, False, True]
    assert card.change_permille == 1000
    assert card_of(fed[:2], covered_days(MONDAY, newest)).change_permille is None


def test_days_that_are_asked_for_inside_the_store_are_complete() -> None:
    end = MONDAY + timedelta(days=30)
    since, until = MONDAY + timedelta(days=2), MONDAY + timedelta(days=9)
    assert covered_days(MONDAY, end, since, until) == (since, until)
    assert covered_days(MONDAY, end, MONDAY, end) == (MONDAY + timedelta(days=1), end - timedelta(days=1))


def test_a_clock_of_another_century_makes_no_endless_trend() -> None:
    card = card_of([made(1, day=date(1970, 1, 1)), made(2)])
    assert len(card.trend) <= MOST_DAYS
    assert (card.consignments, card.trend[-1].consignments) == (2, 1)


def test_past_the_ceiling_those_with_least_to_mend_are_counted_together() -> None:
    making = Overviewing(ALL, ceiling=4)
    for number in range(12):
        for repeat in range(2):
            faults = [KINDS[0]] if number < 3 else []
            making.add((f"s{number}", "CN"), made(2 * number + repeat, *faults, name=f"S{number}"))
    overview = making.overview()
    assert [line.name for line in overview.lines[:3]] == ["S0", "S1", "S2"]
    assert len(overview.lines) <= 4
    assert overview.others is not None
    assert overview.others.name is None
    assert sum(line.consignments for line in (*overview.lines, overview.others)) == 24
    assert overview.total.consignments == 24


def test_the_one_with_most_to_mend_comes_first_with_its_most_frequent_errors() -> None:
    making = Overviewing(ALL)
    making.add(("a", ""), made(1, KINDS[0], name="A"))
    for number in range(2, 5):
        making.add(("b", "VN"), made(number, *KINDS[: number - 1], name="B"))
    first, second = making.overview().lines
    assert (first.name, first.country, first.faulty, first.clean_permille) == ("B", "VN", 3, 0)
    assert first.top[0] == (("PARTY_REFUSED", (("field", "consignee.name"), ("reason", "placeholder"))), 3)
    assert second.name == "A"
