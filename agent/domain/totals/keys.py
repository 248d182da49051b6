"""What is compared of a person, a contact, an order and a number; kept are keyed digests of 63 bits alone.

Nobody who reads the store without the hub's secret can tell a name or an address from them, and digests of
two hubs do not compare.
"""

from __future__ import annotations

import functools
import hashlib
import re
from itertools import pairwise

from agent.domain.consignment.declaration import Declaration, Party
from agent.domain.parties.check import name_fault
from agent.domain.parties.contacts import NANP, email_fault, phone_digits, phone_fault
from agent.domain.parties.tables import PartyTables
from agent.domain.screening.names import fold, key

_MASK = 2**63 - 1
_MOST_KEY = 64


class KeyedDigests:
    """Digests under one hub's secret.

    Args:
        secret: Of the hub, any number of bytes but none; the first 64 count.

    Raises:
        ValueError: The secret is empty: anybody could try names against the store.
    """

    def __init__(self, secret: bytes) -> None:
        if not secret:
            raise ValueError("the hub's secret is empty; make one of 32 random bytes")
        self._secret = secret[:_MOST_KEY]

    def of(self, sort: str, text: str) -> int:
        """A number from 1 to 2**63 - 1; the same text of another sort gives another."""
        made = hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"), digest_size=8, key=self._secret, person=sort.encode()
        )
        return (int.from_bytes(made.digest()) & _MASK) or 1


# A letter with its point, or several, that stand alone: J., J.R., and a lone J between words.
_INITIALS = re.compile(r"(?<![^\s,])(?:(?:[^\W\d_]\.){1,4}|[A-Za-z](?=[\s,]|$))(?![^\s,])")


def person_words(name: str, tables: PartyTables) -> tuple[str, ...]:
    """What is compared of a name: its words as they sound, sorted, without titles and initials.

    Initials count where without them less than two words would be left: J. Smith and K. Smith are two.

    >>> from agent.domain.parties.tables import shipped
    >>> person_words("Dr. Mohammed J. O'Brien", shipped()) == person_words("OBRIEN, Muhamed", shipped())
    False
    >>> person_words("Mr Mohammed J. O'Brien", shipped()) == person_words("OBRIEN, Muhamed", shipped())
    True
    """
    for text in (_INITIALS.sub(" ", name), name):
        words = [word for word in fold(text).split() if word not in tables.titles]
        if len(words) > 1:
            break
    return tuple(sorted(spoken(word) for word in words or fold(name).split()))


_REMEMBERED = 16_384
"""Words of names, and sellers, come again and again."""

_SOUNDS = tuple(
    (re.compile(shape), sound)
    for shape, sound in (
        (r"^(?:kn|gn|pn)", "n"), (r"^wr", "r"), (r"^ps", "s"), (r"^x", "s"), (r"ph", "f"), (r"sch|sh", "S"),
        (r"tch|ch", "C"), (r"ck", "k"), (r"c(?=[eiy])", "s"), (r"[cq]", "k"), (r"x", "ks"), (r"z", "s"),
        (r"w", "v"), (r"y", "i"), (r"(?<=[bdgjklmnprtv])h", ""), (r"(?<=[aeiou])h(?![aeiou])", ""),
        (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
_VOWELS = re.compile(r"[aeiou]+")
_VOWEL = {"a": "a", "e": "i", "i": "i", "o": "o", "u": "o"}


@functools.lru_cache(maxsize=_REMEMBERED)
def spoken(word: str) -> str:
    """How a folded Latin word sounds, roughly; a word of another script, or with digits, stays as it is.

    Letters that are written for one another in transliterated names become one (ph and f, c and k, z and s,
    w and v, y and i), doubled ones single, h behind a consonant silent. In words of two vowels and more the
    inner vowels go; a first one, and a last one, which tells Mario and Maria apart, stay as a, i or o. A word
    of one vowel keeps it, so that Chen and Chan, Dan and Don are two: better too low a total than
    strangers in one.

    >>> [spoken(word) for word in ("mohammed", "muhammad", "maria", "mario", "chen", "smyth", "smith", "王")]
    ['mhmd', 'mhmd', 'mra', 'mro', 'Cen', 'smit', 'smit', '王']
    """
    if not (word.isascii() and word.isalpha()):
        return word
    for shape, sound in _SOUNDS:
        word = shape.sub(sound, word)
    groups = list(_VOWELS.finditer(word))
    if len(groups) < 2:
        return word
    kept = [word[: groups[0].start()], _VOWEL[groups[0][0][0]] if groups[0].start() == 0 else ""]
    for group, following in pairwise(groups):
        kept.append(word[group.end() : following.start()])
    if groups[-1].end() == len(word):
        kept.append(_VOWEL[groups[-1][0][-1]])
    else:
        kept.append(word[groups[-1].end() :])
    return "".join(kept)


def phone_key(party: Party, tables: PartyTables) -> str | None:
    """The telephone number of ``party`` with its country, or None where nobody would answer."""
    if party.phone is None:
        return None
    digits = phone_digits(party.phone)
    if digits is None or phone_fault(digits, party.country, tables) is not None:
        return None
    if party.country in NANP and not digits.startswith("+"):
        return f"+1{digits[-10:]}"
    # Without a country two numbers of one city could belong to two.
    return digits if digits.startswith("+") else f"{party.country or '?'} {digits.lstrip('0')}"


def email_key(party: Party, tables: PartyTables) -> str | None:
    """The mailbox of ``party``, or None where no mail would arrive; what follows a plus sign is put aside."""
    if party.email is None or email_fault(party.email, tables) is not None:
        return None
    local, _, domain = party.email.strip().lower().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def is_named(name: str, tables: PartyTables, also: frozenset[str]) -> bool:
    """Whether ``name`` can be a name; see ``parties.name_fault``."""
    return name_fault(name, fold(name).split(), also, tables) is None


def seller_key(declaration: Declaration, tables: PartyTables, also: frozenset[str]) -> str | None:
    """Who sells: the seller, else the consignor; None where neither has a name."""
    names = (declaration.seller.name, declaration.consignor.name)
    keys = (_trader(name, tables, also) for name in names if name is not None)
    return next((key for key in keys if key is not None), None)


@functools.lru_cache(maxsize=_REMEMBERED)
def _trader(name: str, tables: PartyTables, also: frozenset[str]) -> str | None:
    return key(name) if is_named(name, tables, also) else None


def order_key(declaration: Declaration, seller: str | None) -> str | None:
    """The order, with marketplace and seller that gave it its number; None where it could be anybody's."""
    order = fold(declaration.order or "").replace(" ", "")
    shop = f"{fold(declaration.marketplace or '')}|{seller or ''}"
    if not order or (len(order) < _UNLIKE_OTHERS and shop == "|"):
        return None
    return f"{order}|{shop}"


_UNLIKE_OTHERS = 8
"""An order number without a shop counts when it is as long as this."""

_CHECKED = re.compile(r"([A-Z]{2}[0-9]{8})[0-9]([A-Z]{2})|((?:00)?[0-9]{17})[0-9]|(1Z[A-Z0-9]{15})[0-9]")
_SERIAL = re.compile(r"(.*?)([0-9]{4,12})([^0-9]*)", re.DOTALL)


def serial_of(number: str) -> tuple[str, int] | None:
    """A consignment's number as its series and its serial number; None where it has no digits to count.

    The check digit of an S10 item, an SSCC and a UPS number is put aside: the next number differs in it too.

    >>> serial_of("RB123456785GB"), serial_of("LP00012345"), serial_of("ABCDEF")
    (('RB|GB', 12345678), ('LP|', 12345), None)
    """
    upper = number.upper()
    checked = _CHECKED.fullmatch(upper)
    if checked is not None:
        upper = "".join(part for part in checked.groups() if part is not None)
    match = _SERIAL.fullmatch(upper)
    return None if match is None else (f"{match[1]}|{match[3]}", int(match[2]))
