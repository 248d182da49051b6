"""Money as whole minor units of an ISO 4217 currency."""

from __future__ import annotations

import re

import msgspec

from agent.domain.errors import MoneyInvalid

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_TWO_DECIMALS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU
    MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES
    WST XCD YER ZAR ZMW
"""

EXPONENTS = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
}
"""Decimals of each currency's minor unit. Source: ISO 4217, list one."""

MAX_MINOR = 10**15
"""No consignment is worth more; a larger amount is a slip of the file."""

_AMOUNT = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,9}))?")


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount that is never negative: ``Money(250_000, "USD")`` is 2,500.00 dollars."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in EXPONENTS:
            raise ValueError(f"{self.currency[:8]!r} is not an ISO 4217 currency in use")
        if not 0 <= self.minor <= MAX_MINOR:
            raise ValueError(f"{self.minor} minor units are outside 0…{MAX_MINOR}")


def parse_money(amount: str, currency: str) -> Money:
    """Read a decimal amount exactly.

    Args:
        amount: Digits with at most one point, as ``12.5``; no sign, no thousands separator, no exponent.
        currency: ISO 4217 letters, upper case.

    Raises:
        MoneyInvalid: The currency is unknown, the amount is not such a number, or it has more decimals than
            the currency has minor units.

    >>> parse_money("2500.5", "USD")
    Money(minor=250050, currency='USD')
    >>> parse_money("980", "JPY")
    Money(minor=980, currency='JPY')
    """
    exponent = EXPONENTS.get(currency)
    if exponent is None:
        raise MoneyInvalid(f"{currency[:8]!r} is not an ISO 4217 currency in use; write three letters as USD")
    match = _AMOUNT.fullmatch(amount)
    if match is None:
        raise MoneyInvalid(f"{amount[:40]!r} is not an amount; write digits with a point, as 1234.50")
    whole, decimals = match.groups(default="")
    decimals = decimals.rstrip("0")
    if len(decimals) > exponent:
        raise MoneyInvalid(f"{amount[:40]!r} is finer than the smallest unit of {currency}; round it first")
    minor = int(whole + decimals.ljust(exponent, "0"))
    if minor > MAX_MINOR:
        raise MoneyInvalid(f"{amount[:40]!r} {currency} is more than a consignment can be worth")
    return Money(minor, currency)
