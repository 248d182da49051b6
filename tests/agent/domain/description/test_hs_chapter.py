"""The declared tariff chapter beside what the text says: advice, never more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from agent.domain.consignment.declaration import Declaration, Item, Level, Transport
from agent.domain.consignment.effective import Effective
from agent.domain.decision.assess import assess
from agent.domain.description.hs_chapter import check_chapters
from agent.domain.description.text_models import UNREAD, ReadingLimits, TextModels
from agent.domain.findings.finding import Severity
from agent.domain.policy.pack import Policy
from agent.reference.goods_models import shipped_readings

LIMITS = ReadingLimits(implausible_below_permille=15, sure_at_permille=200)
SHOES = Declaration(consignment="c-1", transport=Transport.EXPRESS, description="shoes", hs="961700")


def reading(**likely: float) -> TextModels:
    return TextModels(chapters=lambda _text: {name[1:]: share for name, share in likely.items()})


def result(
    readings: TextModels, limits: ReadingLimits = LIMITS, **changes: Any
) -> list[Mapping[str, str | int]]:
    made = check_chapters(msgspec.structs.replace(SHOES, **changes), readings, limits)
    assert all((f.code, f.severity) == ("HS_TEXT_DIFFERS", Severity.NOTE) for f in made)
    return [dict(f.params) for f in made]


def test_a_chapter_that_is_implausible_for_the_text_is_noted_with_the_likely_ones() -> None:
    readings = reading(c64=0.6, c42=0.3, c61=0.095, c96=0.005)
    assert result(readings) == [{"chapter": "96", "likely": "64 42"}]


@pytest.mark.parametrize(
    ("readings", "limits", "changes"),
    [
        (reading(c64=0.9, c96=0.015), LIMITS, {}),
        (reading(c64=0.199, c96=0.001), LIMITS, {}),
        (reading(c64=0.9, c42=0.1), LIMITS, {}),
        (reading(c64=0.9, c96=0.001), ReadingLimits(), {}),
        (UNREAD, LIMITS, {}),
        (reading(c64=0.9, c96=0.001), LIMITS, {"level": Level.MASTER}),
        (reading(c64=0.9, c96=0.001), LIMITS, {"hs": None}),
        (reading(c64=0.9, c96=0.001), LIMITS, {"description": None}),
    ],
    ids=["not_below", "unsure", "unknown_chapter", "no_limit", "no_model", "master", "no_code", "no_text"],
)
def test_where_it_is_not_sure_nothing_is_said(
    readings: TextModels, limits: ReadingLimits, changes: dict[str, Any]
) -> None:
    assert result(readings, limits, **changes) == []


def test_items_are_asked_one_by_one_and_the_same_pair_is_noted_once() -> None:
    readings = reading(c64=0.9, c96=0.001)
    shoes = Item(description="shoes", hs="961700")
    events = result(readings, items=(Item(description="shoes", hs="640399"), shoes, shoes))
    assert events == [{"chapter": "96", "likely": "64", "item": 2}]


def test_the_shipped_model_and_limits_note_the_example_of_the_authority(policy: Policy) -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    for hs, noted in (("961700", True), ("640399", False)):
        declaration = msgspec.structs.replace(SHOES, description="women's leather ankle boots", hs=hs)
        made = assess(Effective(declaration=declaration), policy, (), at, readings=shipped_readings())
        assert ("HS_TEXT_DIFFERS" in {finding.code for finding in made.findings}) is noted
        assert all(f.severity is Severity.NOTE for f in made.findings if f.code == "HS_TEXT_DIFFERS")
