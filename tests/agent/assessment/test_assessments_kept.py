"""How long a kept assessment is good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agent.app import Opened

S10 = "RR473124829GB"


async def test_a_kept_assessment_is_made_again_once_the_arrival_it_was_made_for_has_passed(
    opened: Opened, site: Any
) -> None:
    arrival = site.clock.at + timedelta(hours=2)
    await site.declare(opened, {"expected_arrival": arrival.isoformat()})
    while opened.hub.assessments.catch_up():
        pass
    before = await opened.hub.assessments.of(S10)
    assert before is not None
    assert before.evaluated_for == arrival
    site.clock.advance(2 * 3600)
    due = await opened.hub.assessments.of(S10)
    assert due is not None
    assert due.evaluated_for == arrival
    site.clock.advance(60)
    late = await opened.hub.assessments.of(S10)
    assert late is not None
    assert late.evaluated_for == site.clock.at
