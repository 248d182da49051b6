"""A case: what is gathered of a scanned piece before anybody judges it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.app import Opened
from agent.cases.case import look_up, open_case
from agent.cases.scan import Origin, ScanWeighing
from agent.sandbox.site import Site


@pytest.mark.parametrize(
    ("source", "weight_after_ns", "waited_ns"),
    [("station", -500, 0), ("station", 900, 900), ("keyed", 900, None), ("cli", 900, None)],
)
async def test_a_decision_waits_for_the_last_byte_of_label_and_weight(
    opened: Opened, site: Site, source: Origin, weight_after_ns: int, waited_ns: int | None
) -> None:
    scan = replace(site.scan(), source=source)
    weighing = ScanWeighing(weighed=None, reason="not_stable", last_byte_ns=scan.at_ns + weight_after_ns)
    case = await open_case(await look_up(scan, opened.hub), scan, weighing, opened.hub)
    assert case.last_byte_ns == (None if waited_ns is None else scan.at_ns + waited_ns)
