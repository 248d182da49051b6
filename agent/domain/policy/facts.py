"""The facts that rules may name: a flat schema, so that a rule is checked when it is loaded."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Literal

from agent.domain.consignment.declaration import Declaration
from agent.domain.consignment.effective import Effective
from agent.domain.description.check import words
from agent.domain.description.obfuscation import readings

FactType = Literal["INT", "STRING", "BOOL", "LIST"]
"""CEL types; LIST is a list of strings."""

FactValue = int | str | bool | list[str]

_SIDES = ("consignor", "consignee", "seller", "purchaser")
_PARTY = ("name", "street", "city", "state", "postcode", "country", "phone", "email", "registration")

_Read = str | Callable[[Declaration], FactValue | None]
"""Where a declaration says it, or how it is taken from it."""

_CONSIGNMENT: Mapping[str, tuple[FactType, _Read]] = {
    "consignment.transport": ("STRING", "transport.value"),
    "consignment.receptacle": ("STRING", "receptacle"),
    "consignment.pieces": ("INT", lambda d: len(d.pieces) or None),
    "consignment.label_kinds": ("LIST", lambda d: sorted({x.kind for p in d.pieces for x in p}) or None),
    "consignment.gross_weight_g": ("INT", "gross_weight_g"),
    "consignment.value_minor": ("INT", lambda d: d.value.minor if d.value else None),
    "consignment.currency": ("STRING", lambda d: d.value.currency if d.value else None),
    "consignment.marketplace": ("STRING", "marketplace"),
    "consignment.expected_arrival": ("STRING", "expected_arrival"),
    "consignment.level": ("STRING", "level.value"),
    "consignment.master": ("STRING", "master"),
    "consignment.house": ("STRING", "house"),
    "consignment.piece_count": ("INT", lambda d: d.piece_count or len(d.pieces) or None),
    "consignment.items": ("INT", lambda d: len(d.items) or None),
    "consignment.shipped_country": ("STRING", "shipped_country"),
    "consignment.packing_place": ("STRING", "packing_place"),
    "consignment.pickup_place": ("STRING", "pickup_place"),
    "consignment.known_consignor": ("BOOL", "known_consignor"),
    "consignment.entry_type": ("STRING", "entry_type"),
    "consignment.entry_number": ("STRING", "entry_number"),
    "consignment.importer_of_record": ("STRING", "importer_of_record"),
    "consignment.product_link": ("STRING", "product_link"),
    "consignment.flight": ("STRING", "flight"),
    "consignment.arrival_port": ("STRING", "arrival_port"),
    "consignment.mail_service": ("STRING", "mail_service"),
    "consignment.mail_category": ("STRING", "mail_category"),
    "consignment.mailed_on": ("STRING", "mailed_on"),
    "consignment.order": ("STRING", "order"),
    "consignment.departure": ("STRING", "departure"),
    "account.holder": ("STRING", "account.holder"),
    "account.name": ("STRING", "account.name"),
    "account.issuer": ("STRING", "account.issuer"),
    "account.number": ("STRING", "account.number"),
    "account.opened_on": ("STRING", "account.opened_on"),
    "account.billing_type": ("STRING", "account.billing_type"),
    "account.ship_frequency": ("STRING", "account.ship_frequency"),
    "account.ip_at_opening": ("STRING", "account.ip_at_opening"),
    "account.ip_at_booking": ("STRING", "account.ip_at_booking"),
    "security.status": ("STRING", "security.status"),
    "security.issuer": ("STRING", "security.issuer"),
    "security.methods": ("LIST", lambda d: list(d.security.methods) or None),
    "identity_document.number": ("STRING", "identity_document.number"),
    "goods.description": ("STRING", "description"),
    "goods.hs": ("STRING", "hs"),
    "goods.quantity": ("INT", "quantity"),
    "goods.origin_country": ("STRING", "origin_country"),
}

_WORDS: FactType = "LIST"
_TEXT: FactType = "STRING"

FACTS: Mapping[str, FactType] = {
    **{name: fact_type for name, (fact_type, _) in _CONSIGNMENT.items()},
    "goods.words": _WORDS,
    "goods.text": _TEXT,
    **{f"{side}.{part}": _TEXT for side in _SIDES for part in _PARTY},
}
"""Every fact that may be absent. ``goods.words`` are the words of the description and of the goods lines in
upper case, with what disguised ones may mean; ``goods.text`` the same, single spaced, texts apart by " / ".
``*_minor`` is minor units of ``consignment.currency``, ``*_g`` grams."""

SCHEMA: Mapping[str, FactType] = {**FACTS, **dict.fromkeys((f"known.{name}" for name in FACTS), "BOOL")}
"""Every variable of a rule: the facts, and for each of them whether it is known."""

EVERY_FACT = frozenset(SCHEMA)

_READS: Mapping[str, Callable[[Declaration], FactValue | None]] = {
    **{name: attrgetter(read) if isinstance(read, str) else read for name, (_, read) in _CONSIGNMENT.items()},
    **{name: attrgetter(name) for name in (f"{side}.{part}" for side in _SIDES for part in _PARTY)},
}
_KNOWN = "known."


def facts_of(effective: Effective, asked: frozenset[str] = EVERY_FACT) -> dict[str, FactValue]:
    """The facts of one consignment, of those that are ``asked`` for.

    An absent fact is left out; ``known.<fact>`` is always given.
    """
    return _reader(asked)(effective.declaration)


@functools.lru_cache(maxsize=16)
def _reader(asked: frozenset[str]) -> _Reader:
    return _Reader(asked)


class _Reader:
    """Reads what one set of rules asks for and nothing else, which is a quarter of what could be asked."""

    def __init__(self, asked: frozenset[str]) -> None:
        self._known = tuple((name, name.removeprefix(_KNOWN)) for name in asked if name.startswith(_KNOWN))
        facts = (asked & FACTS.keys()) | {fact for _, fact in self._known}
        self._reads = tuple((fact, read) for fact, read in _READS.items() if fact in facts)
        self._words = not _OF_WORDS.isdisjoint(facts)

    def __call__(self, declaration: Declaration) -> dict[str, FactValue]:
        facts: dict[str, FactValue] = {}
        for name, read in self._reads:
            value = read(declaration)
            if value is not None:
                facts[name] = value
        if self._words:
            texts = _goods_texts(declaration)
            if texts:
                facts["goods.words"], facts["goods.text"] = _read(texts)
        for known, name in self._known:
            facts[known] = name in facts
        return facts


def _goods_texts(declaration: Declaration) -> tuple[str, ...]:
    """The description and those of the goods lines: what stands in a line only is declared as well."""
    if not declaration.items:
        return () if declaration.description is None else (declaration.description,)
    texts = (declaration.description, *(item.description for item in declaration.items))
    return tuple(dict.fromkeys(text for text in texts if text is not None))


@functools.lru_cache(maxsize=4096)
def _read(texts: tuple[str, ...]) -> tuple[list[str], str]:
    """The words of all texts, and each text with single spaces; after them what obfuscated words may mean."""
    spoken = [words(text) for text in texts]
    spoken += [other for each in spoken for other in readings(each)]
    return list(dict.fromkeys(word for each in spoken for word in each)), " / ".join(map(" ".join, spoken))


_OF_WORDS = frozenset({"goods.words", "goods.text"})
