"""Sealed findings on the hub's own disk: of one size, bound to their consignment, made again when altered."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.app import Opened
from agent.cases.scan import CommandLine
from agent.clearance import clear_piece
from agent.sandbox.site import Site
from agent.trust.at_rest import AtRest, CannotUnlock, LockedFinding
from sync import sqlite

REST = AtRest(b"s" * 32)
HIT = LockedFinding("LISTED_PARTY", "refer", {"list": "watch", "entry": "D1", "party": "consignee"})


@given(
    st.lists(st.builds(LockedFinding, st.text(max_size=20), st.just("refer"), st.just({"n": 1})), max_size=5)
)
def test_what_was_locked_comes_back(findings: list[LockedFinding]) -> None:
    assert REST.unlock(REST.lock(findings, "C1"), "C1") == findings


def test_a_hit_takes_no_more_room_than_none() -> None:
    assert len(REST.lock([], "C1")) == len(REST.lock([HIT], "C1"))
    assert REST.lock([], "C1") != REST.lock([], "C1")


@pytest.mark.parametrize("bad", [b"", b"short", bytes(600)])
def test_what_is_no_block_is_not_unlocked(bad: bytes) -> None:
    with pytest.raises(CannotUnlock):
        REST.unlock(bad, "C1")


def test_a_block_opens_neither_for_another_consignment_nor_with_another_secret() -> None:
    block = REST.lock([HIT], "C1")
    with pytest.raises(CannotUnlock):
        REST.unlock(block, "C2")
    with pytest.raises(CannotUnlock):
        AtRest(b"t" * 32).unlock(block, "C1")


async def test_no_file_of_the_hub_tells_in_clear_who_was_on_a_list(opened: Opened, site: Site) -> None:
    await site.declare(opened, {"consignee_name": "Obsidian Meridian Procurement"})
    recorded = await clear_piece(site.scan(), CommandLine(grams=290), opened.hub)
    assert [f.code for f in site.unseal(recorded.entry).findings] == ["LISTED_PARTY"]
    for file in site.data.iterdir():
        if file.is_file():
            assert b"LISTED_PARTY" not in file.read_bytes(), file


async def test_an_altered_block_is_made_again_and_the_hit_is_not_lost(opened: Opened, site: Site) -> None:
    await site.declare(opened, {"consignee_name": "Obsidian Meridian Procurement"})
    await asyncio.to_thread(opened.hub.assessments.catch_up)
    with closing(sqlite.connect(site.data / "reference.db")) as conn:
        (body,) = conn.execute("SELECT body FROM assessment").fetchone()
        conn.execute("UPDATE assessment SET body = ?", (_flipped(body),))
    recorded = await clear_piece(site.scan(), CommandLine(grams=290), opened.hub)
    assert [f.code for f in site.unseal(recorded.entry).findings] == ["LISTED_PARTY"]


def _flipped(body: bytes) -> bytes:
    """One bit of the locked block; it is the longest run of bytes in the row."""
    middle = body.index(b"\xc5") + 40  # msgpack's mark of a long byte string
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
