"""Money: exact or refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.errors import MoneyInvalid
from agent.domain.values.money import EXPONENTS, MAX_MINOR, Money, parse_money


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("0", "USD", 0),
        ("12", "USD", 1200),
        ("12.5", "USD", 1250),
        ("12.500", "USD", 1250),
        ("980", "JPY", 980),
        ("980.00", "JPY", 980),
        ("1.234", "KWD", 1234),
        ("007.10", "EUR", 710),
    ],
)
def test_an_amount_becomes_minor_units(amount: str, currency: str, minor: int) -> None:
    assert parse_money(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "amount",
    ["", "-1", "+1", "1,000.00", "1.2.3", "1e3", ".5", "5.", "NaN", "12.345", "٣", "1 000", "9" * 15],
)
def test_what_is_not_an_exact_amount_is_refused(amount: str) -> None:
    with pytest.raises(MoneyInvalid):
        parse_money(amount, "USD")


@pytest.mark.parametrize("currency", ["", "usd", "XXX", "US", "DOLLAR"])
def test_an_unknown_currency_is_refused_with_the_remedy(currency: str) -> None:
    with pytest.raises(MoneyInvalid, match="three letters"):
        parse_money("1", currency)


def test_money_cannot_be_built_wrong() -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, "XXX")
    with pytest.raises(ValueError, match="outside"):
        Money(-1, "USD")
    with pytest.raises(ValueError, match="outside"):
        Money(MAX_MINOR + 1, "USD")


@given(minor=st.integers(0, 10**12), currency=st.sampled_from(sorted(EXPONENTS)))
def test_a_printed_amount_reads_back(minor: int, currency: str) -> None:
    exponent = EXPONENTS[currency]
    digits = str(minor).zfill(exponent + 1)
    amount = f"{digits[:-exponent]}.{digits[-exponent:]}" if exponent else digits
    assert parse_money(amount, currency).minor == minor


@given(amount=st.text(max_size=30), currency=st.one_of(st.just("USD"), st.text(max_size=5)))
def test_any_text_is_money_or_refused_by_name(amount: str, currency: str) -> None:
    with suppress(MoneyInvalid):
        assert parse_money(amount, currency).minor >= 0
