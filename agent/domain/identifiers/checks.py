"""Check digits: weights repeated over a number, or ISO/IEC 7064. No carrier has code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

_PURE = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """A weighted sum and what its remainder says.

    ``weights`` start at the character before the check digit and repeat towards the left. Letters count as
    (ASCII - 3) mod 10, so A is 2 and Z is 7; only UPS prints any.

    >>> Weighted(weights=(3, 1), modulus=10, complement=True).digit("9400")    # GS1: brings the sum to a ten
    '9'
    >>> Weighted(weights=(1, 3, 7), modulus=11, then=10).digit("98657878885")    # FedEx Express
    '5'
    """

    weights: tuple[int, ...]
    modulus: int
    then: int | None = None
    """A second modulus, taken of the first one's remainder."""
    complement: bool = False
    """The digit is what brings the sum to a multiple of the modulus, not the remainder itself."""
    fold: bool = False
    """A product of two digits counts as the sum of them (Luhn)."""
    ahead: str = ""
    """Counted in front of the number, printed nowhere."""

    def digit(self, body: str) -> str:
        """The check digit of ``body``: ASCII digits and capitals, without its check digit."""
        total = sum(self._products(self.ahead + body))
        remainder = (-total if self.complement else total) % self.modulus
        return str(remainder if self.then is None else remainder % self.then)

    def _products(self, text: str) -> Iterator[int]:
        for character, weight in zip(reversed(text), cycle(self.weights), strict=False):
            value = int(character) if character.isdigit() else (ord(character) - 3) % 10
            product = value * weight
            yield product - 9 if self.fold and product > 9 else product


@dataclass(frozen=True, slots=True, kw_only=True)
class Hybrid:
    """ISO/IEC 7064 MOD 37,36: digits and capitals, and the check character may be a letter.

    >>> Hybrid().digit("09980000020033")    # DPD
    'F'
    """

    def digit(self, body: str) -> str:
        """The check character of ``body``."""
        product = 36
        for character in body:
            total = (product + int(character, 36)) % 36 or 36
            product = total * 2 % 37
        return _PURE[(37 - product) % 36]


Check = Weighted | Hybrid


def holds(check: Check, text: str) -> bool:
    """Whether the last character of ``text`` is the check digit of those before it.

    >>> holds(LUHN, "320595463938"), holds(LUHN, "320595463939")
    (True, False)
    """
    return text[-1] == check.digit(text[:-1])


GS1 = Weighted(weights=(3, 1), modulus=10, complement=True)
"""Source: GS1 General Specifications, section 7.9; USPS Publication 199 takes it over."""
LUHN = Weighted(weights=(2, 1), modulus=10, complement=True, fold=True)
"""Source: ISO/IEC 7812-1, annex B."""
MOD7 = Weighted(weights=(1, 3, 2, 6, 4, 5), modulus=7)
"""The number itself modulo 7: powers of ten leave 1, 3, 2, 6, 4, 5. Source: IATA Resolution 600a."""
FEDEX = Weighted(weights=(1, 3, 7), modulus=11, then=10)
UPS = Weighted(weights=(1, 2), modulus=10, complement=True)
UPS_FREIGHT = Weighted(weights=(3, 7, 1), modulus=10, complement=True)
ONTRAC_C = Weighted(weights=(2, 1), modulus=10, complement=True, ahead="4")
ONTRAC_D = Weighted(weights=(2, 1), modulus=10, complement=True, ahead="5")
USPS_91 = Weighted(weights=(3, 1), modulus=10, complement=True, ahead="91")
FEDEX_92 = Weighted(weights=(3, 1), modulus=10, complement=True, ahead="92")
DPD = Hybrid()
"""Source: DPD Parcel Label Specification 2.4.1."""
