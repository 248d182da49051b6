"""What must not be cleared although each single check is content."""

from __future__ import annotations

from datetime import timedelta

from agent.app import Opened
from agent.cases.scan import CommandLine, Scan, ScanWeighing
from agent.clearance import clear_piece
from agent.feed.messages import decision_view
from agent.sandbox.site import Site


async def test_a_third_scan_never_clears_a_number_that_two_parcels_may_carry(
    opened: Opened, site: Site
) -> None:
    await site.declare(opened, {})
    result = []
    for _ in range(4):
        site.clock.advance(60)
        recorded = await clear_piece(site.scan(), CommandLine(grams=290), opened.hub)
        result.append(decision_view(recorded.entry)["disposition"])
    assert result == ["CLEAR", "RFS", "RFS", "RFS"]


async def test_a_manifest_that_lands_between_look_up_and_entry_is_not_missed(
    opened: Opened, site: Site
) -> None:
    class DeclaredWhileWeighed(CommandLine):
        async def weighing_for(self, scan: Scan) -> ScanWeighing:
            await site.declare(opened, {})  # nothing is decided on the piece yet, so nothing waits for it
            return await super().weighing_for(scan)

    hub = opened.hub
    await clear_piece(site.scan(), DeclaredWhileWeighed(grams=290), hub)
    newest = decision_view((await hub.log.recent(1))[0])
    assert newest["because"] == "manifest"
    # A weight that a person typed does not talk the piece out of having been set aside.
    assert (newest["disposition"], newest["findings"][0]["code"]) == ("RFS", "WEIGHT_STATED")


async def test_a_rule_that_begins_before_the_scan_counts_for_a_consignment_without_a_date(site: Site) -> None:
    begins = (site.clock.at + timedelta(hours=1)).isoformat()
    rule = (
        f'\n[[rule]]\nid = "new-law"\ncode = "NEW_LAW"\nfrom = {begins}\nseverity = "mend"\n'
        'citation = "a test"\nwhen = "true"\n'
    )
    site.publish_policy(("# Ceilings of value.", f"{rule}\n# Ceilings of value."))
    async with site.open() as opened:
        await site.declare(opened, {})
        document = await opened.hub.assessments.of("RR473124829GB")
        assert document is not None
        assert "NEW_LAW" not in {f.code for f in document.findings}
        site.clock.advance(3600)
        document = await opened.hub.assessments.of("RR473124829GB")
        assert document is not None
        assert "NEW_LAW" in {f.code for f in document.findings}
        assert document.evaluated_for == site.clock.at


async def test_a_list_that_was_in_force_and_is_gone_refers(site: Site) -> None:
    async with site.open():
        pass
    text = site.config_file.read_text()
    site.config_file.write_text(text.replace('lists = ["list.signed"]', "lists = []"))
    async with site.open() as opened:
        await site.declare(opened, {})
        view = decision_view((await clear_piece(site.scan(), CommandLine(grams=290), opened.hub)).entry)
    assert (view["disposition"], view["findings"][0]["code"]) == ("RFS", "LIST_ABSENT")


async def test_a_clock_that_is_behind_what_was_issued_refers(opened: Opened, site: Site) -> None:
    await site.declare(opened, {})
    site.clock.at -= timedelta(days=400)
    view = decision_view((await clear_piece(site.scan(), CommandLine(grams=290), opened.hub)).entry)
    assert view["disposition"] == "RFS"
    assert "CLOCK_BEHIND" in {f["code"] for f in view["findings"]}


async def test_typed_grams_do_not_lift_a_referral(opened: Opened, site: Site) -> None:
    await site.declare(opened, {})
    first = await clear_piece(site.scan(), CommandLine(grams=900), opened.hub)
    site.clock.advance(60)
    second = await clear_piece(site.scan(), CommandLine(grams=290), opened.hub)
    views = [decision_view(recorded.entry) for recorded in (first, second)]
    assert [view["disposition"] for view in views] == ["RFS", "RFS"]
    assert views[1]["weight"]["stable"] is False
