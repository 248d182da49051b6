"""Merges the declarations of several sources into one effective consignment, whenever it is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

import msgspec

from agent.domain.consignment.declaration import (
    Account,
    Declaration,
    IdentityDocument,
    Level,
    Party,
    Security,
)
from agent.domain.errors import DeclarationsMismatch


class SourceRole(StrEnum):
    """In what capacity a source speaks, the word that counts most first unless the policy says otherwise."""

    CARRIER = "carrier"
    POST = "post"
    MARKETPLACE = "marketplace"
    SELLER = "seller"
    FORWARDER = "forwarder"
    BROKER = "broker"
    CONSIGNEE = "consignee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One declaration and who made it: in what capacity, which party, when it was received."""

    role: SourceRole
    party: str
    received: str
    """ISO 8601 with offset."""
    declaration: Declaration
    signer: str | None = None
    """Id of the key that signed the message, where one did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOrder:
    """Whose word counts, per field: the first role that says anything is believed.

    ``by_field`` names fields as conflicts do (``gross_weight_g``, ``consignee.address``); all others go by
    ``usual``. A role that an order leaves out comes after those it names.
    """

    usual: tuple[SourceRole, ...] = tuple(SourceRole)
    by_field: Mapping[str, tuple[SourceRole, ...]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[SourceRole, ...]:
        """The order that goes for a field."""
        return self.by_field.get(name, self.usual)


USUAL_ORDER = ClaimOrder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one source claims of a field, as text that compares equal when the claims agree."""

    role: SourceRole
    party: str
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
    houses: int = 0
    """Of a master bill: how many house bills are known to travel under it."""

    def names(self) -> tuple[tuple[str, str], ...]:
        """(side, name) of every claim: no word of one source hides another's."""
        return _names((self.declaration, *self.others))


def effective(claims: Sequence[Claim], order: ClaimOrder = USUAL_ORDER, *, houses: int = 0) -> Effective:
    """Choose, per field, the claim of the role whose word counts most there, its newest one.

    Nothing is overwritten: a party's newer word takes the place of its own older one and of nobody else's,
    and where two parties say different things both sides are named. An address is one claim, street to
    country: half of one source's and half of another's would be a place nobody named. A source that says
    nothing of a field does not contradict the others. Labels of pieces are joined, since each source may know
    a number of its own; two lists of several pieces are not matched up, and the first stands.

    Args:
        claims: All that was said of one consignment.
        order: Whose word counts.
        houses: Of a master bill, how many house bills are known to travel under it.

    Raises:
        DeclarationsMismatch: There is no declaration, or they name different consignments.
    """
    if not claims:
        raise DeclarationsMismatch("no declaration was given; a piece without one is unmanifested")
    if len(claims) == 1:
        return Effective(declaration=claims[0].declaration, houses=houses)
    numbers = sorted({claim.declaration.consignment for claim in claims})
    if len(numbers) > 1:
        raise DeclarationsMismatch(f"consignments {', '.join(numbers[:3])} are not one; derive each alone")
    choice = _Choice(claims, order)
    usual = [claim.declaration for claim in choice.ranked(order.usual)]
    changes: dict[str, Any] = {"pieces": _pieces(usual)}
    for name, read in _FIELDS.items():
        chosen = choice.of(name, read)
        if chosen is not None:
            changes[name] = chosen
    for name, (whole, nothing) in _WHOLES.items():
        changes[name] = choice.of(name, whole) or nothing
    for side, reads in _PARTIES.items():
        parts = {name: choice.of(f"{side}.{name}", read) for name, read in reads.items()}
        address = parts.pop("address") or (None,) * len(_ADDRESS)
        changes[side] = Party(**parts, **dict(zip(_ADDRESS, address, strict=True)))
    if any(declaration.level is Level.HOUSE for declaration in usual):
        # A carrier's flight list knows masters only; who declares the parcel itself makes it one.
        changes["level"] = Level.HOUSE
    merged = msgspec.structs.replace(usual[0], **changes)
    return Effective(
        declaration=merged, conflicts=tuple(choice.conflicts), others=tuple(usual), houses=houses
    )


class _Choice:
    """The claims in every order that is asked for, and the conflicts that were met while choosing."""

    def __init__(self, claims: Sequence[Claim], order: ClaimOrder) -> None:
        self.conflicts: list[Conflict] = []
        self._order = order
        self._newest_first = sorted(
            claims, key=lambda claim: datetime.fromisoformat(claim.received), reverse=True
        )
        self._ranked: dict[tuple[SourceRole, ...], list[Claim]] = {}

    def ranked(self, order: tuple[SourceRole, ...]) -> list[Claim]:
        """By role in that order, the newest of each role first."""
        known = self._ranked.get(order)
        if known is None:
            place = {role: number for number, role in enumerate((*order, *SourceRole))}
            place |= {role: number for number, role in enumerate(order)}
            known = sorted(self._newest_first, key=lambda claim: place[claim.role])
            self._ranked[order] = known
        return known

    def of(self, name: str, read: Callable[[Declaration], object]) -> Any:
        """The first claim that says anything; a conflict is noted when another party says something else."""
        chosen: object = None
        sides: dict[str, Side] = {}
        spoke: set[tuple[SourceRole, str]] = set()
        for claim in self.ranked(self._order.of(name)):
            value = read(claim.declaration)
            who = (claim.role, claim.party)
            if value is None or who in spoke:
                continue
            spoke.add(who)
            chosen = value if chosen is None else chosen
            text = _comparable(value)
            if text not in sides:
                sides[text] = Side(role=claim.role, party=claim.party, received=claim.received, claim=text)
        if len(sides) > 1:
            self.conflicts.append(Conflict(field=name, sides=tuple(sides.values())))
        return chosen


def _names(declarations: Sequence[Declaration]) -> tuple[tuple[str, str], ...]:
    """Each name once for each side, in the order of the claims."""
    names: dict[tuple[str, str], None] = {}
    for declaration in declarations:
        for side, read in _SIDES.items():
            party: Party = read(declaration)
            if party.name is not None:
                names[side, party.name] = None
    return tuple(names)


_SIDES = {side: attrgetter(side) for side in ("consignor", "consignee", "seller", "purchaser")}

_ADDRESS = ("street", "city", "state", "postcode", "country")
_FIELDS = {
    name: attrgetter(name)
    for name in (
        "transport", "receptacle", "description", "hs", "quantity", "gross_weight_g", "value",
        "origin_country", "marketplace", "expected_arrival", "master", "house", "piece_count",
        "shipped_country", "packing_place", "pickup_place", "known_consignor", "entry_type", "entry_number",
        "importer_of_record", "product_link", "flight", "arrival_port", "mail_service", "mail_category",
        "mailed_on", "order", "departure",
    )
}  # fmt: skip


def _unless_empty(name: str, nothing: object) -> Callable[[Declaration], object]:
    read = attrgetter(name)

    def read_whole(declaration: Declaration) -> object:
        claim = read(declaration)
        return None if claim == nothing else claim

    return read_whole


_WHOLES: Mapping[str, tuple[Callable[[Declaration], object], object]] = {
    name: (_unless_empty(name, nothing), nothing)
    for name, nothing in (
        ("items", ()),
        ("account", Account()),
        ("identity_document", IdentityDocument()),
        ("security", Security()),
    )
}
"""Fields that are one claim as they stand: how each is read, and what it is when nothing was said."""


def _address_of(side: str) -> Callable[[Declaration], object]:
    read = attrgetter(*(f"{side}.{part}" for part in _ADDRESS))

    def address(declaration: Declaration) -> object:
        parts = read(declaration)
        return parts if any(parts) else None

    return address


_PARTIES: Mapping[str, Mapping[str, Callable[[Declaration], object]]] = {
    side: {
        **{name: attrgetter(f"{side}.{name}") for name in ("name", "phone", "email", "registration")},
        "address": _address_of(side),
    }
    for side in _SIDES
}


def _comparable(claim: object) -> str:
    if isinstance(claim, tuple):
        return " ".join(_comparable(part) for part in claim if part)
    return " ".join(str(claim).casefold().split())


def _pieces(ranked: Sequence[Declaration]) -> tuple[Any, ...]:
    lists = [declaration.pieces for declaration in ranked if declaration.pieces]
    if lists and all(len(pieces) == 1 for pieces in lists):
        return (tuple(dict.fromkeys(label for pieces in lists for label in pieces[0])),)
    return lists[0] if lists else ()


CLAIMED_FIELDS = (
    *_FIELDS,
    *_WHOLES,
    *(f"{side}.{name}" for side, reads in _PARTIES.items() for name in reads),
)
"""Every field that sources may claim, as conflicts and a policy's order name them."""
