"""The sealed block: 256 bytes in every decision, readable by the authority alone.

HPKE (RFC 9180) with DHKEM(P-256), HKDF-SHA256 and AES-256-GCM. Every decision carries one, CLEAR included,
and all have one size, so that neither presence nor length tells anything. The block is bound to its place in
the log through ``info``: moved to another entry it does not open.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from itertools import zip_longest

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec

from sync.errors import BadSeal, UnknownVersion
from sync.keys import PrivateKey, PublicKey

BLOCK = 256
"""Bytes of a sealed block."""
ROOM = 175
"""Bytes of plaintext in it: 65 are the encapsulated key, 16 the tag."""
_VERSION = 1
_SUITE = hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class SealedFinding(msgspec.Struct, array_like=True, frozen=True):
    """A finding for the authority's eyes."""

    code: str
    params: dict[str, str | int]


class Reasons(msgspec.Struct, array_like=True, frozen=True):
    """What the block says: the sealed findings, the risk, and how many findings found no room."""

    version: int
    findings: list[SealedFinding]
    risk_permille: int | None
    risk_reasons: list[tuple[str, int]]
    left_out: int


class _Head(msgspec.Struct, array_like=True, frozen=True):
    version: int


_ENCODER = msgspec.msgpack.Encoder()
_HEAD = msgspec.msgpack.Decoder(_Head)
_DECODER = msgspec.msgpack.Decoder(Reasons)


def _info(log_id: str, seq: int, keyid: str) -> bytes:
    return f"preclear/reason/v1|{log_id}|{seq}|{keyid}".encode()


def reasons(
    findings: Sequence[SealedFinding],
    risk_permille: int | None,
    risk_reasons: Sequence[tuple[str, int]] = (),
) -> bytes:
    """Plaintext of a block, exactly ``ROOM`` bytes.

    What does not fit is left out from the end, reasons of the risk first, then parameters, then findings;
    ``left_out`` counts the findings that were dropped or lost their parameters.
    """
    kept, why = list(findings), list(risk_reasons)
    while True:
        cut = sum(now != before for now, before in zip_longest(kept, findings))
        data = _ENCODER.encode(Reasons(_VERSION, kept, risk_permille, why, cut))
        if len(data) <= ROOM - 1:
            return bytes([len(data)]) + data.ljust(ROOM - 1, b"\x00")
        if why:
            why.pop()
            continue
        full = next((i for i in range(len(kept) - 1, -1, -1) if kept[i].params), None)
        if full is not None:
            kept[full] = SealedFinding(kept[full].code, {})
        else:
            kept.pop()


def seal(plaintext: bytes, key: PublicKey, log_id: str, seq: int) -> str:
    """The block for entry ``seq``, in base64."""
    if len(plaintext) != ROOM:
        raise BadSeal(f"{len(plaintext)} bytes to be sealed instead of {ROOM}")
    block = _SUITE.encrypt(plaintext, key.ec_key, _info(log_id, seq, key.keyid))
    return base64.b64encode(block).decode()


def unseal(block: str, key: PrivateKey, log_id: str, seq: int) -> Reasons:
    """What the block of entry ``seq`` says.

    Raises:
        BadSeal: another key, another place, or altered.
        UnknownVersion: the plaintext has a version other than 1.
    """
    try:
        raw = base64.b64decode(block, validate=True)
        if len(raw) != BLOCK:
            raise BadSeal(f"a sealed block of {len(raw)} bytes instead of {BLOCK}")
        plain = _open(raw, key, _info(log_id, seq, key.public.keyid))
        content = plain[1 : 1 + plain[0]]
        version = _HEAD.decode(content).version  # first: another version may have another shape
        if version != _VERSION:
            raise UnknownVersion("the sealed block", version)
        return _DECODER.decode(content)
    except (binascii.Error, ValueError, InvalidTag, msgspec.DecodeError) as error:
        raise BadSeal(f"the sealed block of entry {seq} does not open: {error!r}") from error


def seal_bytes(data: bytes, key: PublicKey, purpose: str) -> str:
    """Seal a short secret to the authority, bound to ``purpose``; base64."""
    return base64.b64encode(_SUITE.encrypt(data, key.ec_key, purpose.encode())).decode()


def unseal_bytes(block: str, key: PrivateKey, purpose: str) -> bytes:
    """Open what :func:`seal_bytes` sealed.

    Raises:
        BadSeal: another key, another purpose, or altered.
    """
    try:
        return _open(base64.b64decode(block, validate=True), key, purpose.encode())
    except (binascii.Error, ValueError, InvalidTag) as error:
        raise BadSeal(f"the sealed secret does not open: {error!r}") from error


def _open(raw: bytes, key: PrivateKey, info: bytes) -> bytes:
    if not isinstance(key.secret, ec.EllipticCurvePrivateKey):
        raise BadSeal("the sealing key is not a P-256 key")
    return _SUITE.decrypt(raw, key.secret, info)
