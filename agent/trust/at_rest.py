"""Sealed findings that wait for the scan: encrypted on disk, of one size whether there are any or not.

The key is derived from the hub's own secret, which is stored with its private keys. This protects the
findings in copies and backups of the file and from people who look into it, not from an administrator of the
machine.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SIZE = 512
"""Bytes of plaintext; findings that need more take a multiple."""
_NONCE = 12


class CannotUnlock(Exception):
    """A locked block was altered, belongs elsewhere, or was locked with another key; it is made again."""


class LockedFinding(msgspec.Struct, array_like=True, frozen=True):
    """A finding for the authority's eyes, waiting for the scan."""

    code: str
    severity: str
    params: dict[str, str | int]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[LockedFinding])


def _plain(findings: Sequence[LockedFinding]) -> bytes:
    data = _ENCODER.encode(list(findings))
    plain = len(data).to_bytes(4) + data
    return plain.ljust(-(-len(plain) // SIZE) * SIZE, b"\x00")


_NOTHING = _plain(())
"""What almost every consignment has; it is encrypted like any other, so that they cannot be told apart."""


class AtRest:
    """Locks and unlocks sealed findings with a key of this hub."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(secret, b"preclear/at-rest/v1", hashlib.sha256))
        self.counting_secret = hmac.digest(secret, b"preclear/tally/v1", hashlib.sha256)
        """Keys the digests that group the parcels of one person, address or contact."""

    def lock(self, findings: Sequence[LockedFinding], consignment: str) -> bytes:
        """Encrypt the findings of one consignment, bound to it."""
        plain = _plain(findings) if findings else _NOTHING
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, consignment.encode())

    def unlock(self, block: bytes, consignment: str) -> list[LockedFinding]:
        """The findings that were locked for that consignment.

        Raises:
            CannotUnlock: altered, of another consignment, or locked with another key.
        """
        try:
            plain = self._cipher.decrypt(block[:_NONCE], block[_NONCE:], consignment.encode())
        except (InvalidTag, ValueError) as error:
            raise CannotUnlock from error
        return _DECODER.decode(plain[4 : 4 + int.from_bytes(plain[:4])])
