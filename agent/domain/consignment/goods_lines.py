"""Goods lines of a consignment, and what they say of the whole where the whole is silent."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.domain.consignment.declaration import CEILINGS, Declaration, Item
from agent.domain.values.money import MAX_MINOR, Money

_SEPARATOR = "; "


def with_totals(declaration: Declaration) -> Declaration:
    """The same consignment, with description, tariff number, quantity, value and origin as its lines say.

    What the source says of the whole stands. Quantities and values are summed only when every line has one,
    values of one currency only; a tariff number or an origin is taken over when all lines agree on it.
    """
    items = declaration.items
    totals: dict[str, object] = {}
    if declaration.description is None:
        totals["description"] = _descriptions(items)
    if declaration.hs is None:
        totals["hs"] = _shared([item.hs for item in items])
    if declaration.origin_country is None:
        totals["origin_country"] = _shared([item.origin_country for item in items])
    if declaration.quantity is None:
        totals["quantity"] = _quantity(items)
    if declaration.value is None:
        totals["value"] = _value(items)
    totals = {name: value for name, value in totals.items() if value is not None}
    return msgspec.structs.replace(declaration, **totals) if totals else declaration


def _shared(values: Sequence[str | None]) -> str | None:
    return values[0] if values and all(value == values[0] for value in values) else None


def _descriptions(items: Sequence[Item]) -> str | None:
    texts = list(dict.fromkeys(item.description for item in items if item.description))
    most = CEILINGS["description"]
    while texts and len(_SEPARATOR.join(texts)) > most:
        texts.pop()  # the lines themselves are kept whole; the headline may leave out the last of them
    return _SEPARATOR.join(texts) or None


def _quantity(items: Sequence[Item]) -> int | None:
    counts = [item.quantity for item in items if item.quantity is not None]
    total = sum(counts)
    return total if counts and len(counts) == len(items) and total <= 10_000_000 else None


def _value(items: Sequence[Item]) -> Money | None:
    values = [item.value for item in items if item.value is not None]
    if not values or len(values) < len(items) or any(one.currency != values[0].currency for one in values):
        return None
    total = sum(one.minor for one in values)
    return Money(total, values[0].currency) if total <= MAX_MINOR else None
