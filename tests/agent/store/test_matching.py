"""Which piece a number leads to, when several sources speak of it, and in a file of the first schema."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Declaration, Label, Level, Transport, encode
from agent.domain.consignment.effective import SourceRole
from agent.domain.identifiers.candidates import Candidate
from agent.formats.batch import Batch
from agent.sandbox.clock import ManualClock
from agent.store import declaration_table as declared
from agent.store.batch import decode_labels
from agent.store.declarations import DeclarationStore
from agent.store.matching import Match, matched
from agent.store.schema import REFERENCE
from agent.store.source_table import Source
from sync import sqlite
from sync.sqlite.migrations import migrate

FIRST, LAST_MILE = Label("plain", "BOX-0001"), Label("plain", "9400111206206406260787")
S10 = Label("s10", "RR473124829GB")


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[DeclarationStore]:
    opened = DeclarationStore(tmp_path, clock)
    yield opened
    opened.close()


def declaration(consignment: str, *pieces: tuple[Label, ...], **more: Any) -> Declaration:
    return Declaration(consignment=consignment, transport=Transport.MAIL, pieces=pieces, **more)


def take_in(store: DeclarationStore, name: str, *declarations: Declaration) -> int:
    digest = hashlib.sha256(name.encode()).hexdigest()
    of = Source(party=name, role=SourceRole.FORWARDER, message=name, sha256=digest)
    number = store.begin_source(of).result(10).number
    store.add(number, declarations).result(10)
    return number


async def scanned(store: DeclarationStore, label: Label, clock: ManualClock) -> Match | None:
    return await store.match([Candidate(kind=label.kind, value=label.value)], clock.now())


async def test_a_piece_keeps_its_first_key_and_lies_in_the_receptacle_named_last(
    store: DeclarationStore, clock: ManualClock
) -> None:
    take_in(store, "seller", declaration("BOX-0001", (FIRST,), receptacle="BAG-1"))
    take_in(store, "post", declaration("BOX-0001", (LAST_MILE, FIRST), receptacle="BAG-2"))
    for label in (FIRST, LAST_MILE):
        match = await scanned(store, label, clock)
        assert match is not None
        assert (match.key.value, match.receptacle, match.others) == ("BOX-0001", "BAG-2", 0)


async def test_a_number_on_several_pieces_is_of_the_one_declared_last(
    store: DeclarationStore, clock: ManualClock
) -> None:
    take_in(store, "one", declaration("AWB-1", (LAST_MILE,), (FIRST,)))
    clock.advance(60)
    take_in(store, "two", declaration("BOX-0001", (FIRST,)))
    clock.advance(60)
    take_in(store, "three", declaration("AWB-2", (S10,), (S10, FIRST), (LAST_MILE, FIRST)))
    match = await scanned(store, FIRST, clock)
    assert match is not None
    assert (match.consignment, match.key.value, match.others) == ("AWB-2", S10.value, 3)


async def test_a_consignments_own_number_is_no_label_of_a_piece_that_does_not_show_it(
    store: DeclarationStore, clock: ManualClock
) -> None:
    take_in(
        store,
        "one",
        declaration("BOX-0001", (LAST_MILE,)),
        declaration("BOX-0002"),
        declaration(S10.value, (S10,)),
    )
    assert await scanned(store, FIRST, clock) is None
    assert await scanned(store, Label("plain", "BOX-0002"), clock) is None
    # The same text under another kind is another number.
    assert await scanned(store, Label("plain", S10.value), clock) is None
    assert await scanned(store, S10, clock) is not None


def ask(store: DeclarationStore, sql: str) -> list[Any]:
    """What the store's file says, once all that was handed over is in it."""
    store.flush()
    with closing(sqlite.connect(store.path)) as conn:
        return conn.execute(sql).fetchall()


async def test_only_numbers_that_are_not_the_consignments_own_lie_in_the_index(
    store: DeclarationStore, clock: ManualClock
) -> None:
    take_in(store, "one", declaration("BOX-0001", (FIRST, LAST_MILE)), declaration(S10.value, (S10,)))

    assert ask(store, "SELECT value, kind, consignment FROM identifier") == [
        (LAST_MILE.value, "plain", "BOX-0001")
    ]


def test_a_damaged_declaration_says_nothing_and_the_others_still_do() -> None:
    whole = encode(declaration("BOX-0001", (FIRST,), receptacle="BAG-1"))
    rows = [("BOX-0001", 1, "2026-03-02", b"\x00"), ("BOX-0001", 2, "2026-03-03", whole)]
    match = matched(rows, FIRST, s10_since=None)
    assert match is not None
    assert match.receptacle == "BAG-1"


def test_what_is_declared_again_by_anyone_is_assessed_again_and_nothing_else(store: DeclarationStore) -> None:
    boxes = [declaration(f"BOX-{number}") for number in range(4)]
    number = take_in(store, "one", *boxes)

    def assess_all() -> None:
        ask(store, "DELETE FROM assessment")
        ask(store, "INSERT INTO assessment SELECT DISTINCT consignment, 'now', x'', NULL FROM declaration")

    def outdated() -> list[str]:
        return [row[0] for row in ask(store, "SELECT consignment FROM assessment WHERE read = ''")]

    assess_all()
    take_in(store, "two", declaration("BOX-7"), boxes[2], declaration("BOX-8"))
    assert outdated() == ["BOX-2"]
    assess_all()
    take_in(store, "three", declaration("BOX-9"))
    assert outdated() == []
    store.add(number, [boxes[0], declaration("BOX-3", gross_weight_g=5), declaration("BOX-5")]).result(10)
    assert outdated() == ["BOX-0", "BOX-3"]


async def test_a_number_is_found_in_every_part_of_the_index(
    store: DeclarationStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared, "ERA", 2)
    for name in ("one", "two", "three"):
        clock.advance(60)
        boxes = [declaration(f"BOX-{number}", (Label("plain", f"BOX-{number}"),)) for number in range(3)]
        number = take_in(store, name, *boxes, declaration(f"AWB-{name}", (FIRST,)))
    assert ask(store, "SELECT number FROM era") == [(0,), (2,), (4,)]
    for place in range(3):
        assert [c.party for c in (await store.claims(f"BOX-{place}")).claims] == ["one", "two", "three"]
        assert await scanned(store, Label("plain", f"BOX-{place}"), clock) is not None
    shared = await scanned(store, FIRST, clock)
    assert shared is not None
    assert (shared.consignment, shared.others) == ("AWB-three", 2)
    # What a source says anew replaces its row, wherever that lies.
    take_in(store, "one", declaration("BOX-1", gross_weight_g=7))
    claims = (await store.claims("BOX-1")).claims
    assert [(c.party, c.declaration.gross_weight_g) for c in claims] == [
        ("one", 7),
        ("two", None),
        ("three", None),
    ]
    store.take_away([number], 0).result(10)
    assert [c.party for c in (await store.claims("BOX-1")).claims] == ["one", "two"]


async def test_a_file_of_the_first_schema_keeps_its_rows_and_its_numbers_lead_where_they_led(
    tmp_path: Path, clock: ManualClock
) -> None:
    path = tmp_path / "reference.db"
    conn = sqlite.connect(path)
    first = replace(REFERENCE, steps=REFERENCE.steps[:1])
    migrate(conn, path, first)
    at = "2026-03-01T00:00:00.000000Z"
    body = encode(declaration("BOX-0001", (FIRST, LAST_MILE), (S10,), receptacle="BAG-1"))
    conn.execute(
        "INSERT INTO source VALUES (1, 'p', 'post', 'one.csv', 'digest', ?, 'csv - -', '0.1', 1, 1, 0)", (at,)
    )
    conn.execute("INSERT INTO declaration VALUES (1, 'BOX-0001', 1, ?, x'00')", (body,))
    for number, labels in ((1, (FIRST, LAST_MILE)), (2, (S10,))):
        key = labels[0]
        conn.execute("INSERT INTO piece VALUES ('BOX-0001', ?, ?, ?, 'BAG-1')", (number, key.kind, key.value))
        for label in labels:
            row = (label.kind, label.value, number, at)
            conn.execute("INSERT INTO identifier VALUES (?, ?, 'BOX-0001', ?, ?)", row)
    conn.execute("INSERT INTO assessment VALUES ('BOX-0001', 'old', x'')")
    conn.close()
    store = DeclarationStore(tmp_path, clock)
    try:
        assert store.trouble is None
        assert await store.counts() == (1, 1)
        result = [await scanned(store, label, clock) for label in (FIRST, LAST_MILE, S10)]
        assert [(m.key.value, m.receptacle) for m in result if m] == [
            ("BOX-0001", "BAG-1"),
            ("BOX-0001", "BAG-1"),
            (S10.value, "BAG-1"),
        ]
        take_in(store, "another", declaration("BOX-0001", (FIRST,), receptacle="BAG-2"))
        assert len((await store.claims("BOX-0001")).claims) == 2
        again = await scanned(store, LAST_MILE, clock)
        assert again is not None
        assert (again.key.value, again.receptacle) == ("BOX-0001", "BAG-2")
    finally:
        store.close()


numbers = st.sampled_from(["A", "B", "C"])
declarations = st.builds(
    Declaration,
    consignment=numbers,
    transport=st.just(Transport.MAIL),
    pieces=st.lists(st.lists(st.builds(Label, st.just("plain"), numbers), max_size=2).map(tuple)).map(tuple),
    level=st.sampled_from(Level),
    master=st.none() | numbers,
)


@given(
    first=st.lists(declarations, max_size=4),
    second=st.lists(declarations, max_size=4),
    behind=st.integers(0, 4),
)
def test_a_batch_is_the_same_from_declarations_and_from_their_bodies_and_in_parts(
    first: list[Declaration], second: list[Declaration], behind: int
) -> None:
    whole, parts, rest = Batch(), Batch(), Batch()
    for declaration in first:
        whole.add(declaration, encode(declaration))
        parts.add(decode_labels(encode(declaration)), encode(declaration))
    assert parts == whole
    for declaration in second:
        whole.add(declaration, encode(declaration))
        rest.add(declaration, encode(declaration))
    parts.extend(rest, behind=0)
    assert parts == whole
    late = Batch()
    late.extend(rest, behind=behind)
    assert late.numbers == [declaration.consignment for declaration in second[behind:]]
    assert len(late.bodies) == len(late.numbers)
