"""Checkpoints and receipts: C2SP signed notes.

A hub signs the head of its log (type 0x02, ECDSA P-256); the centre adds a timestamped cosignature (type
0x04, Ed25519) after it has stored every entry up to that head. A checkpoint with that cosignature is the
*receipt*: it verifies offline, with public keys only.

Sources: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ed25519

from sync.errors import BadNote, BadSignature
from sync.keys import PrivateKey, PublicKey

MAX_NOTE = 65_536
MAX_SIGNATURES = 16
MAX_SIZE = 2**53 - 1
_DASH = "\u2014 "
_NAME = re.compile(r"[^\s+]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Head of a log: its origin, its number of entries and its root hash (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line: key name, 4-byte key id, and the bytes of the signature."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A parsed, *not yet verified* note."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """A verified receipt: what was cosigned, and when (POSIX seconds)."""

    checkpoint: Checkpoint
    at: int


def origin_of(log_id: str) -> str:
    """Origin line of a hub's log.

    >>> origin_of("00ff")
    'preclear.invalid/log/00ff'
    """
    return f"preclear.invalid/log/{log_id}"


def parse_note(data: str) -> Note:
    """Split a note into text and signature lines.

    Raises:
        BadNote: malformed, not encodable, too large, or with too many signatures.
    """
    if len(data) > MAX_NOTE:
        raise BadNote(f"a note of {len(data)} characters")
    if any((c < " " and c != "\n") or "\ud800" <= c <= "\udfff" for c in data):
        raise BadNote("a note with control characters or lone surrogates")
    text, gap, tail = data.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise BadNote("a note without signatures")
    signatures = []
    for line in tail[:-1].split("\n"):
        name, space, blob = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not space or not _NAME.fullmatch(name):
            raise BadNote("a malformed signature line")
        try:
            raw = base64.b64decode(blob, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadNote(f"a signature that is not base64: {error}") from error
        if len(raw) < 5:
            raise BadNote("a signature that is too short")
        signatures.append(NoteSignature(name=name, key_id=raw[:4], signature=raw[4:]))
    if len(signatures) > MAX_SIGNATURES:
        raise BadNote(f"a note with {len(signatures)} signatures")
    return Note(text=text + "\n", signatures=tuple(signatures))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the three lines of a checkpoint; it is not verified by this.

    Raises:
        BadNote: a missing or empty line, a size with a leading zero or a sign, a root that is not 32 bytes.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise BadNote("a checkpoint needs origin, size and root, and has no empty line")
    size, root = lines[1], lines[2]
    if not size.isascii() or not size.isdecimal() or (size != "0" and size.startswith("0")):
        raise BadNote(f"{size!r} is not a tree size")
    if len(size) > 16 or int(size) > MAX_SIZE:
        raise BadNote("the tree size is too large")
    try:
        digest = base64.b64decode(root, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote(f"the root is not base64: {error}") from error
    if len(digest) != 32 or base64.b64encode(digest).decode() != root:
        raise BadNote("the root is not 32 bytes in canonical base64")
    return Checkpoint(origin=lines[0], size=int(size), root=digest)


def _line(name: str, key_id: bytes, signature: bytes) -> str:
    return f"{_DASH}{name} {base64.b64encode(key_id + signature).decode()}\n"


def _ecdsa_id(key: PublicKey) -> bytes:
    return hashlib.sha256(key.spki).digest()[:4]


def _typed_id(name: str, kind: int, key: PublicKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key.raw_ed25519).digest()[:4]


def sign_checkpoint(checkpoint: Checkpoint, key: PrivateKey) -> str:
    """A note signed by the log's own P-256 key (type 0x02); the key's name is the origin."""
    body = checkpoint.body()
    return body + "\n" + _line(checkpoint.origin, _ecdsa_id(key.public), key.sign_der(body.encode()))


def verify_checkpoint(note: str, key: PublicKey, origin: str) -> Checkpoint:
    """The checkpoint, once the log's own signature is verified.

    Raises:
        BadNote: malformed, of another origin, or not signed by ``key``.
    """
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    if checkpoint.origin != origin:
        raise BadNote(f"a checkpoint of {checkpoint.origin} where {origin} is expected")
    for signature in parsed.signatures:
        if signature.name == origin and signature.key_id == _ecdsa_id(key):
            try:
                key.verify_der(parsed.text.encode(), signature.signature)
            except BadSignature as error:
                raise BadNote(str(error)) from error
            return checkpoint
    raise BadNote(f"the checkpoint of {origin} is not signed by the log's key")


def _cosigned_message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def cosign(note: str, name: str, key: PrivateKey, at: int) -> str:
    """``note`` with a timestamped cosignature (type 0x04) added; ``at`` in POSIX seconds."""
    parsed = parse_note(note)
    signature = at.to_bytes(8) + key.sign(_cosigned_message(parsed.text, at))
    return note + _line(name, _typed_id(name, 4, key.public), signature)


def verify_cosignature(note: str, name: str, key: PublicKey) -> Cosigned:
    """The receipt, once the cosignature of ``name`` is verified.

    Raises:
        BadNote: malformed, not cosigned by that key, or altered.
    """
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    key_id = _typed_id(name, 4, key)
    for signature in parsed.signatures:
        if signature.name == name and signature.key_id == key_id:
            if len(signature.signature) != 72:
                raise BadNote("a cosignature that is not 72 bytes long")
            at = int.from_bytes(signature.signature[:8])
            try:
                key.verify(_cosigned_message(parsed.text, at), signature.signature[8:])
            except BadSignature as error:
                raise BadNote(str(error)) from error
            return Cosigned(checkpoint=checkpoint, at=at)
    raise BadNote(f"the checkpoint is not cosigned by {name}")


def sign_note_ed25519(text: str, name: str, key: PrivateKey) -> str:
    """A note signed with plain Ed25519 (type 0x01): the checkpoints of the centre's own log."""
    secret = key.secret
    if not isinstance(secret, ed25519.Ed25519PrivateKey):
        raise BadNote(f"the key of {name} is not an Ed25519 key")
    return text + "\n" + _line(name, _typed_id(name, 1, key.public), secret.sign(text.encode()))


def verify_note_ed25519(note: str, name: str, key: PublicKey) -> Checkpoint:
    """The checkpoint of a log that signs with plain Ed25519 (type 0x01).

    Raises:
        BadNote: malformed, not signed by that key, or altered.
    """
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    for signature in parsed.signatures:
        if signature.name == name and signature.key_id == _typed_id(name, 1, key):
            try:
                key.verify(parsed.text.encode(), signature.signature)
            except BadSignature as error:
                raise BadNote(str(error)) from error
            return checkpoint
    raise BadNote(f"the note is not signed by {name}")
