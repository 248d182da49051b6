"""Assesses a consignment that an outsider wrote, as a hub would, from its documents alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agent.assessment.pipeline import assess_claims
from agent.domain.consignment.effective import Claim, SourceRole
from agent.domain.decision.decide import decide
from agent.domain.description.text_models import UNREAD, TextModels
from agent.domain.policy.pack import Policy
from agent.formats.consignment_json import field_of, read_consignment
from agent.reference.in_force import InForce
from agent.store.declaration_table import Claims


def answer(line: bytes, policy: Policy, at: datetime, readings: TextModels = UNREAD) -> dict[str, Any]:
    """What ``preclear assess`` answers to one line.

    A sealed finding shows as the neutral ``SCREENING``, as it does at a hub.

    Args:
        line: One JSON object; see ``consignment_json``.
        policy: The pack to hold it against.
        at: Aware; the expected arrival of the consignment goes before it.
        readings: The models that read goods texts.

    Returns:
        ``id``, ``findings`` (``code``, ``severity``, ``field``, ``citation``; the strictest first),
        ``regime``, ``regimes``, ``evaluated_for`` and ``disposition``.

    Raises:
        DeclarationInvalid: The line is not a consignment.
    """
    declaration = read_consignment(line)
    claim = Claim(role=SourceRole.SELLER, party="", received=at.isoformat(), declaration=declaration)
    claims = Claims(claims=(claim,), digest="")
    made = assess_claims(claims, InForce.pack_alone(policy, readings), at, None).assessment
    verdict = decide(made.findings, policy.outcome_of, risk=None, previous=None)
    mode = declaration.transport.value
    findings = []
    for finding in verdict.open:
        fact = policy.fact_of(finding, made.evaluated_for, mode)
        findings.append(
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "field": None if fact is None else field_of(fact),
                "citation": policy.citation_of(finding, made.evaluated_for, mode),
            }
        )
    return {
        "id": declaration.consignment,
        "findings": findings,
        "regime": made.entry,
        "regimes": made.regimes,
        "evaluated_for": made.evaluated_for.isoformat().replace("+00:00", "Z"),
        "disposition": verdict.disposition.value,
    }
