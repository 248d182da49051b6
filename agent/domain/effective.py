"""One consignment out of what several sources say of it. Derived when needed, never stored as the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from agent.domain.declarations import Declaration, Party
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
    for name in _FIELDS:
        chosen = _choose(name, ranked, lambda d, name=name: getattr(d, name), conflicts)
        if chosen is not None:
            changes[name] = chosen
    for side in ("consignor", "consignee"):
        parts: dict[str, Any] = {}
        for name in ("name", "phone", "email"):
            parts[name] = _choose(
                f"{side}.{name}", ranked, lambda d, s=side, n=name: getattr(getattr(d, s), n), conflicts
            )
        address = _choose(f"{side}.address", ranked, lambda d, s=side: _address(getattr(d, s)), conflicts)
        if address is not None:
            parts.update(zip(_ADDRESS, address, strict=True))
        changes[side] = Party(**parts)
    merged = msgspec.structs.replace(ranked[0][2], **changes)
    return Effective(declaration=merged, conflicts=tuple(conflicts))


_FIELDS = (
    "transport", "receptacle", "description", "hs", "quantity", "gross_weight_g", "value", "origin_country",
    "marketplace", "expected_arrival",
)  # fmt: skip
_ADDRESS = ("street", "city", "state", "postcode", "country")


def _address(party: Party) -> tuple[str | None, ...] | None:
    address = (party.street, party.city, party.state, party.postcode, party.country)
    return address if any(address) else None


def _choose(
    name: str, ranked: Sequence[Claim], read: Callable[[Declaration], object], conflicts: list[Conflict]
) -> object:
    """The first claim that says anything; a conflict is noted when a later one says something else."""
    said = [(role, received, claim) for role, received, d in ranked if (claim := read(d)) is not None]
    if not said:
        return None
    sides: dict[str, Side] = {}
    for role, received, claim in said:
        text = _comparable(claim)
        # The newest word of the same source replaces its older ones; it does not contradict them.
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
