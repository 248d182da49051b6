"""What the centre decides about checkpoints and entries, inside one transaction each.

An answer (:mod:`sync.transport.protocol`) is returned where something was kept, an equivocation included;
:class:`Refused` is raised where nothing was.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from sync.central.errors import Refused
from sync.central.identity import Centre
from sync.central.store import queries as store
from sync.central.store.queries import RegisteredHub
from sync.errors import BadLog, BadNote, BadStatement
from sync.log import statement
from sync.log.entries import Entry, Follower, check_signature
from sync.log.merkle import CompactRange, leaf_hash
from sync.log.note import (
    Checkpoint,
    NoteSignature,
    cosign,
    origin_of,
    parse_checkpoint,
    parse_note,
    sign_note_ed25519,
    verify_checkpoint,
)
from sync.log.statement import LogOpened
from sync.sqlite import Connection
from sync.transport.protocol import EntriesMissing, Equivocation, Receipt, Stored

CHECKPOINT_KIND = "checkpoint"
"""Kind under which a contradicting checkpoint lies among the equivocations."""


def unknown_hub(who: str) -> Refused:
    """The refusal that tells the operator what to do."""
    return Refused(
        403, "unknown-hub", f"{who} is not registered; at the centre run: preclear-central register-hub CARD"
    )


# -- checkpoints --------------------------------------------------------------------------------------------


def checkpoint(
    conn: Connection, centre: Centre, log_id: str, data: str, at: int
) -> Receipt | EntriesMissing | Equivocation:
    """Take a hub's signed head: cosign it, ask for what is missing, or keep it as a contradiction.

    Raises:
        Refused: malformed, unsigned, or of an unknown or quarantined hub.
    """
    head, lines = _read_head(log_id, data)
    bound = store.owner_of(conn, log_id)
    hub, note = _verified(conn, bound, data, head, lines)
    _refuse_quarantined(hub)
    if bound is None:
        store.bind(conn, log_id, hub.owner, at)
    tree = store.tree_of(conn, log_id)
    if head.size > tree.size:
        known_root = store.claim_at(conn, log_id, head.size)
        if known_root is None:
            store.keep_claim(conn, log_id, head.size, head.root, note, at)
        elif known_root != head.root:
            return _contradicting_head(conn, hub, log_id, head, note, at)
        return missing(conn, log_id)
    receipt = store.receipt_at(conn, log_id, head.size)
    if receipt is None:
        there = tree if head.size == tree.size else store.tree_at(conn, log_id, head.size)
        if there.root() != head.root:
            return _contradicting_head(conn, hub, log_id, head, note, at)
        receipt = (head.root, _cosign(conn, centre, log_id, there, head, note, at))
    if receipt[0] != head.root:
        return _contradicting_head(conn, hub, log_id, head, note, at)
    held = store.held(conn, log_id)
    return Receipt(
        receipt=receipt[1],
        log=centre_head(conn, centre),
        size=held.size,
        claimed=held.claimed,
        claim=store.newest_note(conn, log_id),
    )


def missing(conn: Connection, log_id: str) -> EntriesMissing:
    """Entries are missing: from which number on, and how far the hub's own heads reach."""
    held = store.held(conn, log_id)
    return EntriesMissing(
        detail=f"send the entries of log {log_id} from number {held.size} on",
        size=held.size,
        claimed=held.claimed,
        claim=store.newest_note(conn, log_id),
    )


def centre_head(conn: Connection, centre: Centre) -> str:
    """Signed checkpoint of the centre's own log."""
    tree = store.tree_of(conn, centre.name)
    body = Checkpoint(origin=centre.name, size=tree.size, root=tree.root()).body()
    return sign_note_ed25519(body, centre.name, centre.log_signer)


def centre_leaf(head: Checkpoint, at: int) -> bytes:
    """Leaf of the centre's own log: which head it cosigned, and when."""
    root = base64.b64encode(head.root).decode()
    return statement.canonical({"origin": head.origin, "size": head.size, "root": root, "at": at})


def _cosign(
    conn: Connection, centre: Centre, log_id: str, tree: CompactRange, head: Checkpoint, note: str, at: int
) -> str:
    receipt = cosign(note, centre.name, centre.cosigner, at)
    store.keep_receipt(conn, log_id, tree, receipt, at)
    own = store.tree_of(conn, centre.name)
    leaf = centre_leaf(head, at)
    store.append_centre_leaf(conn, own.size, leaf)
    own.append(leaf_hash(leaf))
    store.keep_tree(conn, centre.name, own)
    return receipt


def _read_head(log_id: str, data: str) -> tuple[Checkpoint, tuple[NoteSignature, ...]]:
    try:
        parsed = parse_note(data)
        head = parse_checkpoint(parsed.text)
    except BadNote as error:
        raise Refused(400, "bad-note", str(error)) from error
    if head.body() != parsed.text:
        raise Refused(400, "bad-note", "a checkpoint with extension lines, which this version does not take")
    if head.origin != origin_of(log_id):
        raise Refused(400, "bad-note", f"a checkpoint of {head.origin} sent for log {log_id}")
    if head.size == 0:
        raise Refused(400, "bad-note", "a checkpoint over no entries")
    return head, parsed.signatures


def _verified(
    conn: Connection, bound: RegisteredHub | None, data: str, head: Checkpoint, lines: Sequence[NoteSignature]
) -> tuple[RegisteredHub, str]:
    """The hub that signed the head, and the note reduced to the hub's own signature line."""
    for line in lines:
        if line.name != head.origin:
            continue
        candidates = [bound] if bound is not None else store.hubs_with_note_key(conn, line.key_id)
        for hub in candidates:
            if store.note_key_id(hub.checkpoints) != line.key_id:
                continue
            note = f"{head.body()}\n\u2014 {line.name} {_base64(line.key_id + line.signature)}\n"
            try:
                verify_checkpoint(note, hub.checkpoints, head.origin)
            except BadNote as error:
                raise Refused(403, "bad-signature", str(error)) from error
            return hub, note
    if bound is not None:
        raise Refused(
            403, "bad-signature", f"the checkpoint is not signed by {bound.owner}, whose log this is"
        )
    raise unknown_hub("the hub that signed this checkpoint")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _refuse_quarantined(hub: RegisteredHub) -> None:
    if hub.quarantined_at is not None:
        raise Refused(403, "quarantined", f"{hub.owner} is quarantined: {hub.reason}")


# -- entries ------------------------------------------------------------------------------------------------


def signer_of(conn: Connection, log_id: str, entries: Sequence[Entry]) -> RegisteredHub | EntriesMissing:
    """The hub whose key must have signed these entries, or what to send first.

    Raises:
        Refused: the hub is unknown or quarantined, or the log does not begin as a log does.
    """
    hub = store.owner_of(conn, log_id)
    if hub is None:
        if entries[0].seq != 0:
            return missing(conn, log_id)
        name = _opening(entries[0]).hub
        hub = store.hub(conn, name)
        if hub is None:
            raise unknown_hub(name)
    _refuse_quarantined(hub)
    return hub


def check_signatures(entries: Sequence[Entry], hub: RegisteredHub) -> None:
    """Verify every signature; the slow part, made outside the transaction.

    Raises:
        Refused: an entry is not signed by the hub.
    """
    key = hub.decisions
    try:
        for entry in entries:
            check_signature(entry, key)
    except BadLog as error:
        raise Refused(403, "bad-signature", str(error)) from error


def append(
    conn: Connection, log_id: str, entries: Sequence[Entry], signer: RegisteredHub, at: int
) -> Stored | EntriesMissing | Equivocation:
    """Take entries whose signatures are verified; what is here already is only compared.

    Raises:
        Refused: an entry does not follow, or the log is another hub's.
    """
    bound = store.owner_of(conn, log_id)
    hub = bound or signer
    if hub.owner != signer.owner:
        raise Refused(403, "foreign-log", f"log {log_id} is bound to another hub")
    _refuse_quarantined(hub)
    tree = store.tree_of(conn, log_id)
    first = entries[0].seq
    if first > tree.size:
        return missing(conn, log_id)
    if first == 0:
        _check_opening(_opening(entries[0]), hub)
    if bound is None:
        store.bind(conn, log_id, hub.owner, at)
    here = store.leaves(conn, log_id, first, first + len(entries))
    for entry, leaf in zip(entries, here, strict=False):
        if entry.leaf != leaf:
            return _contradicting_entry(conn, hub, log_id, entry, at)
    return _append_new(conn, log_id, entries[len(here) :], hub, tree, at)


def _append_new(
    conn: Connection, log_id: str, new: Sequence[Entry], hub: RegisteredHub, tree: CompactRange, at: int
) -> Stored | Equivocation:
    before = tree.size
    last = store.leaves(conn, log_id, before - 1, before)[0] if before else None
    claims = {size: (root, note) for size, root, note in store.claims_up_to(conn, log_id, before + len(new))}
    contradicted: Checkpoint | None = None
    follower = Follower(log_id, tree, last)
    stray: Entry | None = None
    for entry in new:
        try:
            follower.follow(entry)
        except BadLog as error:
            if not _names_another_past(log_id, entry, follower):
                raise Refused(400, "bad-entry", str(error)) from error
            stray = entry
            break
        if follower.tree.size in claims:
            size = follower.tree.size
            root, note = claims[size]
            store.drop_claim(conn, log_id, size)
            if root != follower.tree.root():
                contradicted = Checkpoint(origin=origin_of(log_id), size=size, root=root)
                _keep_head(conn, log_id, contradicted, note, at)
    store.append(conn, log_id, new[: follower.tree.size - before], at)
    store.keep_tree(conn, log_id, follower.tree)
    if stray is not None:
        return _contradicting_entry(conn, hub, log_id, stray, at)
    if contradicted is not None:
        return _quarantine(
            conn, hub, f"the entries of log {log_id} contradict its checkpoint over {contradicted.size}", at
        )
    return Stored(size=follower.tree.size)


def _opening(entry: Entry) -> LogOpened:
    try:
        opened = statement.parse(entry.kind, entry.payload)
    except BadStatement as error:
        raise Refused(400, "bad-entry", f"entry 0: {error}") from error
    if not isinstance(opened, LogOpened):
        raise Refused(400, "bad-entry", f"entry 0: a log begins with its opening, not with a {entry.kind}")
    return opened


def _check_opening(opened: LogOpened, hub: RegisteredHub) -> None:
    if opened.hub != hub.owner:
        raise Refused(403, "foreign-log", f"the log says it is of {opened.hub}, it is signed by {hub.owner}")
    if hub.decisions.keyid not in opened.keys:
        raise Refused(
            403, "foreign-log", f"the log's opening does not name the key with which {hub.owner} signs it"
        )


def _names_another_past(log_id: str, entry: Entry, follower: Follower) -> bool:
    """Whether a signed entry is the next one of this log, after another entry than the one held here."""
    try:
        parsed = statement.parse(entry.kind, entry.payload)
    except BadStatement:
        return False
    last = follower.last_leaf
    return (
        last is not None
        and (parsed.log_id, parsed.seq) == (log_id, entry.seq)
        and entry.seq == follower.tree.size
        and parsed.prev != last.hex()
    )


# -- contradictions -----------------------------------------------------------------------------------------


def _contradicting_entry(
    conn: Connection, hub: RegisteredHub, log_id: str, entry: Entry, at: int
) -> Equivocation:
    store.keep_equivocation(conn, log_id, entry, at)
    return _quarantine(conn, hub, f"two histories of log {log_id} at entry {entry.seq}", at)


def _contradicting_head(
    conn: Connection, hub: RegisteredHub, log_id: str, head: Checkpoint, note: str, at: int
) -> Equivocation:
    _keep_head(conn, log_id, head, note, at)
    return _quarantine(conn, hub, f"two roots of log {log_id} over {head.size} entries", at)


def _keep_head(conn: Connection, log_id: str, head: Checkpoint, note: str, at: int) -> None:
    kept = Entry(seq=head.size, kind=CHECKPOINT_KIND, payload=note.encode(), leaf=head.root, signature=b"")
    store.keep_equivocation(conn, log_id, kept, at)


def _quarantine(conn: Connection, hub: RegisteredHub, reason: str, at: int) -> Equivocation:
    store.quarantine(conn, hub.owner, reason, at)
    return Equivocation(
        error="equivocation",
        detail=f"{reason}; both are kept, and {hub.owner} is quarantined until the authority decides",
    )
