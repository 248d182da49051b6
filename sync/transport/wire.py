"""Batches of entries, as they travel from the hub to the centre.

A batch leaves out what the receiver can put back: ``prev`` is the leaf of the entry before, and the sealed
block travels as bytes beside its payload instead of base64 inside it. Both are put back before anything is
checked, so that what is verified and stored are the very bytes that were signed. On 200 decisions this takes
560 bytes each down to 460.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Sequence

import msgspec

from sync.errors import BadBatch, UnknownVersion
from sync.log.entries import Entry, leaf_of
from sync.log.sealed import BLOCK

CONTENT_TYPE = "application/vnd.preclear.entries.v1+msgpack"
MAX_ENTRIES = 500
MAX_BODY = 8 * 1024 * 1024
"""Bytes of an unpacked batch; a packed one that grows past this is refused while it is unpacked."""

_SEALED = re.compile(rb'"sealed":"([A-Za-z0-9+/]{342}==)"')
_NO_PREV, _NO_SEALED = b'"prev":""', b'"sealed":""'


class WireEntry(msgspec.Struct, array_like=True, frozen=True):
    """One payload. ``follows``: its ``prev`` was left out; ``sealed``: the block that was taken out of it."""

    kind: str
    payload: bytes
    follows: bool
    sealed: bytes | None


class WireBatch(msgspec.Struct, array_like=True, frozen=True):
    """Entries of one log from number ``first`` on, in order; ``before`` is the leaf before the first.

    Signatures stand together: random bytes among text would spoil its compression.
    """

    version: int
    log_id: str
    first: int
    before: bytes
    entries: list[WireEntry]
    signatures: list[bytes]


class _Head(msgspec.Struct, array_like=True, frozen=True):
    version: int


_ENCODER = msgspec.msgpack.Encoder()
_HEAD = msgspec.msgpack.Decoder(_Head)
_DECODER = msgspec.msgpack.Decoder(WireBatch)


def pack(log_id: str, entries: Sequence[Entry]) -> bytes:
    """A zlib-packed batch of entries without a gap."""
    before = _prev_of(entries[0].payload) if entries else b""
    rows, leaf = [], before
    for entry in entries:
        rows.append(_lighten(entry, leaf))
        leaf = entry.leaf
    first = entries[0].seq if entries else 0
    batch = WireBatch(1, log_id, first, before, rows, [e.signature for e in entries])
    return zlib.compress(_ENCODER.encode(batch), 6)


def _prev_of(payload: bytes) -> bytes:
    """The leaf a payload names as the one before it; nothing for the first entry of a log."""
    prev = re.search(rb'"prev":"([0-9a-f]{64})"', payload)
    return bytes.fromhex(prev[1].decode()) if prev else b""


def _lighten(entry: Entry, leaf: bytes) -> WireEntry:
    payload, sealed = entry.payload, None
    block = _SEALED.search(payload)
    if block is not None and _NO_SEALED not in payload:
        sealed = base64.b64decode(block[1])
        payload = payload[: block.start()] + _NO_SEALED + payload[block.end() :]
    prev = b'"prev":"%b"' % leaf.hex().encode()
    follows = bool(leaf) and payload.count(prev) == 1 and _NO_PREV not in payload
    if follows:
        payload = payload.replace(prev, _NO_PREV)
    light = WireEntry(entry.kind, payload, follows, sealed)
    # Whatever a payload looks like, it comes back as it was, or it travels whole.
    return (
        light if _restore(light, leaf) == entry.payload else WireEntry(entry.kind, entry.payload, False, None)
    )


def _restore(entry: WireEntry, leaf: bytes) -> bytes:
    payload = entry.payload
    if entry.follows:
        payload = _put_back(payload, _NO_PREV, b'"prev":"%b"' % leaf.hex().encode())
    if entry.sealed is not None:
        if len(entry.sealed) != BLOCK:
            raise BadBatch(f"a sealed block of {len(entry.sealed)} bytes instead of {BLOCK}")
        payload = _put_back(payload, _NO_SEALED, b'"sealed":"%b"' % base64.b64encode(entry.sealed))
    return payload


def _put_back(payload: bytes, mark: bytes, value: bytes) -> bytes:
    if payload.count(mark) != 1:
        raise BadBatch("expected exactly one elision marker in the payload")
    return payload.replace(mark, value)


def unpack(data: bytes) -> tuple[str, list[Entry]]:
    """Log id and entries of a batch.

    Raises:
        BadBatch: malformed, too large, or empty.
        UnknownVersion: a version other than 1.
    """
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(data, MAX_BODY)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise BadBatch(f"a batch that is cut, or larger than {MAX_BODY} bytes")
        if unpacker.unused_data:
            raise BadBatch("trailing bytes after the batch")
        version = _HEAD.decode(raw).version  # first: another version may have another shape
        if version != 1:
            raise UnknownVersion("the batch", version)
        batch = _DECODER.decode(raw)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBatch(f"not a batch of entries: {error}") from error
    if not 1 <= len(batch.entries) <= MAX_ENTRIES:
        raise BadBatch(f"a batch of {len(batch.entries)} entries; 1 to {MAX_ENTRIES} are taken")
    if batch.first < 0 or len(batch.signatures) != len(batch.entries) or len(batch.before) not in (0, 32):
        raise BadBatch("a batch whose parts do not fit together")
    return batch.log_id, _entries(batch)


def _entries(batch: WireBatch) -> list[Entry]:
    entries, leaf = [], batch.before
    for number, (light, signature) in enumerate(zip(batch.entries, batch.signatures, strict=True)):
        payload = _restore(light, leaf)
        leaf = leaf_of(light.kind, payload)
        entries.append(
            Entry(seq=batch.first + number, kind=light.kind, payload=payload, leaf=leaf, signature=signature)
        )
    return entries
