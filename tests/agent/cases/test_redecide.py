"""Deciding anew without a scan: when documents, lists or policy say something else than they did."""

from __future__ import annotations

from typing import Any

import pytest

from agent.app import Opened
from agent.cases.redecide import decide_on_changes
from agent.cases.scan import CommandLine
from agent.clearance import clear_piece
from agent.sandbox.site import Site
from sync.log.statement import Decision, parse

CONSIGNEE = "Avery Bellwether"


async def scanned(site: Site, opened: Opened, grams: int | None = 290) -> Decision:
    recorded = await clear_piece(site.scan(), CommandLine(grams=grams), opened.hub)
    return read(recorded.entry)


def read(entry: Any) -> Decision:
    findings = parse(entry.kind, entry.payload)
    assert isinstance(findings, Decision)
    return findings


async def caught_up(opened: Opened) -> list[Decision]:
    """What the background assesses, and the decisions that it leads to."""
    hub = opened.hub
    before = hub.log.size()
    while assessed := hub.assessments.catch_up():
        await decide_on_changes(assessed, hub)
    entries = await hub.log.read(before, 100)
    return [read(entry) for entry in entries if entry.kind == "decision"]


async def test_a_cleared_parcel_is_referred_once_a_new_list_names_its_consignee(site: Site) -> None:
    async with site.open() as opened:
        await site.declare(opened, {})
        cleared = await scanned(site, opened)
        assert (cleared.disposition, await caught_up(opened)) == ("CLEAR", [])
    site.clock.advance(60)
    site.publish_list(CONSIGNEE, issued=site.clock.at)
    async with site.open() as opened:
        (anew,) = await caught_up(opened)
        assert (anew.disposition, anew.because, anew.source) == ("RFS", "list", "hub")
        assert (anew.supersedes, anew.weight) == (cleared.seq, cleared.weight)
        assert await caught_up(opened) == []


async def test_a_stricter_policy_is_held_against_what_was_cleared_before(site: Site) -> None:
    async with site.open() as opened:
        await site.declare(opened, {})
        await scanned(site, opened)
    site.publish_policy(("sequence = 1", "sequence = 2"), ('["HEROIN", ', '["COTTON", '))
    async with site.open() as opened:
        (anew,) = await caught_up(opened)
    assert (anew.disposition, anew.because) == ("RFS", "policy")


async def test_what_a_sender_was_asked_for_and_has_mended_is_decided_on_at_once(site: Site) -> None:
    async with site.open() as opened:
        await site.declare(opened, {"consignee_name": "Unknown"})
        asked = await scanned(site, opened)
        assert asked.disposition == "RFI"
        await caught_up(opened)
        site.clock.advance(60)
        await site.declare(opened, {}, name="mended.csv")
        (anew,) = await caught_up(opened)
    assert (anew.disposition, anew.because) == ("CLEAR", "manifest")


async def test_a_milder_outcome_than_a_referral_needs_a_new_scan(site: Site) -> None:
    async with site.open() as opened:
        await site.declare(opened, {"consignee_name": "Unknown"})
        referred = await scanned(site, opened, grams=None)
        assert referred.disposition == "RFS"
        site.clock.advance(60)
        await site.declare(opened, {}, name="mended.csv")
        assert await caught_up(opened) == []


async def test_a_second_party_that_contradicts_the_first_opens_a_cleared_parcel_again(site: Site) -> None:
    async with site.open() as opened:
        await site.declare(opened, {})
        await scanned(site, opened)
        await caught_up(opened)
        site.clock.advance(60)
        await site.declare(opened, {"consignee_postcode": "00000"}, name="other.csv")
        (anew,) = await caught_up(opened)
    assert (anew.disposition, anew.because) == ("RFI", "manifest")


async def test_a_decision_that_has_expired_stays_as_it_is(site: Site) -> None:
    async with site.open() as opened:
        await site.declare(opened, {})
        await scanned(site, opened)
    site.clock.advance(80 * 3600)
    site.publish_list(CONSIGNEE, issued=site.clock.at)
    async with site.open() as opened:
        assert await caught_up(opened) == []


@pytest.mark.parametrize("pieces", [0, 1, 1200])
async def test_as_many_pieces_as_there_are_may_be_asked_about_at_once(opened: Opened, pieces: int) -> None:
    assert await opened.hub.log.standing([f"plain:BOX-{n}" for n in range(pieces)]) == []
