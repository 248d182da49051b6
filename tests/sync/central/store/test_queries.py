"""The centre's file, its writing thread, and its register of hubs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sync import keys as sync_keys
from sync.central.errors import BadConfiguration
from sync.central.store import queries as store
from sync.central.store.schema import open_store
from sync.keys import Role, Suite
from sync.log.merkle import CompactRange, root_of

AT = 1_760_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A centre's database with empty tables."""
    result = tmp_path / "central.db"
    open_store(result, create=True).close()
    return result


@pytest.fixture
def conn(path: Path) -> Iterator[Any]:
    with closing(open_store(path)) as opened:
        yield opened


# -- hubs ---------------------------------------------------------------------------------------------------


def _other_keys(log: Any) -> list[Any]:
    return [sync_keys.generate(log.hub, role).public for role in (Role.DECISIONS, Role.CHECKPOINTS)]


def test_the_same_card_may_be_registered_twice(conn: Any, make_log: Any) -> None:
    log = make_log()
    assert store.register(conn, log.public, AT)
    assert not store.register(conn, log.public[::-1], AT + 9)
    (hub,) = store.hubs(conn)
    assert (hub.registered_at, hub.decisions, hub.checkpoints) == (AT, *log.public)


def test_other_keys_for_a_known_hub_are_refused(conn: Any, make_log: Any) -> None:
    log = make_log()
    store.register(conn, log.public, AT)
    with pytest.raises(BadConfiguration, match="other keys"):
        store.register(conn, _other_keys(log), AT)


@pytest.mark.parametrize(
    "fault", ["none", "one", "three", "two owners", "a centre", "Ed25519", "one for both"]
)
def test_a_card_that_is_not_a_hubs_is_refused(conn: Any, make_log: Any, fault: str) -> None:
    log = make_log()
    decisions, checkpoints = log.public
    one_key = sync_keys.PublicKey(
        owner=log.hub, role=Role.CHECKPOINTS, suite=Suite.ES256, spki=decisions.spki
    )
    card = {
        "none": [],
        "one": [decisions],
        "three": [decisions, checkpoints, sync_keys.generate(log.hub, Role.SEALING).public],
        "two owners": [decisions, make_log(hub="hub/other").public[1]],
        "a centre": make_log(hub="centre/x").public,
        "Ed25519": [decisions, sync_keys.generate(log.hub, Role.CHECKPOINTS, Suite.ED25519).public],
        "one for both": [decisions, one_key],
    }[fault]
    with pytest.raises(BadConfiguration):
        store.register(conn, card, AT)
    assert store.hubs(conn) == []


def test_a_key_of_another_hub_is_refused(conn: Any, make_log: Any) -> None:
    log = make_log()
    store.register(conn, log.public, AT)
    borrowed = sync_keys.PublicKey(
        owner="hub/other", role=Role.CHECKPOINTS, suite=Suite.ES256, spki=log.public[1].spki
    )
    with pytest.raises(BadConfiguration, match="every hub has its own"):
        store.register(conn, [_other_keys(make_log(hub="hub/other"))[0], borrowed], AT)


def test_the_first_reason_of_a_quarantine_stays(conn: Any, make_log: Any) -> None:
    log = make_log()
    store.register(conn, log.public, AT)
    store.quarantine(conn, log.hub, "first", AT)
    store.quarantine(conn, log.hub, "second", AT + 1)
    hub = store.hub(conn, log.hub)
    assert hub is not None
    assert (hub.reason, hub.quarantined_at) == ("first", AT)


# -- trees and heads ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 6, 7, 8, 12, 13])
def test_an_older_tree_is_computed_from_the_nearest_receipt(conn: Any, make_log: Any, size: int) -> None:
    log = make_log(13)
    store.register(conn, log.public, AT)
    store.append(conn, log.log_id, log.entries, AT)
    kept = CompactRange()
    for entry in log.entries[:7]:
        kept.append(entry.leaf)
    store.keep_receipt(conn, log.log_id, kept, "note", AT)
    tree = store.tree_at(conn, log.log_id, size)
    assert (tree.size, tree.root()) == (size, root_of(e.leaf for e in log.entries[:size]))


def test_waiting_heads_have_a_ceiling_and_the_oldest_stay(conn: Any) -> None:
    for size in range(1, store.MAX_CLAIMS + 40):
        store.keep_claim(conn, "00", size, bytes(32), "note", AT)
    sizes = [size for size, _, _ in store.claims_up_to(conn, "00", 10_000)]
    assert sizes == [*range(1, store.MAX_CLAIMS), store.MAX_CLAIMS + 39]
