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

_SIDES = ("consignor", "consignee", "seller", "purchaser")
_PARTY = ("name", "street", "city", "state", "postcode", "country", "phone", "email", "registration")

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
    "consignment.level": ("STRING", lambda d: d.level.value),
    "consignment.master": ("STRING", lambda d: d.master),
    "consignment.house": ("STRING", lambda d: d.house),
    "consignment.piece_count": ("INT", lambda d: d.piece_count or len(d.pieces) or None),
    "consignment.items": ("INT", lambda d: len(d.items) or None),
    "consignment.shipped_country": ("STRING", lambda d: d.shipped_country),
    "consignment.packing_place": ("STRING", lambda d: d.packing_place),
    "consignment.pickup_place": ("STRING", lambda d: d.pickup_place),
    "consignment.known_consignor": ("BOOL", lambda d: d.known_consignor),
    "consignment.entry_type": ("STRING", lambda d: d.entry_type),
    "consignment.entry_number": ("STRING", lambda d: d.entry_number),
    "consignment.importer_of_record": ("STRING", lambda d: d.importer_of_record),
    "consignment.product_link": ("STRING", lambda d: d.product_link),
    "consignment.flight": ("STRING", lambda d: d.flight),
    "consignment.arrival_port": ("STRING", lambda d: d.arrival_port),
    "consignment.mail_service": ("STRING", lambda d: d.mail_service),
    "consignment.mail_category": ("STRING", lambda d: d.mail_category),
    "consignment.mailed_on": ("STRING", lambda d: d.mailed_on),
    "consignment.order": ("STRING", lambda d: d.order),
    "consignment.departure": ("STRING", lambda d: d.departure),
    "account.holder": ("STRING", lambda d: d.account.holder),
    "account.name": ("STRING", lambda d: d.account.name),
    "account.issuer": ("STRING", lambda d: d.account.issuer),
    "account.number": ("STRING", lambda d: d.account.number),
    "account.opened_on": ("STRING", lambda d: d.account.opened_on),
    "account.billing_type": ("STRING", lambda d: d.account.billing_type),
    "account.ship_frequency": ("STRING", lambda d: d.account.ship_frequency),
    "account.ip_at_opening": ("STRING", lambda d: d.account.ip_at_opening),
    "account.ip_at_booking": ("STRING", lambda d: d.account.ip_at_booking),
    "security.status": ("STRING", lambda d: d.security.status),
    "security.issuer": ("STRING", lambda d: d.security.issuer),
    "security.methods": ("LIST", lambda d: list(d.security.methods) or None),
    "identity_document.number": ("STRING", lambda d: d.identity_document.number),
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
    **{f"{side}.{part}": _TEXT for side in _SIDES for part in _PARTY},
}
"""Every fact that may be absent. ``goods.words`` are the description's words in upper case, ``goods.text``
the same words with single spaces; ``*_minor`` is minor units of ``consignment.currency``, ``*_g`` grams."""

SCHEMA: Mapping[str, FactType] = {**FACTS, **dict.fromkeys((f"known.{name}" for name in FACTS), "BOOL")}
"""Every variable of a rule: the facts, and for each of them whether it is known."""

_NOTHING_KNOWN: Mapping[str, FactValue] = dict.fromkeys((f"known.{name}" for name in FACTS), False)
_READS = tuple((name, f"known.{name}", read) for name, (_, read) in _CONSIGNMENT.items())
_PARTY_READS = tuple(
    (side, tuple((part, f"{side}.{part}", f"known.{side}.{part}") for part in _PARTY)) for side in _SIDES
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
