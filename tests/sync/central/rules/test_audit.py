"""What an auditor finds at the centre, and that nothing altered in its file escapes."""

from __future__ import annotations

from typing import Any

import pytest

from sync.central.identity import load_centre
from sync.central.rules import audit
from sync.central.store import queries as store
from sync.errors import BadLog, SyncError
from sync.log.merkle import CompactRange, leaf_hash


@pytest.fixture
def log(centre: Any, make_log: Any) -> Any:
    """A log of 8 entries whose hub is registered."""
    made = make_log(8)
    centre.register(made)
    return made


async def test_the_stored_logs_and_the_centres_own_log_verify(centre: Any, log: Any) -> None:
    await centre.upload(log)
    for size in (2, 8):
        await centre.show(log, size)
    identity = load_centre(centre.folder)
    report = centre.ask(lambda c: audit.verify_stored(c, identity, log.log_id, log.hub))
    assert (report.entries, report.receipts) == (8, 2)
    assert centre.ask(lambda c: audit.verify_own_log(c, identity)) == 2


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entry SET payload = CAST(replace(payload, 'lane 1', 'lane 2') AS BLOB) WHERE seq = 4",
        "DELETE FROM entry WHERE seq = 7",
        "UPDATE tree SET size = 7, edge = substr(edge, 1, 96)",
        "UPDATE cosigned SET note = replace(note, 'A', 'B')",
    ],
)
async def test_whatever_is_altered_in_the_store_is_found(centre: Any, log: Any, damage: str) -> None:
    await centre.upload(log)
    await centre.show(log)
    identity = load_centre(centre.folder)
    centre.ask(lambda c: c.execute(damage))
    with pytest.raises(SyncError):
        centre.ask(lambda c: audit.verify_stored(c, identity, log.log_id, log.hub))


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM centre_leaf",
        "UPDATE centre_leaf SET data = CAST(replace(data, '8', '7') AS BLOB)",
        "UPDATE tree SET edge = zeroblob(32) WHERE log_id = 'centre/test'",
        "DELETE FROM cosigned",
    ],
)
async def test_whatever_is_altered_in_the_centres_own_log_is_found(
    centre: Any, log: Any, damage: str
) -> None:
    await centre.upload(log)
    await centre.show(log)
    identity = load_centre(centre.folder)
    centre.ask(lambda c: c.execute(damage))
    with pytest.raises(SyncError):
        centre.ask(lambda c: audit.verify_own_log(c, identity))


async def test_a_kept_tree_that_is_not_the_entries_tree_is_found(centre: Any, log: Any) -> None:
    await centre.upload(log)
    identity = load_centre(centre.folder)
    centre.ask(lambda c: c.execute("UPDATE tree SET edge = zeroblob(32)"))
    with pytest.raises(BadLog, match="kept tree"):
        centre.ask(lambda c: audit.verify_stored(c, identity, log.log_id, log.hub))


@pytest.mark.parametrize(
    ("leaves", "complaint"),
    [([], "1 receipts are not in"), ([b"{}"], "belongs to no receipt")],
)
async def test_an_own_log_that_was_rewritten_with_its_tree_is_found(
    centre: Any, log: Any, leaves: list[bytes], complaint: str
) -> None:
    await centre.upload(log)
    await centre.show(log)
    identity = load_centre(centre.folder)

    def rewrite(conn: Any) -> None:
        conn.execute("DELETE FROM centre_leaf")
        tree = CompactRange()
        for leaf in leaves:
            store.append_centre_leaf(conn, tree.size, leaf)
            tree.append(leaf_hash(leaf))
        store.keep_tree(conn, identity.name, tree)

    centre.ask(rewrite)
    with pytest.raises(SyncError, match=complaint):
        centre.ask(lambda c: audit.verify_own_log(c, identity))
