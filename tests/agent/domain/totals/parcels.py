"""Parcels of one person at one building, and the terms that totals and patterns are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from agent.domain.findings.finding import Finding, Severity
from agent.domain.policy.totals_terms import (
    AggregationTerms,
    Bunching,
    Limit,
    Overage,
    Per,
    SharedAddress,
    SharedContact,
    Splits,
)
from agent.domain.totals.check import check_totals
from agent.domain.totals.tally import Tally

DAY = 739_260
AT = datetime(2025, 1, 15, 12, tzinfo=UTC)
BEGINS = datetime(2025, 1, 1, tzinfo=UTC)
LIMIT = Limit(
    id="day",
    starts=BEGINS,
    citation="a test",
    severity=Severity.CORRECTABLE,
    value_minor=80_000,
    currency="USD",
)


def limited(**fields: Any) -> AggregationTerms:
    return AggregationTerms(limits=(replace(LIMIT, **fields),))


MARGINAL, ALL = limited(), limited(overage=Overage.ALL)


def parcel(value: int | None = None, **fields: Any) -> Tally:
    """Of one person at one building, today, in dollars, unless told otherwise."""
    usual: dict[str, Any] = {"day": DAY, "received": 1_000, "person": 1, "building": 2, "standing": "house"}
    usual |= {"value_minor": value, "currency": "USD" if value is not None else "", "mode": "express"}
    return Tally(**usual | fields)


def check(
    own: Tally, others: Sequence[tuple[str, Tally]] = (), terms: AggregationTerms = ALL, at: datetime = AT
) -> tuple[Finding, ...]:
    return check_totals(own, "own", others, terms, at, complete=True)


def codes(*arguments: Any, **named: Any) -> list[str]:
    return [finding.code for finding in check(*arguments, **named)]


EVERYTHING = AggregationTerms(
    limits=(LIMIT, replace(LIMIT, id="all", overage=Overage.ALL, per=Per.WEEK)),
    bunching=Bunching(
        severity=Severity.NOTE, band_permille=200, around_permille=900, least=2, chance_ppm=200_000
    ),
    splits=Splits(severity=Severity.NOTE, days=3, number_gap=2),
    shared_address=SharedAddress(severity=Severity.REFER, days=30, names={"house": 2}),
    shared_contact=SharedContact(severity=Severity.NOTE, days=30, names=2, places=2),
)
