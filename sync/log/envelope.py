"""DSSE envelopes (v1.0.2): a signature over the exact bytes of a typed payload."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sync.errors import BadEnvelope, BadSignature
from sync.keys import Keyring, PrivateKey, Role

MAX_ENVELOPE = 8 * 1024 * 1024
MAX_SIGNATURES = 8


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: what is signed, and what a log leaf hashes.

    Source: DSSE protocol, "PAE".

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """``keyid`` is a hint and not authenticated; the registry decides."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Signed bytes that carry a payload."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]


def seal_envelope(payload_type: str, payload: bytes, *keys: PrivateKey) -> Envelope:
    """Sign ``payload`` with each key."""
    message = pae(payload_type, payload)
    return Envelope(
        payload_type=payload_type,
        payload=payload,
        signatures=tuple(Signature(keyid=k.public.keyid, sig=k.sign(message)) for k in keys),
    )


def open_envelope(envelope: Envelope, keys: Keyring, role: Role, types: Collection[str]) -> bytes:
    """The payload, once a signature of a trusted key of ``role`` is verified.

    Raises:
        BadEnvelope: the type is not one of ``types``, or nothing is signed.
        UnknownKey: no signature is by a trusted key of that role.
        BadSignature: a trusted key's signature does not fit.
    """
    if envelope.payload_type not in types:
        raise BadEnvelope(f"an envelope of type {envelope.payload_type!r} where {sorted(types)} is expected")
    if not 1 <= len(envelope.signatures) <= MAX_SIGNATURES:
        raise BadEnvelope(f"an envelope with {len(envelope.signatures)} signatures")
    message = pae(envelope.payload_type, envelope.payload)
    trusted = [s for s in envelope.signatures if any(k.keyid == s.keyid and k.role is role for k in keys)]
    if not trusted:
        keys.get(envelope.signatures[0].keyid, role)  # names the missing key
    for signature in trusted:
        keys.get(signature.keyid, role).verify(message, signature.sig)
    return envelope.payload


def encode(envelope: Envelope) -> bytes:
    """The JSON form of an envelope."""
    return json.dumps(
        {
            "payload": base64.b64encode(envelope.payload).decode(),
            "payloadType": envelope.payload_type,
            "signatures": [
                {"keyid": s.keyid, "sig": base64.b64encode(s.sig).decode()} for s in envelope.signatures
            ],
        }
    ).encode()


def decode(data: bytes) -> Envelope:
    """Read the JSON form; both base64 alphabets are accepted, duplicate keys are not.

    Raises:
        BadEnvelope: malformed, too large, unsigned, or signed too often.
    """
    if len(data) > MAX_ENVELOPE:
        raise BadEnvelope(f"an envelope of {len(data)} bytes is over the limit of {MAX_ENVELOPE}")
    try:
        raw: Any = json.loads(data, object_pairs_hook=_no_duplicates)
        envelope = Envelope(
            payload_type=_text(raw["payloadType"]),
            payload=_unbase64(raw["payload"]),
            signatures=tuple(
                Signature(keyid=_text(s.get("keyid", "")), sig=_unbase64(s["sig"])) for s in raw["signatures"]
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadEnvelope(f"not a DSSE envelope: {error}") from error
    if not 1 <= len(envelope.signatures) <= MAX_SIGNATURES:
        raise BadEnvelope(f"an envelope with {len(envelope.signatures)} signatures")
    if any(len(s.sig) != 64 for s in envelope.signatures):
        raise BadSignature("a signature that is not 64 bytes long")
    return envelope


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadEnvelope("a key stands twice in the envelope")
    return members


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadEnvelope(f"{value!r} is not text")
    return value


def _unbase64(value: object) -> bytes:
    text = _text(value).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise BadEnvelope(f"not base64: {error}") from error
