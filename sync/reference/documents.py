"""Signed reference data: policy packs and watchlists, published by the authority, pinned at the hub."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sync.errors import BadEnvelope
from sync.keys import Keyring, PrivateKey, Role
from sync.log import envelope

POLICY_TYPE = "application/vnd.preclear.policy.v1+toml"
LIST_TYPE = "application/vnd.preclear.list.v1+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDocument:
    """A verified payload and the SHA-256 (hex) by which decisions name it."""

    payload: bytes
    digest: str


def publish(payload: bytes, payload_type: str, key: PrivateKey) -> bytes:
    """Sign reference data with the authority's publishing key; the bytes of a DSSE envelope."""
    return envelope.encode(envelope.seal_envelope(payload_type, payload, key))


def read(path: Path, payload_type: str, keys: Keyring) -> PublishedDocument:
    """Read and verify one file of reference data.

    Raises:
        BadEnvelope: missing, malformed or of another type.
        UnknownKey, BadSignature: not published by the pinned authority.
    """
    try:
        with path.open("rb") as file:
            data = file.read(envelope.MAX_ENVELOPE + 1)
    except OSError as error:
        raise BadEnvelope(f"{path} cannot be read: {error.strerror}") from error
    payload = envelope.open_envelope(envelope.decode(data), keys, Role.PUBLISHING, {payload_type})
    return PublishedDocument(payload=payload, digest=hashlib.sha256(payload).hexdigest())
