"""The document half is one: a hub, a replay and an outsider get the same findings from the same claims."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.assessment.assessments import Assessments
from agent.assessment.outside import answer
from agent.domain.consignment.effective import SourceRole
from agent.domain.decision.decide import decide
from agent.domain.findings.disposition import SetBy
from agent.domain.findings.finding import Finding
from agent.domain.packs.shipped import shipped_pack
from agent.domain.policy.pack import Policy, fill, parse_policy
from agent.formats.consignment_json import read_consignment
from agent.reference.goods_models import shipped_readings
from agent.reference.in_force import InForce, Reference
from agent.reports.policy_replay import PackUnderTest
from agent.store.declarations import DeclarationStore
from agent.store.source_table import Source
from agent.trust.at_rest import AtRest

BOUNDARY = datetime(2025, 8, 29, 4, 1, tzinfo=UTC)
"""The exemption ends here, so that an arrival before or after it meets another law."""
NOW = BOUNDARY - timedelta(hours=6)


class StandingClock:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW

    def monotonic_ns(self) -> int:
        return 0

    def boot(self) -> tuple[str, int]:
        return "00c0ffee00c0ffee", 0

    def trust(self) -> tuple[str, int | None]:
        return "ntp", 20

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@cache
def policy() -> Policy:
    return parse_policy(fill(shipped_pack(), model_digest="ab" * 32, issued=NOW - timedelta(days=1)))


def party(names: Sequence[str | None], country: str) -> st.SearchStrategy[dict[str, Any]]:
    cells = {
        "name": st.sampled_from(names),
        "street": st.sampled_from([None, "12 Dunmore Street", "PO Box 7"]),
        "city": st.sampled_from([None, "Portland"]),
        "state": st.sampled_from([None, "OR", "XX"]),
        "postcode": st.sampled_from([None, "97205", "00000"]),
        "country": st.just(country),
    }
    return st.fixed_dictionaries(cells).map(_without_gaps)


def _without_gaps(cells: dict[str, Any]) -> dict[str, Any]:
    return {name: cell for name, cell in cells.items() if cell is not None}


AMOUNTS = ("5.00", "799.99", "2600")
CONSIGNMENTS = st.fixed_dictionaries(
    {
        "id": st.just("SKY-1"),
        "mode": st.sampled_from(["express", "mail"]),
        "consignor": party([None, "Pearl Ridge Trading Ltd", "Unknown"], "CN"),
        "consignee": party([None, "Avery Bellwether", "test test"], "US"),
        "description": st.sampled_from(
            [None, "men's knitted cotton shirt, short sleeve", "gift", "fentanyl powder", "FAK"]
        ),
        "hs": st.sampled_from([None, "6109100012", "770100", "8471300100"]),
        "quantity": st.sampled_from([None, 1, 40]),
        "gross_weight": st.sampled_from([None, {"amount": "0.29", "unit": "kg"}]),
        "value": st.sampled_from([None, *({"amount": a, "currency": "USD"} for a in AMOUNTS)]),
        "origin_country": st.sampled_from([None, "CN", "GB"]),
        "expected_arrival": st.one_of(
            st.none(),
            st.just("2025-08-29T10:00:00"),  # without an offset it cannot be read
            st.integers(-96, 96).map(lambda hours: (NOW + timedelta(hours=hours)).isoformat()),
        ),
    }
).map(_without_gaps)


async def at_a_hub(line: bytes) -> tuple[tuple[Finding, ...], PackUnderTest, Any]:
    """All document findings of a hub whose store holds that consignment alone, and its claims."""
    with tempfile.TemporaryDirectory() as folder:
        store = DeclarationStore(Path(folder), StandingClock())
        try:
            source = Source(party="shop", role=SourceRole.SELLER, message="m", sha256="00" * 32)
            begun = store.begin_source(source).result(10)
            store.add(begun.number, [read_consignment(line)]).result(10)
            in_force = InForce.pack_alone(policy(), shipped_readings())
            reference = Reference(in_force)
            assessments = Assessments(store, reference, AtRest(b"k" * 32), StandingClock())
            while assessments.catch_up():
                pass
            document = await assessments.of("SKY-1")
            assert document is not None
            totals = await assessments.totals(document, "SKY-1", in_force)
            claims = await store.claims("SKY-1")
        finally:
            store.close()
    return (*document.findings, *totals), PackUnderTest(policy()), claims


@settings(max_examples=25, deadline=None)
@given(CONSIGNMENTS)
def test_hub_replay_and_outsiders_get_the_same_findings(consignment: dict[str, Any]) -> None:
    line = json.dumps(consignment).encode()
    findings, replay, claims = asyncio.run(at_a_hub(line))
    verdict = decide(findings, policy().outcome_of, risk=None, previous=None)
    assert verdict.set_by is SetBy.HUB

    outside = answer(line, policy(), NOW, shipped_readings())
    assert sorted((f["code"], f["severity"]) for f in outside["findings"]) == sorted(
        (f.code, f.severity.value) for f in verdict.open
    )
    assert outside["disposition"] == verdict.disposition.value

    replay.count(claims, NOW)
    bearing = {f.code for f in verdict.open if policy().outcome_of(f) is not None}
    assert replay.judged(claims, NOW) == (verdict.disposition.value, bearing)
