"""The document half of a clearance, from claims to an assessment: for the hub, replays and outsiders alike.

Pure: the same claims under the same policy, lists and models at the same instant give the same findings.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from agent.domain.consignment.declaration import Declaration
from agent.domain.consignment.effective import Effective, effective
from agent.domain.consignment.flights import arrivals, with_flight
from agent.domain.decision.assess import Assessment, assess, instant_of_law
from agent.domain.policy.pack import Policy
from agent.domain.totals.tally import Tally, tally_of
from agent.reference.in_force import InForce
from agent.store.declaration_table import Claims


class AssessedClaims(NamedTuple):
    """What the documents of one consignment come to."""

    declaration: Declaration
    """The effective one, merged from all claims."""
    assessment: Assessment
    tally: Tally | None
    """What is counted of it; None where there is nothing to count by."""


def assess_claims(
    claims: Claims, in_force: InForce, at: datetime, counting_secret: bytes | None
) -> AssessedClaims:
    """Assess one consignment.

    Args:
        claims: All that was declared of it, and of the master bill it travels under; at least one claim.
        in_force: Policy, lists and models to hold it against.
        at: Now, aware.
        counting_secret: Under which the digests of the tally are made; None: nothing is counted.

    Raises:
        DeclarationsMismatch: There is no claim, or the claims name different consignments.
    """
    policy = in_force.policy
    on_flight = with_flight(claims.claims, claims.carried)
    consignment = effective(on_flight, policy.claims, houses=claims.houses)
    expected = arrivals(on_flight, policy.claims)
    assessment = assess(consignment, policy, in_force.lists, at, expected, readings=in_force.readings)
    tally = None
    if counting_secret is not None:
        law_at = assessment.evaluated_for
        tally = _tally(consignment, claims, policy, law_at if law_at > at else None, counting_secret)
    return AssessedClaims(consignment.declaration, assessment, tally)


def tally_claims(claims: Claims, in_force: InForce, at: datetime, counting_secret: bytes) -> Tally | None:
    """The tally of :func:`assess_claims` alone, without the checks; the same arguments and errors."""
    policy = in_force.policy
    on_flight = with_flight(claims.claims, claims.carried)
    consignment = effective(on_flight, policy.claims, houses=claims.houses)
    law_at = instant_of_law(consignment.declaration, policy, at)
    return _tally(consignment, claims, policy, law_at if law_at > at else None, counting_secret)


def _tally(
    consignment: Effective, claims: Claims, policy: Policy, law_at: datetime | None, counting_secret: bytes
) -> Tally | None:
    return tally_of(
        consignment,
        policy.aggregation,
        counting_secret,
        received=max(datetime.fromisoformat(claim.received) for claim in claims.claims),
        evaluated_for=law_at,
        placeholders=policy.placeholder_names,
    )
