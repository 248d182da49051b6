"""Verify a whole log from public keys alone: what an auditor runs, and what the hub runs on itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.errors import BadLog, BadNote
from sync.keys import Keyring, Role
from sync.log.entries import Entry, Follower, check_signature
from sync.log.note import origin_of, verify_checkpoint, verify_cosignature
from sync.log.statement import Decision, LogOpened


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReport:
    """What was verified. ``receipted`` entries are covered by the newest receipt of the centre."""

    log_id: str
    hub: str
    entries: int
    decisions: int
    checkpoints: int
    receipts: int
    receipted: int
    root: str


def verify_log(
    log_id: str,
    hub: str,
    entries: Iterable[Entry],
    checkpoints: Iterable[str],
    receipts: Iterable[str],
    keys: Keyring,
    cosigner: str,
) -> LogReport:
    """Verify signatures, numbers, chain, every checkpoint and every receipt.

    Args:
        entries: All entries, in order of their number.
        checkpoints: Notes signed by the hub, in any order.
        receipts: Notes cosigned by the centre, in any order.
        keys: The pinned public keys of hub and centre.
        cosigner: Name of the centre in its cosignatures.

    Raises:
        BadLog: an entry does not fit.
        BadNote: a checkpoint or receipt does not fit the log, or covers entries that are not there.
    """
    origin = origin_of(log_id)
    signer = keys.only(Role.DECISIONS, hub)
    checkpointer = keys.only(Role.CHECKPOINTS, hub)
    signed = [verify_checkpoint(note, checkpointer, origin) for note in checkpoints]
    cosigned = []
    for note in receipts:
        covered = verify_cosignature(note, cosigner, keys.only(Role.COSIGNATURES, cosigner)).checkpoint
        if covered != verify_checkpoint(note, checkpointer, origin):
            raise BadNote("a receipt over another checkpoint than the hub signed")
        cosigned.append(covered)
    expected: dict[int, set[bytes]] = {}
    for head in (*signed, *cosigned):
        expected.setdefault(head.size, set()).add(head.root)

    follower = Follower(log_id)
    decisions = 0
    for entry in entries:
        check_signature(entry, signer)
        parsed = follower.follow(entry)
        decisions += isinstance(parsed, Decision)
        if isinstance(parsed, LogOpened) and (parsed.hub != hub or signer.keyid not in parsed.keys):
            raise BadLog(
                0, f"it opens a log of {parsed.hub} with other keys than the registered ones of {hub}"
            )
        signed_roots = expected.pop(follower.tree.size, None)
        if signed_roots is not None and signed_roots != {follower.tree.root()}:
            raise BadLog(entry.seq, "the log up to here has another root than the one that was signed")
    if expected:
        raise BadNote(
            f"a head over {max(expected, default=0)} entries was signed, the log has {follower.tree.size}"
        )
    return LogReport(
        log_id=log_id,
        hub=hub,
        entries=follower.tree.size,
        decisions=decisions,
        checkpoints=len(signed),
        receipts=len(cosigned),
        receipted=max((c.size for c in cosigned), default=0),
        root=follower.tree.root().hex(),
    )
