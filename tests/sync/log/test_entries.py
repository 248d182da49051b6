"""The log: numbers, chain, leaves and signatures of entries."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from sync import keys
from sync.errors import BadLog
from sync.keys import Keyring, Role
from sync.log import entries as log
from sync.log import envelope, merkle, statement
from sync.log.entries import Entry, Follower
from sync.log.statement import ClockReading, Event, LogOpened, LogPlace

KEY = keys.generate("hub-1", Role.DECISIONS)
OPENING: dict[str, Any] = {
    "hub": "hub-1",
    "software": "1",
    "keys": [],
    "continues": None,
    "audit_key_sealed": None,
}
EVENT: dict[str, Any] = {"code": "STARTED", "params": {}}


def entry(seq: int, prev: bytes | None, kind: str = "event", log_id: str = "00ff") -> Entry:
    place = LogPlace(
        log_id=log_id,
        seq=seq,
        prev=None if prev is None else prev.hex(),
        boot="b",
        mono_ns=seq,
        at="2025-03-01T09:30:00Z",
        clock=ClockReading(source="none", u_ms=None),
        anchor=None,
    )
    return log.sign_entry(
        seq, kind, statement.encode(kind, place, OPENING if kind == "opened" else EVENT), KEY
    )


def written(count: int) -> list[Entry]:
    entries = [entry(0, None, "opened")]
    for seq in range(1, count):
        entries.append(entry(seq, entries[-1].leaf))
    return entries


LOG = written(5)


def follow(*entries: Entry) -> Follower:
    return log.follow_all("00ff", entries, KEY.public)


def test_a_log_is_followed_and_its_tree_is_that_of_its_leaves() -> None:
    result = follow(*LOG)
    assert (result.tree.size, result.last_leaf) == (5, LOG[-1].leaf)
    assert result.tree.root() == merkle.root_of(e.leaf for e in LOG)


def test_a_leaf_is_the_rfc_6962_hash_of_the_pre_authentication_encoding() -> None:
    kind = b"application/vnd.preclear.event.v1+json"
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(LOG[1].payload), LOG[1].payload)
    assert LOG[1].leaf == hashlib.sha256(b"\x00" + message).digest() == log.leaf_of("event", LOG[1].payload)
    assert json.loads(LOG[2].payload)["prev"] == LOG[1].leaf.hex()


def test_an_entry_is_exported_as_an_envelope_that_opens() -> None:
    exported = LOG[1].envelope(KEY.public.keyid)
    types = {statement.payload_type("event")}
    ring = Keyring([KEY.public])
    again = envelope.decode(envelope.encode(exported))
    assert envelope.open_envelope(again, ring, Role.DECISIONS, types) == LOG[1].payload


def test_following_goes_on_from_a_kept_edge() -> None:
    half = follow(*LOG[:3])
    edge = merkle.CompactRange.from_edge(3, half.tree.edge())
    rest = Follower("00ff", edge, half.last_leaf)
    statements = [rest.follow(e) for e in LOG[3:]]
    assert all(isinstance(s, Event) for s in statements)
    assert rest.tree.root() == follow(*LOG).tree.root()


def test_the_statement_of_the_entry_is_returned() -> None:
    opened = Follower("00ff").follow(LOG[0])
    assert isinstance(opened, LogOpened)
    assert opened.hub == "hub-1"


@pytest.mark.parametrize(
    ("entries", "seq", "why"),
    [
        ([LOG[1]], 1, "entry 0 is missing"),
        ([*LOG[:2], *LOG[3:]], 3, "entry 2 is missing"),
        ([LOG[0], LOG[2], LOG[1]], 2, "entry 1 is missing"),
        ([*LOG[:2], LOG[1]], 1, "entry 2 is missing"),
        ([LOG[0], replace(LOG[2], seq=1)], 1, "says it is entry 2"),
        ([entry(0, None, "opened", "00fe")], 0, "of log 00fe"),
        ([entry(0, b"\x00" * 32, "opened")], 0, "does not name the entry before"),
        ([LOG[0], entry(1, None)], 1, "does not name the entry before"),
        ([LOG[0], entry(1, LOG[1].leaf)], 1, "does not name the entry before"),
        ([*LOG[:2], entry(2, LOG[0].leaf)], 2, "does not name the entry before"),
        ([LOG[0], entry(1, LOG[0].leaf, "opened")], 1, "by its first entry and by no other"),
        ([entry(0, None)], 0, "by its first entry and by no other"),
        ([log.sign_entry(0, "opened", b"{}", KEY)], 0, "not a opened statement"),
        ([log.sign_entry(0, "event", LOG[0].payload, KEY)], 0, "'opened' where 'event'"),
        ([log.sign_entry(0, "rumour", LOG[0].payload, KEY)], 0, "'opened' where 'rumour'"),
        (
            [log.sign_entry(0, "opened", LOG[0].payload.replace(b'"v":1', b'"v":2'), KEY)],
            0,
            "has version 2",
        ),
        (
            [replace(LOG[0], payload=LOG[0].payload.replace(b"hub-1", b"hub-2"))],
            0,
            "not the hash of its payload",
        ),
        ([replace(LOG[0], leaf=LOG[1].leaf)], 0, "not the hash of its payload"),
        ([replace(LOG[0], kind="event")], 0, "not the hash of its payload"),
        ([replace(LOG[0], signature=LOG[1].signature)], 0, "did not sign"),
        ([replace(LOG[0], signature=b"")], 0, "0 bytes instead of 64"),
    ],
)
def test_an_entry_that_does_not_fit_is_named(entries: list[Entry], seq: int, why: str) -> None:
    with pytest.raises(BadLog, match=why) as caught:
        follow(*entries)
    assert caught.value.seq == seq


def test_a_refused_entry_leaves_the_follower_where_it_was() -> None:
    follower = Follower("00ff")
    follower.follow(LOG[0])
    before = (follower.tree.size, follower.tree.root(), follower.last_leaf)
    for bad in (LOG[2], entry(1, None), entry(1, LOG[0].leaf, "opened")):
        with pytest.raises(BadLog):
            follower.follow(bad)
    assert (follower.tree.size, follower.tree.root(), follower.last_leaf) == before
    follower.follow(LOG[1])


def test_the_key_of_another_hub_does_not_sign_this_log() -> None:
    with pytest.raises(BadLog, match="did not sign"):
        log.follow_all("00ff", LOG, keys.generate("hub-2", Role.DECISIONS).public)
