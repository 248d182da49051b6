"""Addresses: do state and ZIP Code belong together, and is it a place where somebody lives or trades?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.domain.consignment.declaration import Party
from agent.domain.parties.tables import AddressClass, PartyTables
from agent.domain.screening.names import fold

TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
"""Countries by ISO 3166-1 that the postal service of the United States counts among its states."""

_ZIP = re.compile(r"([0-9]{3})[0-9]{2}(?:-?[0-9]{4})?")
_PRIVATE_BOX = re.compile(r"\b(?:ste|suite|unit)\s*#?\s*[\w-]+\s*[, ]\s*(?:#|box)\s*[0-9]+", re.IGNORECASE)
_FILLER = re.compile(r"0+|(?:0+-)+0+")


def is_american(party: Party) -> bool:
    """Whether the postal rules of the United States apply to the address of ``party``."""
    return party.country == "US" or party.country in TERRITORIES


def state_of(party: Party, tables: PartyTables) -> str | None:
    """USPS code of the state of an American address, read from its code or its name; None when unknown."""
    if party.state is None:
        return party.country if party.country in TERRITORIES else None
    return tables.states.get(party.state.lower()) or tables.states.get(fold(party.state))


def postcode_fault(party: Party, state: str | None, tables: PartyTables) -> str | None:
    """What is wrong with the ZIP Code of an American address in ``state`` (see ``state_of``).

    Returns:
        ``malformed``, ``unassigned`` (no post office has it), ``other_state``, or None.

    Source: USPS Publication 28; DMM labeling list L002.
    """
    if party.postcode is None:
        return None
    match = _ZIP.fullmatch(party.postcode.strip())
    if match is None:
        return "malformed"
    states = tables.zip_areas.get(match[1])
    if states is None:
        return "unassigned"
    return "other_state" if state is not None and state not in states else None


def is_filler(postcode: str) -> bool:
    """Whether a postcode is nothing but noughts, as forms are filled that ask for one where none exists."""
    return _FILLER.fullmatch(postcode.strip()) is not None


def class_of(street: str, words: Sequence[str], tables: PartyTables) -> AddressClass | None:
    """The special class of a street line; None for an ordinary one. ``words`` are its folded ones.

    Source: USPS Publication 28, section 28; DMM 508.1.8 (a private box stands behind the agency's suite).
    """
    kind = tables.addresses.within(words)
    if kind is not None:
        return AddressClass(kind)
    boxed = ("#" in street or "box" in words) and _PRIVATE_BOX.search(street) is not None
    return AddressClass.MAILBOX_SERVICE if boxed else None
