"""Who said what, and taking a party's data away: the rest stands as if that party had never spoken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.app import Opened
from agent.cases.scan import CommandLine
from agent.clearance import clear_piece
from agent.domain.consignment.declaration import Declaration, Label, Level, Party, Transport, encode
from agent.domain.consignment.effective import Claim, SourceRole, effective
from agent.domain.findings.disposition import Disposition
from agent.errors import UnknownName
from agent.formats.batch import Batch
from agent.intake.importer import import_manifest
from agent.intake.removal import Choice, Going, remove_sources
from agent.sandbox.clock import ManualClock
from agent.sandbox.site import Site
from agent.store import declaration_table as declared
from agent.store import removal
from agent.store import source_table as sources
from agent.store.declarations import DeclarationStore
from agent.store.schema import migrate_reference
from agent.store.source_table import Source
from sync import sqlite
from sync.log.statement import Event, parse

S10 = "RR473124829GB"
AT = "2026-03-02T09:30:00.000000Z"
NEVER_THE_SAME = {"id", "source", "salt", "declared"}
"""Columns in which a store differs from another that heard the same: numbers, salts, times."""

numbers = st.sampled_from(["C1", "C2", "C3", "M1"])
labels = st.builds(Label, st.just("plain"), st.sampled_from(["A", "B", "C", "D"]))
declarations = st.builds(
    Declaration,
    consignment=numbers,
    transport=st.just(Transport.EXPRESS),
    pieces=st.lists(st.lists(labels, max_size=2).map(tuple), max_size=3).map(tuple),
    receptacle=st.none() | st.sampled_from(["BAG-1", "BAG-2"]),
    gross_weight_g=st.none() | st.integers(1, 9),
    level=st.sampled_from(Level),
    master=st.none() | st.sampled_from(["M1", "M2"]),
)
files = st.lists(declarations, max_size=4, unique_by=lambda d: d.consignment)
days = st.lists(st.tuples(st.sampled_from("ABC"), files), max_size=6)


def source(party: str, number: int, role: SourceRole = SourceRole.FORWARDER) -> Source:
    name = f"{party}-{number}"
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Source(party=party, role=role, message=name, sha256=digest, reading="csv")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> sqlite.Connection:
    conn = sqlite.connect(tmp_path_factory.mktemp("empty") / "reference.db")
    migrate_reference(conn, Path("reference.db"))
    return conn


def store_of(
    empty: sqlite.Connection, taken: Sequence[tuple[int, str, list[Declaration]]]
) -> sqlite.Connection:
    conn = sqlite.connect(Path(":memory:"))
    empty.backup(conn)
    for number, party, declarations in taken:
        begun = sources.begin(conn, source(party, number), AT)
        batch = Batch()
        for declaration in declarations:
            batch.add(declaration, encode(declaration))
        declared.write(conn, declared.rows_of(begun.number, batch))
        sources.took(conn, begun.number, len(declarations))
        sources.end(conn, begun.number, rows=len(declarations), rejected=0, faults={})
    return conn


def tables(conn: sqlite.Connection) -> dict[str, list[Any]]:
    """All that a store holds, in every table there is."""
    contents: dict[str, list[Any]] = {}
    for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        columns = [row[1] for row in conn.execute(f"PRAGMA table_info({name})").fetchall()]
        shown = ", ".join(column for column in columns if column not in NEVER_THE_SAME)
        contents[name] = sorted(conn.execute(f"SELECT {shown} FROM {name}").fetchall(), key=repr)
    contents["who said it"] = conn.execute(
        """SELECT d.consignment, s.sha256 FROM declaration AS d JOIN source AS s ON s.id = d.source
        ORDER BY d.id"""
    ).fetchall()
    return contents


@given(days=days, gone=st.sampled_from("ABC"), span=st.integers(1, 5), most=st.integers(1, 3))
@settings(max_examples=40)
def test_a_store_without_a_party_is_one_that_never_heard_it(
    empty: sqlite.Connection, days: list[tuple[str, list[Declaration]]], gone: str, span: int, most: int
) -> None:
    taken = [(number, party, files) for number, (party, files) in enumerate(days)]
    conn = store_of(empty, taken)
    never = store_of(empty, [one for one in taken if one[1] != gone])
    for (consignment,) in conn.execute("SELECT DISTINCT consignment FROM declaration").fetchall():
        conn.execute("INSERT INTO assessment VALUES (?, 'old', x'', NULL)", (consignment,))
    chosen = [stored.number for stored in sources.stored(conn, party=gone)]
    at, steps = 0, 0
    while True:
        step = removal.step(conn, chosen, at, span=span, most=most)
        at, steps = step.at, steps + 1
        if step.done:
            break
    for number in chosen:
        sources.forget(conn, number)
    touched = {d.consignment for _, party, files in taken if party == gone for d in files}
    assert not touched & {row[0] for row in conn.execute("SELECT consignment FROM assessment")}
    conn.execute("DELETE FROM assessment")
    assert tables(conn) == tables(never)
    for consignment in ("C1", "C2", "C3", "M1"):
        left, expected = (declared.read_claims(c, consignment) for c in (conn, never))
        assert (left.claims, left.carried, left.houses) == (
            expected.claims,
            expected.carried,
            expected.houses,
        )
    conn.close()
    never.close()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[DeclarationStore]:
    opened = DeclarationStore(tmp_path, clock)
    yield opened
    opened.close()


def take_in(store: DeclarationStore, of: Source, *declarations: Declaration) -> int:
    begun = store.begin_source(of).result(10)
    store.add(begun.number, declarations).result(10)
    store.end_source(begun.number, len(declarations), 0).result(10)
    return begun.number


def parcel(**changes: Any) -> Declaration:
    return Declaration(consignment="C1", transport=Transport.EXPRESS, **changes)


async def test_three_parties_that_contradict_each_other_are_all_kept_and_one_can_go(
    store: DeclarationStore,
) -> None:
    carrier = source("Sky", 1, SourceRole.CARRIER)
    take_in(store, carrier, parcel(gross_weight_g=500, description="shirt", flight="SK1"))
    number = take_in(
        store,
        source("Mall", 2, SourceRole.MARKETPLACE),
        parcel(gross_weight_g=700, description="shoes", hs="6403"),
    )
    take_in(store, source("Fwd", 3), parcel(gross_weight_g=900, description="toys"))
    whole = await store.claims("C1")
    assert [(c.party, c.declaration.gross_weight_g) for c in whole.claims] == [
        ("Sky", 500),
        ("Mall", 700),
        ("Fwd", 900),
    ]
    merged = effective(whole.claims)
    assert {c.field: len(c.sides) for c in merged.conflicts} == {"gross_weight_g": 3, "description": 3}
    assert merged.declaration.hs == "6403"
    store.leaving([number]).result(10)
    assert store.take_away([number], 0).result(10).removed == 1
    left = await store.claims("C1")
    assert left.claims == tuple(c for c in whole.claims if c.party != "Mall")
    assert left.digest != whole.digest
    again = effective(left.claims)
    assert again.declaration.hs is None
    assert again == effective([Claim(**{f: getattr(c, f) for f in FIELDS}) for c in left.claims])
    assert {c.field: [side.party for side in c.sides] for c in again.conflicts} == {
        "gross_weight_g": ["Sky", "Fwd"],
        "description": ["Sky", "Fwd"],
    }


FIELDS = ("role", "party", "received", "declaration", "signer")


def test_houses_of_a_master_that_goes_and_a_master_whose_house_goes_are_assessed_again(
    store: DeclarationStore,
) -> None:
    house = Declaration(consignment="H1", transport=Transport.EXPRESS, master="M1")
    master = Declaration(consignment="M1", transport=Transport.EXPRESS, level=Level.MASTER)
    first = take_in(store, source("Fwd", 1), house)
    second = take_in(store, source("Sky", 2), master)
    third = take_in(store, source("Mall", 3), house)

    def stale() -> set[str]:
        consignments: set[str] = set()
        while (some := store.stale("now", 10)) is not None:
            consignments |= {consignment for consignment, _ in some}
        return consignments

    def assess_all() -> None:
        store.flush()
        with closing(sqlite.connect(store.path)) as conn:
            conn.execute("INSERT OR REPLACE INTO assessment SELECT DISTINCT consignment, 'now', x'', NULL"
                         " FROM declaration")  # fmt: skip

    assert stale() == {"H1", "M1"}
    assess_all()
    assert stale() == set()
    store.take_away([third], 0).result(10)
    assert store.behind
    assert stale() == {"H1", "M1"}
    assess_all()
    assert stale() == set()
    store.take_away([second], 0).result(10)
    assert stale() == {"H1"}
    store.take_away([first], 0).result(10)
    assert stale() == set()


async def test_a_file_that_is_read_another_way_leaves_no_label_of_the_first_reading(
    store: DeclarationStore, clock: ManualClock
) -> None:
    def labelled(name: str) -> Declaration:
        return parcel(pieces=((Label("plain", name),),), master=f"M-{name}")

    take_in(store, source("Fwd", 1), labelled("FWD"))
    take_in(store, source("Mall", 2), labelled("WRONG"))
    other = replace(source("Mall", 2), reading="csv other-profile")
    take_in(store, other, labelled("RIGHT"))
    store.close()
    conn = sqlite.connect(store.path, read_only=True)
    values = conn.execute("SELECT value FROM identifier ORDER BY value").fetchall()
    assert values == [("FWD",), ("RIGHT",)]
    assert conn.execute("SELECT master FROM house ORDER BY master").fetchall() == [("M-FWD",), ("M-RIGHT",)]
    assert b"WRONG" not in store.path.read_bytes()
    conn.close()


def test_a_source_that_is_half_removed_counts_as_not_taken_in(store: DeclarationStore) -> None:
    number = take_in(store, source("Fwd", 1), parcel())
    assert store.begin_source(source("Fwd", 1)).result(10).known
    store.leaving([number]).result(10)
    (row,) = store.sources(party="Fwd").result(10)
    assert (row.state, row.taken) == ("removing", 1)
    assert store.begin_source(source("Fwd", 1)).result(10) == (number, False, 0, True, True)


def spread(party: str, number: int) -> Declaration:
    who = Party(name=f"{party}-person-{number:04}", street=f"{party}-street-{number:04}" * 8)
    return Declaration(
        consignment=f"C{number:04}",
        transport=Transport.EXPRESS,
        consignee=who,
        description=f"{party}-goods-{number:04}",
        pieces=((Label("plain", f"{party}-LABEL-{number:04}"),),),
    )


async def test_what_is_taken_away_is_in_no_file_afterwards(
    opened: Opened, site: Site, clock: ManualClock
) -> None:
    hub = opened.hub
    shared = range(0, 300, 3)
    take_in(hub.declarations, source("keepsake", 1), *(spread("keepsake", n) for n in range(200)))
    gone = source("vanishing", 2)
    take_in(hub.declarations, gone, *(spread("vanishing", n) for n in shared))
    take_in(hub.declarations, source("keepsake", 3), *(spread("keepsake", n) for n in range(200, 400)))
    while hub.assessments.catch_up():
        pass
    progress: list[Going] = []
    report = await remove_sources(hub, Choice(party="vanishing"), progress.append)
    assert (report["declarations"], report["erased"]) == (len(shared), True)
    assert progress[-1] == Going(done=500, total=500, removed=len(shared))
    for name in ("reference.db", "reference.db-wal"):
        content = (site.data / name).read_bytes()
        assert content.count(b"vanishing") == 0, name
    assert b"keepsake-person-0003" in (site.data / "reference.db").read_bytes()
    assert await hub.declarations.counts() == (400, 2)
    (event,) = [
        statement
        for entry in await hub.log.read(0, 100)
        if isinstance(statement := parse(entry.kind, entry.payload), Event)
        and statement.code == "SOURCE_REMOVED"
    ]
    assert event.params == {"sha256": gone.sha256, "declarations": len(shared), "refused": 0}


async def test_decisions_follow_from_what_is_left_and_a_parcel_that_nobody_declares_is_unmanifested(
    opened: Opened, site: Site
) -> None:
    hub = opened.hub
    heavy = {"gross_weight_g": "900", "description": "Ceramic mugs with handle"}

    async def decided() -> tuple[Disposition, set[str]]:
        clock_s = 120
        site.clock.advance(clock_s)
        entry = (await clear_piece(site.scan(), CommandLine(grams=290), hub)).entry
        decision = parse(entry.kind, entry.payload)
        return Disposition(decision.disposition), {f.code for f in decision.open} - {"DUPLICATE_SCAN"}  # type: ignore[union-attr]

    await import_manifest(site.manifest({}), hub, party="Post", role=SourceRole.POST)
    alone = await decided()
    path = site.manifest(heavy, name="second.csv")
    first = await import_manifest(path, hub, party="Mall", role=SourceRole.MARKETPLACE)
    assert "SOURCES_DISAGREE" in (await decided())[1]
    before = await hub.declarations.claims(S10)
    await remove_sources(hub, Choice(party="Mall"), lambda going: None)
    after = await decided()
    assert after[1] - alone[1] <= {"DUPLICATE", "ALREADY_CLEARED"}
    assert "SOURCES_DISAGREE" not in after[1]
    again = await import_manifest(path, hub, party="Mall", role=SourceRole.MARKETPLACE)
    assert (again.accepted, again.already_known) == (first.accepted, False)
    assert (await hub.declarations.claims(S10)).claims[0] == before.claims[0]
    for party in ("Mall", "Post"):
        await remove_sources(hub, Choice(party=party), lambda going: None)
    assert await hub.declarations.counts() == (0, 0)
    disposition, codes = await decided()
    assert (disposition, "UNMANIFESTED" in codes) == (Disposition.DNL, True)
    with pytest.raises(UnknownName, match="no source of Mall"):
        await remove_sources(hub, Choice(party="Mall"), lambda going: None)


async def test_an_interrupted_removal_is_completed_by_the_next_one(opened: Opened, site: Site) -> None:
    hub = opened.hub
    rows = [{"tracking_number": f"BOX-{n:06}"} for n in range(9)]
    await import_manifest(site.manifest(*rows), hub, party="Mall")

    class Stop(Exception):
        pass

    def killed(going: Going) -> None:
        raise Stop

    with pytest.raises(Stop):
        await remove_sources(hub, Choice(number=1), killed, span=3, most=2)
    assert 0 < (await hub.declarations.counts())[0] < 9
    (row,) = hub.declarations.sources().result(10)
    assert (row.state, row.rows) == ("removing", 9)
    report = await remove_sources(hub, Choice(number=1), lambda going: None)
    assert report["sources"][0]["declarations"] == 9
    assert await hub.declarations.counts() == (0, 0)


async def test_a_parcel_whose_declaration_goes_while_it_is_weighed_is_unmanifested(
    opened: Opened, site: Site
) -> None:
    hub = opened.hub
    await import_manifest(site.manifest({}), hub, party="Mall")

    class Slow(CommandLine):
        async def weighing_for(self, scan: Any) -> Any:
            await remove_sources(hub, Choice(party="Mall"), lambda going: None)
            return await super().weighing_for(scan)

    recorded = await clear_piece(site.scan(), Slow(grams=290), hub)
    body = json.dumps(str(recorded.entry.payload))
    assert "UNMANIFESTED" in body


def test_the_same_file_of_several_parties_is_a_source_of_each(tmp_path: Path) -> None:
    conn = sqlite.connect(tmp_path / "reference.db")
    migrate_reference(conn, tmp_path / "reference.db")
    unsigned = source("Whoever", 1)

    def signed(party: str, key: str) -> Source:
        return Source(
            party=party,
            role=SourceRole.SELLER,
            message="a.csv",
            sha256=unsigned.sha256,
            reading="csv",
            signer=key,
            signature=b"s",
        )

    assert sources.begin(conn, unsigned, AT) == (1, False, 0, False, False)
    sources.end(conn, 1, rows=1, rejected=0, faults={})
    assert sources.begin(conn, signed("Acme", "k1"), AT) == (2, False, 0, False, False)
    sources.end(conn, 2, rows=1, rejected=0, faults={})
    assert sources.begin(conn, signed("Acme", "k2"), AT).known
    assert sources.begin(conn, unsigned, AT).known
    assert sources.begin(conn, signed("Other", "k3"), AT) == (3, False, 0, False, False)
    parties = [(row.party, row.signer) for row in sources.stored(conn)]
    assert parties == [("Whoever", None), ("Acme", "k2"), ("Other", "k3")]


async def test_what_a_second_party_said_in_the_same_file_stands_when_the_first_is_taken_away(
    opened: Opened, site: Site
) -> None:
    path = site.manifest({})
    for party in ("Mall", "Post"):
        assert (await import_manifest(path, opened.hub, party=party)).accepted == 1
    await remove_sources(opened.hub, Choice(party="Mall"), lambda going: None)
    (claim,) = (await opened.hub.declarations.claims("RR473124829GB")).claims
    assert claim.party == "Post"
