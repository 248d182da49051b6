"""What travels between hub and centre: batches of entries in msgpack, answers in JSON."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

from sync.errors import BadBatch, UnknownVersion
from sync.log import Entry, leaf_of

CONTENT_TYPE = "application/vnd.preclear.entries.v1+msgpack"
MAX_ENTRIES = 500
MAX_BODY = 8 * 1024 * 1024
"""Bytes of an unpacked batch; a packed one that grows past this is refused while it is unpacked."""


class WireEntry(msgspec.Struct, array_like=True, frozen=True):
    """One entry; its leaf is computed again by whoever receives it."""

    seq: int
    kind: str
    payload: bytes
    signature: bytes


class Batch(msgspec.Struct, array_like=True, frozen=True):
    """Entries of one log, in order, without a gap."""

    version: int
    log_id: str
    entries: list[WireEntry]


class _Head(msgspec.Struct, array_like=True, frozen=True):
    version: int


class Progress(msgspec.Struct, frozen=True):
    """How much of a log the centre holds."""

    size: int


_ENCODER = msgspec.msgpack.Encoder()
_HEAD = msgspec.msgpack.Decoder(_Head)
_DECODER = msgspec.msgpack.Decoder(Batch)


def pack(log_id: str, entries: Sequence[Entry]) -> bytes:
    """A zlib-packed batch."""
    rows = [WireEntry(e.seq, e.kind, e.payload, e.signature) for e in entries]
    return zlib.compress(_ENCODER.encode(Batch(1, log_id, rows)), 6)


def unpack(data: bytes) -> tuple[str, list[Entry]]:
    """Log id and entries of a batch.

    Raises:
        BadBatch: malformed, too large, empty, or not without a gap.
        UnknownVersion: a version other than 1.
    """
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(data, MAX_BODY)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise BadBatch(f"a batch that is cut, or larger than {MAX_BODY} bytes")
        if unpacker.unused_data:
            raise BadBatch("a batch with something behind its end")
        version = _HEAD.decode(raw).version  # first: another version may have another shape
        if version != 1:
            raise UnknownVersion("the batch", version)
        batch = _DECODER.decode(raw)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBatch(f"not a batch of entries: {error}") from error
    if not 1 <= len(batch.entries) <= MAX_ENTRIES:
        raise BadBatch(f"a batch of {len(batch.entries)} entries; 1 to {MAX_ENTRIES} are taken")
    first = batch.entries[0].seq
    if first < 0 or any(e.seq != first + i for i, e in enumerate(batch.entries)):
        raise BadBatch("a batch with a gap")
    return batch.log_id, [
        Entry(
            seq=e.seq,
            kind=e.kind,
            payload=e.payload,
            leaf=leaf_of(e.kind, e.payload),
            signature=e.signature,
        )
        for e in batch.entries
    ]
