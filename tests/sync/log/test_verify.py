"""Verifying a whole log: one that holds, and a corpus of those that do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sync import keys
from sync.errors import BadLog, BadNote, SyncError, UnknownKey
from sync.keys import Keyring, PrivateKey, Role, Suite
from sync.log import entries as log
from sync.log import merkle, note, statement
from sync.log.entries import Entry
from sync.log.note import Checkpoint
from sync.log.statement import ClockReading, LogPlace
from sync.log.verify import LogReport, verify_log

SIGNER = keys.generate("hub-1", Role.DECISIONS)
HEADS = keys.generate("hub-1", Role.CHECKPOINTS)
CENTRE = keys.generate("centre", Role.COSIGNATURES, Suite.ED25519)
STRANGER = keys.generate("hub-2", Role.CHECKPOINTS)
RING = Keyring([SIGNER.public, HEADS.public, CENTRE.public, STRANGER.public])
AT = 1_740_821_400

OPENED: dict[str, Any] = {
    "hub": "hub-1",
    "software": "1",
    "keys": [SIGNER.public.keyid],
    "continues": None,
    "audit_key_sealed": None,
}
EVENT: dict[str, Any] = {"code": "STARTED", "params": {}}
DECISION: dict[str, Any] = {
    "piece": {"kind": "s10", "value": "RR473124829GB"},
    "consignment": None,
    "receptacle": None,
    "station": "lane-1",
    "operator": None,
    "disposition": "CLEAR",
    "set_by": "HUB",
    "because": "scan",
    "source": "station",
    "supersedes": None,
    "evaluated_for": "2025-03-01T09:30:00Z",
    "valid_until": "2025-03-08T09:30:00Z",
    "open": [],
    "sealed": "A" * 344,
    "weight": None,
    "digests": {"policy": None, "lists": None, "model": None, "inputs": None, "scan": None},
}
BODIES = {"opened": OPENED, "event": EVENT, "decision": DECISION}


def entry(seq: int, kind: str, prev: bytes | None, log_id: str = "00ff", **change: Any) -> Entry:
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
    return log.sign_entry(seq, kind, statement.encode(kind, place, BODIES[kind] | change), SIGNER)


def written(log_id: str = "00ff", **change: Any) -> list[Entry]:
    """An opening, an event, and eight decisions."""
    entries: list[Entry] = []
    for seq in range(10):
        kind = {0: "opened", 1: "event"}.get(seq, "decision")
        prev = entries[-1].leaf if entries else None
        entries.append(entry(seq, kind, prev, log_id, **(change if seq == 5 else {})))
    return entries


def head(entries: list[Entry], size: int, key: PrivateKey = HEADS, log_id: str = "00ff") -> str:
    root = merkle.root_of(e.leaf for e in entries[:size])
    return note.sign_checkpoint(Checkpoint(origin=note.origin_of(log_id), size=size, root=root), key)


def receipt(signed: str, key: PrivateKey = CENTRE) -> str:
    return note.cosign(signed, "centre", key, AT)


LOG = written()


@dataclass
class Case:
    """What an auditor is handed."""

    entries: list[Entry] = field(default_factory=lambda: list(LOG))
    checkpoints: list[str] = field(default_factory=lambda: [head(LOG, 10), head(LOG, 4)])
    receipts: list[str] = field(default_factory=lambda: [receipt(head(LOG, 8)), receipt(head(LOG, 4))])
    keys: Keyring = RING
    hub: str = "hub-1"

    def verify(self) -> LogReport:
        return verify_log(
            "00ff", self.hub, self.entries, self.checkpoints, self.receipts, self.keys, "centre"
        )


def test_a_log_that_holds_is_reported() -> None:
    assert Case().verify() == LogReport(
        log_id="00ff",
        hub="hub-1",
        entries=10,
        decisions=8,
        checkpoints=2,
        receipts=2,
        receipted=8,
        root=merkle.root_of(e.leaf for e in LOG).hex(),
    )


def test_entries_past_the_last_receipt_are_verified_but_not_receipted() -> None:
    report = Case(receipts=[]).verify()
    assert (report.entries, report.receipts, report.receipted) == (10, 0, 0)


def test_an_empty_log_holds_only_where_nothing_was_signed_over_it() -> None:
    report = Case(entries=[], checkpoints=[], receipts=[]).verify()
    assert (report.entries, report.root) == (0, merkle.EMPTY_ROOT.hex())
    with pytest.raises(BadNote, match="over 10 entries was signed, the log has 0"):
        Case(entries=[]).verify()


def altered_payload(case: Case) -> None:
    payload = case.entries[5].payload.replace(b'"CLEAR"', b'"DNL"')
    case.entries[5] = replace(case.entries[5], payload=payload)


def altered_payload_and_leaf(case: Case) -> None:
    payload = case.entries[5].payload.replace(b'"CLEAR"', b'"DNL"')
    case.entries[5] = replace(case.entries[5], payload=payload, leaf=log.leaf_of("decision", payload))


def signed_again_in_place(case: Case) -> None:
    case.entries[5] = entry(5, "decision", case.entries[4].leaf, disposition="DNL")


def rewritten_from_there_on(case: Case) -> None:
    case.entries = written(disposition="DNL")


def reordered(case: Case) -> None:
    case.entries[5], case.entries[6] = case.entries[6], case.entries[5]


def gap_in_the_middle(case: Case) -> None:
    del case.entries[5]


def entry_twice(case: Case) -> None:
    case.entries.insert(5, case.entries[5])


def wrong_predecessor(case: Case) -> None:
    case.entries[5] = entry(5, "decision", case.entries[3].leaf)


def two_openings(case: Case) -> None:
    case.entries[5] = entry(5, "opened", case.entries[4].leaf)


def no_opening(case: Case) -> None:
    case.entries[0] = entry(0, "event", None)


def entry_of_another_log(case: Case) -> None:
    case.entries[5] = entry(5, "decision", case.entries[4].leaf, "00fe")


def entry_signed_by_the_checkpoint_key(case: Case) -> None:
    case.entries[5] = log.sign_entry(5, "decision", case.entries[5].payload, HEADS)


def tail_cut_below_a_receipt(case: Case) -> None:
    case.checkpoints = []
    case.entries = case.entries[:7]


def tail_cut_below_a_checkpoint(case: Case) -> None:
    case.receipts = []
    case.entries = case.entries[:9]


def receipt_of_another_log(case: Case) -> None:
    case.receipts = [receipt(head(written("00fe"), 8, log_id="00fe"))]


def receipt_of_another_log_under_this_origin(case: Case) -> None:
    case.receipts = [receipt(head(written("00fe"), 8))]


def checkpoint_by_another_key(case: Case) -> None:
    case.checkpoints = [head(LOG, 10, STRANGER)]


def checkpoint_by_the_decisions_key(case: Case) -> None:
    case.checkpoints = [head(LOG, 10, SIGNER)]


def receipt_that_only_the_centre_signed(case: Case) -> None:
    case.receipts = [receipt(head(LOG, 8, STRANGER))]


def receipt_by_another_centre(case: Case) -> None:
    case.receipts = [receipt(head(LOG, 8), keys.generate("centre", Role.COSIGNATURES, Suite.ED25519))]


def receipt_that_nobody_cosigned(case: Case) -> None:
    case.receipts = [head(LOG, 8)]


def equivocated_root(case: Case) -> None:
    case.checkpoints.append(head(written(disposition="DNL"), 10))


def equivocated_root_in_a_receipt(case: Case) -> None:
    case.receipts.append(receipt(head(written(disposition="DNL"), 8)))


def receipt_with_an_altered_size(case: Case) -> None:
    case.receipts = [receipt(head(LOG, 8)).replace("\n8\n", "\n7\n")]


@pytest.mark.parametrize(
    ("attack", "error", "why"),
    [
        (altered_payload, BadLog, "entry 5: its leaf is not the hash"),
        (altered_payload_and_leaf, BadLog, "entry 5: .* did not sign"),
        (signed_again_in_place, BadLog, "entry 6: it does not name the entry before it"),
        (rewritten_from_there_on, BadLog, "entry 7: .* another root"),
        (reordered, BadLog, "entry 6: entry 5 is missing"),
        (gap_in_the_middle, BadLog, "entry 6: entry 5 is missing"),
        (entry_twice, BadLog, "entry 5: entry 6 is missing"),
        (wrong_predecessor, BadLog, "entry 5: it does not name the entry before it"),
        (two_openings, BadLog, "entry 5: a log is opened by its first entry"),
        (no_opening, BadLog, "entry 0: a log is opened by its first entry"),
        (entry_of_another_log, BadLog, "entry 5: its payload says it is entry 5 of log 00fe"),
        (entry_signed_by_the_checkpoint_key, BadLog, "entry 5: .* did not sign"),
        (tail_cut_below_a_receipt, BadNote, "over 8 entries was signed, the log has 7"),
        (tail_cut_below_a_checkpoint, BadNote, "over 10 entries was signed, the log has 9"),
        (receipt_of_another_log, BadNote, "00fe where .*00ff is expected"),
        (receipt_of_another_log_under_this_origin, BadLog, "entry 7: .* another root"),
        (checkpoint_by_another_key, BadNote, "not signed by the log's key"),
        (checkpoint_by_the_decisions_key, BadNote, "not signed by the log's key"),
        (receipt_that_only_the_centre_signed, BadNote, "not signed by the log's key"),
        (receipt_by_another_centre, BadNote, "not cosigned by centre"),
        (receipt_that_nobody_cosigned, BadNote, "not cosigned by centre"),
        (equivocated_root, BadLog, "entry 9: .* another root"),
        (equivocated_root_in_a_receipt, BadLog, "entry 7: .* another root"),
        (receipt_with_an_altered_size, BadNote, "did not sign"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_log_that_was_tampered_with_is_refused(
    attack: Callable[[Case], None], error: type[SyncError], why: str
) -> None:
    case = Case()
    attack(case)
    with pytest.raises(error, match=why):
        case.verify()


def test_nothing_is_verified_without_the_pinned_keys() -> None:
    for missing in (SIGNER, HEADS, CENTRE):
        ring = Keyring(key for key in RING if key != missing.public)
        with pytest.raises(UnknownKey, match=f"0 {missing.public.role} keys of {missing.public.owner}"):
            Case(keys=ring).verify()
    with pytest.raises(UnknownKey, match="of hub-3"):
        Case(hub="hub-3").verify()
