"""The signed log as it is written, read, and opened again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.domain.decision.values import Decision
from agent.domain.findings.codes import pack_code
from agent.domain.findings.disposition import Disposition
from agent.domain.findings.finding import Finding, Severity
from agent.domain.piece import PieceKey
from agent.errors import EvidenceFailed
from agent.evidence.log import CHECKPOINT_EVERY, EvidenceLog
from agent.evidence.reader import StoredLog
from agent.evidence.statements import MAX_OPEN
from agent.feed.messages import decision_view
from agent.sandbox.site import Site
from sync import sqlite
from sync.central.identity import load_authority_key, load_centre
from sync.errors import ForeignFile, SchemaTooNew
from sync.keys import Role
from sync.log import note, sealed
from sync.log.entries import Entry, follow_all
from sync.log.merkle import root_of
from sync.log.statement import Event, LogOpened, parse

Make = Callable[..., Decision]


@pytest.fixture
def log(site: Site) -> Iterator[EvidenceLog]:
    """The site's log, newly begun."""
    opened: EvidenceLog = site.log()
    yield opened
    opened.close()


async def receipt_over(log: EvidenceLog, site: Site) -> str:
    """The centre's word for the present head, by its real keys."""
    centre = load_centre(site.centre)
    return note.cosign(await log.checkpoint(), centre.name, centre.cosigner, 1_772_443_800)


async def test_numbers_have_no_gap_and_each_entry_names_the_one_before(
    log: EvidenceLog, site: Site, make_decision: Make
) -> None:
    recorded = [await log.append(make_decision(number)) for number in range(5)]
    assert [r.entry.seq for r in recorded] == [1, 2, 3, 4, 5]
    entries = await log.read(0, 100)
    assert [e.seq for e in entries] == list(range(6))
    follow_all(log.log_id, entries, site.trust().signer.decisions.public)
    assert log.size() == 6
    assert [e.seq for e in await log.recent(2)] == [5, 4]
    assert await log.entry(3) == recorded[2].entry
    assert await log.entry(99) is None


async def test_appends_at_the_same_moment_get_one_number_each(log: EvidenceLog, make_decision: Make) -> None:
    recorded = await asyncio.gather(*(log.append(make_decision(number)) for number in range(200)))
    assert sorted(r.entry.seq for r in recorded) == list(range(1, 201))
    assert {r.entry.seq for r in recorded} == {e.seq for e in await log.read(1, 500)}


async def test_the_first_entry_says_whose_log_it_is_and_seals_the_audit_key(
    log: EvidenceLog, site: Site
) -> None:
    (first,) = await log.read(0, 10)
    result = parse(first.kind, first.payload)
    assert isinstance(result, LogOpened)
    signer = site.trust().signer
    assert (result.hub, result.continues, result.prev) == (signer.hub, None, None)
    assert result.keys == [signer.decisions.public.keyid, signer.checkpoints.public.keyid]
    assert result.audit_key_sealed is not None
    authority = load_authority_key(site.authority, Role.SEALING)
    opened = sealed.unseal_bytes(result.audit_key_sealed, authority, f"preclear/audit-key/v1|{log.log_id}")
    assert opened == signer.audit_key


async def test_a_written_log_verifies_from_public_keys_alone(
    log: EvidenceLog, site: Site, make_decision: Make
) -> None:
    for number in range(20):
        await log.append(make_decision(number))
    await log.keep_receipt(await receipt_over(log, site), "no note")
    await log.append(make_decision(99))
    log.close()
    report = site.verify()
    assert (report.entries, report.decisions, report.receipts, report.receipted) == (22, 21, 1, 21)


async def test_the_head_is_signed_every_256_entries_and_on_close(
    log: EvidenceLog, site: Site, make_decision: Make
) -> None:
    for number in range(CHECKPOINT_EVERY + 2):  # one at a time, so that each is a group of its own
        await log.append(make_decision(number))
    with StoredLog(site.data / "evidence.db") as stored:
        checkpoints, _ = stored.notes()
    assert [size_of(n) for n in checkpoints] == [CHECKPOINT_EVERY]
    log.close()
    assert site.verify().checkpoints == 2


def size_of(text: str) -> int:
    return note.parse_checkpoint(note.parse_note(text).text).size


async def test_the_same_head_gives_the_same_note(log: EvidenceLog, make_decision: Make) -> None:
    await log.append(make_decision())
    first = await log.checkpoint()
    assert await log.checkpoint() == first
    await log.append(make_decision())
    assert await log.checkpoint() != first
    head = note.parse_checkpoint(note.parse_note(first).text)
    assert head.root == root_of([e.leaf for e in await log.read(0, head.size)])


async def test_receipts_are_kept_and_what_none_covers_is_unsent(
    log: EvidenceLog, site: Site, make_decision: Make
) -> None:
    await log.append(make_decision(1))
    assert (log.size(), log.receipted()) == (2, 0)
    receipt = await receipt_over(log, site)
    await log.keep_receipt(receipt, "no note")
    await log.keep_receipt(receipt, "no note")
    await log.append(make_decision(2))
    assert (log.size(), log.receipted()) == (3, 2)
    log.close()
    again = site.log()
    assert (again.size(), again.receipted()) == (3, 2)
    again.close()
    with StoredLog(site.data / "evidence.db") as stored:
        assert stored.notes()[1] == [receipt]


async def test_an_entry_is_anchored_in_the_newest_head_of_the_centres_own_log(
    log: EvidenceLog, site: Site, make_decision: Make
) -> None:
    centre = load_centre(site.centre)
    head = note.Checkpoint(origin="preclear.invalid/centre", size=7, root=b"r" * 32)
    await log.keep_receipt(
        await receipt_over(log, site),
        note.sign_note_ed25519(head.body(), centre.name, centre.log_signer),
    )
    log.close()
    again = site.log()
    entry = (await again.append(make_decision())).entry
    anchor = parse(entry.kind, entry.payload).anchor
    assert anchor is not None
    assert (anchor.origin, anchor.size, anchor.root) == (head.origin, 7, head.root.hex())
    again.close()


async def test_opening_again_goes_on_where_the_log_ended(
    log: EvidenceLog, site: Site, make_decision: Make
) -> None:
    await log.append(make_decision(1))
    log.close()
    for turn in range(3):
        again, trouble = EvidenceLog.open(site.data, site.trust().signer, site.clock)
        assert (trouble, again.log_id, again.size()) == (None, log.log_id, 2 + turn)
        await again.append(make_decision(turn))
        again.close()
    assert site.verify().entries == 5


async def test_the_standing_decision_on_a_piece_is_its_last(log: EvidenceLog, make_decision: Make) -> None:
    piece = make_decision(1).piece
    assert await log.previous(piece) is None
    first = await log.append(make_decision(1))
    stopped = replace(make_decision(1).verdict, disposition=Disposition.DNL)
    second = await log.append(make_decision(1, verdict=stopped, station="lane-2"))
    assert first.entry.seq != second.entry.seq
    standing = await log.previous(piece)
    assert standing is not None
    assert (standing.seq, standing.disposition, standing.station) == (
        second.entry.seq,
        Disposition.DNL,
        "lane-2",
    )


async def test_unmanifested_pieces_wait_until_a_decision_settles_them(
    log: EvidenceLog, make_decision: Make
) -> None:
    missing = Finding(code="UNMANIFESTED", severity=Severity.STOP)
    waiting = replace(make_decision().verdict, disposition=Disposition.DNL, open=(missing,))
    for number in range(3):
        await log.append(make_decision(number, verdict=waiting))
    await log.append(make_decision(1))
    under_another_number = make_decision(2, piece=PieceKey(kind="s10", value="RR473124829GB"))
    await log.append(under_another_number, settles=make_decision(2).piece)
    assert await log.unmanifested() == [("plain:PIECE000000", 1)]
    assert await log.unmanifested(after="plain:PIECE000000") == []


async def test_more_findings_than_a_decision_holds_are_counted_in_its_last(
    log: EvidenceLog, make_decision: Make
) -> None:
    many = tuple(Finding(code=pack_code(f"CODE_{n}")) for n in range(MAX_OPEN + 3))
    recorded = await log.append(make_decision(verdict=replace(make_decision().verdict, open=many)))
    shown = decision_view(recorded.entry)["findings"]
    assert len(shown) == MAX_OPEN
    assert shown[-1] == {"code": "MORE_FINDINGS", "params": {"count": 4}}


async def test_an_entry_that_cannot_be_made_costs_no_number(
    log: EvidenceLog, site: Site, make_decision: Make
) -> None:
    with pytest.raises(Exception, match="ASCII snake_case"):
        log.event("BROKEN", {"Not a key": 1}).result(10)
    recorded = await log.append(make_decision())
    assert recorded.entry.seq == 1
    log.close()
    assert site.verify().entries == 2


async def test_an_event_is_an_entry(log: EvidenceLog) -> None:
    entry = log.event("CLOCK_STEPPED", {"seconds": 40}).result(10)
    result = parse(entry.kind, entry.payload)
    assert isinstance(result, Event)
    assert (result.code, result.params) == ("CLOCK_STEPPED", {"seconds": 40})


async def test_a_full_disk_fails_the_append_and_everything_acknowledged_is_there_afterwards(
    site: Site, make_decision: Make
) -> None:
    def small_disk(path: Path) -> sqlite.Connection:
        conn = sqlite.connect(path)
        conn.execute("PRAGMA max_page_count=60")
        return conn

    log = site.log(connect=small_disk)
    acknowledged: list[Entry] = []

    async def append_for_ever() -> None:
        while True:
            acknowledged.append((await log.append(make_decision(len(acknowledged)))).entry)

    with pytest.raises(EvidenceFailed, match=r"full.*Check the disk"):
        await append_for_ever()
    assert log.failed is not None
    assert log.size() == len(acknowledged) + 1
    with pytest.raises(EvidenceFailed):
        await log.append(make_decision())
    log.close()
    again = site.log()
    assert await again.read(1, 1000) == acknowledged
    assert (await again.append(make_decision())).entry.seq == len(acknowledged) + 1
    again.close()
    assert site.verify().entries == len(acknowledged) + 2


async def test_a_file_of_a_newer_schema_is_refused_by_its_number_and_left_alone(
    log: EvidenceLog, site: Site
) -> None:
    log.close()
    change(log.path, "PRAGMA user_version=7")
    before = log.path.read_bytes()
    with pytest.raises(SchemaTooNew, match="schema 7, this program knows up to 1; install the newer"):
        site.log()
    assert log.path.read_bytes() == before
    assert not list(site.data.glob("evidence-*.db"))


async def test_a_file_of_another_program_is_refused_and_left_alone(log: EvidenceLog, site: Site) -> None:
    log.close()
    change(log.path, f"PRAGMA application_id={0x12345678}")
    with pytest.raises(ForeignFile, match=r"evidence\.db belongs to another program"):
        site.log()
    assert not list(site.data.glob("evidence-*.db"))


def change(path: Path, sql: str) -> None:
    conn = sqlite.connect(path)
    conn.execute(sql)
    conn.close()


async def test_a_file_that_cannot_be_opened_is_not_taken_for_a_damaged_one(site: Site) -> None:
    (site.data / "evidence.db").mkdir()
    with pytest.raises(EvidenceFailed, match=r"evidence\.db"):
        site.log()
    assert not list(site.data.glob("evidence-*.db"))


async def test_with_a_library_that_can_lose_commits_a_file_has_one_connection_only(
    site: Site, make_decision: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    connect = sqlite.connect

    def counted(path: Path, *, read_only: bool = False) -> sqlite.Connection:
        opened.append(path)
        return connect(path, read_only=read_only)

    monkeypatch.setattr(sqlite, "is_sound", lambda: False)
    monkeypatch.setattr(sqlite, "connect", counted)
    async with site.open() as hub:
        await hub.hub.log.append(make_decision())
        assert [e.seq for e in await hub.hub.log.read(0, 9)] == [0, 1]
        assert await hub.hub.declarations.counts() == (0, 0)
        await site.declare(hub, {})
        assert await hub.hub.assessments.of("RR473124829GB")
    # The log's one connection is opened by EvidenceLog.open's own default; a reader of it would be counted.
    assert [path.name for path in opened] == ["reference.db"]
