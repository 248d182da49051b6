"""The way of a parcel through an open hub: what each outcome needs, and what each failure means."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from agent.app import Opened
from agent.cases.scan import CommandLine, Scan, ScanWeighing
from agent.clearance import clear_piece
from agent.config.file import load_config
from agent.control.verbs import decide_barcode
from agent.domain.piece import PieceKey, Weighed
from agent.errors import EvidenceFailed, UnreadableScan
from agent.evidence.recorded import Recorded
from agent.feed.messages import DecisionMessage, ImportMessage, decision_view
from agent.reference.goods_models import vagueness_model
from agent.sandbox.site import Site
from models.risk.bundle import SHIPPED
from models.vagueness import scorer
from sync.log.statement import Decision, parse

S10 = "RR473124829GB"
LISTED = "Obsidian Meridian Procurement"


@dataclass
class FixedPlace:
    """A place whose scale always says the same, and that never repeats a verdict."""

    weighing: ScanWeighing
    name: str = "lane-1"
    scans: list[Recorded] = field(default_factory=list)

    async def weighing_for(self, scan: Scan) -> ScanWeighing:
        await asyncio.sleep(0)  # as a settling scale would, it lets others run
        return self.weighing

    def repeats(self, piece: PieceKey, scan: Scan) -> Recorded | None:
        return None

    def decided(self, piece: PieceKey, scan: Scan, recorded: Recorded) -> None:
        self.scans.append(recorded)


def place(grams: int | None = 290, name: str = "lane-1") -> FixedPlace:
    if grams is None:
        return FixedPlace(ScanWeighing(weighed=None, reason="device_lost"), name)
    return FixedPlace(
        ScanWeighing(weighed=Weighed(digits=str(grams), unit="g", grams=grams, u_grams=1), reason=None), name
    )


def outcome(recorded: Recorded) -> tuple[str, list[str]]:
    """Disposition and codes that the lane sees."""
    view = decision_view(recorded.entry)
    return view["disposition"], [f["code"] for f in view["findings"]]


def statement(recorded: Recorded) -> Decision:
    result = parse(recorded.entry.kind, recorded.entry.payload)
    assert isinstance(result, Decision)
    return result


async def test_an_undeclared_piece_is_not_loaded(opened: Opened, site: Site) -> None:
    recorded = await clear_piece(site.scan(), place(), opened.hub)
    assert outcome(recorded) == ("DNL", ["UNMANIFESTED"])
    assert statement(recorded).set_by == "HUB"


async def test_an_undeclared_number_with_a_wrong_check_digit_says_so(opened: Opened, site: Site) -> None:
    recorded = await clear_piece(site.scan("(00)106141412345678900", "]C1"), place(), opened.hub)
    assert outcome(recorded)[0] == "DNL"


async def test_a_declared_piece_of_the_right_weight_is_clear(opened: Opened, site: Site) -> None:
    await site.declare(opened, {})
    recorded = await clear_piece(site.scan(), place(290), opened.hub)
    assert outcome(recorded)[0] == "CLEAR"
    result = statement(recorded)
    assert (result.consignment, result.receptacle, result.station) == (S10, "BAG-0001", "lane-1")
    assert (result.because, result.source, result.supersedes) == ("scan", "station", None)
    assert result.weight is not None
    assert (result.weight.digits, result.weight.grams) == ("290", 290)
    assert result.digests.policy == opened.hub.reference_data.current.policy_digest
    assert result.digests.model == opened.hub.reference_data.current.model_digest
    assert result.digests.model is not None
    assert None not in (result.digests.lists, result.digests.inputs, result.digests.scan)
    assert result.valid_until == "2026-03-05T09:30:00.000Z"


async def test_a_cleared_piece_carries_a_sealed_block_like_any_other(opened: Opened, site: Site) -> None:
    await site.declare(opened, {})
    recorded = await clear_piece(site.scan(), place(290), opened.hub)
    assert len(statement(recorded).sealed) == 344
    reasons = site.unseal(recorded.entry)
    assert reasons.findings == []
    assert reasons.risk_permille is not None


@pytest.mark.parametrize(
    ("grams", "code"), [(120, "WEIGHT_MISMATCH"), (900, "WEIGHT_MISMATCH"), (None, "NO_WEIGHT")]
)
async def test_a_wrong_or_missing_weight_is_referred(
    opened: Opened, site: Site, grams: int | None, code: str
) -> None:
    await site.declare(opened, {})
    disposition, codes = outcome(await clear_piece(site.scan(), place(grams), opened.hub))
    assert disposition == "RFS"
    assert code in codes


async def test_a_piece_that_was_declared_without_a_weight_is_referred(opened: Opened, site: Site) -> None:
    await site.declare(opened, {"gross_weight_g": ""})
    disposition, codes = outcome(await clear_piece(site.scan(), place(290), opened.hub))
    assert disposition == "RFS"
    assert "WEIGHT_NOT_COMPARABLE" in codes


async def test_a_second_scan_of_a_cleared_piece_is_referred(opened: Opened, site: Site) -> None:
    await site.declare(opened, {})
    first = await clear_piece(site.scan(), place(), opened.hub)
    second = await clear_piece(site.scan(), place(name="lane-2"), opened.hub)
    disposition, codes = outcome(second)
    assert (disposition, codes[0]) == ("RFS", "DUPLICATE_SCAN")
    assert statement(second).supersedes == first.entry.seq
    finding = statement(second).open[0]
    assert finding.params == {"earlier_seq": first.entry.seq, "earlier_station": "lane-1"}


async def test_a_second_scan_after_a_referral_is_what_mending_looks_like(opened: Opened, site: Site) -> None:
    await site.declare(opened, {})
    assert outcome(await clear_piece(site.scan(), place(None), opened.hub))[0] == "RFS"
    mended = await clear_piece(site.scan(), place(290), opened.hub)
    assert outcome(mended)[0] == "CLEAR"
    assert "DUPLICATE_SCAN" in outcome(mended)[1]


async def test_the_second_label_of_a_piece_is_the_same_piece(opened: Opened, site: Site) -> None:
    await site.declare(opened, {"last_mile_number": "9400111206206406260787"})
    first = await clear_piece(site.scan("9400111206206406260787"), place(), opened.hub)
    assert outcome(first)[0] == "CLEAR"
    assert statement(first).piece.value == S10
    second = await clear_piece(site.scan(), place(), opened.hub)
    assert outcome(second)[1][0] == "DUPLICATE_SCAN"
    assert statement(second).supersedes == first.entry.seq


async def test_a_label_of_two_pieces_is_referred(opened: Opened, site: Site) -> None:
    shared = {"last_mile_number": "SHARED-0001"}
    await site.declare(opened, shared, {**shared, "tracking_number": "RB123456785GB"})
    disposition, codes = outcome(await clear_piece(site.scan("SHARED-0001"), place(), opened.hub))
    assert disposition == "RFS"
    assert "AMBIGUOUS_LABEL" in codes


@pytest.mark.parametrize("text", ["", "   ", "a\x02b", "x" * 5000])
async def test_a_scan_that_is_no_number_decides_nothing(opened: Opened, site: Site, text: str) -> None:
    before = opened.hub.log.size()
    with pytest.raises(UnreadableScan, match="scan the label again"):
        await clear_piece(site.scan(text), place(), opened.hub)
    assert opened.hub.log.size() == before


# -- what is sealed ------------------------------------------------------------------------------------------


async def test_a_listed_party_shows_as_screening_and_is_named_to_the_authority_alone(
    opened: Opened, site: Site
) -> None:
    await site.declare(opened, {"consignee_name": LISTED})
    recorded = await clear_piece(site.scan(), place(), opened.hub)
    disposition, codes = outcome(recorded)
    assert (disposition, codes[0]) == ("RFS", "SCREENING")
    for secret in (b"LISTED", b"watch", b"Obsidian", b"OBSIDIAN", b"D1"):
        assert secret not in recorded.entry.payload.replace(statement(recorded).sealed.encode(), b"")
    (finding,) = site.unseal(recorded.entry).findings
    assert finding.code == "LISTED_PARTY"
    assert finding.params == {"list": "watch", "entry": "D1", "party": "consignee"}


async def test_a_random_audit_and_a_list_hit_look_the_same_outside(site: Site) -> None:
    async with site.open() as opened:
        await site.declare(opened, {"consignee_name": LISTED})
        listed = statement(await clear_piece(site.scan(), place(), opened.hub))
    (site.data / "evidence.db").unlink()
    (site.data / "reference.db").unlink()
    site.publish_policy(("audit_permille = 0", "audit_permille = 1000"))
    async with site.open() as opened:
        await site.declare(opened, {})
        recorded = await clear_piece(site.scan(), place(), opened.hub)
    audited = statement(recorded)
    assert [f.code for f in site.unseal(recorded.entry).findings] == ["RANDOM_AUDIT"]
    assert (audited.disposition, audited.set_by, audited.open) == (
        listed.disposition,
        listed.set_by,
        listed.open,
    )
    assert len(audited.sealed) == len(listed.sealed)


async def test_a_dry_run_shows_what_the_lane_may_see_and_keeps_nothing(opened: Opened, site: Site) -> None:
    await site.declare(opened, {"consignee_name": LISTED})
    before = opened.hub.log.size()
    shown = await decide_barcode(opened.hub, S10, grams=290, record=False)
    assert (shown["recorded"], shown["disposition"], shown["findings"][0]["code"]) == (
        False,
        "RFS",
        "SCREENING",
    )
    assert "LISTED" not in str(shown)
    assert opened.hub.log.size() == before
    recorded = await decide_barcode(opened.hub, S10, grams=290)
    assert (recorded["disposition"], recorded["source"], recorded["station"]) == ("RFS", "cli", "cli")
    assert recorded["findings"] == shown["findings"]


async def test_a_person_without_a_scale_refers(opened: Opened, site: Site) -> None:
    await site.declare(opened, {})
    recorded = await clear_piece(site.scan(), CommandLine(), opened.hub)
    assert outcome(recorded)[0] == "RFS"
    assert statement(recorded).open[0].params == {"reason": "not_weighed"}


# -- what comes later ----------------------------------------------------------------------------------------


async def test_a_manifest_that_arrives_later_decides_again(opened: Opened, site: Site) -> None:
    first = await clear_piece(site.scan(), place(290), opened.hub)
    with opened.hub.feed.subscribe() as screen:
        report = await site.declare(opened, {})
        while isinstance(message := screen.take(), ImportMessage):
            pass
    assert report.decided_again == 1
    assert isinstance(message, DecisionMessage)
    assert (message.because, message.disposition) == ("manifest", "CLEAR")
    (again,) = await opened.hub.log.recent(1)
    result = parse(again.kind, again.payload)
    assert isinstance(result, Decision)
    assert (result.because, result.source, result.supersedes) == ("manifest", "hub", first.entry.seq)
    assert (result.station, result.digests.scan) == ("lane-1", statement(first).digests.scan)
    assert result.weight == statement(first).weight
    assert await opened.hub.log.unmanifested() == []


async def test_a_piece_that_was_not_weighed_is_referred_when_its_manifest_arrives(
    opened: Opened, site: Site
) -> None:
    await clear_piece(site.scan(), place(None), opened.hub)
    await site.declare(opened, {})
    (again,) = await opened.hub.log.recent(1)
    assert decision_view(again)["disposition"] == "RFS"
    assert decision_view(again)["findings"][0]["code"] == "NO_WEIGHT"


async def test_of_two_waiting_labels_of_one_piece_the_one_it_is_declared_by_is_decided_on(
    opened: Opened, site: Site
) -> None:
    by_declared = await clear_piece(site.scan(), place(290), opened.hub)
    await clear_piece(site.scan("LAST-MILE-1"), place(900), opened.hub)
    report = await site.declare(opened, {"last_mile_number": "LAST-MILE-1"})
    assert report.decided_again == 1
    (again,) = await opened.hub.log.recent(1)
    assert decision_view(again)["disposition"] == "CLEAR"
    assert decision_view(again)["supersedes"] == by_declared.entry.seq
    assert await opened.hub.log.unmanifested() == []


# -- two at the same moment ----------------------------------------------------------------------------------


async def test_of_two_stations_that_scan_one_piece_at_the_same_moment_one_clears_it(
    opened: Opened, site: Site
) -> None:
    await site.declare(opened, {})
    lanes = [place(name="lane-1"), place(name="lane-2")]
    recorded = await asyncio.gather(*(clear_piece(site.scan(), lane, opened.hub) for lane in lanes))
    assert sorted(outcome(r)[0] for r in recorded) == ["CLEAR", "RFS"]
    chain = sorted((r.entry.seq, statement(r).supersedes) for r in recorded)
    assert [before for _, before in chain] == [None, *(seq for seq, _ in chain[:-1])]


# -- what is missing or old ----------------------------------------------------------------------------------


async def test_a_corrupt_model_refers_every_piece_and_the_lane_goes_on(site: Site) -> None:
    shutil.copytree(SHIPPED, site.folder / "model")
    network = site.folder / "model" / "model.onnx"
    network.write_bytes(network.read_bytes()[:-1] + b"\x00")
    site.configure(extra='[model]\nfolder = "model"')
    async with site.open() as opened:
        assert opened.hub.reference_data.current.scorer is None
        await site.declare(opened, {})
        recorded = await clear_piece(site.scan(), place(), opened.hub)
        disposition, codes = outcome(recorded)
        assert (disposition, codes[0]) == ("RFS", "MODEL_ABSENT")
        assert statement(recorded).digests.model is None
        assert site.unseal(recorded.entry).risk_permille is None
        events = [parse(e.kind, e.payload) for e in await opened.hub.log.read(0, 9) if e.kind == "event"]
        assert [e.code for e in events] == ["MODEL_REFUSED"]  # type: ignore[union-attr]


async def test_where_the_signed_policy_says_so_rules_alone_decide_and_the_absence_is_recorded(
    site: Site,
) -> None:
    site.publish_policy(('on_absent = "refer"', 'on_absent = "rules_only"'))
    (site.folder / "model").mkdir()
    site.configure(extra='[model]\nfolder = "model"')
    async with site.open() as opened:
        await site.declare(opened, {})
        disposition, codes = outcome(await clear_piece(site.scan(), place(), opened.hub))
        assert (disposition, "MODEL_ABSENT" in codes) == ("CLEAR", True)


async def test_goods_texts_that_cannot_be_read_refer_and_the_log_says_why(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorer, "SHIPPED", tmp_path)
    vagueness_model.cache_clear()
    try:
        async with site.open() as opened:
            await site.declare(opened, {})
            disposition, codes = outcome(await clear_piece(site.scan(), place(), opened.hub))
            entries = await opened.hub.log.read(0, 50)
    finally:
        vagueness_model.cache_clear()
    assert (disposition, "GOODS_UNREAD" in codes) == ("RFS", True)
    assert any(b"MODEL_REFUSED" in entry.payload for entry in entries)


@pytest.mark.parametrize(
    ("days", "expected", "outcome_then"),
    [
        (5, set(), "CLEAR"),
        (10, {"LIST_STALE"}, "CLEAR"),
        (11, {"LIST_STALE"}, "RFS"),
        (31, {"LIST_STALE", "POLICY_STALE"}, "RFS"),
    ],
)
async def test_a_policy_or_list_is_noted_as_it_grows_old_and_past_its_age_refers(
    opened: Opened, site: Site, days: int, expected: set[str], outcome_then: str
) -> None:
    await site.declare(opened, {})
    site.clock.advance(days * 86_400)
    disposition, codes = outcome(await clear_piece(site.scan(), place(), opened.hub))
    assert set(codes) & {"LIST_STALE", "POLICY_STALE"} == expected
    assert disposition == outcome_then


async def test_a_list_that_the_policy_needs_and_nobody_has_refers(site: Site) -> None:
    site.publish_policy(("required = []", 'required = ["watch", "sdn"]'))
    async with site.open() as opened:
        await site.declare(opened, {})
        recorded = await clear_piece(site.scan(), place(), opened.hub)
        assert outcome(recorded) == ("RFS", outcome(recorded)[1])
        assert statement(recorded).open[0].params == {"list": "sdn"}


async def test_a_new_list_is_held_against_what_was_declared_before_it(site: Site) -> None:
    async with site.open() as opened:
        await site.declare(opened, {})
        document = await opened.hub.assessments.of(S10)
        assert document is not None
    inputs = document.inputs
    site.publish_list("Avery Bellwether")
    async with site.open() as opened:
        assert len(await asyncio.to_thread(opened.hub.assessments.catch_up)) == 1
        assert await asyncio.to_thread(opened.hub.assessments.catch_up) == []
        recorded = await clear_piece(site.scan(), place(), opened.hub)
        assert outcome(recorded)[1][0] == "SCREENING"
        assert statement(recorded).digests.inputs == inputs


# -- what fails ----------------------------------------------------------------------------------------------


async def test_a_decision_that_cannot_be_recorded_is_none(opened: Opened, site: Site) -> None:
    await site.declare(opened, *({"tracking_number": f"BOX-{number:06}"} for number in range(100)))
    opened.hub.log.limit_pages(1)  # no room for more than there is
    lane = place()

    async def scan_all() -> None:
        for number in range(100):
            await clear_piece(site.scan(f"BOX-{number:06}"), lane, opened.hub)

    with pytest.raises(EvidenceFailed, match=r"the lane stops\. Check the disk"):
        await scan_all()
    assert opened.hub.log.size() == len(lane.scans) + 1
    with opened.hub.feed.subscribe() as screen, pytest.raises(EvidenceFailed):
        await clear_piece(site.scan("BOX-000099"), lane, opened.hub)
    assert screen.take() is None


async def test_the_hours_of_validity_are_the_policys(site: Site) -> None:
    site.publish_policy(("validity_hours = 72", "validity_hours = 6"))
    async with site.open(load_config(site.config_file)) as opened:
        recorded = await clear_piece(site.scan(), place(), opened.hub)
    valid_until = (site.clock.now() + timedelta(hours=6)).isoformat(timespec="milliseconds")
    assert statement(recorded).valid_until == valid_until.replace("+00:00", "Z")
