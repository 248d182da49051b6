"""Policy, lists and models swapped while the hub works: no scan is lost, no decision mixes two of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from agent.app import Opened
from agent.cases.background import assess_some
from agent.cases.scan import CommandLine, Scan, ScanWeighing
from agent.clearance import clear_piece
from agent.errors import Outdated
from agent.lane.station import Station
from agent.reference.in_force import InForce
from agent.reference.loading import load_in_force
from agent.sandbox.site import Site
from agent.status.report import status_of
from drivers.events import ScanRead
from sync.log.statement import Decision, parse

S10 = "RR473124829GB"
LANES, PIECES_A_LANE, SWAPS = 16, 10, 6


def issue(site: Site, opened: Opened, number: int) -> InForce:
    """Issue ``number`` of policy and list. The odd ones refer cotton, and list the consignor."""
    site.clock.at += timedelta(seconds=1)
    odd = number % 2 == 1
    changes = [("sequence = 1", f"sequence = {number}")]
    site.publish_policy(*changes, *([('["HEROIN", ', '["COTTON", ')] if odd else []))
    site.publish_list("Pearl Ridge Trading" if odd else "Nobody Known", issued=site.clock.at)
    folder = site.folder
    loaded, refused = load_in_force(
        folder / "policy.signed", [folder / "list.signed"], None, opened.trust.keys
    )
    assert refused == ()
    return loaded


async def decisions(opened: Opened) -> list[Decision]:
    """Every decision of the log, in order."""
    entries = await opened.hub.log.read(0, 10_000)
    statements = [parse(entry.kind, entry.payload) for entry in entries]
    return [statement for statement in statements if isinstance(statement, Decision)]


def belongs_to_one_issue(decision: Decision, issues: Sequence[InForce]) -> bool:
    """Whether digests and findings of a decision are those of one issue, and of one alone."""
    (known,) = [each for each in issues if each.policy_digest == decision.digests.policy]
    strict = known.policy.sequence % 2 == 1
    codes = {finding.code for finding in decision.open}
    return (
        decision.digests.lists == known.lists_digest
        and ("GOODS_RESTRICTED" in codes) is strict
        and ("SCREENING" in codes) is strict
    )


async def under_way(task: asyncio.Task[Any]) -> None:
    """Let a clearance come as far as it can."""
    for _ in range(50):
        await asyncio.sleep(0.005)
    assert not task.done()


async def test_a_pack_swapped_between_opening_a_case_and_its_entry_leaves_a_decision_of_the_old_one(
    opened: Opened, site: Site
) -> None:
    hub = opened.hub
    await site.declare(opened, {})
    old = hub.reference_data.current
    new = issue(site, opened, 3)
    async with hub.deciding_on(f"s10:{S10}"):
        clearing = asyncio.create_task(clear_piece(site.scan(), CommandLine(grams=290), hub))
        await under_way(clearing)
        await hub.put_in_force(new)
    recorded = await clearing
    first, second = await decisions(opened)
    assert recorded.statement == first
    assert (first.disposition, first.because) == ("CLEAR", "scan")
    assert (first.digests.policy, first.digests.lists) == (old.policy_digest, old.lists_digest)
    # Nobody else would have looked again: the background was done before there was an entry.
    assert (second.disposition, second.because, second.supersedes) == ("RFS", "policy", first.seq)
    assert belongs_to_one_issue(second, [new])


@dataclass(frozen=True, slots=True)
class SwapsWhileItWeighs(CommandLine):
    """A place at which something else is put in force while a piece is weighed."""

    opened: Opened | None = None
    loaded: Any = None

    async def weighing_for(self, scan: Scan) -> ScanWeighing:
        assert self.opened is not None
        await self.opened.hub.put_in_force(self.loaded)
        return await CommandLine.weighing_for(self, scan)


async def test_a_pack_swapped_between_look_up_and_weight_is_the_one_that_decides(
    opened: Opened, site: Site
) -> None:
    await site.declare(opened, {})
    await assess_some(opened.hub)  # under what is in force before
    new = issue(site, opened, 3)
    place = SwapsWhileItWeighs(grams=290, opened=opened, loaded=new)
    await clear_piece(site.scan(), place, opened.hub)
    (decision,) = await decisions(opened)
    assert decision.disposition == "RFS"
    assert belongs_to_one_issue(decision, [new])


async def test_sixteen_lanes_lose_no_scan_and_mix_no_digests_while_packs_are_swapped(
    opened: Opened, site: Site
) -> None:
    hub = opened.hub
    numbers = [f"BOX-{number:06}" for number in range(LANES * PIECES_A_LANE)]
    rows = (
        {"tracking_number": number, "consignee_name": f"Avery {number}", "consignee_street": f"{at} Elm St"}
        for at, number in enumerate(numbers, 10)
    )
    await site.declare(opened, *rows)
    issues = [hub.reference_data.current]
    coming = [issue(site, opened, number) for number in range(2, 2 + SWAPS)]

    async def lane(place: int) -> None:
        for at, number in enumerate(numbers[place::LANES]):
            while len(issues) - 1 < at - 3:  # noqa: ASYNC110 - so that scans are left for the last swap
                await asyncio.sleep(0)
            await clear_piece(site.scan(number), CommandLine(grams=290, name=f"lane-{place}"), hub)
            await asyncio.sleep(0)

    async def swaps() -> None:
        for each in coming:
            size = hub.log.size()
            while hub.log.size() < size + LANES // 2:  # noqa: ASYNC110 - a count, without a signal
                await asyncio.sleep(0)
            await hub.put_in_force(each)
            issues.append(each)

    all_scanned = asyncio.Event()

    async def background() -> None:
        while not all_scanned.is_set() or await assess_some(hub):
            await assess_some(hub)
            await asyncio.sleep(0.001)

    assessing = asyncio.create_task(background())
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(swaps())
        for place in range(LANES):
            tasks.create_task(lane(place))
    all_scanned.set()
    await assessing  # to its end: what it has assessed it must decide on, too

    made = await decisions(opened)
    scanned = [decision.piece.value for decision in made if decision.because == "scan"]
    assert sorted(scanned) == numbers
    # The first issue is number 1, and none of the odd ones: nothing in it refers cotton.
    mixed = [
        decision
        for decision in made
        if decision.digests.policy != issues[0].policy_digest
        and not belongs_to_one_issue(decision, issues[1:])
    ]
    assert mixed == []
    assert len({decision.digests.policy for decision in made}) == 1 + SWAPS
    newest = {decision.piece.value: decision for decision in made}
    assert coming[-1].policy.sequence % 2 == 1
    assert {decision.disposition for decision in newest.values()} == {"RFS"}


async def test_station_status_and_kept_assessments_follow_a_swap(opened: Opened, site: Site) -> None:
    hub = opened.hub
    station = Station(site.configure().stations[0], hub)
    await site.declare(opened, {})
    while await assess_some(hub):
        pass
    hub.to_assess.clear()
    read = ScanRead(aim=None, payload=S10.encode(), text=S10, encoding="utf-8", raw=S10.encode())
    for at_ms in (0, 700):
        station.on_scanner(read, at_ms * 1_000_000)
    assert station.waiting == 1
    site.publish_policy(
        ("sequence = 1", "sequence = 2"),
        ("fold_window_ms = 800", "fold_window_ms = 100"),
    )
    files = (site.folder / "policy.signed", [site.folder / "list.signed"], None)
    await hub.put_in_force(load_in_force(*files, opened.trust.keys)[0])
    station.on_scanner(read, 750 * 1_000_000)
    station.on_scanner(read, 900 * 1_000_000)
    assert station.waiting == 3
    assert (await status_of(hub))["policy"]["sequence"] == 2
    assert hub.to_assess.is_set()
    document = await hub.assessments.of(S10)
    assert document is not None
    totals = await hub.assessments.totals(document, S10, hub.reference_data.current)
    assert [finding.code for finding in totals] == ["TOTALS_BEHIND"]
    while await assess_some(hub):
        pass
    assert await hub.assessments.totals(document, S10, hub.reference_data.current) == ()


async def test_an_assessment_of_before_a_swap_does_not_replace_one_of_after_it(
    opened: Opened, site: Site
) -> None:
    hub = opened.hub
    await site.declare(opened, {})
    old = hub.reference_data.current
    await hub.put_in_force(issue(site, opened, 3))
    while await assess_some(hub):
        pass
    document = await hub.assessments.of(S10, old)
    assert document is not None
    assert "GOODS_RESTRICTED" not in {finding.code for finding in document.findings}
    assert not await assess_some(hub)
    kept = await hub.declarations.assessment(S10, hub.reference_data.current.assessed_under)
    assert kept is not None


async def test_an_older_list_beside_a_newer_policy_puts_neither_in_force(opened: Opened, site: Site) -> None:
    hub = opened.hub
    before = hub.reference_data.current
    site.publish_policy(("sequence = 1", "sequence = 2"))
    site.publish_list("Nobody Known", issued=site.clock.at - timedelta(days=1))
    files = (site.folder / "policy.signed", [site.folder / "list.signed"], None)
    with pytest.raises(Outdated, match="list/watch"):
        await hub.put_in_force(load_in_force(*files, opened.trust.keys)[0])
    assert hub.reference_data.current is before
    site.publish_policy()
    site.publish_list("Nobody Known", issued=site.clock.at)
    await hub.put_in_force(load_in_force(*files, opened.trust.keys)[0])  # issue 1 of the policy still may be
