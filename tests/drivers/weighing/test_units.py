"""Grams out of a scale's digits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.weighing.units import GRAMS_PER, to_grams


@pytest.mark.parametrize(
    ("digits", "unit", "grams"),
    [
        ("1.230", "kg", (1230, 1)),
        ("1.23", "kg", (1230, 6)),
        ("1.2", "KG", (1200, 51)),
        ("100.00", "g", (100, 1)),
        ("0.5", "g", (0, 1)),
        ("1.5", "g", (2, 1)),
        ("2.5", "g", (2, 1)),
        ("2.71", "lb", (1229, 3)),
        ("5.5", "oz", (156, 2)),
        ("0.00125", "t", (1250, 6)),
        ("1250000", "mg", (1250, 1)),
        ("-0.05", "kg", (-50, 6)),
    ],
)
def test_grams_are_rounded_half_to_even_with_their_uncertainty(
    digits: str, unit: str, grams: tuple[int, int]
) -> None:
    assert to_grams(Decimal(digits), unit) == grams


@pytest.mark.parametrize("unit", ["", "PCS", "%", "tl", "T", "stone"])
def test_what_is_not_a_known_weight_unit_never_becomes_grams(unit: str) -> None:
    assert to_grams(Decimal(12), unit) is None


def test_a_scale_that_steps_by_twenty_grams_is_that_uncertain() -> None:
    assert to_grams(Decimal("1.240"), "kg", division=Decimal("0.020")) == (1240, 11)


@pytest.mark.parametrize("digits", ["NaN", "Infinity", "1E+999999", "1E-999999", "9" * 40])
def test_a_number_no_scale_shows_is_refused_quickly(digits: str) -> None:
    assert to_grams(Decimal(digits), "kg") is None


@given(
    value=st.decimals(min_value=-999999, max_value=999999, places=3),
    unit=st.sampled_from(sorted(GRAMS_PER)),
)
def test_the_exact_weight_lies_within_the_uncertainty(value: Decimal, unit: str) -> None:
    converted = to_grams(value, unit)
    if converted is not None:
        grams, u_grams = converted
        assert abs(value * GRAMS_PER[unit] - grams) <= u_grams
