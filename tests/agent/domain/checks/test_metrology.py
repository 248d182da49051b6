"""The metrology card: what a scale's plate and its verification say of a weight and of a day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.checks.metrology import MetrologyCard, MetrologyFact


def card(**other: Any) -> MetrologyCard:
    events: dict[str, Any] = {
        "maker": "Kern",
        "model": "IFB 30K-4",
        "serial": "WX-0012",
        "accuracy_class": "III",
        "max_g": Decimal(30_000),
        "min_g": Decimal(200),
        "e_g": Decimal(10),
        "verified_on": date(2025, 3, 1),
        "due_on": date(2027, 12, 31),
    }
    return MetrologyCard(**events | other)


@pytest.mark.parametrize(
    ("day", "due", "facts"),
    [
        (date(2025, 2, 28), False, {MetrologyFact.NOT_YET_VERIFIED}),
        (date(2025, 3, 1), False, set()),
        (date(2027, 12, 1), False, set()),
        (date(2027, 12, 2), False, {MetrologyFact.VERIFICATION_DUE_SOON}),
        (date(2027, 12, 31), False, {MetrologyFact.VERIFICATION_DUE_SOON}),
        (date(2028, 1, 1), True, {MetrologyFact.VERIFICATION_DUE}),
    ],
)
def test_a_verification_holds_up_to_its_last_day(day: date, due: bool, facts: set[MetrologyFact]) -> None:
    assert card().is_due(day) is due
    assert card().facts_of_day(day) == facts


@pytest.mark.parametrize(
    ("grams", "facts"),
    [
        ("0", set()),
        ("-10", set()),
        ("10", {MetrologyFact.BELOW_MIN}),
        ("199.9", {MetrologyFact.BELOW_MIN}),
        ("200", set()),
        ("30000", set()),
        ("30010", {MetrologyFact.ABOVE_MAX}),
    ],
)
def test_a_weight_is_held_against_min_and_max(grams: str, facts: set[MetrologyFact]) -> None:
    assert card().facts_of_weight(Decimal(grams)) == facts


def test_digits_finer_than_the_verified_interval_are_told() -> None:
    assert card().facts_of_weight(Decimal(500), step_g=Decimal(1)) == {MetrologyFact.FINER_THAN_E}
    assert card().facts_of_weight(Decimal(500), step_g=Decimal(10)) == set()
    assert card().facts_of_weight(Decimal(5), step_g=Decimal(1)) == {
        MetrologyFact.FINER_THAN_E,
        MetrologyFact.BELOW_MIN,
    }


def test_a_card_tells_its_intervals() -> None:
    assert card().intervals == 3000
    assert card(max_g=Decimal(6000), e_g=Decimal("0.5")).intervals == 12_000


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"serial": " "}, "needs the scale's serial"),
        ({"maker": ""}, "needs the scale's maker"),
        ({"e_g": Decimal(0)}, "must grow"),
        ({"min_g": Decimal(5)}, "must grow"),
        ({"min_g": Decimal(30_000)}, "must grow"),
        ({"max_g": Decimal("NaN")}, "copy them from the scale's plate"),
        ({"max_g": Decimal("Infinity")}, "copy them from the scale's plate"),
        ({"due_on": date(2025, 2, 28)}, "one of them is wrong"),
    ],
)
def test_a_card_that_cannot_be_right_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        card(**wrong)


@given(grams=st.decimals(min_value=-10_000, max_value=100_000, places=2))
def test_no_weight_is_both_above_max_and_below_min(grams: Decimal) -> None:
    facts = card().facts_of_weight(grams)
    assert len(facts) <= 1
    assert (not facts) == (grams <= 0 or 200 <= grams <= 30_000)


@given(day=st.dates())
def test_every_day_has_at_most_one_fact_and_a_due_day_always_has_its_own(day: date) -> None:
    facts = card().facts_of_day(day)
    assert len(facts) <= 1
    assert (MetrologyFact.VERIFICATION_DUE in facts) == card().is_due(day)
