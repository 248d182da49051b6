"""The facts that rules may name: a flat schema, so that a rule is checked when it is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from agent.domain.declarations import Declaration, Party
from agent.domain.descriptions import words
from agent.domain.effective import Effective

FactType = Literal["INT", "STRING", "BOOL", "LIST"]
"""CEL types; LIST is a list of strings."""

FactValue = int | str | bool | list[str]

_PARTY = ("name", "street", "city", "state", "postcode", "country", "phone", "email")

_CONSIGNMENT: Mapping[str, tuple[FactType, Callable[[Declaration], FactValue | None]]] = {
    "consignment.transport": ("STRING", lambda d: d.transport.value),
    "consignment.receptacle": ("STRING", lambda d: d.receptacle),
    "consignment.pieces": ("INT", lambda d: len(d.pieces) or None),
    "consignment.label_kinds": ("LIST", lambda d: sorted({x.kind for p in d.pieces for x in p}) or None),
    "consignment.gross_weight_g": ("INT", lambda d: d.gross_weight_g),
    "consignment.value_minor": ("INT", lambda d: d.value.minor if d.value else None),
    "consignment.currency": ("STRING", lambda d: d.value.currency if d.value else None),
    "consignment.marketplace": ("STRING", lambda d: d.marketplace),
    "consignment.expected_arrival": ("STRING", lambda d: d.expected_arrival),
    "goods.description": ("STRING", lambda d: d.description),
    "goods.hs": ("STRING", lambda d: d.hs),
    "goods.quantity": ("INT", lambda d: d.quantity),
    "goods.origin_country": ("STRING", lambda d: d.origin_country),
}

_WORDS: FactType = "LIST"
_TEXT: FactType = "STRING"

FACTS: Mapping[str, FactType] = {
    **{name: fact_type for name, (fact_type, _) in _CONSIGNMENT.items()},
    "goods.words": _WORDS,
    "goods.text": _TEXT,
    **{f"{side}.{part}": _TEXT for side in ("consignor", "consignee") for part in _PARTY},
}
"""Every fact that may be absent. ``goods.words`` are the description's words in upper case, ``goods.text``
the same words with single spaces; ``*_minor`` is minor units of ``consignment.currency``, ``*_g`` grams."""

SCHEMA: Mapping[str, FactType] = {**FACTS, **dict.fromkeys((f"known.{name}" for name in FACTS), "BOOL")}
"""Every variable of a rule: the facts, and for each of them whether it is known."""

_NOTHING_KNOWN: Mapping[str, FactValue] = dict.fromkeys((f"known.{name}" for name in FACTS), False)
_READS = tuple((name, f"known.{name}", read) for name, (_, read) in _CONSIGNMENT.items())
_PARTY_READS = tuple(
    (side, tuple((part, f"{side}.{part}", f"known.{side}.{part}") for part in _PARTY))
    for side in ("consignor", "consignee")
)


def facts_of(effective: Effective) -> dict[str, FactValue]:
    """The facts of one consignment. An absent fact is left out; ``known.<fact>`` is always given."""
    declaration = effective.declaration
    facts = dict(_NOTHING_KNOWN)
    for name, known, read in _READS:
        value = read(declaration)
        if value is not None:
            facts[name] = value
            facts[known] = True
    if declaration.description is not None:
        found = list(words(declaration.description))
        facts["goods.words"] = found
        facts["goods.text"] = " ".join(found)
        facts["known.goods.words"] = facts["known.goods.text"] = True
    for side, parts in _PARTY_READS:
        party: Party = getattr(declaration, side)
        for part, name, known in parts:
            text: str | None = getattr(party, part)
            if text is not None:
                facts[name] = text
                facts[known] = True
    return facts
