"""Parties and places: who cannot be meant, what cannot be reached, what does not fit together.

What is judged is whether the words say something, never who a person is: a name that is short, single,
foreign or in another script gives no finding.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from agent.domain.consignment.declaration import Declaration, Level, Party
from agent.domain.findings.finding import Finding
from agent.domain.parties.addresses import class_of, is_american, is_filler, postcode_fault, state_of
from agent.domain.parties.contacts import calling_code, email_fault, is_disposable, phone_digits, phone_fault
from agent.domain.parties.tables import PartyTables, bare_key, shipped
from agent.domain.policy.pack import Policy
from agent.domain.screening.names import fold
from agent.domain.values.countries import ISO_COUNTRIES
from agent.domain.values.text import canonical, structural_fault

_SIDES = ("consignor", "consignee", "seller", "purchaser")
_NOBODY = Party()
_NONE: frozenset[str] = frozenset()
_MASKED = re.compile(r"[*＊•●]{2,}")
_CONTACT = re.compile(r"@[^\s@]+\.|https?://|www\.", re.IGNORECASE)


def check_parties(
    declaration: Declaration, policy: Policy, tables: PartyTables | None = None
) -> Iterator[Finding]:
    """Hold the parties, places and countries of ``declaration`` to what can be meant.

    Args:
        declaration: What one source says, or several together.
        policy: For the placeholder names of its own.
        tables: The packs; those of this release when None.

    Returns:
        Findings whose ``field`` is the name of a fact. CORRECTABLE: ``PARTY_REFUSED`` (``reason``),
        ``ORIGINAL_PARTY_NEEDED``, ``PARTIES_IDENTICAL``, ``COUNTRY_UNKNOWN``, ``STATE_UNKNOWN``,
        ``POSTCODE_MALFORMED``, ``POSTCODE_UNASSIGNED``, ``POSTCODE_OTHER_STATE``, ``PHONE_REFUSED``
        (``reason``), ``EMAIL_REFUSED`` (``reason``). NOTE: ``PARTY_MAY_FORWARD``, ``PARTIES_SHARE_NAME``,
        ``ADDRESS_CLASS`` (``class``), ``ADDRESS_REPEATS_NAME``, ``POSTCODE_FILLER``,
        ``PHONE_COUNTRY_DIFFERS`` (``calling_code``), ``EMAIL_DISPOSABLE``,
        ``COUNTRIES_DIFFER`` (``other``, a fact).
    """
    known = tables or shipped()
    words: dict[str, tuple[str, ...]] = {}
    for side in _SIDES:
        party: Party = getattr(declaration, side)
        if party != _NOBODY:
            house = side in _ORIGINAL and declaration.level is Level.HOUSE
            findings, words[side] = _judged(side, party, house, policy.placeholder_names, known)
            yield from findings
    for place in ("packing_place", "pickup_place"):
        text: str | None = getattr(declaration, place)
        if text is not None and (fault := _fault(text, _words(text), _NONE, known)):
            yield _finding("PARTY_REFUSED", field=f"consignment.{place}", reason=fault)
    yield from _together(declaration, words.get("consignor", ()), words.get("consignee", ()))
    yield from _countries(declaration)


_ORIGINAL = ("consignor", "consignee")
"""Whose own names a house bill asks for. Sellers and purchasers may be of any trade."""

_REMEMBERED = 4096
"""Parties, and texts of theirs, whose judgement is kept: a seller of many parcels is looked at once."""


@functools.lru_cache(maxsize=_REMEMBERED)
def _judged(
    side: str, party: Party, house: bool, also: frozenset[str], tables: PartyTables
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What is found on one party by itself, and the folded words of its name."""
    words = _words(party.name) if party.name is not None else ()
    return tuple(_alone(side, party, words, also, tables, house=house)), words


def _alone(
    side: str,
    party: Party,
    words: tuple[str, ...],
    also: frozenset[str],
    tables: PartyTables,
    *,
    house: bool,
) -> Iterator[Finding]:
    if party.name is not None:
        fault = name_fault(party.name, words, also, tables)
        if fault is not None:
            yield _finding("PARTY_REFUSED", field=f"{side}.name", reason=fault)
        elif house:
            yield from _forwards(side, words, tables)
    if party.country is not None and party.country not in ISO_COUNTRIES:
        yield _finding("COUNTRY_UNKNOWN", field=f"{side}.country")
    yield from _street(side, party, words, tables)
    if party.city is not None and (fault := _fault(party.city, _words(party.city), _NONE, tables)):
        yield _finding("PARTY_REFUSED", field=f"{side}.city", reason=fault)
    yield from _state_and_postcode(side, party, tables)
    yield from _contacts(side, party, tables)


def _words(text: str) -> tuple[str, ...]:
    """The folded words of ``text``."""
    return (text.lower(),) if text.isascii() and text.isalpha() else tuple(fold(text).split())


def name_fault(name: str, words: Sequence[str], also: frozenset[str], tables: PartyTables) -> str | None:
    """Why ``name`` names nobody; None when it can be a name.

    Args:
        name: As the source wrote it.
        words: Those of ``names.fold(name)``.
        also: ``names.key`` of more placeholders.

    Returns:
        A structural reason (see ``descriptions.structural_fault``), ``masked``, ``contact``, ``placeholder``,
        ``fictional``, ``keyboard_walk``, or None.
    """
    fault = _fault(name, tuple(words), also, tables)
    if fault is None and ("@" in name or "." in name or "/" in name) and _CONTACT.search(name):
        fault = "contact"
    if fault is None and "".join(sorted(words)) in tables.fictional:
        fault = "fictional"
    return fault


@functools.lru_cache(maxsize=_REMEMBERED)
def _fault(text: str, words: tuple[str, ...], also: frozenset[str], tables: PartyTables) -> str | None:
    """Why ``text`` says nothing, be it a name, a street, a city or a place; ``words`` are its folded ones."""
    # Before the structural rule, which knows "?" as a sign and not as what people write for nothing.
    if (
        len(text) <= _LONGEST_LITERAL
        and not text.isalnum()
        and canonical(text).replace(" ", "") in tables.literals
    ):
        return "placeholder"
    fault = None if _SOUND.match(text) else structural_fault(text)
    if fault is None and ("*" in text or not text.isascii()) and _MASKED.search(text):
        fault = "masked"
    if fault is None and _says_nothing(words, also, tables):
        fault = "placeholder"
    if fault is None and words and tables.walks.issuperset(words):
        fault = "keyboard_walk"
    return fault


_LONGEST_LITERAL = 8
_SOUND = re.compile(r"[A-Za-z0-9][ -~]*?([A-Za-z])(?!\1)[A-Za-z]", re.IGNORECASE)
"""ASCII that begins plainly and has two different letters side by side: no structural rule refuses it."""


def _says_nothing(words: Sequence[str], also: frozenset[str], tables: PartyTables) -> bool:
    """Whether nothing but a placeholder is left without titles, numbers, repetitions ("Mr Test Test 2")."""
    if len(words) > _MOST_WORDS or (not also and tables.vocabulary.isdisjoint(words)):
        return False
    whole = "".join(sorted(words))
    if whole in tables.placeholders or whole in also:
        return True
    telling = {word for word in words if not word.isdecimal() and word not in tables.titles}
    if len(telling) == len(words):
        return False
    whole = "".join(sorted(telling))
    return whole in tables.placeholders or whole in also


_MOST_WORDS = 8


def _forwards(side: str, words: Sequence[str], tables: PartyTables) -> Iterator[Finding]:
    if bare_key(words, tables.legal_forms) in tables.forwarders:
        yield _finding("ORIGINAL_PARTY_NEEDED", field=f"{side}.name")
    elif tables.forwarder_words.within(words) is not None:
        yield _finding("PARTY_MAY_FORWARD", field=f"{side}.name")


def _street(side: str, party: Party, name: Sequence[str], tables: PartyTables) -> Iterator[Finding]:
    if party.street is None:
        return
    field = f"{side}.street"
    words = _words(party.street)
    fault = _fault(party.street, words, _NONE, tables)
    # A house number makes an address of a line that is a name otherwise.
    if fault is None and words == name and not any(c.isdecimal() for c in party.street):
        fault = "is_name"
    if fault is not None:
        yield _finding("PARTY_REFUSED", field=field, reason=fault)
        return
    if len(name) > 1 and name[0] in words and f" {' '.join(name)} " in f" {' '.join(words)} ":
        yield _finding("ADDRESS_REPEATS_NAME", field=field)
    kind = class_of(party.street, words, tables)
    if kind is not None:
        yield _finding("ADDRESS_CLASS", **{"field": field, "class": kind.value})


def _state_and_postcode(side: str, party: Party, tables: PartyTables) -> Iterator[Finding]:
    if not is_american(party):
        if party.postcode is not None and is_filler(party.postcode):
            yield _finding("POSTCODE_FILLER", field=f"{side}.postcode")
        return
    state = state_of(party, tables)
    if party.state is not None and state is None:
        yield _finding("STATE_UNKNOWN", field=f"{side}.state")
    fault = postcode_fault(party, state, tables)
    if fault is not None:
        yield _finding(_POSTCODE[fault], field=f"{side}.postcode")


_POSTCODE = {
    "malformed": "POSTCODE_MALFORMED",
    "unassigned": "POSTCODE_UNASSIGNED",
    "other_state": "POSTCODE_OTHER_STATE",
}


def _contacts(side: str, party: Party, tables: PartyTables) -> Iterator[Finding]:
    if party.phone is not None:
        digits = phone_digits(party.phone)
        fault = phone_fault(digits, party.country, tables)
        if fault is not None:
            yield _finding("PHONE_REFUSED", field=f"{side}.phone", reason=fault)
        elif digits is not None and digits.startswith("+") and party.country in ISO_COUNTRIES:
            code = calling_code(digits, tables.calling_codes)
            served = tables.calling_codes.get(code or "", frozenset())
            if code is not None and served and party.country not in served:
                yield _finding("PHONE_COUNTRY_DIFFERS", field=f"{side}.phone", calling_code=int(code))
    if party.email is not None:
        fault = email_fault(party.email, tables)
        if fault is not None:
            yield _finding("EMAIL_REFUSED", field=f"{side}.email", reason=fault)
        elif is_disposable(party.email, tables):
            yield _finding("EMAIL_DISPOSABLE", field=f"{side}.email")


def _together(declaration: Declaration, one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[Finding]:
    """Consignor and consignee as one: to send to oneself is common, to send nowhere is not."""
    if not one or sorted(one) != sorted(other):
        return
    sender, receiver = declaration.consignor, declaration.consignee
    if sender.street is not None and receiver.street is not None and _place(sender) == _place(receiver):
        yield _finding("PARTIES_IDENTICAL", field="consignee.name")
    else:
        yield _finding("PARTIES_SHARE_NAME", field="consignee.name")


def _place(party: Party) -> tuple[str, ...]:
    parts = (party.street, party.city, party.postcode, party.country)
    return tuple(fold(part) if part is not None else "" for part in parts)


def _countries(declaration: Declaration) -> Iterator[Finding]:
    """Countries outside the parties, and those that name one thing twice."""
    origin, shipped_from = declaration.origin_country, declaration.shipped_country
    consignor = declaration.consignor.country
    items = {item.origin_country for item in declaration.items if item.origin_country is not None}
    if (origin is not None and origin not in ISO_COUNTRIES) or not items <= ISO_COUNTRIES:
        yield _finding("COUNTRY_UNKNOWN", field="goods.origin_country")
    if shipped_from is not None and shipped_from not in ISO_COUNTRIES:
        yield _finding("COUNTRY_UNKNOWN", field="consignment.shipped_country")
    named = (("goods.origin_country", origin), ("consignment.shipped_country", shipped_from))
    for field, country in named:
        both = {country, consignor}
        if len(both) > 1 and both <= ISO_COUNTRIES:
            yield _finding("COUNTRIES_DIFFER", field=field, other="consignor.country")


def _finding(code: str, **params: str | int) -> Finding:
    return Finding(code=code, params=params)
