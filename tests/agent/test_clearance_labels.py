"""What a label's readings mean for the piece: which number it is known by, and when to look again."""

from __future__ import annotations

import pytest

from agent.app import Opened
from agent.cases.scan import CommandLine
from agent.clearance import clear_piece
from agent.feed.messages import decision_view
from agent.sandbox.site import Site


@pytest.mark.parametrize(
    ("scanned", "kept", "declared"),
    [
        # The check digit should be 9, and the manifest says the same.
        ("RR473124820GB", ("s10", "RR473124820GB"), ("s10", "RR473124820GB")),
        # A manifest knows carriers' numbers as text alone, and without the routing that a label carries.
        ("1Z5R89390357567128", ("ups", "1Z5R89390357567128"), ("plain", "1Z5R89390357567128")),
        (
            "420902109400111206206406260787",
            ("usps", "9400111206206406260787"),
            ("plain", "9400111206206406260787"),
        ),
    ],
)
async def test_a_manifest_finds_a_waiting_piece_by_any_reading_of_its_label(
    opened: Opened, site: Site, scanned: str, kept: tuple[str, str], declared: tuple[str, str]
) -> None:
    first = await clear_piece(site.scan(scanned), CommandLine(grams=290), opened.hub)
    assert decision_view(first.entry)["piece"] == {"kind": kept[0], "value": kept[1]}
    report = await site.declare(opened, {"tracking_number": declared[1]})
    assert report.decided_again == 1
    (again,) = await opened.hub.log.recent(1)
    assert decision_view(again)["piece"] == {"kind": declared[0], "value": declared[1]}
    assert await opened.hub.log.unmanifested() == []


@pytest.mark.parametrize(
    ("number", "noted"),
    [
        ("1Z5R89390357567128", True),
        ("986578788856", True),
        ("1Z5R89390357567127", False),
        ("SHELF-0001", False),
    ],
)
async def test_a_label_whose_best_reading_fails_its_check_asks_for_a_second_look(
    opened: Opened, site: Site, number: str, noted: bool
) -> None:
    recorded = await clear_piece(site.scan(number), CommandLine(grams=290), opened.hub)
    codes = [finding["code"] for finding in decision_view(recorded.entry)["findings"]]
    assert ("CHECK_DIGIT" in codes) == noted


async def test_a_routed_label_is_the_piece_that_its_manifest_lists_without_routing(
    opened: Opened, site: Site
) -> None:
    await site.declare(opened, {"last_mile_number": "9400111206206406260787"})
    scan = site.scan("42090210\x1d9400111206206406260787", "]C1")
    recorded = await clear_piece(scan, CommandLine(grams=290), opened.hub)
    assert decision_view(recorded.entry)["piece"] == {"kind": "s10", "value": "RR473124829GB"}
