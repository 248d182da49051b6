"""One consignment out of what several sources say of it. Derived when needed, never stored as the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

import msgspec

from agent.domain.declarations import Account, Declaration, IdentityDocument, Party
from agent.domain.errors import DeclarationsMismatch


class SourceRole(StrEnum):
    """In what capacity a source speaks, the word that counts most first."""

    CARRIER = "carrier"
    POST = "post"
    MARKETPLACE = "marketplace"
    SELLER = "seller"
    FORWARDER = "forwarder"


_PRIORITY = {role: place for place, role in enumerate(SourceRole)}

Claim = tuple[SourceRole, str, Declaration]
"""Who said it, when it was received (ISO 8601 with offset), what was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one source claims of a field, as text that compares equal when the claims agree."""

    role: SourceRole
    received: str
    claim: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Sources disagree on a field; the first side is the one that was chosen."""

    field: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """The consignment as it stands: the chosen claims, and where sources contradict each other."""

    declaration: Declaration
    conflicts: tuple[Conflict, ...] = ()
    others: tuple[Declaration, ...] = ()
    """All that was declared, where it was more than one."""

    def names(self) -> tuple[tuple[str, str], ...]:
        """(side, name) of every claim: no word of one source hides another's."""
        return _names((self.declaration, *self.others))


def effective(declarations: Sequence[Claim]) -> Effective:
    """Choose, per field, the claim of the source with the highest priority, its newest one.

    An address is one claim, street to country: half of one source's and half of another's would be a place
    nobody named. A source that says nothing of a field does not contradict the others. Labels of pieces are
    joined, since each source may know a number of its own; two lists of several pieces are not matched up,
    and the first stands.

    Raises:
        DeclarationsMismatch: There is no declaration, or they name different consignments.
    """
    if not declarations:
        raise DeclarationsMismatch("no declaration was given; a piece without one is unmanifested")
    if len(declarations) == 1:
        return Effective(declaration=declarations[0][2])
    numbers = sorted({declaration.consignment for _, _, declaration in declarations})
    if len(numbers) > 1:
        raise DeclarationsMismatch(f"consignments {', '.join(numbers[:3])} are not one; derive each alone")
    ranked = sorted(declarations, key=lambda claim: datetime.fromisoformat(claim[1]), reverse=True)
    ranked.sort(key=lambda claim: _PRIORITY[claim[0]])

    changes: dict[str, Any] = {"pieces": _pieces(ranked)}
    conflicts: list[Conflict] = []
    for name, read in _FIELDS.items():
        chosen = _choose(name, ranked, read, conflicts)
        if chosen is not None:
            changes[name] = chosen
    for name, nothing in _WHOLES.items():
        changes[name] = _choose(name, ranked, _said(name, nothing), conflicts) or nothing
    for side, reads in _PARTIES.items():
        parts = {name: _choose(f"{side}.{name}", ranked, read, conflicts) for name, read in reads.items()}
        address = parts.pop("address") or (None,) * len(_ADDRESS)
        changes[side] = Party(**parts, **dict(zip(_ADDRESS, address, strict=True)))
    merged = msgspec.structs.replace(ranked[0][2], **changes)
    said = tuple(declaration for _, _, declaration in ranked)
    return Effective(declaration=merged, conflicts=tuple(conflicts), others=said)


def _names(declarations: Sequence[Declaration]) -> tuple[tuple[str, str], ...]:
    """Each name once for each side, in the order of the claims."""
    found: dict[tuple[str, str], None] = {}
    for declaration in declarations:
        for side, read in _SIDES.items():
            party: Party = read(declaration)
            if party.name is not None:
                found[side, party.name] = None
    return tuple(found)


_SIDES = {side: attrgetter(side) for side in ("consignor", "consignee", "seller", "purchaser")}

_ADDRESS = ("street", "city", "state", "postcode", "country")
_FIELDS = {
    name: attrgetter(name)
    for name in (
        "transport", "receptacle", "description", "hs", "quantity", "gross_weight_g", "value",
        "origin_country", "marketplace", "expected_arrival", "master", "house", "piece_count",
        "shipped_country", "packing_place", "pickup_place", "known_consignor", "entry_type", "entry_number",
        "importer_of_record", "product_link", "flight", "arrival_port", "mail_service", "mail_category",
        "mailed_on",
    )
}  # fmt: skip
_WHOLES = {"items": (), "account": Account(), "identity_document": IdentityDocument()}
"""Fields that are one claim as they stand, and what each is when nothing was said."""


def _said(name: str, nothing: object) -> Callable[[Declaration], object]:
    read = attrgetter(name)

    def said(declaration: Declaration) -> object:
        claim = read(declaration)
        return None if claim == nothing else claim

    return said


def _address_of(side: str) -> Callable[[Declaration], object]:
    read = attrgetter(*(f"{side}.{part}" for part in _ADDRESS))

    def address(declaration: Declaration) -> object:
        parts = read(declaration)
        return parts if any(parts) else None

    return address


_PARTIES: Mapping[str, Mapping[str, Callable[[Declaration], object]]] = {
    side: {
        **{name: attrgetter(f"{side}.{name}") for name in ("name", "phone", "email")},
        "address": _address_of(side),
    }
    for side in _SIDES
}


def _choose(
    name: str, ranked: Sequence[Claim], read: Callable[[Declaration], object], conflicts: list[Conflict]
) -> Any:
    """The first claim that says anything; a conflict is noted when a later one says something else."""
    said = [(role, received, claim) for role, received, d in ranked if (claim := read(d)) is not None]
    if not said:
        return None
    sides: dict[str, Side] = {}
    for role, received, claim in said:
        text = _comparable(claim)
        # The newest word in one role replaces the older ones, as an amendment does, and contradicts none.
        if text not in sides and not any(s.role is role for s in sides.values()):
            sides[text] = Side(role=role, received=received, claim=text)
    if len(sides) > 1:
        conflicts.append(Conflict(field=name, sides=tuple(sides.values())))
    return said[0][2]


def _comparable(claim: object) -> str:
    if isinstance(claim, tuple):
        return " ".join(_comparable(part) for part in claim if part)
    return " ".join(str(claim).casefold().split())


def _pieces(ranked: Sequence[Claim]) -> tuple[Any, ...]:
    lists = [d.pieces for _, _, d in ranked if d.pieces]
    if lists and all(len(pieces) == 1 for pieces in lists):
        return (tuple(dict.fromkeys(label for pieces in lists for label in pieces[0])),)
    return lists[0] if lists else ()
