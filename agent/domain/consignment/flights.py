"""The flight a consignment is on: what its master bill says of it, and how its expected arrival has moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from agent.domain.consignment.declaration import Declaration
from agent.domain.consignment.effective import Claim, ClaimOrder

MOST_ARRIVALS = 32
"""Words on the arrival that are looked at, the newest ones."""


def with_flight(claims: Sequence[Claim], carried: Sequence[Claim]) -> tuple[Claim, ...]:
    """``claims`` of a house bill, and what those of its master bill say of the flight.

    A carrier's flight list knows master bills alone; its arrival is that of every house bill under them.
    Nothing else of a master bill is true of its houses.
    """
    if not claims or not carried:
        return tuple(claims)
    own = claims[0].declaration
    on_flight = []
    for claim in carried:
        master = claim.declaration
        flight = Declaration(
            consignment=own.consignment,
            transport=own.transport,
            expected_arrival=master.expected_arrival,
            flight=master.flight,
            arrival_port=master.arrival_port,
            departure=master.departure,
        )
        on_flight.append(replace(claim, declaration=flight))
    return (*claims, *on_flight)


def arrivals(claims: Sequence[Claim], order: ClaimOrder) -> tuple[datetime, ...]:
    """The arrivals that were expected of a consignment, one after the other; aware, UTC.

    At each message's time the one of the role whose word counts most, its newest: the way ``effective``
    chooses. One that cannot be read, or has no offset from UTC, is left out.
    """
    dated = [claim for claim in claims if claim.declaration.expected_arrival is not None]
    if len(dated) < 2:
        return tuple(filter(None, (_read(claim.declaration.expected_arrival) for claim in dated)))
    dated.sort(key=lambda claim: datetime.fromisoformat(claim.received))
    roles = order.of("expected_arrival")
    place = {role: number for number, role in enumerate(roles)}
    believed: list[datetime | None] = []
    best = len(place) + 1
    for claim in dated[-MOST_ARRIVALS:]:
        rank = place.get(claim.role, len(place))
        if rank <= best:
            best = rank
            believed.append(_read(claim.declaration.expected_arrival))
    moved = [arrival for arrival in believed if arrival is not None]
    return (*moved[:1], *(later for earlier, later in pairwise(moved) if later != earlier))


def _read(text: str | None) -> datetime | None:
    try:
        arrival = datetime.fromisoformat(text or "")
        return None if arrival.tzinfo is None else arrival.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
