"""What is declared: matching labels, several sources, and taking files in once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.domain.consignment.declaration import Declaration, Label, Transport
from agent.domain.consignment.effective import SourceRole
from agent.domain.identifiers.candidates import Candidate
from agent.domain.piece import PieceKey
from agent.errors import StoreFailed
from agent.sandbox.clock import ManualClock
from agent.sandbox.site import Site
from agent.store.assessment_table import KeptAssessment, StoredAssessment
from agent.store.declarations import DeclarationStore
from agent.store.source_table import Source
from sync import sqlite
from sync.errors import ForeignFile, SchemaTooNew
from sync.log.statement import Event, parse

S10 = Label("s10", "RR473124829GB")
SSCC = Label("sscc", "106141412345678908")
DAY_S = 86_400


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[DeclarationStore]:
    opened = DeclarationStore(tmp_path, clock)
    yield opened
    opened.close()


def declaration(*labels: Label, receptacle: str | None = None, **changes: Any) -> Declaration:
    """One piece with those labels; the consignment goes by the first."""
    return Declaration(
        consignment=changes.pop("consignment", None) or labels[0].value,
        transport=Transport.MAIL,
        pieces=changes.pop("pieces", (labels,)),
        receptacle=receptacle,
        **changes,
    )


def source(name: str = "one.csv", role: SourceRole = SourceRole.FORWARDER) -> Source:
    return Source(party="p", role=role, message=name, sha256=hashlib.sha256(name.encode()).hexdigest())


def take_in(store: DeclarationStore, declarations: Sequence[Declaration], of: Source | None = None) -> int:
    """A whole file, from its first row to its end."""
    number, known, *_ = store.begin_source(of or source()).result(10)
    assert not known
    store.add(number, declarations).result(10)
    store.end_source(number, len(declarations), 0).result(10)
    return number


def candidates(*labels: Label) -> list[Candidate]:
    return [Candidate(kind=label.kind, value=label.value) for label in labels]


async def test_candidates_are_tried_in_their_order_and_the_manifest_chooses(
    store: DeclarationStore, clock: ManualClock
) -> None:
    take_in(store, [declaration(S10, receptacle="BAG-1"), declaration(SSCC)])
    unknown = Label("plain", "NOBODY")
    match = await store.match(candidates(unknown, S10, SSCC), clock.now())
    assert match is not None
    assert (match.key, match.receptacle, match.others) == (
        PieceKey(kind="s10", value=S10.value),
        "BAG-1",
        0,
    )
    first = await store.match(candidates(SSCC, S10), clock.now())
    assert first is not None
    assert first.consignment == SSCC.value
    assert await store.match(candidates(unknown), clock.now()) is None
    # The same text under another kind is another number.
    assert await store.match(candidates(Label("plain", S10.value)), clock.now()) is None


async def test_every_label_of_a_piece_leads_to_the_same_piece(
    store: DeclarationStore, clock: ManualClock
) -> None:
    last_mile = Label("plain", "9400111206206406260787")
    take_in(store, [declaration(S10, last_mile)])
    by_first = await store.match(candidates(S10), clock.now())
    assert by_first == await store.match(candidates(last_mile), clock.now())
    assert by_first is not None
    assert by_first.key.kind == "s10"


async def test_a_label_on_two_pieces_says_so(store: DeclarationStore, clock: ManualClock) -> None:
    shared = Label("plain", "SHARED01")
    take_in(store, [declaration(S10, shared), declaration(SSCC, shared)])
    match = await store.match(candidates(shared), clock.now())
    assert match is not None
    assert match.others == 1


async def test_the_pieces_of_one_consignment_are_told_apart(
    store: DeclarationStore, clock: ManualClock
) -> None:
    first, second = Label("plain", "BOX-0001"), Label("plain", "BOX-0002")
    take_in(store, [declaration(consignment="AWB-1", pieces=((first,), (second,)))])
    result = [await store.match(candidates(label), clock.now()) for label in (first, second)]
    assert [m.key.value for m in result if m] == ["BOX-0001", "BOX-0002"]
    assert {m.consignment for m in result if m} == {"AWB-1"}


@pytest.mark.parametrize(("age_days", "matches"), [(0, True), (365, True), (366, False)])
async def test_an_s10_number_is_of_its_item_for_a_year(
    store: DeclarationStore, clock: ManualClock, age_days: int, matches: bool
) -> None:
    take_in(store, [declaration(S10), declaration(SSCC)])
    clock.advance(age_days * DAY_S)
    assert (await store.match(candidates(S10), clock.now()) is not None) == matches
    # An SSCC is never given twice to two units in trade.
    assert await store.match(candidates(SSCC), clock.now()) is not None


async def test_an_s10_number_that_is_used_again_after_a_year_is_the_new_item(
    store: DeclarationStore, clock: ManualClock
) -> None:
    take_in(store, [declaration(S10, gross_weight_g=100)], source("old.csv", SourceRole.CARRIER))
    clock.advance(400 * DAY_S)
    take_in(store, [declaration(S10, gross_weight_g=900, receptacle="BAG-9")], source("new.csv"))
    match = await store.match(candidates(S10), clock.now())
    assert match is not None
    assert (match.receptacle, match.others) == ("BAG-9", 0)
    claims = await store.claims(S10.value)
    assert [claim.declaration.gross_weight_g for claim in claims.claims] == [900]


async def test_what_two_sources_say_of_a_consignment_is_kept_side_by_side(
    store: DeclarationStore, clock: ManualClock
) -> None:
    take_in(store, [declaration(S10, gross_weight_g=100)], source("seller.csv", SourceRole.SELLER))
    clock.advance(3600)
    take_in(store, [declaration(S10, gross_weight_g=120)], source("post.csv", SourceRole.POST))
    claims = (await store.claims(S10.value)).claims
    assert [(claim.role, claim.declaration.gross_weight_g) for claim in claims] == [
        (SourceRole.SELLER, 100),
        (SourceRole.POST, 120),
    ]
    assert await store.counts() == (2, 2)


async def test_the_same_file_twice_is_taken_in_once(store: DeclarationStore) -> None:
    number = take_in(store, [declaration(S10)])
    assert store.begin_source(source()).result(10)[:3] == (number, True, 1)
    assert await store.counts() == (1, 1)


async def test_an_interrupted_file_goes_on_behind_what_is_kept(
    store: DeclarationStore, tmp_path: Path, clock: ManualClock
) -> None:
    number, known, taken, *_ = store.begin_source(source()).result(10)
    assert (known, taken) == (False, 0)
    store.add(number, [declaration(S10)]).result(10)
    store.close()  # and nothing says that the file was at its end
    again = DeclarationStore(tmp_path, clock)
    assert again.begin_source(source()).result(10)[:3] == (number, False, 1)
    again.add(number, [declaration(SSCC)]).result(10)
    again.end_source(number, 2, 0).result(10)
    assert await again.counts() == (2, 1)
    assert again.begin_source(source()).result(10)[:3] == (number, True, 2)
    again.close()


@pytest.mark.parametrize("complete", [True, False])
async def test_a_file_that_is_read_another_way_is_taken_in_from_its_beginning_without_doubling(
    store: DeclarationStore, *, complete: bool
) -> None:
    number = store.begin_source(source()).result(10).number
    store.add(number, [declaration(S10)]).result(10)
    if complete:
        store.end_source(number, 1, 0).result(10)
    assert store.stale("policy", 9) is not None
    otherwise = replace(source(), reading="csv another-profile")
    assert store.begin_source(otherwise).result(10)[:3] == (number, False, 0)
    store.add(number, [declaration(S10, gross_weight_g=7)]).result(10)
    store.end_source(number, 1, 0).result(10)
    assert await store.counts() == (1, 1)
    assert [c.declaration.gross_weight_g for c in (await store.claims(S10.value)).claims] == [7]
    assert store.begin_source(otherwise).result(10)[:3] == (number, True, 1)
    assert [consignment for consignment, _ in store.stale("policy", 9) or ()] == [S10.value]


async def test_the_digest_of_the_claims_changes_with_them_and_is_salted(
    store: DeclarationStore, tmp_path: Path, clock: ManualClock
) -> None:
    take_in(store, [declaration(S10)])
    before = (await store.claims(S10.value)).digest
    assert (await store.claims(S10.value)).digest == before
    take_in(store, [declaration(S10, gross_weight_g=5)], source("two.csv"))
    assert (await store.claims(S10.value)).digest != before
    (tmp_path / "another").mkdir()
    another = DeclarationStore(tmp_path / "another", clock)
    take_in(another, [declaration(S10)])
    assert (await another.claims(S10.value)).digest != before  # the same words, another salt
    another.close()


async def test_consignments_without_a_present_assessment_come_newest_source_first(
    store: DeclarationStore,
) -> None:
    labels = [Label("plain", f"BOX-{number:04}") for number in range(6)]
    take_in(store, [declaration(label) for label in labels[:3]])
    take_in(store, [declaration(label) for label in labels[3:]], source("two.csv"))
    stale = store.stale("policy|lists", 4)
    assert stale is not None
    assert [consignment for consignment, _ in stale] == [f"BOX-{number:04}" for number in (5, 4, 3, 2)]


async def test_what_was_found_assessed_is_not_looked_at_until_it_is_declared_anew_or_policy_changes(
    store: DeclarationStore, clock: ManualClock
) -> None:
    def all_stale(read: str) -> set[str]:
        result: set[str] = set()
        while (stale := store.stale(read, 2)) is not None:
            result |= {consignment for consignment, _ in stale}
            kept = [(consignment, assessment(claims.digest, clock)) for consignment, claims in stale]
            store.keep_assessments(read, kept).result(10)
        return result

    names = [f"BOX-{number:04}" for number in range(5)]
    take_in(store, [declaration(Label("plain", name)) for name in names])
    assert all_stale("policy") == set(names)
    assert all_stale("policy") == set()
    take_in(store, [declaration(Label("plain", name)) for name in (names[1], "BOX-9999")], source("two.csv"))
    assert all_stale("policy") == {names[1], "BOX-9999"}
    assert all_stale("another policy") == {*names, "BOX-9999"}


async def test_an_assessment_of_what_was_declared_before_is_not_kept(
    store: DeclarationStore, clock: ManualClock
) -> None:
    take_in(store, [declaration(S10)])
    before = assessment((await store.claims(S10.value)).digest, clock)
    store.keep_assessments("policy", [(S10.value, before)]).result(10)
    assert await store.assessment(S10.value, "policy") == before
    assert await store.assessment(S10.value, "another policy") is None
    take_in(store, [declaration(S10, gross_weight_g=5)], source("two.csv"))
    assert await store.assessment(S10.value, "policy") is None
    store.keep_assessments("policy", [(S10.value, before)]).result(10)  # whose making had begun before
    assert await store.assessment(S10.value, "policy") is None


def assessment(inputs: str, clock: ManualClock) -> KeptAssessment:
    body = StoredAssessment(
        findings=[],
        sealed=b"",
        evaluated_for=clock.now(),
        dated=False,
        declared_g=None,
        features=None,
        inputs=inputs,
    )
    return KeptAssessment(body, None)


@pytest.mark.parametrize(
    ("pragma", "error"), [("user_version=9", SchemaTooNew), ("application_id=77", ForeignFile)]
)
def test_a_newer_file_or_another_programs_is_refused(
    store: DeclarationStore, tmp_path: Path, clock: ManualClock, pragma: str, error: type[Exception]
) -> None:
    store.close()
    conn = sqlite.connect(store.path)
    conn.execute(f"PRAGMA {pragma}")
    conn.close()
    with pytest.raises(error, match=r"reference\.db"):
        DeclarationStore(tmp_path, clock)


async def test_a_file_that_is_no_database_any_more_is_set_aside_and_a_new_one_begins(site: Site) -> None:
    async with site.open() as opened:
        await site.declare(opened, {})
    path = site.data / "reference.db"
    path.write_bytes(b"these were declarations once\n" * 500)
    async with site.open() as opened:
        assert await opened.hub.declarations.counts() == (0, 0)
        await opened.hub.log.checkpoint()  # behind what was recorded while opening
        entry = await opened.hub.log.entry(1)
        assert entry is not None
        event = parse(entry.kind, entry.payload)
        assert isinstance(event, Event)
        assert event.code == "DECLARATIONS_SET_ASIDE"
        assert str(event.params["reason"]).endswith("import the manifests again")
        assert (await site.declare(opened, {})).accepted == 1
    (aside,) = site.data.glob("reference-damaged-*.db")
    assert aside.read_bytes().startswith(b"these were")


async def test_a_file_that_cannot_be_opened_is_not_taken_for_a_damaged_one(
    tmp_path: Path, clock: ManualClock
) -> None:
    (tmp_path / "reference.db").mkdir()
    with pytest.raises(StoreFailed, match=r"reference\.db"):
        DeclarationStore(tmp_path, clock)


async def test_a_page_that_cannot_be_read_is_a_failure_by_name(
    store: DeclarationStore, clock: ManualClock
) -> None:
    take_in(store, [declaration(Label("plain", f"BOX-{number:06}")) for number in range(2000)])
    store.close()
    size = store.path.stat().st_size
    damaged = DeclarationStore(store.path.parent, clock)
    with store.path.open("r+b") as file:
        file.seek(16 * 4096)
        file.write(b"\xff" * (size - 16 * 4096))

    async def read_all() -> None:
        for number in range(2000):
            await damaged.claims(f"BOX-{number:06}")

    with pytest.raises(StoreFailed, match="Check the disk"):
        await read_all()
    damaged.close()
