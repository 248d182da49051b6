"""The log: numbered, chained, signed entries (pure rules; storage is elsewhere).

``leaf`` is the RFC 6962 hash over the DSSE pre-authentication encoding of the payload, so the signature lies
beside the tree and its malleability cannot fork it. ``prev`` in each payload is the leaf of the entry before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sync.errors import BadLog, BadSignature, BadStatement
from sync.keys import PrivateKey, PublicKey
from sync.log import statement
from sync.log.envelope import Envelope, Signature, pae
from sync.log.merkle import CompactRange, leaf_hash
from sync.log.statement import LogOpened, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as it is stored and sent. ``signature`` is 64 bytes over ``pae(type, payload)``."""

    seq: int
    kind: str
    payload: bytes
    leaf: bytes
    signature: bytes

    def envelope(self, keyid: str) -> Envelope:
        """The entry as a DSSE envelope, for export."""
        return Envelope(
            payload_type=statement.payload_type(self.kind),
            payload=self.payload,
            signatures=(Signature(keyid=keyid, sig=self.signature),),
        )


def leaf_of(kind: str, payload: bytes) -> bytes:
    """The leaf of an entry."""
    return leaf_hash(pae(statement.payload_type(kind), payload))


def sign_entry(seq: int, kind: str, payload: bytes, key: PrivateKey) -> Entry:
    """Sign ``payload`` as entry ``seq``."""
    message = pae(statement.payload_type(kind), payload)
    return Entry(seq=seq, kind=kind, payload=payload, leaf=leaf_hash(message), signature=key.sign(message))


def check_signature(entry: Entry, key: PublicKey) -> None:
    """Check leaf and signature of one entry.

    Raises:
        BadLog: either does not fit the payload.
    """
    message = pae(statement.payload_type(entry.kind), entry.payload)
    if leaf_hash(message) != entry.leaf:
        raise BadLog(entry.seq, "its leaf is not the hash of its payload")
    try:
        key.verify(message, entry.signature)
    except BadSignature as error:
        raise BadLog(entry.seq, str(error)) from error


class Follower:
    """Walks a log from its first entry and checks that each follows from the one before."""

    def __init__(self, log_id: str, tree: CompactRange | None = None, last: bytes | None = None) -> None:
        self.log_id = log_id
        self.tree = tree or CompactRange()
        self._last = last

    @property
    def last_leaf(self) -> bytes | None:
        """Leaf of the newest entry; None for an empty log."""
        return self._last

    def follow(self, entry: Entry) -> Statement:
        """Accept the next entry and return its statement; its signature is checked elsewhere.

        Raises:
            BadLog: a gap, another log, a wrong predecessor, a malformed statement, a stray opening.
        """
        seq = self.tree.size
        if entry.seq != seq:
            raise BadLog(entry.seq, f"entry {seq} is missing before it")
        try:
            parsed = statement.parse(entry.kind, entry.payload)
        except BadStatement as error:
            raise BadLog(seq, str(error)) from error
        if (parsed.log_id, parsed.seq) != (self.log_id, seq):
            raise BadLog(seq, f"its payload says it is entry {parsed.seq} of log {parsed.log_id}")
        if parsed.prev != (None if self._last is None else self._last.hex()):
            raise BadLog(seq, "it does not name the entry before it")
        if isinstance(parsed, LogOpened) != (seq == 0):
            raise BadLog(seq, "a log is opened by its first entry and by no other")
        self.tree.append(entry.leaf)
        self._last = entry.leaf
        return parsed


def follow_all(log_id: str, entries: Iterable[Entry], key: PublicKey) -> Follower:
    """Check a whole log: signatures, numbers, chain; its tree is in the result.

    Raises:
        BadLog: the first entry that does not fit, and why.
    """
    follower = Follower(log_id)
    for entry in entries:
        check_signature(entry, key)
        follower.follow(entry)
    return follower
